"""Calls as values: what is told of them, and what is not."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from osem_migrate.aws.api_calls import ApiCall, CallRecorder
from osem_migrate.aws.session import Session

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Body:
    def __init__(self, content: dict[str, Any]) -> None:
        self.content = json.dumps(content).encode()

    def stream(self) -> Iterator[bytes]:
        yield self.content


def answer(status: int, content: dict[str, Any]) -> AWSResponse:
    """An answer of DynamoDB that no network carried."""
    return AWSResponse("http://127.0.0.1:9/", status, HTTPHeaders(), Body(content))


class Wire:
    """A client whose requests get prepared answers, in order; an exception is raised instead."""

    def __init__(self, *answers: AWSResponse | Exception) -> None:
        self.session = Session.open(endpoint_url="http://127.0.0.1:9")
        self.calls: list[ApiCall] = []
        self.session.on_call(self.calls.append)
        self.client = self.session.dynamodb()
        self.client.meta.events.register("before-send", self.send)
        self.answers = iter(answers)

    def send(self, **_: Any) -> Any:
        given = next(self.answers)
        if isinstance(given, Exception):
            raise given
        return given


def test_a_call_is_told_with_action_table_and_outcome() -> None:
    """The log says which call went to which table and that it went well."""
    wire = Wire(answer(200, {"Table": {"TableName": "osem-dev-Teams"}}))
    before = datetime.now(UTC)
    wire.client.describe_table(TableName="osem-dev-Teams")
    (call,) = wire.calls
    assert (call.action, call.table, call.outcome) == ("dynamodb:DescribeTable", "osem-dev-Teams", "ok")
    assert call.attempts == 1
    assert before <= call.started_at <= datetime.now(UTC)
    assert call.started_at.utcoffset() == timedelta(0)
    assert call.duration >= 0


def test_an_error_code_is_the_outcome() -> None:
    """A refusal is told by AWS's own code."""
    wire = Wire(answer(400, {"__type": "com.amazonaws.dynamodb.v20120810#ResourceInUseException", "message": "x"}))
    with pytest.raises(ClientError):
        wire.client.delete_table(TableName="osem-dev-Teams")
    assert [call.outcome for call in wire.calls] == ["ResourceInUseException"]


def test_retries_count_as_attempts_of_one_call() -> None:
    """What the SDK repeats is one call that took several requests."""
    failed = {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "x"}
    wire = Wire(answer(500, failed), answer(500, failed), answer(200, {"TableNames": []}))
    wire.client.list_tables()
    assert [(call.attempts, call.outcome) for call in wire.calls] == [(3, "ok")]


def test_a_call_without_an_answer_is_told_too() -> None:
    """An endpoint out of reach is named by the SDK's exception, after all its attempts."""
    wire = Wire(*[EndpointConnectionError(endpoint_url="http://x")] * 4)
    with pytest.raises(EndpointConnectionError):
        wire.client.list_tables()
    assert [(call.attempts, call.outcome) for call in wire.calls] == [(4, "EndpointConnectionError")]


def test_a_request_that_never_left_is_no_call() -> None:
    """What the SDK refuses to send did not reach AWS and is not logged as if it had."""
    wire = Wire()
    with pytest.raises(ParamValidationError):
        wire.client.update_table(TableName="osem-dev-Teams", Nonsense=1)  # type: ignore[call-arg]
    assert wire.calls == []


@pytest.mark.parametrize(
    ("method", "params", "table"),
    [
        ("list_tables", {}, None),
        ("put_item", {"TableName": "a", "Item": {"k": {"S": "s3cret"}}}, "a"),
        ("transact_write_items", {"TransactItems": [{"Put": {"TableName": "a", "Item": {"k": {"S": "s3cret"}}}}]}, "a"),
        (
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": {"TableName": "a", "Item": {}}},
                    {"Delete": {"TableName": "b", "Key": {}}},
                ]
            },
            None,
        ),
        ("batch_write_item", {"RequestItems": {"a": [{"PutRequest": {"Item": {"k": {"S": "s3cret"}}}}]}}, "a"),
        (
            "tag_resource",
            {"ResourceArn": "arn:aws:dynamodb:us-east-1:1:table/a/index/i", "Tags": [{"Key": "k", "Value": "s3cret"}]},
            "a",
        ),
    ],
)
def test_only_the_table_is_told_of_the_parameters(method: str, params: dict[str, Any], table: str | None) -> None:
    """Items, tags and expressions may hold anything, so none of them leaves with the call."""
    wire = Wire(answer(200, {"TableNames": []}))
    getattr(wire.client, method)(**params)
    (call,) = wire.calls
    assert call.table == table
    assert "s3cret" not in str(asdict(call))
    assert {field.name for field in fields(ApiCall)} == {
        "action", "table", "started_at", "duration", "attempts", "outcome", "date",
    }  # fmt: skip


def test_the_clock_is_given() -> None:
    """Start and duration come from the clocks of the recorder, pauses between attempts included."""
    ticks = count(100, 2.5)
    recorder = CallRecorder(now=lambda: START, monotonic=lambda: next(ticks))
    calls: list[ApiCall] = []
    recorder.listen(calls.append)
    wire = Wire(answer(200, {"TableNames": []}))
    other = wire.session._boto.client("dynamodb", region_name="us-east-1", endpoint_url="http://127.0.0.1:9")
    recorder.watch(other.meta.events)
    other.meta.events.register("before-send", wire.send)
    other.list_tables()
    assert [(call.started_at, call.duration) for call in calls] == [(START, 2.5)]


def test_every_listener_hears_every_call() -> None:
    """A log file and a progress display do not take calls from one another, whenever they came."""
    wire = Wire(answer(200, {"TableNames": []}), answer(200, {"TableNames": []}))
    late: list[ApiCall] = []
    wire.client.list_tables()
    wire.session.on_call(late.append)
    wire.client.list_tables()
    assert (len(wire.calls), len(late)) == (2, 1)


def test_calls_of_several_threads_are_not_mixed_up() -> None:
    """Each call is told with its own table, however many run at once."""
    names = [f"table-{number}" for number in range(40)]
    wire = Wire(*[answer(200, {"Table": {}}) for _ in names])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: wire.client.describe_table(TableName=name), names))
    assert sorted(str(call.table) for call in wire.calls) == sorted(names)
    assert {call.attempts for call in wire.calls} == {1}


@pytest.mark.parametrize("status", [200, 400])
def test_the_date_of_the_answer_is_told(status: int) -> None:
    """As it stood in its header, of a refusal, too: it is how far apart the clocks are."""
    dated = answer(status, {"TableNames": []})
    dated.headers["Date"] = "Sat, 21 Nov 2026 09:00:00 GMT"
    wire = Wire(dated, answer(200, {"TableNames": []}))
    with suppress(ClientError):
        wire.client.list_tables()
    wire.client.list_tables()
    assert [call.date for call in wire.calls] == ["Sat, 21 Nov 2026 09:00:00 GMT", None]
