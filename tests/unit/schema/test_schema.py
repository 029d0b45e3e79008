"""Key, Index, LocalIndex, Table and Schema: DynamoDB's limits, and one spelling for each value."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations import CreateTable, SetBilling, SetDeletionProtection, SetStream, SetTags
from osem_migrate.schema import (
    B,
    Index,
    Key,
    LocalIndex,
    N,
    S,
    Schema,
    Table,
    Throughput,
    as_keys,
    as_throughput,
    check_name,
)
from tests import strategies


def table(*indexes: Index, **more: Any) -> Table:
    """A table of teams with these indexes."""
    return Table("Teams", S("teamId"), indexes=indexes, **more)


def including(name: str, count: int, prefix: str = "a") -> Index:
    """An index that includes so many attributes."""
    return Index(name, S("status"), projection="INCLUDE", include=[f"{prefix}{number}" for number in range(count)])


def refuse(construct: Callable[[], object], *fragments: str) -> DefinitionError:
    """The DefinitionError of a construction, whose message has all the fragments."""
    with pytest.raises(DefinitionError) as raised:
        construct()
    for fragment in fragments:
        assert fragment in raised.value.message
    return raised.value


def test_the_three_key_types() -> None:
    """``S``, ``N`` and ``B`` are the whole alphabet of key types."""
    assert (S("a"), N("b"), B("c")) == (Key("a", "S"), Key("b", "N"), Key("c", "B"))


@pytest.mark.parametrize("name", ["a", "x" * 255, "ü" * 127, "with space", "größe"])
def test_a_key_name_may_have_1_to_255_bytes(name: str) -> None:
    """Attribute names are any text of up to 255 bytes."""
    assert S(name).name == name


@pytest.mark.parametrize("name", ["", "x" * 256, "ü" * 128])
def test_a_key_name_beyond_255_bytes_is_refused(name: str) -> None:
    """Bytes count, not characters."""
    refuse(lambda: S(name), "key attribute", repr(name), "1 to 255 bytes")


@pytest.mark.parametrize("name", ["abc", "x" * 255, "a.B-9_z"])
def test_an_index_name_may_have_3_to_255_characters(name: str) -> None:
    """The boundaries of index names, and their whole alphabet."""
    check_name("index", name)
    assert Index(name, S("status")).name == LocalIndex(name, S("status")).name == name


@pytest.mark.parametrize("name", ["", "ab", "x" * 256, "a index", "índice", "abc\n", "a/b"])
def test_an_index_name_outside_the_limits_is_refused(name: str) -> None:
    """One character less or more than allowed, or one outside the alphabet."""
    refuse(lambda: Index(name, S("status")), "index", repr(name), "3 to 255 characters", "'.'")
    refuse(lambda: LocalIndex(name, S("status")), "local index", repr(name), "3 to 255 characters")


@pytest.mark.parametrize("name", ["T", "x" * 255])
def test_a_logical_table_name_may_have_1_to_255_characters(name: str) -> None:
    """A logical name becomes a part of the physical one, so it may be shorter than that."""
    assert Table(name, S("id")).name == name


@pytest.mark.parametrize("name", ["", "x" * 256, "my table", "Teams\n"])
def test_a_logical_table_name_outside_the_limits_is_refused(name: str) -> None:
    """The alphabet is that of physical names."""
    refuse(lambda: Table(name, S("id")), "table", repr(name), "1 to 255 characters")


def test_an_index_has_up_to_four_partition_and_four_sort_keys() -> None:
    """The boundary: four and four, in declared order."""
    keys = tuple(S(f"k{number}") for number in range(8))
    index = Index("a-index", keys[:4], keys[4:])
    assert (index.partition_keys, index.sort_keys, index.keys) == (keys[:4], keys[4:], keys)


@pytest.mark.parametrize(("partition", "sort", "limit"), [(0, 0, "1 to 4"), (5, 0, "1 to 4"), (1, 5, "0 to 4")])
def test_other_numbers_of_index_keys_are_refused(partition: int, sort: int, limit: str) -> None:
    """One beyond the boundary on either side; the message names the limit."""
    keys = tuple(S(f"k{number}") for number in range(partition + sort))
    refuse(lambda: Index("a-index", keys[:partition], keys[partition:]), "index 'a-index'", "key attributes", limit)


@pytest.mark.parametrize(
    "construct",
    [
        lambda: Index("a-index", S("status"), S("status")),
        lambda: Index("a-index", (S("status"), S("status"))),
        lambda: Index("a-index", S("status"), N("status")),
        lambda: Table("a-index", S("status"), N("status")),
    ],
)
def test_a_key_attribute_appears_once(construct: Callable[[], object]) -> None:
    """An attribute is not the partition and the sort key of one thing."""
    refuse(construct, "'a-index'", "key attribute 'status' is declared 2 times")


def test_one_key_has_one_spelling() -> None:
    """A tuple of one is the bare key, an empty tuple is none, so equal indexes compare equal."""
    assert Index("a-index", (S("id"),), ()) == Index("a-index", S("id"), None)
    assert Index("a-index", (S("id"),)).partition_key == S("id")
    assert Index("a-index", S("id"), (S("b"), S("a"))).sort_key == (S("b"), S("a"))
    assert as_keys(None) == ()
    assert as_keys(S("id")) == as_keys((S("id"),)) == (S("id"),)


def test_include_is_sorted_and_takes_a_list() -> None:
    """DynamoDB sorts the included attributes, so their order means nothing."""
    indexes = [
        Index("a-index", S("status"), projection="INCLUDE", include=list(names)) for names in permutations("abc")
    ]
    assert len(set(indexes)) == 1
    assert indexes[0].include == ("a", "b", "c")
    local = LocalIndex("a-index", S("status"), "INCLUDE", ["b", "a"])
    assert local.include == ("a", "b")


def test_an_index_includes_up_to_20_attributes() -> None:
    """The boundary, and one beyond it."""
    assert len(including("a-index", 20).include) == 20
    refuse(lambda: including("a-index", 21), "index 'a-index'", "21 INCLUDE attributes", "allows 20")


def test_what_aws_raises_on_request_is_no_limit() -> None:
    """20 global indexes and 100 included attributes of a table are quotas; who has more of them may declare more."""
    many = [including(f"i{number}-index", 20) for number in range(21)]
    assert len(table(*many).indexes) == len(CreateTable("Teams", S("id"), indexes=many).indexes) == 21


@pytest.mark.parametrize("kind", [Index, LocalIndex])
@pytest.mark.parametrize(
    ("projection", "include", "complaint"),
    [
        ("ALL", ["name"], "projection ALL takes no include attributes"),
        ("KEYS_ONLY", ["name"], "projection KEYS_ONLY takes no include attributes"),
        ("INCLUDE", [], "projection INCLUDE needs include attributes"),
        ("INCLUDE", ["name", "name"], "INCLUDE attribute 'name' is declared 2 times"),
        ("INCLUDE", [""], "1 to 255 bytes"),
        ("INCLUDE", ["x" * 256], "1 to 255 bytes"),
    ],
)
def test_projection_and_include_agree(kind: Any, projection: str, include: list[str], complaint: str) -> None:
    """ALL and KEYS_ONLY forbid include, INCLUDE needs it, and it holds distinct attributes."""
    refuse(lambda: kind("a-index", S("status"), projection=projection, include=include), "index 'a-index'", complaint)


@pytest.mark.parametrize(
    ("projection", "include", "found"),
    [
        ("ALL", [], ("ALL", ())),
        ("KEYS_ONLY", [], ("KEYS_ONLY", ())),
        ("INCLUDE", ["name"], ("INCLUDE", ("name",))),
        ("INCLUDE", ["teamId", "name", "status"], ("INCLUDE", ("name",))),
        ("INCLUDE", ["teamId"], ("KEYS_ONLY", ())),
        ("INCLUDE", ["status", "teamId"], ("KEYS_ONLY", ())),
    ],
)
def test_included_keys_project_nothing_more(projection: Any, include: list[str], found: tuple[str, Any]) -> None:
    """The keys of the index and of its table are in every index anyway; AWS does not mind to be told."""
    index = Index("a-index", S("status"), projection=projection, include=include)
    assert table(index).projection(index) == found
    local = LocalIndex("l-index", S("status"), projection, include)
    assert table(sort_key=S("joined"), local_indexes=[local]).projection(local) == found


def test_a_table_has_up_to_5_local_indexes() -> None:
    """The boundary, and one beyond it."""
    indexes = [LocalIndex(f"i{number}-index", S("status")) for number in range(6)]
    assert len(table(sort_key=S("name"), local_indexes=indexes[:5]).local_indexes) == 5
    refuse(
        lambda: table(sort_key=S("name"), local_indexes=indexes),
        "table 'Teams'",
        "6 local secondary indexes",
        "allows 5",
    )


def test_a_local_index_needs_a_sort_key_and_its_own_attribute() -> None:
    """DynamoDB has local indexes only beside a sort key, and they exist to sort by something else."""
    local = LocalIndex("a-index", S("name"))
    refuse(lambda: table(local_indexes=[local]), "table 'Teams'", "needs a table with a sort key")
    refuse(lambda: table(sort_key=S("name"), local_indexes=[local]), "'a-index'", "other than the table's keys")


@pytest.mark.parametrize(
    "more",
    [
        {"indexes": [Index("a-index", S("status")), Index("a-index", S("name"))]},
        {"indexes": [Index("a-index", S("status"))], "local_indexes": [LocalIndex("a-index", S("rank"))]},
        {"local_indexes": [LocalIndex("a-index", S("rank")), LocalIndex("a-index", S("name"))]},
    ],
)
def test_index_names_are_distinct(more: dict[str, Any]) -> None:
    """Global and local indexes share one namespace."""
    refuse(
        lambda: Table("Teams", S("teamId"), S("joined"), **more), "table 'Teams'", "index 'a-index' is declared 2 times"
    )


def test_a_setting_is_declared_once() -> None:
    """Two streams for one table contradict each other."""
    settings = [SetStream("Teams", "NEW_IMAGE"), SetStream("Teams", None)]
    refuse(lambda: table(settings=settings), "table 'Teams'", "setting 'SetStream' is declared 2 times")


@pytest.mark.parametrize(
    "more",
    [
        {"indexes": [Index("a-index", N("teamId"))]},
        {"indexes": [Index("a-index", S("status"), N("joined"))]},
        {"indexes": [Index("a-index", S("rank")), Index("b-index", N("rank"))]},
        {"indexes": [Index("a-index", S("rank"))], "local_indexes": [LocalIndex("l-index", B("rank"))]},
    ],
)
def test_an_attribute_has_one_type(more: dict[str, Any]) -> None:
    """A key type that contradicts another use of the attribute names both."""
    error = refuse(lambda: Table("Teams", S("teamId"), S("joined"), **more), "table 'Teams'", "is used as S and as")
    assert error.details["attribute"] in error.message


def test_attributes_are_those_of_all_keys() -> None:
    """Exactly what AttributeDefinitions has to hold: no more, no less."""
    full = Table(
        "Teams", S("id"), N("at"), [Index("a-index", B("digest"), N("at"))], [LocalIndex("l-index", S("name"))]
    )
    assert full.attributes == {"id": "S", "at": "N", "digest": "B", "name": "S"}


def test_order_of_declaration_does_not_matter() -> None:
    """Indexes are a set and so are settings, so equal tables compare equal and hash alike."""
    indexes = [Index("a-index", S("x")), Index("b-index", S("y")), Index("c-index", S("z"))]
    local = [LocalIndex("l-index", S("n")), LocalIndex("k-index", S("m"))]
    settings = [SetStream("Teams", None), SetDeletionProtection("Teams", enabled=True)]
    one = table(*indexes, sort_key=S("s"), local_indexes=local, settings=settings)
    other = table(*indexes[::-1], sort_key=S("s"), local_indexes=local[::-1], settings=settings[::-1])
    assert one == other
    assert hash(one) == hash(other)
    assert [index.name for index in one.all_indexes] == ["a-index", "b-index", "c-index", "k-index", "l-index"]


def test_finding_an_index_and_a_setting() -> None:
    """What is not there is None, and a local index is not a global one."""
    local = LocalIndex("l-index", S("n"))
    tags = SetTags("Teams", {"Team": "core"})
    found = table(Index("a-index", S("x")), sort_key=S("s"), local_indexes=[local], settings=[tags])
    assert found.index("a-index") == Index("a-index", S("x"))
    assert found.index("l-index") is None
    assert found.setting(SetTags) is tags
    assert found.setting(SetStream) is None


def test_with_setting_replaces_its_own_kind_only() -> None:
    """A later declaration wins; the others stay."""
    stream, tags = SetStream("Teams", "NEW_IMAGE"), SetTags("Teams", {})
    changed = table(settings=[stream, tags]).with_setting(SetStream("Teams", None))
    assert changed.settings == (SetStream("Teams", None), tags)


@pytest.mark.parametrize("units", [0, -1])
def test_throughput_is_at_least_one(units: int) -> None:
    """Capacity and maximum begin at one unit; zero would be no table."""
    assert Throughput(1, 1) == Throughput(read=1, write=1)
    refuse(lambda: Throughput(units, 1), "read must be at least 1", str(units))
    refuse(lambda: Throughput(1, units), "write must be at least 1", str(units))


def test_a_throughput_that_says_nothing_is_none() -> None:
    """An index without a maximum has one spelling, however it was written."""
    assert Index("a-index", S("x"), throughput=Throughput(None, None)) == Index("a-index", S("x"))
    assert as_throughput(None) is None
    assert as_throughput(Throughput(None, None)) is None
    assert as_throughput(Throughput(None, 1)) == Throughput(None, 1)


def test_a_schema_finds_its_tables() -> None:
    """Adding, replacing and removing give new schemas and leave the old one alone."""
    empty = Schema()
    one = empty.with_table(table())
    assert one.table("Teams") == table()
    assert one.with_table(table(Index("a-index", S("x")))).table("Teams").indexes
    assert one.without_table("Teams") == empty == Schema({})
    assert one.without_table("Users") == one


@pytest.mark.parametrize(("name", "hint"), [("Teems", "; did you mean 'Teams'?"), ("Users", "at this point")])
def test_an_unknown_table_gets_the_nearest_name(name: str, hint: str) -> None:
    """A typing mistake is answered with what was probably meant."""
    with pytest.raises(InapplicableOperation) as raised:
        Schema({"Teams": table()}).table(name)
    assert raised.value.message.endswith(hint)
    assert raised.value.details == {"table": name}


@given(strategies.tables())
def test_a_table_is_the_same_when_built_from_its_parts_in_reverse(drawn: Table) -> None:
    """The canonical spelling is a fixed point, whatever the order."""
    again = Table(
        drawn.name,
        drawn.partition_key,
        drawn.sort_key,
        [
            Index(
                index.name,
                index.partition_keys,
                index.sort_keys,
                index.projection,
                index.include[::-1],
                index.throughput,
            )
            for index in drawn.indexes[::-1]
        ],
        drawn.local_indexes[::-1],
        drawn.settings[::-1],
    )
    assert again == drawn
    assert drawn.setting(SetBilling) is not None
