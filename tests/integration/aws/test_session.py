"""Sessions against engines that answer."""

import socket
from typing import TYPE_CHECKING

import pytest

from osem_migrate.aws.failures.classify import door
from osem_migrate.aws.session import Session
from osem_migrate.errors import AnswerUnreadable, EndpointUnreachable
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from osem_migrate.aws.api_calls import ApiCall


def use(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the engine that of the environment."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)


def test_the_session_reaches_the_engine_of_the_environment(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, region and endpoint of the variables lead to the same tables as the application's."""
    use(engine, monkeypatch)
    engine.client().create_table(
        TableName="osem-dev-Teams",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    session = Session.open()
    calls: list[ApiCall] = []
    session.on_call(calls.append)
    assert session.dynamodb().list_tables()["TableNames"] == ["osem-dev-Teams"]
    assert [(call.action, call.attempts, call.outcome) for call in calls] == [("dynamodb:ListTables", 1, "ok")]


def test_made_up_credentials_are_good_enough_for_an_engine(engine: Engine) -> None:
    """Without any credentials DynamoDB Local answers all the same."""
    client = Session.open(endpoint_url=engine.endpoint_url).dynamodb()
    assert "TableNames" in client.list_tables()


def test_no_proxy_stands_before_this_machine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's proxy settings do not lead calls to a local engine astray."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    client = Session.open(endpoint_url=engine.endpoint_url).dynamodb()
    assert "TableNames" in client.list_tables()


def test_identity_is_account_and_arn(moto_server: str) -> None:
    """STS says whose account it is, and the call is told like every other."""
    session = Session.open(endpoint_url=moto_server)
    calls: list[ApiCall] = []
    session.on_call(calls.append)
    identity = session.identity()
    assert identity.account == "123456789012"
    assert identity.arn.startswith("arn:aws:")
    assert [(call.action, call.table, call.outcome) for call in calls] == [("sts:GetCallerIdentity", None, "ok")]


def test_an_engine_without_sts_says_so(engine: Engine) -> None:
    """DynamoDB Local cannot tell who we are, which is no failure of the credentials."""
    with pytest.raises(AnswerUnreadable):
        Session.open(endpoint_url=engine.endpoint_url).identity()


def test_an_engine_that_is_not_running_is_unreachable() -> None:
    """Nobody listening is found out at once, and the message names the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint_url = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = Session.open(endpoint_url=endpoint_url).dynamodb()
        with pytest.raises(EndpointUnreachable) as caught, door("dynamodb:ListTables"):
            client.list_tables()
    assert endpoint_url in caught.value.message
