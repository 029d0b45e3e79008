"""Requests: no write without the condition that the item is as it was, within what DynamoDB takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.errors import ConditionTooLarge
from osem_migrate.items.change import canonical_item, difference
from osem_migrate.items.requests import check_request, delete_request, put_request, update_request
from osem_migrate.items.values import Item, encode_item
from osem_migrate.items.where import Where
from osem_migrate.schema import N, S, Table
from tests.simulator.conditions import read_condition
from tests.simulator.expressions import Scope
from tests.simulator.updates import Update
from tests.unit.items.generated import USERS, items, names

NOTES = Table("Notes", S("id"), N("at"))


@given(items, items, st.sets(names))
def test_an_update_does_what_the_change_says_where_the_item_is_as_it_was(
    before: Item, after: Item, looked_at: set[str]
) -> None:
    """The simulator makes the one of the other, unless the item is gone, or what was looked at has changed."""
    change = difference(before, after)
    if not change:
        return
    request = update_request(before, change, looked_at, USERS, None)
    scope = Scope.of(request)
    update = Update(request["UpdateExpression"], scope, ("id",))
    condition = read_condition("ConditionExpression", request["ConditionExpression"], scope)
    scope.check_all_used()
    assert canonical_item(update.apply(dict(before))) == canonical_item(after)
    assert condition(dict(before))
    assert not condition({})
    for name in looked_at | change.names:
        other = {**before, name: {"S": "somebody else's"}} if before.get(name) != {"S": "somebody else's"} else {}
        assert not condition(dict(other))
    for name in (looked_at | change.names) & before.keys():
        assert not condition({kept: value for kept, value in before.items() if kept != name})


def test_an_update_is_spelled_so() -> None:
    """Names and values are placeholders; key attributes have no condition but that the item is there."""
    before = encode_item({"id": "1", "at": 5, "first": "A", "old": True})
    after = encode_item({"id": "1", "at": 5, "first": "A", "size": 1})
    where = Where.parse("attribute_exists(old) OR first = 'A'")
    request = update_request(before, difference(before, after), {"first", "id", "gone"}, NOTES, where)
    assert request == {
        "Key": {"id": {"S": "1"}, "at": {"N": "5"}},
        "UpdateExpression": "SET #0 = :0 REMOVE #1",
        "ConditionExpression": "attribute_exists(#2) AND #3 = :1 AND attribute_not_exists(#4) AND #1 = :2"
        " AND attribute_not_exists(#0) AND (attribute_exists(#1) OR #3 = :3)",
        "ExpressionAttributeNames": {"#0": "size", "#1": "old", "#2": "id", "#3": "first", "#4": "gone"},
        "ExpressionAttributeValues": {":0": {"N": "1"}, ":1": {"S": "A"}, ":2": {"BOOL": True}, ":3": {"S": "A"}},
    }


def test_other_requests_are_spelled_so() -> None:
    """A put where nothing is; a delete, and a check, where all is as it was; no empty names or values."""
    item = encode_item({"id": "1", "n": 1})
    absent = {"ConditionExpression": "attribute_not_exists(#0)", "ExpressionAttributeNames": {"#0": "id"}}
    present = {"ConditionExpression": "attribute_exists(#0)", "ExpressionAttributeNames": {"#0": "id"}}
    assert put_request(item, USERS) == {"Item": item, **absent}
    assert check_request({"id": {"S": "1"}}, None, (), USERS) == {"Key": {"id": {"S": "1"}}, **absent}
    assert check_request({"id": {"S": "1"}}, item, ("id",), USERS) == {"Key": {"id": {"S": "1"}}, **present}
    assert delete_request(item, ("n",), USERS, None) == {
        "Key": {"id": {"S": "1"}},
        "ConditionExpression": "attribute_exists(#0) AND #1 = :0",
        "ExpressionAttributeNames": {"#0": "id", "#1": "n"},
        "ExpressionAttributeValues": {":0": {"N": "1"}},
    }


def test_a_condition_holds_so_much_and_no_more() -> None:
    """140 conditions, 300 operators with those of where, and 4,000 bytes are the end; the advice is to read by name."""
    item = encode_item({"id": "1", **{f"a{number}": number for number in range(300)}})
    few, many = ([f"a{number}" for number in range(count)] for count in (139, 140))
    assert delete_request(item, few, USERS, None)["ConditionExpression"].count(" = ") == 139
    for names_, where in (
        (many, None),
        (few, Where.parse(" AND ".join(["a0 = 0"] * 20))),
        (few[:60], Where.parse("a0 IN (" + ", ".join(map(str, range(800))) + ")")),
    ):
        with pytest.raises(ConditionTooLarge, match="more than one condition holds") as caught:
            delete_request(item, names_, USERS, where)
        assert "by name" in caught.value.remediation
