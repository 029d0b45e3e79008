"""The table of dev, made by the migrations, at moto in this process: no test reaches AWS or sees another's items."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from database import VibeDigestClient
from moto import mock_aws

from osem_migrate import Migrator

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "VIBE_DIGEST_ENV", "OSEM_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.chdir(PROJECT)
    with mock_aws():
        yield


@pytest.fixture
def client(aws: None) -> VibeDigestClient:
    """The client of dev, whose migrations are applied."""
    Migrator.open("dev").upgrade()
    return VibeDigestClient("dev", validate=True)
