"""Nothing is sent that may not be sent any more, however late that turns out."""

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from osem_migrate.aws.guard import Guard
from osem_migrate.errors import LockLost
from tests.simulator import Simulator, serve
from tests.simulator.clock import VirtualClock
from tests.simulator.server import SimulatorServer


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """A simulator behind a real socket."""
    with serve(Simulator(clock=VirtualClock())) as serving:
        yield serving


def client_of(server: SimulatorServer, attempts: int = 1) -> Any:
    """A client whose requests go over the network."""
    return boto3.client(
        "dynamodb",
        endpoint_url=server.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIASIMULATED",
        aws_secret_access_key="simulated",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("attempts", [1, 3])
def test_nothing_arrives_once_the_lock_is_lost(server: SimulatorServer, nth: int, attempts: int) -> None:
    """Asked as the request begins, and again once the socket is to take it; so is every repetition of the SDK's."""
    client = client_of(server, attempts)
    guard, asked = Guard(client), list[int]()

    def check() -> None:
        asked.append(len(asked) + 1)
        if len(asked) >= nth:
            raise LockLost("taken over")

    with pytest.raises(LockLost, match="taken over"), guard.asking(check):
        client.list_tables()
    assert server.calls == []
    assert len(asked) >= nth


def test_a_connection_that_was_made_meanwhile_is_not_used(server: SimulatorServer) -> None:
    """The last question comes after it: to connect may take longer than the lock lasts."""
    client = client_of(server)
    guard, lost = Guard(client), threading.Event()

    def check() -> None:
        if lost.is_set():
            raise LockLost("taken over")

    session = client._endpoint.http_session
    connection = session._pool_classes_by_scheme["http"].ConnectionCls
    connect = connection.connect

    def slowly(self: Any) -> None:
        connect(self)
        lost.set()

    connection.connect = slowly
    with pytest.raises(LockLost), guard.asking(check):
        client.list_tables()
    assert server.calls == []


def test_what_may_be_sent_is_sent(server: SimulatorServer) -> None:
    """Outside of the block nobody asks; an error of the service stays what it is."""
    client = client_of(server)
    guard = Guard(client)
    assert client.list_tables()["TableNames"] == []
    with guard.asking(lambda: None):
        assert client.list_tables()["TableNames"] == []
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.describe_table(TableName="Teams")
    assert [call.action for call in server.calls] == ["ListTables", "ListTables", "DescribeTable"]
