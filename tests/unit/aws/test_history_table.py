"""The history table against answers that an engine does not give: collisions, throttling and lost locks."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.stub import ANY, Stubber

from osem_migrate.aws import history_items
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.errors import AccessDenied, AwsError, ConditionFailed, LockLost, ResourceInUse, Throttled
from osem_migrate.history import LogEntry
from tests.doubles.project import HISTORY
from tests.simulator.clock import VirtualClock
from tests.unit.aws.test_history_items import RECORD

if TYPE_CHECKING:
    from osem_migrate.aws.lock import Lease

CONDITION = {
    "ConditionCheck": {
        "TableName": HISTORY,
        "Key": {"scope": {"S": "osem"}, "item": {"S": "lock"}},
        "ConditionExpression": "fence = :fence",
        "ExpressionAttributeValues": {":fence": {"N": "7"}},
    }
}
EVENT = LogEntry(at=1_800_000_000_000, what="applied", migration=RECORD.migration, by="ada@build-7")
LEASE = cast(
    "Lease",
    SimpleNamespace(
        condition=lambda: CONDITION, holder=SimpleNamespace(fence=7), lost=lambda: LockLost("taken over by bob")
    ),
)


class World:
    """A history table that gets the stubbed answers."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.client = boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="a"
        )
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.table = HistoryTable(self.client, HISTORY, "osem", self.clock.clock)

    def cancels(self, *codes: str, times: int = 1) -> "World":
        """The next transactions are cancelled for these reasons."""
        for _ in range(times):
            self.stub.add_client_error(
                "transact_write_items",
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]",
                modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
            )
        return self

    def accepts(self, expected: dict[str, Any] | None = None) -> "World":
        self.stub.add_response("transact_write_items", {}, expected)
        return self

    def write(self) -> None:
        self.table.write(LEASE, [(EVENT, RECORD)])
        self.stub.assert_no_pending_responses()


def test_every_write_is_one_transaction_under_the_lock() -> None:
    """The condition on the lock, the record and the event stand or fall together."""
    record = {"Put": {"TableName": HISTORY, "Item": history_items.record_item("osem", RECORD)}}
    event = {"Put": {"TableName": HISTORY, "Item": history_items.log_item("osem", EVENT, fence=7, number=0)}}
    World().accepts({"TransactItems": [CONDITION, record, event]}).write()


def test_a_record_without_an_event_is_under_the_lock_too() -> None:
    """What nothing was done for yet is no news for the log; there is no write without the condition."""
    record = {"Put": {"TableName": HISTORY, "Item": history_items.record_item("osem", RECORD)}}
    world = World()
    world.stub.add_response("transact_write_items", {}, {"TransactItems": [CONDITION, record]})
    world.table.write(LEASE, [(None, RECORD)])
    world.stub.assert_no_pending_responses()


def test_no_records_are_no_transaction() -> None:
    """DynamoDB refuses a transaction of nothing but a check."""
    World().table.write(LEASE, [])


@pytest.mark.parametrize(
    ("count", "event", "sizes"),
    [(49, EVENT, [99]), (50, EVENT, [99, 3]), (120, None, [100, 22]), (120, EVENT, [99, 99, 45])],
)
def test_a_long_plan_is_written_in_transactions_that_dynamodb_takes(
    count: int, event: LogEntry | None, sizes: list[int]
) -> None:
    """At most 100 actions each, the check of the lock among them in every one, and no record is left out."""
    world = World()
    sent: list[list[dict[str, Any]]] = []
    world.client.meta.events.register(
        "before-parameter-build.dynamodb.TransactWriteItems", lambda params, **_: sent.append(params["TransactItems"])
    )
    for _ in sizes:
        world.accepts()
    world.table.write(LEASE, [(event, replace(RECORD, migration=f"{number:04}_a")) for number in range(1, count + 1)])
    world.stub.assert_no_pending_responses()
    assert [len(actions) for actions in sent] == sizes
    assert all(actions[0] == CONDITION for actions in sent)
    puts = [action["Put"]["Item"]["item"]["S"] for actions in sent for action in actions[1:]]
    assert [key for key in puts if key.startswith("migration#")] == [
        f"migration#{number:04}_a" for number in range(1, count + 1)
    ]


def test_no_two_events_of_a_run_share_a_key() -> None:
    """Two events of the same millisecond are both kept."""
    world = World()
    seen: list[str] = []
    world.client.meta.events.register(
        "before-parameter-build.dynamodb.TransactWriteItems",
        lambda params, **_: seen.append(params["TransactItems"][-1]["Put"]["Item"]["item"]["S"]),
    )
    world.accepts().accepts()
    world.table.write(LEASE, [(EVENT, RECORD)])
    world.table.write(LEASE, [(EVENT, RECORD)])
    assert len(set(seen)) == 2


def test_a_collision_with_the_heartbeat_is_tried_again() -> None:
    """Our own heartbeat holds the lock item for some milliseconds: that is no lost lock."""
    world = World().cancels("TransactionConflict", "None", "None", times=3).accepts()
    world.write()
    assert world.clock.slept == [0.05, 0.1, 0.2]


@pytest.mark.parametrize("code", ["TransactionInProgressException", "ThrottlingException"])
def test_other_refusals_that_pass_are_tried_again(code: str) -> None:
    """Throttling of a second does not end a run of an hour."""
    world = World()
    world.stub.add_client_error("transact_write_items", code, "Rate exceeded")
    world.accepts().write()


@pytest.mark.parametrize(("code", "error"), [("TransactionConflict", ConditionFailed), ("ThrottlingError", Throttled)])
def test_a_collision_that_never_ends_is_an_error_but_no_lost_lock(code: str, error: type[AwsError]) -> None:
    """After two seconds of attempts the refusal stands."""
    world = World().cancels(code, "None", "None", times=6)
    with pytest.raises(error):
        world.write()
    assert sum(world.clock.slept) < 3


def test_a_failed_condition_is_a_lost_lock_at_once() -> None:
    """Somebody took over: nothing was written, nothing is tried again, and the new holder is named."""
    world = World().cancels("ConditionalCheckFailed", "None", "None")
    with pytest.raises(LockLost, match="bob"):
        world.write()
    assert world.clock.slept == []


def test_a_denied_write_passes_the_door() -> None:
    """A read-only role is told which permission is missing."""
    world = World()
    world.stub.add_client_error("transact_write_items", "AccessDeniedException", "no")
    with pytest.raises(AccessDenied, match="TransactWriteItems"):
        world.write()


def test_a_table_that_exists_already_is_left_as_it_is() -> None:
    """Another run was faster, or our own answer was lost."""
    world = World()
    world.stub.add_client_error("create_table", "ResourceInUseException", "Table already exists")
    world.table.create({})


def test_a_table_that_cannot_be_created_is_an_error() -> None:
    """Without the permission there is no history."""
    world = World()
    world.stub.add_client_error("create_table", "AccessDeniedException", "no")
    with pytest.raises(AccessDenied):
        world.table.create({})


@pytest.mark.parametrize("tags", [{}, {"Env": "dev", "App": "osem"}])
def test_the_table_is_created_protected_and_on_demand(tags: dict[str, str]) -> None:
    """Scope and item are its keys; tags are sent only where there are any, for they need a permission."""
    world = World()
    expected: dict[str, Any] = {
        "TableName": HISTORY,
        "AttributeDefinitions": [
            {"AttributeName": "scope", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "scope", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
    }
    if tags:
        expected["Tags"] = [{"Key": "App", "Value": "osem"}, {"Key": "Env", "Value": "dev"}]
    world.stub.add_response("create_table", {}, expected)
    world.table.create(tags)


def test_a_long_history_is_read_page_by_page() -> None:
    """A query gives a megabyte at a time; every page is consistent."""
    world = World()
    key = {"scope": {"S": "osem"}, "item": {"S": "lock"}}
    lock = {**key, "fence": {"N": "7"}}
    asked = {
        "TableName": HISTORY,
        "ConsistentRead": True,
        "KeyConditionExpression": ANY,
        "ExpressionAttributeNames": ANY,
        "ExpressionAttributeValues": ANY,
    }
    world.stub.add_response("query", {"Items": [lock], "LastEvaluatedKey": key}, asked)
    world.stub.add_response(
        "query", {"Items": [history_items.record_item("osem", RECORD)]}, {**asked, "ExclusiveStartKey": key}
    )
    history = world.table.read()
    assert (history.exists, history.holder, dict(history.records)) == (True, None, {RECORD.migration: RECORD})


def test_a_refused_read_is_no_empty_history() -> None:
    """Only a missing table is; a denied query must not look like a fresh environment."""
    world = World()
    for read in (world.table.read, lambda: [*world.table.entries()]):
        world.stub.add_client_error("query", "AccessDeniedException", "no")
        with pytest.raises(AccessDenied):
            read()


def test_a_lost_answer_is_an_error_and_no_second_write() -> None:
    """Nothing is known of it, so the run stops; the next one describes and goes on."""
    world = World()
    world.stub.add_client_error("transact_write_items", "InternalServerError", "", http_status_code=500)
    with pytest.raises(AwsError) as caught:
        world.write()
    assert not isinstance(caught.value, (LockLost, ResourceInUse))


def test_whether_others_are_there_is_looked_for_page_by_page() -> None:
    """A page without a find of theirs says nothing of the next one, and a table that is gone has nobody's."""
    world = World()
    key = {"scope": {"S": "osem"}, "item": {"S": "event#1"}}
    world.stub.add_response("scan", {"Items": [], "LastEvaluatedKey": key})
    world.stub.add_response("scan", {"Items": [{"scope": {"S": "other"}}], "LastEvaluatedKey": key})
    assert world.table.is_shared()
    world.stub.add_client_error("scan", "ResourceNotFoundException", "Requested resource not found")
    assert not world.table.is_shared()
    world.stub.assert_no_pending_responses()


def test_a_note_that_fails_its_condition_is_a_lost_lock() -> None:
    """Like any other write."""
    with pytest.raises(LockLost):
        World().cancels("ConditionalCheckFailed", "None").table.note(LEASE, EVENT)


def test_what_is_kept_of_passes_goes_with_the_history() -> None:
    """The partitions of this application's passes are found by a scan, and theirs are left."""
    world = World()
    kept = {"scope": {"S": "osem#pass#0002_names#0#upgrade"}, "item": {"S": "pass#000001"}}
    theirs = {"S": "shop#pass#0002_names#0#upgrade"}
    for name in ({"S": "osem"}, kept["scope"], theirs):
        world.stub.add_response("scan", {"Items": [{"scope": name}]})
    world.stub.add_response("scan", {"Items": []})
    world.stub.add_response("query", {"Items": [kept]})
    world.accepts({"TransactItems": [CONDITION, {"Delete": {"TableName": HISTORY, "Key": kept}}]})
    for _ in ("log", "records"):
        world.stub.add_response("query", {"Items": []})
    world.table.forget(LEASE)
    world.stub.assert_no_pending_responses()
