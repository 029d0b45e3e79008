"""Autogenerate: the operations lead to the other schema, in an order that DynamoDB accepts, and there are no more."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.operations import (
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
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.expressible import Expressible
from osem_migrate.planning.autogenerate import IndexChoice, autogenerate
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests.strategies import KMS_KEY, schemas, successions

REPLACE = IndexChoice(replace=True, renamed={})
pairs = st.one_of(successions(8), st.tuples(schemas(), schemas()))


def table(*settings: Setting, name: str = "T", **parts: Any) -> Table:
    """A table as CreateTable makes it."""
    create: Callable[..., CreateTable] = CreateTable
    return create(name, S("id"), settings=settings, **parts).apply(Schema()).table(name)


def schema(*tables: Table, defaults: tuple[Setting, ...] = ()) -> Schema:
    """These tables."""
    return Schema({one.name: one for one in tables}, defaults)


def made_by(operations: Iterable[Operation], before: Schema) -> Schema:
    """The schema after the operations."""
    return reduce(lambda made, operation: operation.apply(made), operations, before)


def meaning(found: Schema) -> dict[str, object]:
    """What DynamoDB would hold of a schema, by names: it knows no setting that nobody declared, only its default."""
    return {name: _meaning(one) for name, one in found.tables.items()}


def _meaning(one: Table) -> object:
    billing = SetBilling.of(one)
    settings: dict[type[Setting], object] = {
        type(setting): setting.data() for setting in one.settings if not setting.matches(setting.default(one.name))
    }
    tags = one.setting(SetTags)
    settings[SetTags] = {key: text for key, text in tags.tags.items() if text is not None} if tags is not None else {}
    indexes = {(one.shape(index), billing.index_throughput(index.throughput)) for index in one.indexes}
    return one.keys, indexes, {one.shape(index) for index in one.local_indexes}, settings


@given(pairs)
def test_it_leads_to_the_other_schema(drawn: tuple[Schema, Schema]) -> None:
    """Applied to the first schema, the operations make the second, wherever that can be done in place."""
    before, after = Schema(drawn[0].tables), Schema(drawn[1].tables)
    bare = Schema({name: made_bare(one) for name, one in before.tables.items()})
    found = autogenerate(bare, after, choice=REPLACE)
    assert found.undecided == ()
    made = made_by(found.operations, bare)
    impossible = {one.table for one in found.unchangeable}
    wanted, got = meaning(after), meaning(made)
    assert {name: got[name] for name in wanted.keys() - impossible} == {
        name: wanted[name] for name in wanted.keys() - impossible
    }
    assert got.keys() == wanted.keys()
    if not impossible:
        again = autogenerate(made, after)
        assert (again.differences, again.operations) == ((), ())


def made_bare(one: Table) -> Table:
    """The table as if scripts had declared all of it."""
    return CreateTable.of(one).apply(Schema()).table(one.name)


@given(pairs)
def test_what_the_environment_gives_is_left_alone(drawn: tuple[Schema, Schema]) -> None:
    """With the defaults of an environment, too, the scripts lead where nothing is missing any more."""
    before, after = drawn[0], Schema(drawn[1].tables)
    found = autogenerate(before, after, choice=REPLACE)
    if not found.unchangeable:
        again = autogenerate(made_by(found.operations, before), after)
        assert (again.differences, again.proposals) == ((), ())


@given(schemas())
def test_a_schema_needs_nothing_to_become_itself(drawn: Schema) -> None:
    """No spelling, no default and no setting that is declared as AWS has it makes a script."""
    found = autogenerate(drawn, Schema(drawn.tables))
    assert (found.differences, found.proposals) == ((), ())


@given(pairs)
def test_every_operation_is_needed(drawn: tuple[Schema, Schema]) -> None:
    """None leaves its table as it was."""
    made = drawn[0]
    for operation in autogenerate(made, Schema(drawn[1].tables), choice=REPLACE).operations:
        following = operation.apply(made)
        assert following.tables != made.tables
        made = following


PLANS = table(indexes=[Index("by-a", S("a"))])
BY_B = table(indexes=[Index("by-b", S("b"))])
OTHER_TYPE = table(indexes=[Index("by-b", N("a"))])
TTL = SetTimeToLive("T", "expiresAt")
OTHER = table(name="Other")
PROVISIONED = SetBilling.provisioned("T", read=5, write=5)


@pytest.mark.parametrize(
    ("before", "after", "scripts"),
    [
        ([], [OTHER], [[CreateTable("Other", S("id"))]]),
        ([OTHER], [], [[DropTable("Other")]]),
        ([table(name="Teams")], [OTHER], [[CreateTable("Other", S("id"))], [DropTable("Teams")]]),
        ([table(SetDeletionProtection("T", enabled=True))], [],
         [[SetDeletionProtection("T", enabled=False)], [DropTable("T")]]),
        ([table()], [table(TTL)], [[TTL]]),
        ([table(TTL)], [table()], [[SetTimeToLive("T", None, enabled=False)]]),
        ([table()], [table(TTL, SetStream("T", "NEW_IMAGE"))], [[SetStream("T", "NEW_IMAGE"), TTL]]),
        ([table(SetTags("T", {"a": "1", "b": "2", "c": "3"}))], [table(SetTags("T", {"a": "1", "b": "3"}))],
         [[SetTags("T", {"b": "3", "c": None})]]),
        ([table(SetEncryption("T", "AWS_MANAGED"))], [table(SetEncryption("T", KMS_KEY))],
         [[SetEncryption("T", KMS_KEY)]]),
        ([table(SetEncryption("T", KMS_KEY))], [table(SetEncryption("T", "AWS_MANAGED"))],
         [[SetEncryption("T", "AWS_MANAGED")]]),
        ([table()], [PLANS], [[AddIndex("T", "by-a", S("a"))]]),
        ([PLANS], [table()], [[DropIndex("T", "by-a")]]),
        ([PLANS], [BY_B], [[AddIndex("T", "by-b", S("b"))], [DropIndex("T", "by-a")]]),
        ([PLANS], [OTHER_TYPE], [[DropIndex("T", "by-a")], [AddIndex("T", "by-b", N("a"))]]),
        ([table()], [table(PROVISIONED, indexes=[Index("by-a", S("a"), throughput=Throughput(1, 1))])],
         [[PROVISIONED], [AddIndex("T", "by-a", S("a"), throughput=Throughput(1, 1))]]),
        ([PLANS], [table(PROVISIONED, indexes=[Index("by-a", S("a"), throughput=Throughput(1, 1))])],
         [[SetBilling.provisioned("T", read=5, write=5, indexes={"by-a": Throughput(1, 1)})]]),
    ],
)  # fmt: skip
def test_scripts(before: list[Table], after: list[Table], scripts: list[list[Operation]]) -> None:
    """One script for each table and index, and one for the settings of a table; what comes is before what goes."""
    found = autogenerate(schema(*before), schema(*after))
    assert [list(proposal.operations) for proposal in found.proposals] == scripts


def test_no_more_indexes_at_once_than_there_may_be() -> None:
    """Twenty others can only come once those that go have gone."""
    before, after = (
        schema(table(indexes=[Index(f"by-{letter}{number}", S("a")) for number in range(20)])) for letter in "ab"
    )
    kinds = [type(operation) for operation in autogenerate(before, after).operations]
    assert kinds == [DropIndex] * 20 + [AddIndex] * 20


def test_no_more_included_attributes_at_once_than_there_may_be() -> None:
    """The same holds of the attributes that indexes include, of which a table may have a hundred."""
    before, after = (
        schema(
            table(
                indexes=[
                    Index(f"by-{letter}{number}", S("a"), None, "INCLUDE", [f"{letter}{n}" for n in range(20)])
                    for number in range(3)
                ]
            )
        )
        for letter in "ab"
    )
    kinds = [type(operation) for operation in autogenerate(before, after).operations]
    assert kinds == [DropIndex] * 3 + [AddIndex] * 3


CHANGED = table(indexes=[Index("by-a", S("a"), S("b"))])


def test_an_index_that_changes_is_left_until_somebody_decides() -> None:
    """Nothing is done about it, and it is named; everything else goes on."""
    found = autogenerate(schema(PLANS), schema(CHANGED.with_setting(TTL)))
    assert found.operations == (TTL,)
    assert [one.describe() for one in found.undecided] == ["by-a: expected keys a S, found keys a S / b S"]


def test_an_index_is_replaced() -> None:
    """Dropped, then added, each in a script of its own."""
    found = autogenerate(schema(PLANS), schema(CHANGED), choice=REPLACE)
    assert found.operations == (DropIndex("T", "by-a"), AddIndex("T", "by-a", S("a"), S("b")))
    assert (len(found.proposals), found.undecided) == (2, ())


def test_an_index_is_built_under_another_name() -> None:
    """Added, then the old one dropped; from then on the other schema has to call it so."""
    found = autogenerate(schema(PLANS), schema(CHANGED), choice=IndexChoice(renamed={"by-a": "by-ab"}))
    assert found.operations == (AddIndex("T", "by-ab", S("a"), S("b")), DropIndex("T", "by-a"))
    assert found.undecided == ()


@pytest.mark.parametrize(
    "after",
    [
        CreateTable("T", N("id")),
        CreateTable("T", S("id"), S("at")),
        CreateTable("T", S("id"), S("at"), local_indexes=[LocalIndex("by-b", S("b"))]),
    ],
)
def test_keys_and_local_indexes_are_never_changed(after: CreateTable) -> None:
    """No table is dropped and created again for them: the difference is named, and nothing is done about it."""
    found = autogenerate(schema(table()), after.apply(Schema()))
    assert found.operations == ()
    assert {one.table for one in found.unchangeable} == {"T"}
    assert set(found.unchangeable) <= set(found.differences)


def test_only_what_the_source_can_say_is_changed() -> None:
    """A format that knows no stream says nothing about streams."""
    before = schema(table(SetStream("T", "NEW_IMAGE"), TTL))
    assert autogenerate(before, schema(table()), says=Expressible(settings=[SetTimeToLive])).operations == (
        SetTimeToLive("T", None, enabled=False),
    )


def test_a_capacity_of_the_environment_is_not_declared() -> None:
    """Where pyproject.toml gives the capacity, neither table nor indexes get one from a script."""
    capacity = (SetBilling.provisioned("T", read=5, write=5), SetPointInTimeRecovery("T", enabled=True))
    before = CreateTable("T", S("id"), indexes=[Index("by-a", S("a"))]).apply(Schema(defaults=capacity))
    after = table(indexes=[Index("by-a", S("a")), Index("by-b", S("b"), throughput=Throughput(7, None))])
    assert autogenerate(before, schema(after)).operations == (AddIndex("T", "by-b", S("b")),)


def test_what_a_file_cannot_say_stays_of_an_index_that_is_built_anew() -> None:
    """The file says only its keys; the maximum of it, and an index of several attributes beside it, are as before."""
    says = Expressible(maxima=False, composite_keys=False)
    beside = Index("beside", (S("a"), S("b")))
    before = schema(table(indexes=[Index("abc", S("a"), throughput=Throughput(5, 6)), beside]))
    found = autogenerate(before, schema(table(indexes=[Index("abc", N("c"))])), says, REPLACE)
    assert found.operations == (DropIndex("T", "abc"), AddIndex("T", "abc", N("c"), throughput=Throughput(5, 6)))
