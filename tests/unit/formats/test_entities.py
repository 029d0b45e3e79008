"""Entities of a contract: what an application gives, how keys are made, and templates that make none."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats.contract import read_entities
from osem_migrate.formats.entities import Entity
from tests.doubles.example_files import contract


def entities(document: Any) -> dict[str, Entity]:
    """By name."""
    return {
        entity.name: entity for table in read_entities(json.dumps(document), file="c.json") for entity in table.entities
    }


def test_what_an_application_gives() -> None:
    """Attributes, and fields that only a key has; not the keys that templates make."""
    found = entities(contract())
    assert list(found) == ["Users", "ORDER", "CART"]
    users, order, cart = found.values()
    assert (dict(users.attributes), users.key_values) == ({"email": "S", "age": "N", "roles": "SS"}, ("email",))
    assert order.types == {"customer": "S", "total": "N", "created_at": "S"}
    assert dict(order.parts) == {"created_at": "S"}
    assert cart.types == {"customer": "S", "product_id": "S"}
    assert cart.key_values == ("customer", "product_id")


def test_in_which_indexes_they_are() -> None:
    """Those whose keys they have, or whose keys are made for them."""
    document = contract()
    document["tables"][1]["gsis"].append({"index_name": "turned", "pk": "SK", "sk": "PK"})
    names = {name: [index.name for index in one.indexes()] for name, one in entities(document).items()}
    assert names == {"Users": [], "ORDER": ["by-total", "turned"], "CART": ["turned"]}


def _entity(position: int = 0) -> Callable[[Any], Any]:
    return lambda document: document["tables"][1]["entities"][position]


def test_a_field_names_a_column() -> None:
    """Where no attribute is called so, the field is the one attribute that comes from that column."""
    document = contract()
    _entity()(document)["attributes"] += [
        {"name": "orderedAt", "type": "N", "source_column": "created_at"},
        {"name": "both", "type": "S", "source_column": ["created_at", "other"]},
    ]
    order = entities(document)["ORDER"]
    assert order.key_values == ("customer", "orderedAt")
    assert dict(order.parts) == {}


def test_a_key_that_is_a_value_as_it_is() -> None:
    """It need not be declared by each entity, and keeps its type; a template of the key's own name makes another."""
    document = contract()
    shop = document["tables"][1]
    shop["pk"] = "customer"
    assert entities(document)["ORDER"].attributes["customer"] == "S"
    _entity()(document)["pk_template"] = "CUSTOMER#{customer}"
    order = entities(document)["ORDER"]
    assert ("customer" in order.attributes, dict(order.parts)) == (False, {"customer": "S", "created_at": "S"})


def test_a_table_without_sort_key() -> None:
    """Its entities have no template for one."""
    document = contract()
    shop = document["tables"][1]
    shop["sk"] = None
    for entity in shop["entities"]:
        entity["sk_template"] = ""
    assert entities(document)["ORDER"].key_values == ("customer",)
    shop["entities"][1]["sk_template"] = "#META"
    with pytest.raises(FormatError, match=r"^c\.json: /tables/1/entities/1/sk_template: table 'Shop' has no sort key"):
        entities(document)


def _numbered(document: Any) -> None:
    for entity in document["tables"][1]["entities"]:
        entity["attributes"][1]["type"] = "N"


def _binary(document: Any) -> None:
    _entity()(document)["attributes"][2]["type"] = "B"
    document["tables"][1]["gsis"] = []


def _twice(document: Any) -> None:
    _entity(1)(document)["entity_type"] = "ORDER"


def _set(key: str, value: Any) -> Callable[[Any], None]:
    return lambda document: _entity()(document).__setitem__(key, value)


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "an open brace": (_set("pk_template", "{customer"), "/tables/1/entities/0/pk_template: template '{customer': "),
    "a missing template": (_set("sk_template", None), "/tables/1/entities/0: sk_template is missing, and table 'Shop'"),
    "a text for a number": (_numbered, "/tables/1/entities/0/sk_template: template 'ORDER#{created_at}' makes a text"),
    "bytes in a text": (_binary, "/tables/1/entities/0/pk_template: field 'customer' is of type B, which no key of"),
    "an entity twice": (_twice, "/tables/1/entities/1/entity_type: entity 'ORDER' is in table 'Shop' twice"),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_mistakes(change: Callable[[Any], object], says: str) -> None:
    """Each by its JSON pointer."""
    document = contract()
    change(document)
    with pytest.raises(FormatError) as refused:
        entities(document)
    assert refused.value.message.startswith(f"c.json: {says}")


def test_a_field_of_two_types() -> None:
    """One that is nowhere declared cannot be a number in one key and a text in the other."""
    document = contract()
    document["tables"][1]["gsis"] = []
    for entity in document["tables"][1]["entities"]:
        entity["attributes"] = [{"name": "PK", "type": "N"}, {"name": "SK", "type": "S"}]
        entity["pk_template"], entity["sk_template"] = "{id}", "A#{id}"
    with pytest.raises(FormatError, match="field 'id' would be S here and N in the other key; declare its type"):
        entities(document)
