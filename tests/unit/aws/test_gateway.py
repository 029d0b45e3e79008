"""The gateway performs steps, says what became of them, and looks at many tables side by side."""

import threading
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from osem_migrate.aws.answers import UnreadableAnswer
from osem_migrate.aws.gateway import CONCURRENCY, Gateway, StepAnswer
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.errors import (
    AccessDenied,
    AnswerUnreadable,
    EndpointUnreachable,
    OperationUnsupported,
    QuotaExceeded,
    RequestInvalid,
    ResourceInUse,
)
from osem_migrate.operations import AddIndex, CreateTable, SetPointInTimeRecovery, SetTags, SetTimeToLive
from osem_migrate.operations.step import Call
from osem_migrate.schema import S, Schema
from tests.doubles.control_plane import ControlPlane
from tests.simulator.clock import VirtualClock

TEAMS = CreateTable("Teams", S("teamId"))
NAME = "osem-dev-Teams"


def physical_name(name: str) -> str:
    """The name in dev."""
    return f"osem-dev-{name}"


def a_step(operation: Any) -> Call:
    """The first step of an operation on Teams."""
    steps: tuple[Call, ...] = operation.steps(TEAMS.apply(Schema()))
    return steps[0]


CREATE = TEAMS.steps(Schema())[0]
ADD = a_step(AddIndex("Teams", "managerId-index", S("managerId")))
TAG = a_step(SetTags("Teams", {"Env": "dev"}))
TTL = a_step(SetTimeToLive("Teams", "expiresAt"))


@pytest.fixture
def aws() -> ControlPlane:
    """An account without tables."""
    return ControlPlane(VirtualClock())


@pytest.fixture
def gateway(aws: ControlPlane) -> Gateway:
    """The gateway in front of it."""
    return Gateway(aws.client, physical_name, emulated=False, sleep=VirtualClock().sleep)


def unguarded() -> None:
    """Nothing keeps the step from being sent."""


def existing(aws: ControlPlane, gateway: Gateway) -> None:
    """Teams, ACTIVE."""
    gateway.perform(CREATE, gateway.describe("Teams"), guard=unguarded)
    aws.settle(60)
    aws.calls.clear()


def test_a_step_is_addressed_to_the_physical_table(aws: ControlPlane, gateway: Gateway) -> None:
    """The logical name never reaches AWS, and the answer says that the step was taken up."""
    outcome = gateway.perform(CREATE, gateway.describe("Teams"), guard=unguarded)
    assert (outcome.answer, outcome.error, outcome.retry_after) == (StepAnswer.ACCEPTED, None, None)
    assert aws.calls[-1] == ("CreateTable", {"TableName": NAME, **CREATE.parameters})


def test_a_tagging_step_is_addressed_to_the_arn(aws: ControlPlane, gateway: Gateway) -> None:
    """TagResource takes the ARN that the description showed."""
    existing(aws, gateway)
    gateway.perform(TAG, gateway.describe("Teams"), guard=unguarded)
    assert aws.calls[-1][1]["ResourceArn"].endswith(f":table/{NAME}")


@pytest.mark.parametrize(
    ("step", "code", "message", "answer", "retry_after"),
    [
        (ADD, "LimitExceededException", "Subscriber limit exceeded: Only 1 online index can", StepAnswer.LATER, None),
        (TAG, "LimitExceededException", "Table tags are being updated", StepAnswer.LATER, None),
        (ADD, "ResourceInUseException", "Table is being updated: osem-dev-Teams", StepAnswer.LATER, None),
        (ADD, "ThrottlingException", "Rate exceeded", StepAnswer.LATER, None),
        (
            ADD,
            "ThrottlingException",
            "Table was modified within the previous 15000 milliseconds",
            StepAnswer.LATER,
            15.0,
        ),
        (TTL, "ValidationException", "Time to live has been modified multiple times", StepAnswer.LATER, None),
        (CREATE, "ResourceInUseException", "Table already exists: osem-dev-Teams", StepAnswer.DOUBTFUL, None),
        (
            ADD,
            "ValidationException",
            "One or more parameter values were invalid: Attempting to create an index which already exists",
            StepAnswer.DOUBTFUL,
            None,
        ),
        (TTL, "ValidationException", "TimeToLive is already enabled", StepAnswer.DOUBTFUL, None),
        (ADD, "InternalServerError", "", StepAnswer.DOUBTFUL, None),
    ],
)
def test_a_refusal_says_what_to_do(  # noqa: PLR0917 - a table of refusals
    aws: ControlPlane,
    gateway: Gateway,
    step: Call,
    code: str,
    message: str,
    answer: StepAnswer,
    retry_after: float | None,
) -> None:
    """What passes is asked again, what may be our own echo is looked into, and both carry the error."""
    existing(aws, gateway)
    aws.refuse(step.action, code, message, status=500 if code == "InternalServerError" else 400)
    outcome = gateway.perform(step, gateway.describe("Teams"), guard=unguarded)
    assert (outcome.answer, outcome.retry_after) == (answer, retry_after)
    assert outcome.error is not None
    assert step.action in outcome.error.message


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("AccessDeniedException", "User: arn:aws:iam::1:user/ada is not authorized to perform: it", AccessDenied),
        ("LimitExceededException", "Global secondary index count exceeds per-table limit of 20", QuotaExceeded),
        ("ValidationException", "One or more parameter values were invalid: Type mismatch", RequestInvalid),
    ],
)
def test_a_permanent_refusal_is_raised(
    aws: ControlPlane, gateway: Gateway, code: str, message: str, error: type[Exception]
) -> None:
    """Neither asking again nor looking helps."""
    existing(aws, gateway)
    aws.refuse("UpdateTable", code, message)
    with pytest.raises(error):
        gateway.perform(ADD, gateway.describe("Teams"), guard=unguarded)


def test_a_lost_answer_is_doubtful(aws: ControlPlane, gateway: Gateway) -> None:
    """No answer says nothing about whether the call was applied."""
    existing(aws, gateway)
    aws.lose_response("UpdateTable", ReadTimeoutError(endpoint_url="https://dynamodb"))
    outcome = gateway.perform(ADD, gateway.describe("Teams"), guard=unguarded)
    assert outcome.answer is StepAnswer.DOUBTFUL
    assert isinstance(outcome.error, EndpointUnreachable)


def test_a_call_that_could_not_be_sent_is_raised(aws: ControlPlane, gateway: Gateway) -> None:
    """Nothing can have happened, and the endpoint is not there."""
    existing(aws, gateway)
    aws.fail("UpdateTable", EndpointConnectionError(endpoint_url="https://dynamodb"))
    with pytest.raises(EndpointUnreachable):
        gateway.perform(ADD, gateway.describe("Teams"), guard=unguarded)


def test_an_unknown_call_is_a_note_on_a_local_engine_only(aws: ControlPlane) -> None:
    """The same answer from AWS's own endpoint is an error, and never a traceback."""
    existing(aws, Gateway(aws.client, physical_name, emulated=False, sleep=VirtualClock().sleep))
    local = Gateway(aws.client, physical_name, emulated=True, sleep=VirtualClock().sleep)
    aws.refuse("UpdateTimeToLive", "UnknownOperationException")
    assert local.perform(TTL, local.describe("Teams"), guard=unguarded).answer is StepAnswer.UNSUPPORTED
    remote = Gateway(aws.client, physical_name, emulated=False, sleep=VirtualClock().sleep)
    aws.refuse("UpdateTimeToLive", "UnknownOperationException")
    with pytest.raises(OperationUnsupported):
        remote.perform(TTL, remote.describe("Teams"), guard=unguarded)


def test_a_change_that_got_an_unreadable_answer_may_have_been_made(aws: ControlPlane, gateway: Gateway) -> None:
    """The table tells; a local engine that answers so does not lack the call."""
    existing(aws, gateway)
    aws.fail("UpdateTimeToLive", UnreadableAnswer("it is no JSON object", "http://127.0.0.1:9"))
    outcome = gateway.perform(TTL, gateway.describe("Teams"), guard=unguarded)
    assert outcome.answer is StepAnswer.DOUBTFUL
    assert isinstance(outcome.error, AnswerUnreadable)


def test_an_endpoint_that_cannot_change_tables_is_no_local_engine(aws: ControlPlane) -> None:
    """A setting may be left out; a table or an index may not."""
    existing(aws, Gateway(aws.client, physical_name, emulated=False, sleep=VirtualClock().sleep))
    local = Gateway(aws.client, physical_name, emulated=True, sleep=VirtualClock().sleep)
    aws.refuse("UpdateTable", "UnknownOperationException")
    with pytest.raises(OperationUnsupported):
        local.perform(ADD, local.describe("Teams"), guard=unguarded)


def test_tables_are_described_in_the_order_asked_for(aws: ControlPlane, gateway: Gateway) -> None:
    """One description a table, with the settings wanted of each; missing ones are among the answers."""
    existing(aws, gateway)
    live_tables = gateway.describe_all({"Zebras": (), "Teams": (SetTags,), "Ants": ()})
    assert [(live.name, live.table is not None) for live in live_tables] == [
        ("Zebras", False),
        ("Teams", True),
        ("Ants", False),
    ]
    assert sorted(name for name, _ in aws.calls) == ["DescribeTable"] * 3 + ["ListTagsOfResource"]


def test_no_table_takes_no_call(aws: ControlPlane, gateway: Gateway) -> None:
    """Before the first migration there is nothing to describe."""
    assert gateway.describe_all({}) == []
    assert aws.calls == []


def test_tables_are_described_side_by_side(aws: ControlPlane, gateway: Gateway) -> None:
    """Several descriptions are under way at once: each waits at the barrier until all have come."""
    barrier = threading.Barrier(CONCURRENCY, timeout=10)

    def meet(**_: Any) -> None:
        barrier.wait()

    aws.client.meta.events.register("before-call.dynamodb.DescribeTable", meet)
    assert len(gateway.describe_all({f"T{number}": () for number in range(CONCURRENCY)})) == CONCURRENCY


def test_the_questions_about_one_table_are_asked_side_by_side(aws: ControlPlane, gateway: Gateway) -> None:
    """Each waits at the barrier until the others have come; one table takes hardly longer than its slowest answer."""
    existing(aws, gateway)
    barrier = threading.Barrier(3, timeout=10)

    def meet(**_: Any) -> None:
        barrier.wait()

    for action in ("DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource"):
        aws.client.meta.events.register(f"before-call.dynamodb.{action}", meet)
    optional = OptionalReads((SetTimeToLive, SetPointInTimeRecovery))
    (live,) = gateway.describe_all({"Teams": (SetTags,)}, optional=optional)
    assert live.table is not None
    assert {type(setting) for setting in live.table.settings} >= {SetTags, SetTimeToLive, SetPointInTimeRecovery}


def test_one_failure_is_the_answer_for_all(aws: ControlPlane, gateway: Gateway) -> None:
    """A description that is denied is an error, not a missing table."""
    aws.refuse("DescribeTable", "AccessDeniedException", "no")
    with pytest.raises(AccessDenied):
        gateway.describe_all({"Teams": (), "Users": ()})


def test_all_tables_are_listed_over_all_pages() -> None:
    """Every page is read, and the order is by name."""
    client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="a")
    with Stubber(client) as stub:
        first = {"TableNames": ["osem-dev-Users", "osem-prod-Users"], "LastEvaluatedTableName": "osem-prod-Users"}
        stub.add_response("list_tables", first, {})
        stub.add_response(
            "list_tables", {"TableNames": ["osem-dev-Teams"]}, {"ExclusiveStartTableName": "osem-prod-Users"}
        )
        gateway = Gateway(client, physical_name, emulated=False, sleep=VirtualClock().sleep)
        assert gateway.list_tables() == ["osem-dev-Teams", "osem-dev-Users", "osem-prod-Users"]
        stub.assert_no_pending_responses()


def test_a_refused_listing_passes_the_door() -> None:
    """ListTables needs a permission on everything, which a role may lack."""
    client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="a")
    with Stubber(client) as stub:
        stub.add_client_error("list_tables", "AccessDeniedException", "no")
        with pytest.raises(AccessDenied):
            Gateway(client, physical_name, emulated=False, sleep=VirtualClock().sleep).list_tables()


def test_a_table_busy_with_its_creation_is_doubtful_to_create(aws: ControlPlane, gateway: Gateway) -> None:
    """Somebody was faster by a second, or our own answer was lost: look before failing."""
    before = gateway.describe("Teams")
    gateway.perform(CREATE, before, guard=unguarded)
    outcome = gateway.perform(CREATE, before, guard=unguarded)
    assert outcome.answer is StepAnswer.DOUBTFUL
    assert isinstance(outcome.error, ResourceInUse)
