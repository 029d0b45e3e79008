"""DynamoDB Local as tests meet it: it answers, keeps tests apart and never outlives them."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.engines import dynamodb_local as module
from tests.engines.dynamodb_local import Server, start
from tests.engines.engine import Engine
from tests.engines.package import EngineMissing, fetch


def _create_table(engine: Engine, name: str) -> None:
    engine.client().create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _create_index(engine: Engine, table: str) -> None:
    engine.client().update_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "managerId", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "managerId-index",
                    "KeySchema": [{"AttributeName": "managerId", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )


def _listens(server: Server) -> bool:
    address = urlsplit(server.endpoint_url)
    try:
        socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=1).close()
    except OSError:
        return False
    return True


def _falls_silent(server: Server) -> bool:
    deadline = time.monotonic() + 20
    while _listens(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not _listens(server)


def test_two_access_keys_see_different_tables(engine: Engine) -> None:
    """What one test creates, another one never meets."""
    other = Engine(engine.endpoint_url)
    _create_table(engine, "Teams")
    assert engine.client().list_tables()["TableNames"] == ["Teams"]
    assert other.client().list_tables()["TableNames"] == []


def test_two_regions_see_different_tables(engine: Engine) -> None:
    """A region is a database of its own, as on AWS."""
    elsewhere = Engine(engine.endpoint_url, "eu-west-1", engine.access_key, engine.secret_key)
    _create_table(engine, "Teams")
    assert elsewhere.client().list_tables()["TableNames"] == []


def test_a_test_leaves_no_table_to_the_next(engine: Engine) -> None:
    """Neither one that is protected nor one whose index is being built, and its name is free at once."""
    client = engine.client()
    for name in ("Teams", "Players"):
        _create_table(engine, name)
    client.update_table(TableName="Teams", DeletionProtectionEnabled=True)
    _create_index(engine, "Players")
    engine.empty()
    assert client.list_tables()["TableNames"] == []
    _create_table(engine, "Players")
    assert "GlobalSecondaryIndexes" not in client.describe_table(TableName="Players")["Table"]


def test_a_process_sees_the_same_tables(engine: Engine) -> None:
    """The AWS_* variables alone lead a process to the test's own database."""
    _create_table(engine, "Teams")
    script = "import boto3; print(boto3.client('dynamodb').list_tables()['TableNames'])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **engine.environ()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['Teams']\n"


def test_a_delayed_index_is_still_creating(delayed_engine: Engine) -> None:
    """The delayed engine lets a test meet an index before it is ready."""
    _create_table(delayed_engine, "Teams")
    client = delayed_engine.client()
    client.get_waiter("table_exists").wait(TableName="Teams", WaiterConfig={"Delay": 1, "MaxAttempts": 90})
    _create_index(delayed_engine, "Teams")
    time.sleep(2)  # without the delay an index is ACTIVE after 0.3 to 0.8 seconds
    indexes = client.describe_table(TableName="Teams")["Table"]["GlobalSecondaryIndexes"]
    assert [index["IndexStatus"] for index in indexes] == ["CREATING"]


@pytest.mark.parametrize("ending", ["stopped", "session killed"])
def test_no_server_outlives_its_session(dynamodb_local: str, tmp_path: Path, ending: str) -> None:
    """A server ends when it is stopped, and also when the session that wanted it is gone without a word."""
    session = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server = start(fetch(), tmp_path / "log", watch=session.pid)
    try:
        assert _listens(server)
        (server.stop if ending == "stopped" else session.kill)()
        session.communicate()
        assert _falls_silent(server)
    finally:
        server.stop()


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason ends with what Java said."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'UnsupportedClassVersionError'; exit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(EngineMissing, match="UnsupportedClassVersionError"):
        start(tmp_path, tmp_path / "log", watch=os.getpid())


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("false", 0), ("true", 1)])
def test_only_ci_insists_on_java(
    ci: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``make test`` goes on without Java on a laptop and fails in CI; both say why."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(sys, "argv", ["dynamodb_local", "fetch"])
    assert module.main() == code
    assert "java" in capsys.readouterr().err
