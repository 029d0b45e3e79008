"""Conflicts: transactions and whatever else writes or reads their items meanwhile."""

import threading
from typing import Any

import pytest

from tests.simulator import Call, Hook, SimulatedError
from tests.unit.simulator.world import World

Request = dict[str, Any]
ONE, TWO = {"pk": {"S": "1"}}, {"pk": {"S": "2"}}


@pytest.fixture
def teams(world: World) -> World:
    """Teams, with item 1."""
    world.create()
    world.call("PutItem", TableName="Teams", Item={**ONE, "n": {"N": "0"}})
    return world


def write(key: Request, n: int) -> Request:
    """An action of a transaction that writes one item."""
    return {"Put": {"TableName": "Teams", "Item": {**key, "n": {"N": str(n)}}}}


def stored(world: World, key: Request = ONE) -> str:
    """The number in an item."""
    return str(world.call("GetItem", TableName="Teams", Key=key)["Item"]["n"]["N"])


@pytest.mark.parametrize("action", ["PutItem", "UpdateItem", "DeleteItem"])
def test_a_write_meets_a_transaction(teams: World, action: str) -> None:
    """TransactionConflictException, even where its condition would fail; a read goes through, and so do others (M)."""
    request = {"TableName": "Teams", **({"Item": ONE} if action == "PutItem" else {"Key": ONE})}
    with teams.simulator.transaction_on("Teams", ONE):
        refusal = teams.refusal(action, **request, ConditionExpression="attribute_not_exists(pk)")
        assert (refusal.code, refusal.message) == (
            "TransactionConflictException",
            "Transaction is ongoing for the item",
        )
        assert stored(teams) == "0"
        teams.call("PutItem", TableName="Teams", Item=TWO)
    teams.call(action, **request)


def test_transactions_meet_each_other(teams: World) -> None:
    """The one that comes later is cancelled, with the reason at the item that they share; nothing of it is written."""
    with teams.simulator.transaction_on("Teams", ONE):
        refusal = teams.refusal("TransactWriteItems", TransactItems=[write(TWO, 1), write(ONE, 1)])
        reading = teams.refusal("TransactGetItems", TransactItems=[{"Get": {"TableName": "Teams", "Key": ONE}}])
    assert refusal.code == reading.code == "TransactionCanceledException"
    assert refusal.message.endswith("[None, TransactionConflict]")
    conflict = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    assert refusal.details["CancellationReasons"] == [{"Code": "None"}, conflict]
    assert "Item" not in teams.call("GetItem", TableName="Teams", Key=TWO)


def test_a_batch_leaves_what_is_held(teams: World) -> None:
    """It comes back unprocessed, even alone."""
    requests = [{"PutRequest": {"Item": ONE}}, {"PutRequest": {"Item": TWO}}]
    with teams.simulator.transaction_on("Teams", ONE):
        answer = teams.call("BatchWriteItem", RequestItems={"Teams": requests})
        alone = teams.call("BatchWriteItem", RequestItems=answer["UnprocessedItems"])
    assert answer["UnprocessedItems"] == alone["UnprocessedItems"] == {"Teams": requests[:1]}
    assert stored(teams) == "0"


def test_a_transaction_can_be_met_on_purpose(teams: World) -> None:
    """While one is under way a hook's own writes are refused, its reads see what was; then all of it is written."""
    seen: list[object] = []

    def meanwhile(_call: Call) -> None:
        seen.append(teams.refusal("UpdateItem", TableName="Teams", Key=ONE).code)
        seen.append(stored(teams))

    teams.simulator.faults.plan(Hook(during=meanwhile), action="TransactWriteItems")
    teams.call("TransactWriteItems", TransactItems=[write(ONE, 1), write(TWO, 1)])
    assert seen == ["TransactionConflictException", "0"]
    assert (stored(teams), stored(teams, TWO)) == ("1", "1")
    teams.call("UpdateItem", TableName="Teams", Key=ONE)


def test_threads_overlap(teams: World) -> None:
    """A transaction in another thread that takes its time is met by this one, and is not lost."""
    begun, go_on = threading.Event(), threading.Event()

    def meanwhile(_call: Call) -> None:
        begun.set()
        assert go_on.wait(30)

    teams.simulator.faults.plan(Hook(during=meanwhile), action="TransactWriteItems")
    other = threading.Thread(target=lambda: teams.call("TransactWriteItems", TransactItems=[write(ONE, 7)]))
    other.start()
    assert begun.wait(30)
    assert teams.refusal("DeleteItem", TableName="Teams", Key=ONE).code == "TransactionConflictException"
    go_on.set()
    other.join()
    assert stored(teams) == "7"


def test_a_transaction_whose_client_is_gone_is_carried_out(teams: World) -> None:
    """What happens to the client meanwhile is not the service's business, and holds nothing for ever."""

    def killed(_call: Call) -> None:
        raise KeyboardInterrupt

    teams.simulator.faults.plan(Hook(during=killed), action="TransactWriteItems")
    with pytest.raises(KeyboardInterrupt):
        teams.call("TransactWriteItems", TransactItems=[write(ONE, 3)])
    assert stored(teams) == "3"
    teams.call("DeleteItem", TableName="Teams", Key=ONE)


def test_the_item_itself_can_cancel_a_transaction(teams: World) -> None:
    """ValidationError is the reason of an action that the item cannot take; what cannot be read is refused (M)."""
    update = {"TableName": "Teams", "Key": ONE, "UpdateExpression": "SET m = absent"}
    refusal = teams.refusal("TransactWriteItems", TransactItems=[write(TWO, 1), {"Update": update}])
    text = "The provided expression refers to an attribute that does not exist in the item"
    assert refusal.details["CancellationReasons"][1] == {"Code": "ValidationError", "Message": text}
    unreadable = {**update, "UpdateExpression": "SET m ="}
    with pytest.raises(SimulatedError, match="Invalid UpdateExpression"):
        teams.simulator.call("TransactWriteItems", {"TransactItems": [{"Update": unreadable}]})
