"""Work: what is decided of each item, and what is set aside."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from osem_migrate.errors import (
    ConditionTooLarge,
    ItemError,
    ItemFunctionFailed,
    ItemKeyInvalid,
    ItemOversized,
    ItemsNotIdempotent,
)
from osem_migrate.items.change import REMOVE
from osem_migrate.items.function import ItemFunction
from osem_migrate.items.values import Item, encode_item
from osem_migrate.items.where import Where
from osem_migrate.items.work import (
    CheckWork,
    DeleteWork,
    ItemWrite,
    PutWork,
    TakeBackWork,
    UpdateWork,
    Work,
    WriteKind,
    no_fetch,
)
from osem_migrate.schema import Index, N, S, Table

USERS = Table("Users", S("id"), indexes=[Index("by-team", S("team"))])
TEAMS = Table("Teams", S("team"))
ITEM = encode_item({"id": "1", "first": "Ada", "team": "t"})


def decide(work: Work, item: Item = ITEM, teams: Sequence[Item] = ()) -> ItemWrite | None:
    """What the work decides of an item of Users, beside some teams."""
    return work.decide(
        item, USERS, {"Teams": TEAMS}, lambda _table, _index, key: [t for t in teams if key.items() <= t.items()]
    )


def update(function: Callable[..., Any], where: str | None = None) -> UpdateWork:
    """The work of UpdateItems."""
    condition = Where.parse(where) if where is not None else None
    return UpdateWork(function=ItemFunction.of(function), condition=condition, tables=("Teams",))


def delete(function: Callable[..., Any], where: str | None = None) -> DeleteWork:
    """The work of DeleteItems."""
    condition = Where.parse(where) if where is not None else None
    return DeleteWork(function=ItemFunction.of(function), condition=condition, tables=("Teams",))


def greet(item: Mapping[str, Any]) -> dict[str, Any]:
    """An idempotent change."""
    return {"greeting": f"Hello {item['first']}", "gone": REMOVE}


def count(item: Mapping[str, Any]) -> dict[str, Any]:
    """Never done."""
    return {"n": item.get("n", 0) + 1}


def divide(item: Mapping[str, Any]) -> dict[str, Any]:
    """Rounds."""
    return {"third": Decimal(len(item["first"])) / 7}


def leave(item: Mapping[str, Any]) -> Any:
    """A way out of the program."""
    raise SystemExit(item["first"])


def pad(item: Mapping[str, Any]) -> dict[str, Any]:
    """Too large."""
    return {"pad": item["first"] * 200_000}


def unteam(item: Mapping[str, Any]) -> dict[str, Any]:
    """Against the key of an index."""
    del item
    return {"team": ""}


def rename(item: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves the key of the index alone."""
    del item
    return {"first": "Grace"}


def from_team(item: Mapping[str, Any], lookup: Any) -> dict[str, Any] | None:
    """Reads another table."""
    team = lookup("Teams", team=item["team"])
    return {"city": team["city"]} if team is not None else None


def is_orphan(item: Mapping[str, Any], lookup: Any) -> bool:
    """Reads another table, and its own."""
    return lookup("Teams", team=item["team"]) is None


def is_odd(item: Mapping[str, Any], lookup: Any) -> bool:
    """Reads a great deal."""
    return [lookup("Teams", team=str(number)) for number in range(int(item["n"]))] != [1]


def of_city(item: Mapping[str, Any], lookup: Any) -> bool:
    """Looks at an attribute of what it looks up."""
    return bool(lookup("Teams", team=item["team"])["city"] == "x")


def says_nothing(item: Mapping[str, Any]) -> None:
    """No answer."""
    del item


def test_an_update_is_decided_on_what_was_looked_at() -> None:
    """Before, after and request; the name of the table is given when it is sent, and a refusal returns the item."""
    write = decide(update(greet))
    assert write is not None
    assert (write.kind, write.method, write.key) == (WriteKind.UPDATE, "update_item", {"id": {"S": "1"}})
    assert (write.before, write.after) == (ITEM, {**ITEM, "greeting": {"S": "Hello Ada"}})
    request = write.request("osem-dev-{}".format)
    assert request["TableName"] == "osem-dev-Users"
    assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
    assert request["ConditionExpression"] == "attribute_exists(#1) AND #2 = :1 AND attribute_not_exists(#0)"
    assert set(request["ExpressionAttributeNames"].values()) == {"id", "first", "greeting"}


def test_a_refused_update_is_told_from_a_lost_answer() -> None:
    """What is as it would be is done; anything else, and nothing at all, is not."""
    write = decide(update(greet))
    assert write is not None
    assert write.after is not None
    assert write.is_done({**write.after, "greeting": {"S": "Hello Ada"}})
    assert not write.is_done(ITEM)
    assert not write.is_done(None)


def test_nothing_is_written_of_what_is_out_of_scope_or_as_it_should_be() -> None:
    """``where`` is asked before the function is; a function that changes nothing writes nothing."""
    assert decide(update(leave, "first = 'Grace'")) is None
    assert decide(update(rename, "first = 'Ada'")) is not None
    assert decide(update(greet), {**ITEM, "greeting": {"S": "Hello Ada"}}) is None


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (count, ItemsNotIdempotent, "count would change n again"),
        (divide, ItemFunctionFailed, r"divide raised Inexact.*\(line \d+\)"),
        (leave, ItemFunctionFailed, r"leave raised SystemExit: Ada \(line \d+\)"),
        (says_nothing, ItemFunctionFailed, "says_nothing returned NoneType, not True or False"),
        (pad, ItemOversized, "600,0.. bytes"),
        (unteam, ItemKeyInvalid, "team is empty, in index by-team"),
    ],
)
def test_what_goes_wrong_with_one_item_is_an_error_of_that_item(
    function: Callable[..., Any], kind: type[ItemError], words: str
) -> None:
    """It has a code of its own, and the driver goes on; what an item had wrong before is not blamed on the change."""
    with pytest.raises(kind, match=words):
        decide(delete(function) if function is says_nothing else update(function))
    assert decide(update(rename), {**ITEM, "team": {"N": "5"}}) is not None


def test_an_interrupt_is_no_error_of_an_item() -> None:
    """Ctrl-C ends the run, not the item."""

    def interrupted(item: object) -> None:
        raise KeyboardInterrupt(item)

    function = ItemFunction("interrupted", "sha256:v1:0", "", takes_lookup=False, function=interrupted)
    with pytest.raises(KeyboardInterrupt):
        decide(UpdateWork(function=function))


def test_a_change_may_look_up_other_tables() -> None:
    """Its own item alone is guarded by the condition."""
    write = decide(update(from_team), teams=[encode_item({"team": "t", "city": "London"})])
    assert write is not None
    assert write.after == {**ITEM, "city": {"S": "London"}}
    assert (write.method, write.checks) == ("update_item", ())
    assert decide(update(from_team)) is None


def test_a_delete_is_one_transaction_with_what_was_looked_up() -> None:
    """What was missing has to be missing still, and what was there to be as it was."""
    write = decide(delete(is_orphan))
    assert write is not None
    assert (write.kind, write.after, write.method) == (WriteKind.DELETE, None, "transact_write_items")
    own, check = write.request("osem-dev-{}".format)["TransactItems"]
    assert own["Delete"]["TableName"] == "osem-dev-Users"
    assert own["Delete"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
    assert check == {
        "ConditionCheck": {
            "TableName": "osem-dev-Teams",
            "Key": {"team": {"S": "t"}},
            "ConditionExpression": "attribute_not_exists(#0)",
            "ExpressionAttributeNames": {"#0": "team"},
        }
    }
    assert write.is_done(None)
    assert not write.is_done(ITEM)
    team = encode_item({"team": "t", "city": "x"})
    assert decide(delete(is_orphan), teams=[team]) is None
    assert decide(delete(is_orphan, "first = 'Grace'")) is None
    seen = decide(delete(of_city), teams=[team])
    assert seen is not None
    assert seen.checks[0][1]["ConditionExpression"] == "attribute_exists(#0) AND #1 = :0"


def test_the_item_itself_has_one_action_in_the_transaction() -> None:
    """Looked up in its own table, it is guarded by the condition of its own delete."""
    work = DeleteWork(function=ItemFunction.of(of_city), tables=("Teams",))
    team = encode_item({"team": "t", "city": "x"})
    write = work.decide(team, TEAMS, {"Teams": TEAMS}, lambda _table, _index, _key: [team])
    assert write is not None
    assert (write.method, write.checks) == ("delete_item", ())
    numbered = Table("Teams", N("team"))
    large = {"team": {"N": "1" + "0" * 40}, "city": {"S": "x"}}
    same = work.decide(large, numbered, {"Teams": numbered}, lambda _table, _index, _key: [large])
    assert same is not None
    assert same.checks == (), "also where DynamoDB spells the number of its key otherwise"
    assert write.members["ConditionExpression"] == "attribute_exists(#0) AND #1 = :0"


def test_a_transaction_holds_100_actions() -> None:
    """One is the delete."""
    write = decide(delete(is_odd), {**ITEM, "n": {"N": "99"}})
    assert write is not None
    assert len(write.request(str)["TransactItems"]) == 100
    with pytest.raises(ConditionTooLarge, match="100 items were looked up"):
        decide(delete(is_odd), {**ITEM, "n": {"N": "100"}})


def test_a_check_writes_nothing() -> None:
    """An item that an index could not hold is an error of that item; every other is passed over."""
    work = CheckWork(indexes=USERS.all_indexes)
    assert decide(work) is None
    with pytest.raises(ItemKeyInvalid, match="team is empty"):
        decide(work, {**ITEM, "team": {"S": ""}})


def test_given_items_are_put_and_taken_back() -> None:
    """A put never goes over what is there; what was put is deleted only as it was put."""
    put = decide(PutWork(items=(ITEM,)))
    found: list[Item] = [ITEM]
    taking = TakeBackWork(items=(ITEM,))
    back = taking.decide(ITEM, USERS, {}, lambda _table, _index, _key: found)
    found[0] = {**ITEM, "note": {"S": "of the application"}}
    assert taking.decide(ITEM, USERS, {}, lambda _table, _index, _key: found) is None
    assert taking.decide(ITEM, USERS, {}, lambda _table, _index, _key: ()) is None
    assert put is not None
    assert back is not None
    assert (put.method, put.before, put.after) == ("put_item", None, ITEM)
    assert put.members["ConditionExpression"] == "attribute_not_exists(#0)"
    assert put.is_done(ITEM)
    assert (back.method, back.after) == ("delete_item", None)
    assert back.members["ConditionExpression"].count(" = ") == 2
    with pytest.raises(ItemKeyInvalid):
        decide(PutWork(items=(ITEM,)), {**ITEM, "team": {"S": ""}})


def test_work_says_what_it_reads_and_writes_with() -> None:
    """For permissions, plans and drivers."""
    told = [
        (work.action, sorted(work.reads_with), sorted(work.actions), work.given, work.lookups)
        for work in (
            update(greet, "attribute_exists(a)"),
            UpdateWork(function=ItemFunction.of(greet)),
            delete(is_orphan),
            CheckWork(indexes=()),
            PutWork(items=(ITEM,)),
            TakeBackWork(items=(ITEM,)),
        )
    ]
    assert told == [
        ("UpdateItems", ["GetItem", "Scan"], ["UpdateItem"], None, ("Teams",)),
        ("UpdateItems", ["GetItem", "Scan"], ["UpdateItem"], None, ()),
        ("DeleteItems", ["GetItem", "Scan"], ["ConditionCheckItem", "DeleteItem"], None, ("Teams",)),
        ("CheckItems", ["GetItem", "Scan"], [], None, ()),
        ("PutItems", [], ["PutItem"], (ITEM,), ()),
        ("TakeBackItems", ["GetItem"], ["DeleteItem"], (ITEM,), ()),
    ]
    assert update(greet, "attribute_exists(a)").words == {
        "function": "greet",
        "where": "attribute_exists(a)",
        "lookups": ["Teams"],
    }
    assert PutWork(items=(ITEM,)).words == {"items": 1}
    assert CheckWork(indexes=USERS.all_indexes).words == {"indexes": ["by-team"]}
    assert (update(greet, "a = 1").where, PutWork(items=()).where) == (Where.parse("a = 1"), None)
    with pytest.raises(ItemFunctionFailed, match="nothing of Teams can be looked up here"):
        no_fetch("Teams", None, {})
