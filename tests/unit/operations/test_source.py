"""Operations as source: what is written, read again, is what it was."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import osem_migrate
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetBilling,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.source import LINE_LENGTH, imported_names, render, render_import
from osem_migrate.schema import Index, LocalIndex, N, S, Throughput
from tests import strategies


def executed(source: str, names: tuple[str, ...]) -> Any:
    """What the source evaluates to with these names of the package and nothing else."""
    return eval(source, {name: getattr(osem_migrate, name) for name in names} | {"__builtins__": {}})  # noqa: S307


@given(strategies.operation_sequences(), st.integers(0, 5))
def test_source_executes_to_what_it_was_made_of(operations: tuple[Operation, ...], depth: int) -> None:
    """Any operation, at any depth, comes back equal, with just the names that are said to be imported."""
    names = imported_names(operations)
    source = render(list(operations), 4 * depth) if operations else "[]"
    assert executed(source, names) == list(operations)
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert used == set(names)
    assert list(names) == sorted(names)


@given(strategies.operation_sequences())
def test_lines_are_broken_until_they_fit(operations: tuple[Operation, ...]) -> None:
    """A line is longer than the limit only where one key or one text alone is."""
    for operation in operations:
        for line in f"    {render(operation, 4, 1)},".splitlines():
            assert len(line) <= LINE_LENGTH


@given(st.text(min_size=1, max_size=60))
def test_any_text_survives_quoting(text: str) -> None:
    """Quotes, backslashes and control characters in a name are data, never source."""
    operation = SetTimeToLive("Teams", text)
    assert executed(render(operation), imported_names([operation])) == operation


@pytest.mark.parametrize(
    ("operation", "source"),
    [
        (CreateTable("Teams", S("teamId")), 'CreateTable("Teams", partition_key=S("teamId"))'),
        (DropTable("Teams"), 'DropTable("Teams")'),
        (
            AddIndex("Teams", "a-index", S("a"), N("b")),
            'AddIndex("Teams", "a-index", partition_key=S("a"), sort_key=N("b"))',
        ),
        (
            AddIndex("Teams", "a-index", (S("a"), N("b"))),
            'AddIndex("Teams", "a-index", partition_key=(S("a"), N("b")))',
        ),
        (DropIndex("Teams", "a-index"), 'DropIndex("Teams", "a-index")'),
        (SetTimeToLive("Teams", None, enabled=False), 'SetTimeToLive("Teams", attribute=None, enabled=False)'),
        (SetPointInTimeRecovery("Teams", enabled=True), 'SetPointInTimeRecovery("Teams", enabled=True)'),
        (SetStream("Teams", "NEW_IMAGE"), 'SetStream("Teams", view="NEW_IMAGE")'),
        (SetTags("Teams", {"größe": "a b", "x": None}), 'SetTags("Teams", tags={"größe": "a b", "x": None})'),
        (SetTimeToLive("Teams", 'a"b\\'), 'SetTimeToLive("Teams", attribute=\'a"b\\\\\')'),
        (
            SetBilling.provisioned("Teams", read=1, write=2, indexes={"a-index": Throughput(3, 4)}),
            (
                'SetBilling(\n    "Teams",\n    mode="PROVISIONED",\n    throughput=Throughput(read=1, write=2),\n'
                '    indexes={"a-index": Throughput(read=3, write=4)},\n)'
            ),
        ),
    ],
)
def test_source_is_what_a_person_would_write(operation: Operation, source: str) -> None:
    """Names stand bare, everything else by keyword, defaults are left out, quotes spare escapes."""
    assert render(operation) == source


def test_names_are_those_used_and_no_others() -> None:
    """Keys, indexes and settings inside a table are imported, too; a default that is not written is not."""
    operation = CreateTable(
        "Teams",
        S("teamId"),
        N("at"),
        indexes=[Index("a-index", S("a"), throughput=Throughput(1, 2))],
        local_indexes=[LocalIndex("b-index", S("b"))],
        settings=[SetTimeToLive("Teams", "at"), SetBilling.provisioned("Teams", read=1, write=1)],
    )
    assert imported_names([operation, operation]) == (
        "CreateTable",
        "Index",
        "LocalIndex",
        "N",
        "S",
        "SetBilling",
        "SetTimeToLive",
        "Throughput",
    )
    assert imported_names([DropTable("Teams")]) == ("DropTable",)
    assert imported_names([]) == ()


@pytest.mark.parametrize(("length", "lines"), [(LINE_LENGTH, 1), (LINE_LENGTH + 1, 3)])
def test_a_line_may_be_exactly_as_long_as_the_limit(length: int, lines: int) -> None:
    """The label before a value and the comma after it count, too."""
    frame = len('    DropTable(""),')
    source = "    " + render(DropTable("x" * (length - frame)), 4, 1) + ","
    assert len(source.splitlines()) == lines


def test_a_long_import_is_broken() -> None:
    """A script that uses every operation still has no line that is too long."""
    names = [f"Operation{number}" for number in range(20)]
    assert render_import(names[:2]) == "from osem_migrate import Operation0, Operation1"
    lines = render_import(names).splitlines()
    assert lines[:2] == ["from osem_migrate import (", "    Operation0,"]
    assert lines[-2:] == ["    Operation19,", ")"]
