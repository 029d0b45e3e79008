"""The migration contract: three dialects, the union of key types, and no type that nobody gave."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats import read
from osem_migrate.schema import Index, Key, N, S
from tests.doubles.example_files import contract

Change = Callable[[list[Any]], object]


def changed(change: Change) -> str:
    """The example's contract with its tables changed."""
    document = contract()
    change(document["tables"])
    return json.dumps(document)


def by_name(tables: list[Any]) -> list[Any]:
    """The same tables with their attributes as objects by name."""

    def renamed(attributes: list[Any]) -> dict[str, Any]:
        return {one["name"]: {key: part for key, part in one.items() if key != "name"} for one in attributes}

    for table in tables:
        table["attributes"] = renamed(table["attributes"])
        for entity in table.get("entities", []):
            entity["attributes"] = {name: one["type"] for name, one in renamed(entity["attributes"]).items()}
    return tables


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(contract()),
        json.dumps(contract()["tables"]),
        json.dumps({"tables": by_name(contract()["tables"])}),
        json.dumps(by_name(contract()["tables"])),
    ],
    ids=["object", "list", "attributes by name", "list, attributes by name"],
)
def test_the_dialects(text: str) -> None:
    """All say the same: keys of one entity and of several, an index whose keys stand in one of them, its projection."""
    reading = read(text, file="c.json")
    users, shop = reading.schema.tables.values()
    assert (users.name, users.keys, users.indexes) == ("Users", (S("email"),), ())
    assert (shop.name, shop.keys) == ("Shop", (S("PK"), S("SK")))
    assert shop.indexes == (Index("by-total", S("customer"), N("total"), "INCLUDE", ["status"]),)
    assert [found.physical_name for found in reading.tables] == [None, None]
    assert (reading.notes, reading.says.settings) == ((), ())


def _set(place: list[Any], value: object) -> Change:
    def change(tables: list[Any]) -> None:
        owner: Any = tables
        for part in place[:-1]:
            owner = owner[part]
        owner[place[-1]] = value

    return change


PREFIX = [1, "entities", 1, "attributes"]
WRONG = {
    "a key that nobody types": (
        _set([0, "attributes"], []),
        "/tables/0/pk: nothing says of which type the key attribute 'email' is: S, N or B",
    ),
    "a sort key that nobody types": (
        _set([0, "sk"], "createdAt"),
        "/tables/0/sk: nothing says of which type the key attribute 'createdAt' is",
    ),
    "an index key that nobody types": (
        _set([1, "gsis", 0, "sk"], "other"),
        "/tables/1/gsis/0/sk: nothing says of which type the key attribute 'other' is",
    ),
    "entities that contradict each other": (
        _set([*PREFIX, 0, "type"], "N"),
        "/tables/1/entities/1/attributes/0/type: attribute 'PK' is N here and S at /tables/1/entities/0/attributes/0",
    ),
    "a key that is a set": (_set([0, "pk"], "roles"), "/tables/0/attributes/2/type: 'SS' is none of S, N, B"),
    "no such type": (
        _set([0, "attributes", 0, "type"], "STRING"),
        "/tables/0/attributes/0/type: type: Input should be 'S', 'N'",
    ),
    "an attribute without a type": (
        lambda tables: tables[0]["attributes"][1].pop("type"),
        "/tables/0/attributes/1: type: Field required",
    ),
    "an attribute by name without a type": (
        _set([0, "attributes"], {"email": {"type": "S"}, "a/b": {"source_column": "x"}}),
        "/tables/0/attributes/a~1b: type: Field required",
    ),
    "no partition key": (lambda tables: tables[0].pop("pk"), "/tables/0: pk: Field required"),
    "keys in a list": (_set([0, "pk"], ["email"]), "/tables/0/pk: pk: Input should be a valid string"),
    "attributes projected for nothing": (
        _set([1, "gsis", 0, "projection"], "ALL"),
        "/tables/1/gsis/0/projected_attributes: projection ALL takes no attributes",
    ),
    "nothing projected": (
        _set([1, "gsis", 0, "projected_attributes"], []),
        "/tables/1/gsis/0: index 'by-total': projection INCLUDE needs include attributes",
    ),
    "a table twice": (_set([1, "table"], "Users"), "/tables/1/table: table 'Users' is here twice"),
    "a name that can be none": (_set([0, "table"], "a b"), "/tables/0: table 'a b': a logical name has"),
    "a table that is none": (_set([0], 5), "/tables/0: Input should be a valid dictionary"),
    "an entity that is none": (_set([1, "entities", 0], 5), "/tables/1/entities/0: Input should be a valid dictionary"),
    "a table of nothing": (_set([1], None), "/tables/1: Input should be a valid dictionary"),
    "entities that are none": (_set([1, "entities"], {}), "/tables/1/entities: entities: Input should be a valid list"),
    "a template that is none": (
        _set([1, "entities", 0, "pk_template"], None),
        "/tables/1/entities/0/pk_template: pk_template: Input should be a valid string",
    ),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_mistakes(change: Change, says: str) -> None:
    """Each by its JSON pointer; no key is taken for a text because nothing else was said."""
    with pytest.raises(FormatError) as refused:
        read(changed(change), file="c.json")
    assert refused.value.message.startswith(f"c.json: {says}")


def test_types_of_other_attributes_do_not_matter() -> None:
    """Entities may spell an attribute that is no key as they like."""
    text = changed(_set([*PREFIX], [
        {"name": "PK", "type": "S"}, {"name": "note", "type": "N"}, {"name": "SK", "type": "S"}
    ]))  # fmt: skip
    assert read(text, file="c.json").schema.tables["Shop"].keys == (Key("PK", "S"), Key("SK", "S"))


def test_a_bare_list_has_its_own_pointers() -> None:
    """They begin at the list."""
    tables = contract()["tables"]
    tables[0]["attributes"] = []
    with pytest.raises(FormatError, match=r"^c\.json: /0/pk: nothing says"):
        read(json.dumps(tables), file="c.json")
