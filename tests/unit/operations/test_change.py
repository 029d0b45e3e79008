"""What people read of an operation: each part of a table that is added, altered or dropped, in one line."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from osem_migrate.cli.documents.change import change_document
from osem_migrate.operations import (
    SETTINGS,
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.change import Change, ChangeKind
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests import strategies

BY_STATUS = Index("by-status", S("status"), N("at"), "INCLUDE", ["title"])
ORDERS = CreateTable(
    "Orders",
    S("orderId"),
    N("createdAt"),
    indexes=[BY_STATUS],
    local_indexes=[LocalIndex("by-title", S("title"), "KEYS_ONLY")],
    settings=[SetStream("Orders", "NEW_IMAGE"), SetTags("Orders", {"Team": "core"})],
)
GIVEN = (
    SetBilling("any", "PROVISIONED", Throughput(5, 6)),
    SetDeletionProtection("any", enabled=True),
    SetPointInTimeRecovery("any", enabled=True),
    SetTags("any", {"Env": "dev", "Team": "of the environment"}),
)
DECLARED = ORDERS.apply(Schema())


def lines(operation: Operation, before: Schema = DECLARED) -> list[str]:
    """What a plan shows of it."""
    after = operation.apply(before).tables.get(operation.table)
    return [change.line() for change in operation.changes(operation.start(before), after)]


def test_a_new_table_is_shown_with_everything_that_it_gets() -> None:
    """Keys, indexes and settings; what goes without saying, because AWS gives it to every table, is left out."""
    assert lines(ORDERS, Schema()) == [
        "+ table Orders  orderId S / createdAt N",
        "+ local index by-title  title S, KEYS_ONLY",
        "+ index by-status  status S / at N, INCLUDE (title)",
        "+ stream NEW_IMAGE",
        "+ tags Team=core",
    ]
    assert lines(CreateTable("Users", S("id"), settings=[SetStream("Users", None)])) == ["+ table Users  id S"]


def test_what_the_environment_gives_is_told_from_what_the_script_declares() -> None:
    """Protection, recovery, tags and capacity of pyproject.toml are part of the plan; a declared tag wins."""
    assert lines(ORDERS, Schema(defaults=GIVEN))[3:] == [
        "+ billing provisioned, 5 read and 6 write units  (configuration)",
        "+ deletion protection on  (configuration)",
        "+ point-in-time recovery 35 days  (configuration)",
        "+ stream NEW_IMAGE",
        "+ tags Team=core",
        "+ tags Env=dev  (configuration)",
    ]


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        (DropTable("Orders"), ["- table Orders  orderId S / createdAt N"]),
        (AddIndex("Orders", "by-user", S("userId")), ["+ index by-user  userId S, ALL"]),
        (
            AddIndex("Orders", "by-user", S("userId"), throughput=Throughput(10, None)),
            ["+ index by-user  userId S, ALL, 10 read and ∞ write units"],
        ),
        (DropIndex("Orders", "by-status"), ["- index by-status  status S / at N, INCLUDE (title)"]),
        (SetStream("Orders", "OLD_IMAGE"), ["~ stream NEW_IMAGE → OLD_IMAGE"]),
        (SetStream("Orders", None), ["~ stream NEW_IMAGE → off"]),
        (SetStream("Orders", "NEW_IMAGE"), []),
        (SetTimeToLive("Orders", "expiresAt"), ["~ time to live off → expiresAt"]),
        (SetDeletionProtection("Orders", enabled=True), ["~ deletion protection off → on"]),
        (SetPointInTimeRecovery("Orders", enabled=True, days=7), ["~ point-in-time recovery off → 7 days"]),
        (
            SetTableClass("Orders", "STANDARD_INFREQUENT_ACCESS"),
            ["~ table class STANDARD → STANDARD_INFREQUENT_ACCESS"],
        ),
        (SetEncryption("Orders", "AWS_MANAGED"), ["~ encryption AWS_OWNED → AWS_MANAGED"]),
        (
            SetBilling.provisioned("Orders", read=5, write=5, indexes={"by-status": Throughput(7, 7)}),
            [
                "~ index throughput by-status  none of its own → 7 read and 7 write units",
                "~ billing on-demand → provisioned, 5 read and 5 write units",
            ],
        ),
        (
            SetTags("Orders", {"Team": "ours", "Cost": "4711", "Owner": None}),
            ["+ tags Cost=4711", "~ tags Team=core → Team=ours"],
        ),
        (SetTags("Orders", {"Team": None}), ["- tags Team=core"]),
    ],
)
def test_each_operation_says_what_will_be(operation: Operation, shown: list[str]) -> None:
    """Forwards, from what is declared before to what is declared after; nothing where that is the same."""
    assert lines(operation) == shown


def test_every_setting_is_among_those_that_are_shown() -> None:
    """A new kind of setting has to read well, too."""
    (marked,) = (m for m in test_each_operation_says_what_will_be.pytestmark)  # type: ignore[attr-defined]
    assert {type(operation) for operation, _ in marked.args[1]} >= set(SETTINGS)


def test_an_index_with_other_keys_is_another_index() -> None:
    """No call changes keys or projection: the one goes, and the other comes."""
    before = DECLARED.table("Orders")
    other = replace(before, indexes=[replace(BY_STATUS, include=["title", "total"])])
    assert [change.line() for change in SetStream("Orders", None).changes(before, other)] == [
        "- index by-status  status S / at N, INCLUDE (title)",
        "+ index by-status  status S / at N, INCLUDE (title, total)",
    ]


def test_a_change_for_machines() -> None:
    """The same as members, with null where there is nothing."""
    change = Change(kind=ChangeKind.ALTER, what="stream", before="off", after="NEW_IMAGE")
    assert change_document(change) == {
        "kind": "alter",
        "what": "stream",
        "name": None,
        "before": "off",
        "after": "NEW_IMAGE",
        "by_default": False,
    }
    assert change.line("->") == "~ stream off -> NEW_IMAGE"


@given(before=strategies.tables(), after=strategies.tables())
@settings(max_examples=40)
def test_only_what_differs_is_a_change(before: Table, after: Table) -> None:
    """A table is no change of itself, and each index that only one of two tables has is named once."""
    operation = SetStream(before.name, None)
    assert operation.changes(before, before) == ()
    assert operation.changes(None, None) == ()
    named: list[Any] = [change.name for change in operation.changes(before, after) if change.what == "index"]
    old, new = (
        {before_or_after.shape(index) for index in before_or_after.indexes} for before_or_after in (before, after)
    )
    assert sorted(named) == sorted(str(shape[0]) for shape in old ^ new)
