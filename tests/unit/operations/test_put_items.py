"""PutItems: seeds where nothing is, and takes back what is still as it was put."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.items.work import no_fetch
from osem_migrate.migration import operation_hash
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.put_items import PutItems, TakeBackItems
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table
from tests.unit.operations.asking import schema_of

CONFIG = Table("Config", S("id"), N("version"))
ITEMS: list[dict[str, Any]] = [{"id": "a", "version": 1, "tags": {"x", "y"}}, {"id": "a", "version": Decimal("2.0")}]
PUT = PutItems("Config", ITEMS)


def test_the_pass_puts_each_item_where_there_is_none() -> None:
    """Nothing is scanned: the step has the items."""
    (step,) = PUT.steps(schema_of(CONFIG))
    assert PUT.apply(schema_of(CONFIG)) == schema_of(CONFIG)
    assert step.work.given is not None
    assert [item["version"] for item in step.work.given] == [{"N": "1"}, {"N": "2"}]
    write = step.decide(step.work.given[0], no_fetch)
    assert write is not None
    assert write.members["ConditionExpression"] == "attribute_not_exists(#0)"
    assert (step.action, step.permissions, step.verify) == ("PutItems", ("dynamodb:PutItem",), False)
    assert step.call("x") == {"TableName": "x", "items": 2}
    assert step.settled_when("osem-dev-Config") == "each of 2 items was written to osem-dev-Config, or found there"
    assert PUT.describe() == "put 2 items into Config"
    assert PutItems("Config", ITEMS[:1]).describe() == "put 1 item into Config"
    assert (PUT.hazard, PUT.is_concerned(Aspect(index="x"), CONFIG)) == (None, False)


def test_the_way_back_takes_what_is_as_it_was_put() -> None:
    """And the way back of that puts them again."""
    back = PUT.reverse(schema_of(CONFIG))
    (step,) = back.steps(schema_of(CONFIG))
    assert (step.action, step.permissions) == ("TakeBackItems", ("dynamodb:DeleteItem", "dynamodb:GetItem"))
    assert back.describe() == "take 2 items back from Config, where they are as they were put"
    assert isinstance(back, TakeBackItems)
    assert back.reverse(schema_of(CONFIG)) == PUT


def test_the_checksum_is_over_the_items_however_they_are_spelled() -> None:
    """Order of attributes, kinds of numbers and of sequences make no difference; a value does. It is a golden one."""
    other = [{"version": Decimal("1.00"), "id": "a", "tags": frozenset({"y", "x"})}, {"id": "a", "version": 2}]
    assert operation_hash(PutItems("Config", tuple(other))) == operation_hash(PUT)
    assert operation_hash(PUT) == "sha256:v1:4ed37b2b5e7fd771fbd3a1ccc51b4f38d05a09fa1de787b466b3c73047b8e1fa"
    assert operation_hash(PutItems("Config", [{"id": "a", "version": 1, "digest": b"\x00"}])) != operation_hash(PUT)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "there are no items"),
        ([{"id": "a", "version": 0.5}], "items[0]: version: a float is only near"),
        ([ITEMS[0], {"": 1}], "items[1]: no attribute can be named ''"),
        (["a"], "items[0]"),
        ("a", "items"),
    ],
)
def test_what_cannot_be_stored_is_refused(items: Any, words: str) -> None:
    """With the position of the item."""
    with pytest.raises(DefinitionError) as caught:
        PutItems("Config", items)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([{"id": "a"}], r"items\[0\]: version is missing"),
        ([{"id": "a", "version": "1"}], r"items\[0\]: version has the type S where N"),
        ([*ITEMS, {"version": Decimal(2), "id": "a", "n": 1}], r"items\[2\] has the key of items\[1\]"),
    ],
)
def test_the_items_have_to_fit_the_table(items: list[dict[str, Any]], words: str) -> None:
    """Its key, of the right type, and none twice."""
    with pytest.raises(InapplicableOperation, match=words):
        PutItems("Config", items).apply(schema_of(CONFIG))
    with pytest.raises(InapplicableOperation, match="does not exist"):
        PUT.apply(Schema())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"owner": 5}, r"items\[0\]: .*owner has the type N where S is the type of the key, in index by-owner"),
        ({"at": ""}, r"items\[0\]: .*at is empty, in index by-time"),
        ({"text": "x" * 410_000}, r"items\[0\]: the item would have 410,\d+ bytes.*DynamoDB stores 409,600"),
    ],
)
def test_what_dynamodb_would_refuse_is_known_before(more: dict[str, Any], words: str) -> None:
    """The items are in the script: their index keys and sizes are no surprise of an upgrade; no undo is stopped."""
    indexed = replace(CONFIG, indexes=[Index("by-owner", S("owner"))], local_indexes=[LocalIndex("by-time", S("at"))])
    items = [{"id": "a", "version": 1, **more}]
    with pytest.raises(InapplicableOperation, match=words):
        PutItems("Config", items).apply(schema_of(indexed))
    assert TakeBackItems("Config", items).apply(schema_of(indexed)) == schema_of(indexed)
