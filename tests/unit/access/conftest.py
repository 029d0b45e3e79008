"""moto in this process, with the tables of the contract that the tests share."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from osem_migrate.access import Contract, Repository
from tests.doubles.contract_tables import create_tables
from tests.unit.access.builders import document


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    """The contract as a file, read."""
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(document()))
    return Contract.load(path)


@pytest.fixture
def repository(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Repository]]:
    """Gives the repository of an entity, whose table is there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        create_tables(boto3.client("dynamodb", region_name="us-east-1"), document(), "shop-test-{}")
        yield lambda entity, **options: contract.repository(
            entity, env="test", table_name="shop-{env}-{entity}", **options
        )
        contract.close()
