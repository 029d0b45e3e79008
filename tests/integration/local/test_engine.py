"""The moto engine as people use it: up between commands, one at a time, with data that other programs share."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from osem_migrate.local import LocalEngine
from tests.engines.ports import free_port

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]
START = """
import sys
from pathlib import Path
from osem_migrate.local import LocalEngine
print(LocalEngine(Path(sys.argv[1]), port=int(sys.argv[2])).start().pid)
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    """The engine of an empty project, on a port of its own."""
    engine = LocalEngine(tmp_path / ".state", port=free_port())
    yield engine
    engine.stop()


def _client(endpoint_url: str, region: str = "us-east-1") -> "DynamoDBClient":
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=8),
    )


def _create(client: "DynamoDBClient") -> None:
    client.create_table(
        TableName="Teams",
        KeySchema=[{"AttributeName": "teamId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "teamId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _start_elsewhere(engine: LocalEngine) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", START, str(engine.state_folder), str(engine.port)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_data_stay_between_commands(engine: LocalEngine) -> None:
    """An engine that one command started is found by the next, with the tables in it, until it is stopped."""
    with _start_elsewhere(engine) as command:
        assert command.wait() == 0
    state = engine.start()
    _create(_client(state.endpoint_url))
    assert engine.start() == state
    assert _client(state.endpoint_url).list_tables()["TableNames"] == ["Teams"]
    assert engine.stop() == state
    assert _client(engine.start().endpoint_url).list_tables()["TableNames"] == []


def test_what_moto_does_not_do_right_is_mended(engine: LocalEngine) -> None:
    """A tag that is set again has its new value alone, and a stream that was turned off is turned on again."""
    client = _client(engine.start().endpoint_url)
    _create(client)
    arn = client.describe_table(TableName="Teams")["Table"]["TableArn"]
    for value in ("old", "new"):
        client.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": value}])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "new"}]
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    for stream in (on, {"StreamEnabled": False}, on):
        client.update_table(TableName="Teams", StreamSpecification=stream)  # type: ignore[arg-type]
    assert client.describe_table(TableName="Teams")["Table"]["StreamSpecification"] == on


def test_ctrl_c_in_the_terminal_does_not_reach_it(engine: LocalEngine) -> None:
    """A signal to everything in the terminal's foreground leaves the engine running."""
    with _start_elsewhere(engine) as command:
        command.wait()
    with pytest.raises(ProcessLookupError):
        os.killpg(command.pid, signal.SIGINT)
    assert engine.status() is not None


def test_two_starts_at_once_give_one_engine(engine: LocalEngine) -> None:
    """Two terminals that start at the same moment speak of the same process."""
    with _start_elsewhere(engine) as one, _start_elsewhere(engine) as other:
        pids = {one.communicate()[0], other.communicate()[0]}
    state = engine.status()
    assert state is not None
    assert pids == {f"{state.pid}\n"}


def test_two_folders_run_side_by_side(engine: LocalEngine, tmp_path: Path) -> None:
    """Two projects have an engine each, when nobody insists on one port."""
    mine = engine.start()
    neighbour = LocalEngine(tmp_path / "neighbour")
    try:
        theirs = neighbour.start()
        _create(_client(theirs.endpoint_url))
        assert theirs.port != mine.port
        assert _client(mine.endpoint_url).list_tables()["TableNames"] == []
    finally:
        neighbour.stop()
    assert engine.status() == mine


def test_an_engine_killed_behind_its_back_is_replaced(engine: LocalEngine) -> None:
    """After a kill the same port answers again at the next start."""
    first = engine.start()
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert engine.status() is None
    second = engine.start()
    assert (second.port, second.pid != first.pid) == (first.port, True)
    assert _client(second.endpoint_url).list_tables()["TableNames"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.1 is the only loopback address")
def test_it_listens_on_the_loopback_address_only(engine: LocalEngine) -> None:
    """Nobody else on the network reaches the data: another address of this machine is free on that port."""
    state = engine.start()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.2", state.port))


def test_any_region_is_served(engine: LocalEngine) -> None:
    """A made-up region is as good as a real one, as with DynamoDB Local."""
    assert _client(engine.start().endpoint_url, region="local").list_tables()["TableNames"] == []


def test_concurrent_writes_are_all_kept(engine: LocalEngine) -> None:
    """A refused transaction never undoes what another client wrote meanwhile, and nothing ends in an internal error."""
    client = _client(engine.start().endpoint_url)
    _create(client)

    def write(number: int) -> None:
        client.put_item(TableName="Teams", Item={"teamId": {"S": f"team-{number}"}})
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            client.transact_write_items(
                TransactItems=[
                    {
                        "ConditionCheck": {
                            "TableName": "Teams",
                            "Key": {"teamId": {"S": "nobody"}},
                            "ConditionExpression": "attribute_exists(teamId)",
                        }
                    },
                    {"Put": {"TableName": "Teams", "Item": {"teamId": {"S": f"refused-{number}"}}}},
                ]
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert client.scan(TableName="Teams")["Count"] == 200


def test_requests_leave_no_trace_in_the_log(engine: LocalEngine) -> None:
    """The log does not grow with use."""
    state = engine.start()
    for _ in range(3):
        _client(state.endpoint_url).list_tables()
    assert state.log.read_text() == ""
