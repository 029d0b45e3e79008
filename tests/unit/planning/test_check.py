"""Up, down and up again: every operation of the library leads back, and one that does not is told."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osem_migrate.migration import Migration
from osem_migrate.operations import CreateTable, DropTable, Operation, SetStream, SetTags, SetTimeToLive
from osem_migrate.planning.check import round_trip
from osem_migrate.schema import S, Schema

TEAMS = CreateTable("Teams", S("teamId"))
LEADS_BACK: tuple[Operation, ...] = (
    TEAMS,
    SetStream("Teams", "NEW_IMAGE"),
    SetStream("Teams", "OLD_IMAGE"),
    SetStream("Teams", None),
    SetTags("Teams", {"a": "1", "b": "2"}),
    SetTags("Teams", {"a": None}),
    SetTimeToLive("Teams", "expiresAt"),
    DropTable("Teams"),
    TEAMS,
)


def found(*operations: Operation) -> list[str]:
    """What is said of a script of these operations."""
    return [one.message for one in round_trip([Migration("0001_a", 1, operations)], Schema())]


@dataclass(frozen=True)
class Wrong(SetStream):
    """A stream whose reverse leaves it as it is."""

    def reverse(self, before: Schema) -> Operation:
        del before
        return SetStream(self.table, self.view)


@dataclass(frozen=True)
class Keeps(CreateTable):
    """A table that its reverse does not drop."""

    def reverse(self, before: Schema) -> Operation:
        del before
        return SetStream(self.table, None)


@settings(max_examples=30)
@given(st.integers(1, len(LEADS_BACK)))
def test_what_leads_back(count: int) -> None:
    """A setting that nobody had declared is AWS's own default again; that is the same schema."""
    assert found(*LEADS_BACK[:count]) == []


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Wrong("Teams", "NEW_IMAGE"), "after it is reversed, Teams: expected stream"),
        (Keeps("Plans", S("planId")), "after it is reversed, table Plans is still there"),
    ],
)
def test_what_does_not(operation: Operation, message: str) -> None:
    """The operation is named, and what is otherwise."""
    (text,) = found(TEAMS, operation)
    assert text.startswith(operation.describe())
    assert message in text


def test_a_tag_that_only_one_side_has() -> None:
    """What is there and was not declared before is found as well as what is missing."""

    @dataclass(frozen=True)
    class Leaves(SetTags):
        def apply(self, schema: Schema) -> Schema:
            return SetTags(self.table, self.tags).apply(schema)

        def reverse(self, before: Schema) -> Operation:
            del before
            return SetTags(self.table, {"other": None})

    (text,) = found(TEAMS, Leaves("Teams", {"left": "here"}))
    assert "after it is reversed, Teams" in text


def test_one_that_is_not_the_same_when_it_is_applied_again() -> None:
    """Down is right, and up again is not: an operation that looks at more than the schema."""
    views: list[Any] = ["NEW_IMAGE", "OLD_IMAGE"]

    @dataclass(frozen=True)
    class Fickle(SetStream):
        def apply(self, schema: Schema) -> Schema:
            return SetStream(self.table, views.pop(0)).apply(schema)

        def reverse(self, before: Schema) -> Operation:
            del before
            return SetStream(self.table, None)

    (text,) = found(TEAMS, Fickle("Teams", "NEW_IMAGE"))
    assert "after it is reversed and applied again, Teams: expected stream" in text
