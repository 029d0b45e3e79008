"""The moto server as tests meet it: on the loopback address, and empty."""

import os
from typing import Any

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


def test_what_was_kept_is_put_back(moto_server: str) -> None:
    """As it was then, as often as one likes: what is done to it afterwards is done to a copy, other tables are gone."""
    client = Engine(moto_server).client()
    key = {"AttributeName": "id", "AttributeType": "S"}
    create: Any = {"AttributeDefinitions": [key], "BillingMode": "PAY_PER_REQUEST"}
    create["KeySchema"] = [{"AttributeName": "id", "KeyType": "HASH"}]
    client.create_table(TableName="Teams", **create)
    client.put_item(TableName="Teams", Item={"id": {"S": "t1"}})
    described, kept = client.describe_table(TableName="Teams")["Table"], moto.contents()
    for _ in range(2):
        client.update_item(
            TableName="Teams",
            Key={"id": {"S": "t1"}},
            UpdateExpression="SET n = :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        moto.put_back(kept)
        assert client.scan(TableName="Teams")["Items"] == [{"id": {"S": "t1"}}]
        client.delete_item(TableName="Teams", Key={"id": {"S": "t1"}})
        client.create_table(TableName="Plans", **create)
        moto.put_back(kept)
        assert client.list_tables()["TableNames"] == ["Teams"]
        assert client.describe_table(TableName="Teams")["Table"] == described
        assert client.scan(TableName="Teams")["Items"] == [{"id": {"S": "t1"}}]


@pytest.mark.parametrize("prefix", ["OSEM_", "GITHUB_", "AWS_ACCESS", "AWS_PROFILE", "AWS_REGION"])
def test_the_surroundings_stay_outside(prefix: str) -> None:
    """No test sees the credentials, configuration or CI of whoever runs it."""
    assert [name for name in os.environ if name.startswith(prefix) and name != CACHE] == []
