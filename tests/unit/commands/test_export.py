"""Export: what of the live tables a file cannot have."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from osem_migrate.commands import export
from osem_migrate.commands.export import ExportOptions, export_environment
from osem_migrate.errors import ResourceNotFound
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetEncryption
from osem_migrate.schema import Index, S, Table
from osem_migrate.schema.value import as_found
from tests.doubles.project import write_project


def live(name: str, table: Table | None, **facts: Any) -> LiveTable:
    """A table as described."""
    return LiveTable(name=name, physical_name=f"osem-dev-{name}", table=table, status="ACTIVE", **facts)


@pytest.fixture
def deployment(tmp_path: Path) -> Any:
    """An environment; nothing is asked of it."""
    environment = write_project(tmp_path, {}).environment("dev")
    return SimpleNamespace(environment=environment, gateway=SimpleNamespace(spelled=lambda live: live))


def test_what_is_left_out(deployment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that may not be described, or that no value can be; what nothing declares; and the history table."""
    odd = as_found(Table, "Odd", S("id"), None, [as_found(Index, "x", S("a"))])
    found = [
        live("Denied", None, refusal="may not be described"),
        live("Odd", odd),
        live("SchemaMigrations", Table("SchemaMigrations", S("scope"))),
        live("Teams", Table("Teams", S("id")), beyond=("Replicas",), unreadable=frozenset({SetEncryption})),
    ]
    monkeypatch.setattr(export, "list_tables", lambda *_: found)
    written = export_environment(deployment, (), ExportOptions(format="cloudformation", live=True))
    assert [note.describe() for note in written.notes] == [
        "osem-dev-Denied: left out: may not be described",
        "osem-dev-Odd: left out: index 'x': a name has 3 to 255 characters from a-z, A-Z, 0-9, '_', '-' and '.'",
        "osem-dev-Teams: left out of it: Replicas",
        "osem-dev-Teams: this local engine does not report encryption",
    ]
    assert "TableName: osem-dev-Teams" in written.text
    assert "Odd" not in written.text
    assert "SchemaMigrations" not in written.text


def test_nothing_to_export(deployment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without tables would be taken for an answer."""
    monkeypatch.setattr(export, "list_tables", lambda *_: [live("Denied", None, refusal="no")])
    with pytest.raises(ResourceNotFound, match="there are no tables of dev to export"):
        export_environment(deployment, (), ExportOptions(format="terraform", live=True))
