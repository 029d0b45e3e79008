"""The shop's tables, made by its migrations: at moto in this process, and on DynamoDB Local where there is one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from shop import Shop

from osem_migrate import Migrator

PROJECT = Path(__file__).parents[1]
ENDPOINT = "SHOP_DYNAMODB_URL"
TABLES = {"shop-dev-Products": ("product_id",), "shop-dev-Shop": ("PK", "SK"), "shop-dev-Payments": ("payment_id",)}


@pytest.fixture(scope="session", params=["moto", "dynamodb-local"])
def migrator(request: pytest.FixtureRequest) -> Iterator[Migrator]:
    """The environment dev with its tables, once for each engine; nothing is mocked on DynamoDB Local."""
    endpoint = os.environ.get(ENDPOINT) if request.param == "dynamodb-local" else ""
    if endpoint is None:
        pytest.skip(f"{ENDPOINT} names no DynamoDB Local; see docs/testing.md")
    with pytest.MonkeyPatch.context() as patch, nullcontext() if endpoint else mock_aws():
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "OSEM_ENV", "OSEM_DB_PREFIX"):
            patch.delenv(name, raising=False)
        # DynamoDB Local keeps a database for each access key, so that no other run sees these tables.
        patch.setenv("AWS_ACCESS_KEY_ID", f"TEST{secrets.token_hex(8)}")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        if endpoint:
            patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        patch.chdir(PROJECT)
        migrator = Migrator.open("dev")
        migrator.upgrade()
        yield migrator


@pytest.fixture
def shop(migrator: Migrator) -> Iterator[Shop]:
    """The shop of dev; whatever a test leaves in it is gone before the next one."""
    shop = Shop("dev")
    yield shop
    shop.close()
    database = boto3.resource("dynamodb", region_name=migrator.session.region.name)
    for name, key in TABLES.items():
        table = database.Table(name)
        with table.batch_writer() as batch:
            for item in table.scan()["Items"]:
                batch.delete_item(Key={part: item[part] for part in key})
