"""Tables at moto, in this very process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from osem_migrate.access import Contract, Repository
from tests.doubles.contract_tables import create_tables
from tests.unit.access.builders import document

REGION = "eu-west-1"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an empty table with the keys ``day`` and ``id``, in the region that AWS_REGION names."""
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        boto3.client("dynamodb", region_name=REGION).create_table(
            TableName="Digests",
            KeySchema=[{"AttributeName": "day", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "day", "AttributeType": "S"},
                {"AttributeName": "id", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield "Digests"


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    """The contract that the tests share, read from a file."""
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(document()))
    return Contract.load(path)


@pytest.fixture
def repository(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Repository]]:
    """Gives the repository of an entity, whose table is there."""
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        create_tables(boto3.client("dynamodb", region_name=REGION), document(), "shop-test-{}")
        yield lambda entity, **options: contract.repository(
            entity, env="test", table_name="shop-{env}-{entity}", **options
        )
        contract.close()
