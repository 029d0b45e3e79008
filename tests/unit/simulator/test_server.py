"""Server: the same through boto3, with every fault as a client meets it."""

import io
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.simulator import (
    INTERNAL,
    THROTTLED,
    Deny,
    Drop,
    Expire,
    Fail,
    Fault,
    Hang,
    Hook,
    LoseResponse,
    Simulator,
    SimulatorServer,
    VirtualClock,
    serve,
)
from tests.simulator.__main__ import main
from tests.unit.simulator.world import table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """A served simulator in virtual time."""
    with serve(Simulator(clock=VirtualClock())) as server:
        yield server


def connect(server: SimulatorServer, service: str = "dynamodb", *, attempts: int = 1, key: str = "AKIATEST") -> Any:
    """A boto3 client of the server."""
    session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key="secret", region_name="us-east-1")
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(retries=retries, read_timeout=2, max_pool_connections=20)
    return session.client(service, endpoint_url=server.endpoint_url, config=config)  # type: ignore[call-overload]


@pytest.fixture
def client(server: SimulatorServer) -> "DynamoDBClient":
    """A client that never tries twice."""
    found: DynamoDBClient = connect(server)
    return found


def test_boto3_reads_what_it_would_of_aws(server: SimulatorServer, client: "DynamoDBClient") -> None:
    """Descriptions, times, refusals and items."""
    created = client.create_table(**table())["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    assert created["CreationDateTime"].timestamp() == server.simulator.clock.now()
    with pytest.raises(client.exceptions.ResourceInUseException) as refusal:
        client.delete_table(TableName="Teams")
    assert refusal.value.response["Error"]["Message"].endswith("Table is being created: Teams")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as invalid:
        client.describe_time_to_live(TableName="Teams")
    assert invalid.value.response["Error"]["Code"] == "ValidationException"
    assert server.simulator.unknown == []


def test_items_and_reasons_travel_in_refusals(server: SimulatorServer, client: "DynamoDBClient") -> None:
    """ALL_OLD's Item and CancellationReasons are where boto3 looks for them."""
    client.create_table(**table())
    _advance(server, 30)
    item: Any = {"pk": {"S": "lock"}, "owner": {"S": "me"}}
    client.put_item(TableName="Teams", Item=item)
    write: Any = {
        "TableName": "Teams",
        "Item": {"pk": {"S": "lock"}},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as failed:
        client.put_item(**write)
    answer: Any = failed.value.response
    assert answer["Item"] == item
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(TransactItems=[{"Put": write}])
    assert cancelled.value.response["CancellationReasons"][0]["Item"] == item


def _advance(server: SimulatorServer, seconds: float) -> None:
    clock = server.simulator.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(seconds)


def test_sts_says_who_is_calling(server: SimulatorServer) -> None:
    """GetCallerIdentity, and nothing else of STS."""
    sts = connect(server, "sts")
    identity = sts.get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("123456789012", "arn:aws:iam::123456789012:user/simulated")
    with pytest.raises(ClientError) as unknown:
        sts.get_session_token()
    assert unknown.value.response["Error"]["Code"] == "SimulatorDoesNotKnow"
    assert "sts:GetSessionToken" in server.simulator.unknown[0]


def test_a_cut_connection_is_an_error_of_the_connection(server: SimulatorServer, client: "DynamoDBClient") -> None:
    """Before or after: the client cannot tell, the simulator can."""
    faults: tuple[Fault, ...] = (Drop(), LoseResponse())
    for fault in faults:
        server.faults.plan(fault, action="CreateTable")
        with pytest.raises(ConnectionClosedError):
            client.create_table(**table())
    assert [call.outcome for call in server.calls] == ["cut, not applied", "applied, answer lost"]
    assert server.simulator.table("Teams") is not None


def test_the_retry_of_a_lost_response_meets_its_own_success(server: SimulatorServer) -> None:
    """The SDK repeats the call, which comes back as already there."""
    server.faults.plan(LoseResponse(), action="CreateTable")
    client = connect(server, attempts=2)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.create_table(**table())
    assert [call.outcome for call in server.calls] == ["applied, answer lost", "ResourceInUseException"]


def test_a_transaction_whose_response_is_lost_is_made_once(server: SimulatorServer) -> None:
    """The SDK sends its token again."""
    client = connect(server, attempts=2)
    client.create_table(**table())
    _advance(server, 30)
    server.faults.plan(LoseResponse(), action="TransactWriteItems")
    put = {"TableName": "Teams", "Item": {"pk": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    client.transact_write_items(TransactItems=[{"Put": put}])
    assert [call.outcome for call in server.calls[-2:]] == ["applied, answer lost", "ok"]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (INTERNAL, "InternalServerError", 500),
        (THROTTLED, "ThrottlingException", 400),
        (Fail("LimitExceededException", "Subscriber limit exceeded: …"), "LimitExceededException", 400),
        (Expire(), "ExpiredTokenException", 400),
        (Deny(), "AccessDeniedException", 400),
    ],
)
def test_refusals_on_demand(
    server: SimulatorServer, client: "DynamoDBClient", fault: Fault, code: str, status: int
) -> None:
    """Each as its code and HTTP status."""
    server.faults.plan(fault, action="ListTables")
    with pytest.raises(ClientError) as refusal:
        client.list_tables()
    assert refusal.value.response["Error"]["Code"] == code
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_expired_token_of_sts_has_its_own_code_and_another_key_is_fine(server: SimulatorServer) -> None:
    """ExpiredToken, 403; the key is read from the signature."""
    server.faults.plan(Expire(), action="GetCallerIdentity")
    with pytest.raises(ClientError) as expired:
        connect(server, "sts").get_caller_identity()
    assert expired.value.response["Error"]["Code"] == "ExpiredToken"
    connect(server, key="AKIAFRESH").list_tables()


def test_a_hang_outlasts_the_patience_of_a_client(server: SimulatorServer, client: "DynamoDBClient") -> None:
    """The call is applied all the same."""
    server.faults.plan(Hang(3), action="CreateTable")
    with pytest.raises(ReadTimeoutError):
        client.create_table(**table())
    deadline = time.monotonic() + 20
    while server.calls[0].outcome != "ok" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.simulator.table("Teams") is not None


def test_a_hook_may_be_the_end_of_the_client(server: SimulatorServer, client: "DynamoDBClient") -> None:
    """Whoever is gone when the answer comes disturbs nobody else."""
    parts = urlsplit(server.endpoint_url)
    with socket.create_connection((parts.hostname, parts.port)) as child:
        server.faults.plan(Hook(after=lambda _: child.close()), action="ListTables")
        body = b"{}"
        head = (
            "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20261008/us-east-1/dynamodb/aws4_request\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        child.sendall(head.encode() + body)
        deadline = time.monotonic() + 20
        while not (server.calls and server.calls[0].outcome == "ok") and time.monotonic() < deadline:
            time.sleep(0.01)
    assert client.list_tables()["TableNames"] == []
    assert server.simulator.unknown == []


def test_nobody_calls_without_a_signature(server: SimulatorServer) -> None:
    """What a browser could send is refused."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    request = urllib.request.Request(server.endpoint_url, b"{}", headers)  # noqa: S310 - loopback
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310 - loopback
    with refused.value as answer:
        assert "MissingAuthenticationTokenException" in json.load(answer)["__type"]
    assert server.calls == []


def test_a_request_that_is_no_json_is_noted(server: SimulatorServer) -> None:
    """Whatever breaks the server itself is not passed over in silence."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    request = urllib.request.Request(server.endpoint_url, b"{", headers)  # noqa: S310 - loopback
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310 - loopback
    assert "JSONDecodeError" in server.simulator.unknown[0]


def test_a_connection_is_kept_alive(server: SimulatorServer, client: "DynamoDBClient") -> None:
    """A hundred calls, one connection: the limiter of reads sees it as one."""
    client.create_table(**table())
    _advance(server, 30)
    codes = []
    for _ in range(5):
        try:
            client.describe_time_to_live(TableName="Teams")
            codes.append("ok")
        except ClientError as refusal:
            codes.append(str(refusal.response["Error"]["Code"]))
    assert codes == ["ok"] * 4 + ["ThrottlingException"]


def test_simultaneous_increments_are_all_counted(server: SimulatorServer) -> None:
    """Eight threads, one item: no write is lost."""
    client = connect(server)
    client.create_table(**table())
    _advance(server, 30)

    def count_up() -> None:
        mine = connect(server)
        for _ in range(20):
            mine.update_item(
                TableName="Teams",
                Key={"pk": {"S": "n"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get_item(TableName="Teams", Key={"pk": {"S": "n"}})["Item"]["n"] == {"N": "160"}
    assert sorted(call.number for call in server.calls) == list(range(1, len(server.calls) + 1))


def test_it_runs_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m tests.simulator`` prints where it listens, and serves until it is stopped."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    stop = threading.Event()
    thread = threading.Thread(target=main, args=(["--scale", "600"], stop))
    thread.start()
    deadline = time.monotonic() + 20
    while not out.getvalue().endswith("\n") and time.monotonic() < deadline:
        time.sleep(0.01)
    session = boto3.session.Session(aws_access_key_id="AKIA", aws_secret_access_key="s", region_name="us-east-1")
    assert session.client("dynamodb", endpoint_url=out.getvalue().strip()).list_tables()["TableNames"] == []
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_an_interrupt_ends_it_and_counts_the_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C is how one stops it."""

    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            raise KeyboardInterrupt

    main([], Interrupted())
    assert capsys.readouterr().err == "0 calls\n"
