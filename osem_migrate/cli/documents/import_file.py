"""The document of ``import --from``."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from osem_migrate.cli.documents.script import ScriptDocument, script_documents
from osem_migrate.commands.import_file import FileImport
from osem_migrate.files.writer import Draft


class MappedDocument(TypedDict):
    """A name that pyproject.toml has, or gets, because no pattern gives it."""

    table: str
    """In the scripts."""
    physical_name: str
    """In DynamoDB."""


class LeftOutDocument(TypedDict):
    """A table of the file that is left out."""

    table: str
    reason: str


class FileDifferenceDocument(TypedDict):
    """Something in which the file and the scripts differ."""

    code: str
    table: str
    """In the scripts."""
    subject: str
    """The table, or one of its indexes."""
    scripts: str
    """What they declare, in words."""
    file: str
    """What it declares, in words."""


class NotComparedDocument(TypedDict):
    """Something that the scripts declare and no file of that format can say."""

    subject: str
    """A table in the scripts, or ``Table/index``."""
    scripts: str
    """What it is, in words."""


class FileImportCounts(TypedDict):
    """How many there are."""

    scripts: int
    mapped: int
    skipped: int
    differences: int


class FileImportDocument(TypedDict):
    """The tables that a file of another tool declares, and their scripts."""

    dry_run: bool
    check: bool
    in_sync: bool
    """Whether file and scripts declare the same."""
    counts: FileImportCounts
    scripts: list[ScriptDocument]
    mapped: list[MappedDocument]
    skipped: list[LeftOutDocument]
    differences: list[FileDifferenceDocument]
    not_compared: list[NotComparedDocument]
    warnings: list[str]


def file_import_document(
    plan: FileImport, drafts: Sequence[Draft], *, dry_run: bool = False, check: bool = False
) -> FileImportDocument:
    """What the file declares, and what becomes of it."""
    return {
        "dry_run": dry_run,
        "check": check,
        "in_sync": plan.in_sync,
        "counts": {
            "scripts": len(drafts),
            "mapped": len(plan.mapped),
            "skipped": len(plan.skipped),
            "differences": len(plan.differences),
        },
        "scripts": script_documents(drafts, plan.creations, plan.names.__getitem__),
        "mapped": [{"table": name, "physical_name": physical} for name, physical in plan.mapped.items()],
        "skipped": [{"table": name, "reason": why} for name, why in plan.skipped.items()],
        "differences": [
            {
                "code": difference.code.value,
                "table": difference.table,
                "subject": difference.subject,
                "scripts": difference.expected,
                "file": difference.found,
            }
            for difference in plan.differences
        ],
        "not_compared": [{"subject": one.subject, "scripts": one.text} for one in plan.unsaid],
        "warnings": list(plan.notes),
    }
