"""The list of formats; each is a module of its own, which is imported when its format is read or written."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from osem_migrate.errors import FormatLibraryMissing, FormatTooLarge, FormatUnknown
from osem_migrate.formats.json_text import top_level_keys
from osem_migrate.formats.values import Export, Given, Reading, Writing

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    Attributes:
        name: what people call it on the command line.
        reads: whether a schema can be read from it.
        writes: whether a schema can be written to it.
        limit: characters of the largest file that is read.
        recognised_by: keys, all of which a JSON document of this format has at its top.
    """

    name: str
    reads: bool = False
    writes: bool = False
    limit: int = 16 * _MEBIBYTE
    recognised_by: tuple[frozenset[str], ...] = ()

    def module(self) -> ModuleType:
        """Its module; raises FormatLibraryMissing where a library that it needs is not installed."""
        try:
            return import_module(f"osem_migrate.formats.{self.name}")
        except ModuleNotFoundError as missing:
            raise library_missing(missing) from missing


FORMATS = {
    known.name: known
    for known in (
        # CloudFormation itself takes no larger template (its user guide, "CloudFormation quotas").
        Format(
            name="cloudformation",
            reads=True,
            writes=True,
            limit=_MEBIBYTE,
            recognised_by=(frozenset({"Resources"}), frozenset({"AWSTemplateFormatVersion"})),
        ),
        Format(
            name="terraform",
            reads=True,
            writes=True,
            recognised_by=(frozenset({"format_version"}), frozenset({"terraform_version"})),
        ),
        Format(name="contract", reads=True, recognised_by=(frozenset({"tables"}),)),
        Format(name="workbench", reads=True, writes=True, recognised_by=(frozenset({"DataModel"}),)),
        Format(name="mermaid", writes=True),
        Format(name="dot", writes=True),
        Format(name="html", writes=True),
    )
}
READABLE = tuple(name for name, known in FORMATS.items() if known.reads)
WRITABLE = tuple(name for name, known in FORMATS.items() if known.writes)

_OF_TERRAFORM = (
    "A configuration of Terraform leaves too much open; read what Terraform makes of it:\n"
    "terraform show -json > state.json"
)

MAX_BYTES = max(FORMATS[name].limit for name in READABLE)
"""The largest file that any format may have."""


def read(text: str, *, file: str, form: str | None = None, given: Given | None = None) -> Reading:
    """The tables that a file declares.

    Args:
        text: its content.
        file: its name, for messages.
        form: the name of its format; found out by its content when None.
        given: what a reader may know beside the file.

    Raises:
        FormatError: it is of no known format, too large, malformed, or says what cannot be; the error tells where.
        FormatLibraryMissing: a library that the format needs is not installed.
    """
    known = FORMATS[form or _recognise(text, file)]
    if len(text) > known.limit:
        raise too_large(file, known.limit)
    reading: Reading = known.module().read(text, file=file, given=given or Given())
    return reading


def write(form: str, export: Export) -> Writing:
    """The tables of an export as a file of a format; raises FormatLibraryMissing as ``read`` does."""
    written: Writing = FORMATS[form].module().write(export)
    return written


def too_large(file: str, limit: int) -> FormatTooLarge:
    """The error of a file with more bytes than a format may have."""
    return FormatTooLarge(f"the file is larger than {limit // _MEBIBYTE} MiB", file=file, limit=limit)


def library_missing(missing: ModuleNotFoundError) -> FormatLibraryMissing:
    """The error of a library that is not installed; raises what was missing where it is none of the extra's."""
    library = (missing.name or "").partition(".")[0]
    if library not in {"yaml", "jinja2", "markupsafe"}:
        raise missing
    return FormatLibraryMissing(f"the library {library} is not installed", library=library)


def _recognise(text: str, file: str) -> str:
    """The format of a file: JSON is told by the keys at its top, and only a template of CloudFormation is YAML."""
    if not text.lstrip().startswith(("{", "[")):
        return "cloudformation"
    keys = top_level_keys(text, file)
    if keys is None:
        return "contract"
    for known in FORMATS.values():
        if any(wanted <= keys for wanted in known.recognised_by):
            return known.name
    shown = ", ".join(sorted(keys)[:5]) or "nothing"
    raise FormatUnknown(
        f"the file has {shown} at its top, which is no format that can be read",
        remediation=_OF_TERRAFORM if "resource" in keys else None,
        file=file,
        pointer="/",
    )
