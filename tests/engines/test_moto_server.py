"""The moto server as tests meet it: on the loopback address, and empty."""

import os

import pytest

from tests.engines import moto_server as moto
from tests.engines.engine import Engine
from tests.engines.package import CACHE


def test_a_reset_forgets_every_table(moto_server: str) -> None:
    """After a reset nothing is left of what a test created."""
    client = Engine(moto_server).client()
    assert moto_server.startswith("http://127.0.0.1:")
    client.create_table(
        TableName="Teams",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert client.list_tables()["TableNames"] == ["Teams"]
    moto.reset(moto_server)
    assert client.list_tables()["TableNames"] == []


@pytest.mark.parametrize("prefix", ["OSEM_", "GITHUB_", "AWS_ACCESS", "AWS_PROFILE", "AWS_REGION"])
def test_the_surroundings_stay_outside(prefix: str) -> None:
    """No test sees the credentials, configuration or CI of whoever runs it."""
    assert [name for name in os.environ if name.startswith(prefix) and name != CACHE] == []
