"""Import of a file: the tables that are new, and every difference, whichever side has more."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.operations import (
    CreateTable,
    Operation,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
)
from osem_migrate.operations.expressible import EVERYTHING, Expressible
from osem_migrate.planning.import_file import FilePlan, compare, completed, plan_file_import
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests.strategies import creations, operations, schemas

KEY = "arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"


def table(*settings: object, **parts: object) -> Table:
    """A table as CreateTable makes it."""
    create: Callable[..., CreateTable] = CreateTable
    return create("T", S("id"), settings=list(settings), **parts).apply(Schema()).table("T")


def plan(file: dict[str, Table], scripts: Schema, *, whole: bool = True) -> FilePlan:
    """The plan of a file that can say everything."""
    return plan_file_import(file, scripts, EVERYTHING, whole=whole)


@pytest.mark.parametrize(
    ("file", "scripts", "differences"),
    [
        (table(), table(), []),
        (None, table(), ["T: expected a table, found none"]),
        (table(), None, ["T: expected no table, found one"]),
        (table(SetStream("T", "NEW_IMAGE")), table(), ["T: expected stream off, found stream NEW_IMAGE"]),
        (table(), table(SetStream("T", "NEW_IMAGE")), ["T: expected stream NEW_IMAGE, found stream off"]),
        (table(), table(SetStream("T", None)), []),
        (table(SetTags("T", {"a": "1"})), table(), ["T: expected no tags, found tags a=1"]),
        (table(), table(SetTags("T", {"a": "1"})), ["T: expected tags a=1, found no tags"]),
        (table(SetTags("T", {"a": "2"})), table(SetTags("T", {"a": "1"})), ["T: expected tags a=1, found tags a=2"]),
        (table(), table(SetTags("T", {"a": None})), []),
        (table(SetTags("T", {"a": "1", "b": "2"})), table(SetTags("T", {"a": "1"})),
         ["T: expected tags a=1, found tags a=1, b=2"]),
        (table(SetEncryption("T", "AWS_MANAGED")), table(SetEncryption("T", KEY)),
         [f"T: expected encryption {KEY}, found encryption AWS_MANAGED"]),
        (table(SetEncryption("T", KEY)), table(SetEncryption("T", "AWS_MANAGED")),
         [f"T: expected encryption AWS_MANAGED, found encryption {KEY}"]),
        (table(indexes=[Index("abc", S("a"))]), table(), ["abc: expected no index, found keys a S, projection ALL"]),
        (table(), table(indexes=[Index("abc", S("a"))]), ["abc: expected keys a S, projection ALL, found none"]),
        (table(indexes=[Index("abc", N("a"))]), table(indexes=[Index("abc", S("a"))]),
         ["abc: expected keys a S, found keys a N"]),
        (table(sort_key=S("at"), local_indexes=[LocalIndex("abc", S("a"))]), table(sort_key=S("at")),
         ["abc: expected none, found sort key a S, projection ALL"]),
        (table(SetBilling.provisioned("T", read=1, write=1)), table(),
         ["T: expected billing on-demand, found billing provisioned, 1 read and 1 write units"]),
        (table(indexes=[Index("abc", S("a"), throughput=Throughput(5, None))]), table(indexes=[Index("abc", S("a"))]),
         ["abc: expected no maximum throughput, found throughput of 5 read and ∞ write units"]),
    ],
)  # fmt: skip
def test_differences(file: Table | None, scripts: Table | None, differences: list[str]) -> None:
    """Whatever one side has and the other has not is told, each thing once."""
    schema = Schema({"T": scripts} if scripts is not None else {})
    found = plan({"T": file} if file is not None else {}, schema).differences
    assert [one.describe() for one in found] == differences


@given(schemas())
def test_a_schema_is_the_same_as_itself(schema: Schema) -> None:
    """No setting, default or spelling makes a difference of what is none."""
    assert plan(dict(schema.tables), schema) == FilePlan(creations=(), differences=())


@given(st.data(), schemas())
def test_no_change_is_overlooked(data: st.DataObject, schema: Schema) -> None:
    """One operation more on either side is a difference, unless it changes nothing that is live."""
    operation: Operation = data.draw(operations(schema))
    after = operation.apply(schema)
    same = all(
        before is not None and now is not None and _facts(before) == _facts(now)
        for name in schema.tables.keys() | after.tables.keys()
        for before, now in [(schema.tables.get(name), after.tables.get(name))]
    )
    for one, other in ((schema, after), (after, schema)):
        assert (plan(dict(one.tables), other).differences == ()) == same, operation


def _facts(found: Table) -> object:
    billing = SetBilling.of(found)
    whole = completed(found, EVERYTHING)
    tags = {key: text for key, text in (whole.setting(SetTags) or SetTags("T", {})).tags.items() if text is not None}
    settings = [(type(one), one.text) for one in whole.settings if not isinstance(one, SetTags | SetBilling)]
    indexes = [
        (one.name, one.partition_keys, one.sort_keys, found.projection(one), billing.index_throughput(one.throughput))
        for one in found.indexes
    ]
    return found.keys, indexes, found.local_indexes, settings, tags, billing.mode, billing.throughput


@given(creations())
def test_new_tables_are_created_as_the_file_has_them(creates: tuple[CreateTable, ...]) -> None:
    """The operations build the very tables of the file, whatever the environment gives to new ones."""
    schema = Schema()
    for create in creates:
        schema = create.apply(schema)
    defaults = (
        SetDeletionProtection("defaults", enabled=True),
        SetPointInTimeRecovery("defaults", enabled=True),
        SetTags("defaults", {"Env": "dev"}),
        SetBilling.provisioned("defaults", read=3, write=4),
    )
    scripts = Schema(defaults=defaults)
    made = plan(dict(schema.tables), scripts).creations
    assert [create.table for create in made] == sorted(schema.tables)
    for create in made:
        scripts = create.apply(scripts)
    assert plan(dict(schema.tables), scripts) == FilePlan(creations=(), differences=())


def test_what_a_format_cannot_say() -> None:
    """It is neither compared nor declared: what the environment gives to new tables stays."""
    defaults = (SetDeletionProtection("defaults", enabled=True),)
    scripts = Schema(defaults=defaults)
    bare = plan_file_import({"T": table()}, scripts, Expressible(settings=()), whole=True)
    (create,) = bare.creations
    assert create.settings == ()
    rich = table(SetStream("T", "NEW_IMAGE"), SetBilling.provisioned("T", read=1, write=1))
    assert compare(table(), rich, Expressible(settings=())) == ()
    assert compare(table(), rich, Expressible(settings=[SetBilling])) != ()


FEW = Expressible(settings=[SetBilling], maxima=False, composite_keys=False, local_indexes=False)
PAID = SetBilling.provisioned("T", read=1, write=1)
CAPPED = "on-demand, at most 9 read and ∞ write units"
COMPOSITE = Index("abc", (S("a"), S("b")))


@pytest.mark.parametrize(
    ("file", "scripts", "differences", "unsaid"),
    [
        (table(), table(indexes=[COMPOSITE]), [], [("T/abc", "keys of several attributes")]),
        (table(indexes=[Index("abc", S("a"))]), table(indexes=[COMPOSITE]),
         ["abc: expected keys a S, b S, found keys a S"], []),
        (table(), table(sort_key=S("at"), local_indexes=[LocalIndex("abc", S("a"))]),
         ["T: expected keys id S / at S, found keys id S"], [("T/abc", "local index")]),
        (table(indexes=[Index("abc", S("a"))]), table(sort_key=S("at"), local_indexes=[LocalIndex("abc", S("a"))]),
         ["T: expected keys id S / at S, found keys id S", "abc: expected no index, found keys a S, projection ALL",
          "abc: expected sort key a S, projection ALL, found none"], []),
        (table(), table(SetBilling.on_demand("T", max_read=9)),
         [], [("T", CAPPED)]),
        (table(PAID), table(SetBilling.on_demand("T", max_read=9)),
         [f"T: expected billing {CAPPED}, found billing {PAID.text}"], [("T", CAPPED)]),
        (table(indexes=[Index("abc", S("a"))]), table(indexes=[Index("abc", S("a"), throughput=Throughput(5, None))]),
         [], [("T/abc", "its maximum throughput")]),
        (table(PAID, indexes=[Index("abc", S("a"))]),
         table(PAID, indexes=[Index("abc", S("a"), throughput=Throughput(5, 5))]),
         ["abc: expected throughput of 5 read and 5 write units, found throughput of 1 read and 1 write units"], []),
        (table(), table(SetStream("T", "NEW_IMAGE"), SetTags("T", {"a": None})), [], [("T", "stream NEW_IMAGE")]),
    ],
)  # fmt: skip
def test_only_what_a_file_can_say_is_compared(
    file: Table, scripts: Table, differences: list[str], unsaid: list[tuple[str, str]]
) -> None:
    """The rest is told, and hides no difference of what it does say."""
    found = plan_file_import({"T": file}, Schema({"T": scripts}), FEW, whole=True)
    assert [one.describe() for one in found.differences] == differences
    assert [(one.subject, one.text) for one in found.unsaid] == unsaid


def test_a_part_of_the_tables() -> None:
    """Where some were asked for, the others are nobody's difference."""
    scripts = CreateTable("U", S("id")).apply(Schema())
    assert [one.subject for one in plan({"T": table()}, scripts).differences] == ["T", "U"]
    assert [one.subject for one in plan({"T": table()}, scripts, whole=False).differences] == ["T"]
