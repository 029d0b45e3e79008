"""The list of formats: which a file is of, its limit, and the libraries that it needs."""

import sys

import pytest

from osem_migrate.cli.export import WRITABLE as TYPED_WRITABLE
from osem_migrate.cli.import_file import READABLE as TYPED_READABLE
from osem_migrate.errors import FormatError, FormatLibraryMissing, FormatTooLarge, FormatUnknown
from osem_migrate.formats import FORMATS, READABLE, WRITABLE, read, registry, write
from osem_migrate.operations import CreateTable
from osem_migrate.schema import S, Schema
from tests.doubles.example_files import EXAMPLES
from tests.unit.formats.test_round_trip import export


def test_the_command_line_offers_all() -> None:
    """Its choices, which cost no import, are those of the list."""
    assert (TYPED_READABLE, TYPED_WRITABLE) == (READABLE, WRITABLE)
    assert set(EXAMPLES) == set(READABLE)


@pytest.mark.parametrize("form", READABLE)
def test_a_file_is_known_by_its_content(form: str) -> None:
    """Whatever it is called."""
    assert read(EXAMPLES[form], file="x").schema == read(EXAMPLES[form], file="x", form=form).schema


def test_a_configuration_of_terraform_is_told_from_what_it_makes() -> None:
    """Export writes one, and only the state of it can be read back: the remedy says how to get that."""
    written = write("terraform", export(CreateTable("T", S("id")).apply(Schema())))
    with pytest.raises(FormatUnknown) as caught:
        read(written.text, file="tables.tf.json")
    assert "terraform show -json > state.json" in str(caught.value.advice)


def test_an_unknown_file() -> None:
    """It is said what was seen in it; JSON that is none has its line."""
    with pytest.raises(FormatUnknown, match="the file has a, b at its top, which is no format"):
        read('{"b": 1, "a": 2}', file="x")
    with pytest.raises(FormatError, match="x:2: no JSON"):
        read('{"b":\n 1,, "a": 2}', file="x")
    with pytest.raises(FormatError, match="NaN is no number of JSON"):
        read('{"tables": NaN}', file="x")


def test_a_large_file() -> None:
    """Each format has its own limit."""
    with pytest.raises(FormatTooLarge, match="larger than 1 MiB"):
        read("a: " + "x" * FORMATS["cloudformation"].limit, file="x")


@pytest.mark.parametrize(("form", "library"), [("cloudformation", "yaml"), ("html", "jinja2")])
def test_a_library_that_is_not_installed(form: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names it, and the extra that brings it."""
    for name in [name for name in sys.modules if name.startswith((f"osem_migrate.formats.{form}", library))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("yaml_text",) if library == "yaml" else ():
        monkeypatch.delitem(sys.modules, f"osem_migrate.formats.{name}", raising=False)
        monkeypatch.delattr(f"osem_migrate.formats.{name}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(FormatLibraryMissing, match=f"the library {library} is not installed") as refused:
        write(form, export(CreateTable("T", S("id")).apply(Schema())))
    assert refused.value.advice == "Install it with: pip install 'osem-migrate[formats]'"


def test_a_module_of_our_own_that_is_missing() -> None:
    """That is a defect, and no matter of extras."""
    with pytest.raises(ModuleNotFoundError):
        registry.library_missing(ModuleNotFoundError("x", name="osem_migrate.nothing"))
