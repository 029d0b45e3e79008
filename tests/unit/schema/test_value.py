"""The ``value`` decorator."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from osem_migrate.errors import DefinitionError
from osem_migrate.operations import CreateTable, SetBilling, SetDeletionProtection, SetPointInTimeRecovery, SetTags
from osem_migrate.schema import Index, Key, S, Table, Throughput
from osem_migrate.schema.value import altered, as_found, checked

# Scripts are not type-checked, so the tests call the values as a careless script would.
UNTYPED: Any = {
    kind.__name__: kind
    for kind in (CreateTable, Index, Key, SetBilling, SetDeletionProtection, SetPointInTimeRecovery, SetTags, Table)
} | {"Throughput": Throughput}


@pytest.mark.parametrize(
    ("construct", "complaint"),
    [
        (lambda: UNTYPED["Key"](5, "S"), "Key: name takes a text, such as '5', not 5"),
        (lambda: UNTYPED["Key"]("id", "X"), "Key: type takes 'S', 'N' or 'B', not the text 'X'"),
        (lambda: UNTYPED["Key"](None, "X"), "Key: name takes a text, not None; type takes 'S', 'N' or 'B', not the"),
        (
            lambda: UNTYPED["Index"]("a-index", "id"),
            'Index: partition_key takes a key such as S("id") or a tuple of keys such as S("id"), not the text \'id\'',
        ),
        (lambda: UNTYPED["Index"]("a-index", [S("id")]), "or a tuple of keys such as S(\"id\"), not [Key(name='id'"),
        (lambda: UNTYPED["Index"]("a-index", (S("id"), "x")), 'partition_key[1] takes a key such as S("id"), not the'),
        (lambda: UNTYPED["Index"]("a-index", {"name": "id"}), "keys such as S(\"id\"), not {'name': 'id'}"),
        (
            lambda: UNTYPED["Index"]("a-index", S("id"), include="status"),
            "Index: include takes a list of texts",
        ),
        (lambda: UNTYPED["Index"]("a-index", S("id"), include=["a", 2]), "Index: include[1] takes a text, such as '2'"),
        (
            lambda: UNTYPED["Table"]("Teams", (S("a"), S("b"))),
            'Table: partition_key takes a key such as S("id"), not (',
        ),
        (lambda: UNTYPED["CreateTable"]("Teams"), "CreateTable: partition_key is missing"),
        (
            lambda: UNTYPED["CreateTable"]("Teams", S("id"), sortkey=S("at")),
            "CreateTable: there is no argument 'sortkey'; did you mean 'sort_key'?",
        ),
        (
            lambda: UNTYPED["CreateTable"]("Teams", S("id"), None, (), (), (), 5),
            "CreateTable: it takes 6 arg",
        ),
        (
            lambda: UNTYPED["CreateTable"]("Teams", S("id"), settings=None),
            "CreateTable: settings takes a list, not N",
        ),
        (
            lambda: UNTYPED["CreateTable"]("Teams", S("id"), settings="TTL"),
            "CreateTable: settings takes a list, not t",
        ),
        (
            lambda: UNTYPED["CreateTable"]("Teams", S("id"), indexes=["a"]),
            'CreateTable: indexes[0] takes an index such as Index("by-owner", S("owner")), not the text \'a\'',
        ),
        (
            lambda: UNTYPED["CreateTable"]("Teams", S("id"), indexes={"a"}),
            "CreateTable: indexes takes a list of inde",
        ),
        (lambda: UNTYPED["Throughput"]("5", 1), "Throughput: read takes a whole number or None, not the text '5'"),
        (lambda: UNTYPED["Throughput"](5, 1.0), "Throughput: write takes a whole number or None, not 1.0"),
        (lambda: UNTYPED["SetDeletionProtection"]("Teams", "no"), "enabled takes True or False, not the text 'no'"),
        (
            lambda: UNTYPED["SetPointInTimeRecovery"]("Teams", enabled=True, days=True),
            "days takes a whole number, not",
        ),
        (
            lambda: UNTYPED["SetTags"]("Teams", {"Team": 5}),
            "SetTags: tags['Team'] takes a text or None, such as '5',",
        ),
        (lambda: UNTYPED["SetTags"]("Teams", {5: "core"}), "SetTags: tags: the key 5 takes a text, such as '5', not 5"),
        (
            lambda: UNTYPED["SetTags"]("Teams", [("Team", "core")]),
            "SetTags: tags takes a mapping of texts to texts or",
        ),
        (
            lambda: UNTYPED["SetBilling"].on_demand("Teams", indexes={"a-index": 5}),
            "SetBilling: indexes['a-index'] takes a throughput such as Throughput(5, 5) or None, not 5",
        ),
    ],
)
def test_a_wrong_type_is_a_definition_error_that_names_the_field(construct: Callable[[], Any], complaint: str) -> None:
    """People get one sentence in terms of what they wrote, never the validation library's own error or a coercion."""
    with pytest.raises(DefinitionError) as raised:
        construct()
    assert complaint in raised.value.message
    assert "pydantic" not in raised.value.message
    assert raised.value.__cause__ is None
    assert raised.value.details["value"] in raised.value.message


@pytest.mark.parametrize("name", ["\ud800", "id\udfff"])
def test_text_that_is_no_unicode_is_a_definition_error(name: str) -> None:
    """A lone surrogate cannot be sent to DynamoDB, and must not end in a traceback either."""
    with pytest.raises(DefinitionError, match=r"key attribute .*UTF-8"):
        S(name)


def test_a_value_cannot_be_changed() -> None:
    """A plan may hold on to a table without fear."""
    table = Table("Teams", S("id"))
    with pytest.raises(FrozenInstanceError):
        table.name = "Others"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        table.colour = "red"  # type: ignore[attr-defined]


def test_what_went_into_a_value_is_not_shared_with_it() -> None:
    """Changing a list or a dictionary of the script afterwards leaves the value alone."""
    tags: dict[str, str | None] = {"Team": "core"}
    maxima: dict[str, Throughput | None] = {"a-index": Throughput(1, 1)}
    indexes = [Index("a-index", S("id"))]
    values = (
        SetTags("Teams", tags),
        SetBilling.on_demand("Teams", indexes=maxima),
        Table("Teams", S("id"), None, indexes),
    )
    before = copy.deepcopy(values)
    tags["Team"] = "other"
    maxima.clear()
    indexes.clear()
    assert values == before


def test_a_value_survives_copying_pickling_and_replacing() -> None:
    """Worker processes and tests may pass values around; replacing a field validates again."""
    settings = [SetTags("Teams", {"Team": "core"}), SetBilling.on_demand("Teams")]
    table = Table("Teams", S("id"), indexes=[Index("a-index", S("status"))], settings=settings)
    assert pickle.loads(pickle.dumps(table)) == copy.deepcopy(table) == replace(table) == table  # noqa: S301
    assert hash(table) == hash(replace(table))
    with pytest.raises(DefinitionError):
        replace(table, name="")


def test_an_error_in_validation_code_is_not_swallowed() -> None:
    """DefinitionError passes through as it was raised, with its own details."""
    with pytest.raises(DefinitionError) as raised:
        Key("", "S")
    assert raised.value.details == {"attribute": ""}


def test_evidence_is_not_judged() -> None:
    """What DynamoDB describes may be beyond what can be declared; it is taken down in the canonical spelling."""
    found = as_found(Index, "", (S("b"),), projection="SOMETHING_NEW", include=["z", "a"])
    assert (found.name, found.partition_key, found.sort_key) == ("", S("b"), None)
    assert (found.projection, found.include) == ("SOMETHING_NEW", ("a", "z"))
    table = as_found(Table, "Teams", S("id"), indexes=[found, Index("a-index", S("a"))])
    assert [index.name for index in table.indexes] == ["", "a-index"]
    assert altered(table, indexes=()).indexes == ()
    assert as_found(Index, "a-index", (S("a"),), ()) == Index("a-index", S("a"))


def test_evidence_is_a_declaration_only_where_every_part_of_it_could_be_declared() -> None:
    """``checked`` goes down to the last part; what passes is equal to what was found."""
    sound = as_found(
        Table, "Teams", S("id"), indexes=[Index("a-index", S("a"))], settings=[SetTags("Teams", {"a": "b"})]
    )
    assert checked(sound) == sound == Table("Teams", S("id"), indexes=sound.indexes, settings=sound.settings)
    for part in (as_found(Index, "", S("a")), Index("a-index", as_found(Key, "", "S"))):
        with pytest.raises(DefinitionError):
            checked(altered(sound, indexes=[part]))
