"""An application's table on DynamoDB Local, and in a simulated account where things go wrong."""

import logging
from typing import Any

import pytest

from osem_migrate.access import DynamoDBClient
from osem_migrate.errors import (
    AccessDenied,
    AnswerUnreadable,
    AwsError,
    ConditionFailed,
    EndpointUnreachable,
    ResourceNotFound,
    ServiceFailed,
    Throttled,
)
from tests.doubles.simulated_aws import NOWHERE, SimulatedAws, _response
from tests.engines.engine import Engine
from tests.simulator import Drop, Fail, LoseResponse

ITEM: dict[str, Any] = {"id": "a", "text": "Füße ✓", "note": "", "tags": {"a", "b"}}
KEY = {"id": "a"}


@pytest.fixture
def client(aws: SimulatedAws) -> DynamoDBClient:
    """The client of a table that is ACTIVE in the simulated account."""
    made = aws.client("Notes")
    made.client.create_table(
        TableName="Notes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.clock.sleep(60)
    return made


def test_it_reaches_dynamodb_local_by_the_variables_of_the_environment(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another client made there is described, and items go there and back."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    engine.client().create_table(
        TableName="Notes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with DynamoDBClient("Notes", validate=True) as client:
        assert client.test_connection() == engine.client().describe_table(TableName="Notes")["Table"]
        client.table.put_item(Item=ITEM)
        assert client.table.get_item(Key=KEY, ConsistentRead=True)["Item"] == ITEM
        with pytest.raises(ConditionFailed), client.calling("PutItem"):
            client.table.put_item(Item=ITEM, ConditionExpression="attribute_not_exists(id)")
    with pytest.raises(ResourceNotFound):
        DynamoDBClient("Others", validate=True)


def test_it_needs_no_credentials_for_an_engine_on_this_machine(engine: Engine) -> None:
    """An endpoint is all that somebody with DynamoDB Local has to name."""
    with pytest.raises(ResourceNotFound):
        DynamoDBClient("Notes", endpoint_url=engine.endpoint_url, validate=True)


def test_an_endpoint_where_nobody_listens_is_said() -> None:
    """The address is named, and what to look at."""
    with pytest.raises(EndpointUnreachable, match=r"127\.0\.0\.1:9") as caught:
        DynamoDBClient("Notes", endpoint_url=NOWHERE, attempts=1, validate=True)
    assert "endpoint_url" in caught.value.remediation


@pytest.mark.parametrize(
    "fault",
    [
        Drop(),
        LoseResponse(),
        Fail("ThrottlingException", "Rate exceeded", 400),
        Fail("ProvisionedThroughputExceededException", "The level of configured provisioned throughput …", 400),
        Fail("InternalServerError", "", 500),
    ],
    ids=lambda fault: type(fault).__name__ + getattr(fault, "code", ""),
)
def test_what_passes_by_itself_is_tried_again_and_logged(
    fault: Drop | LoseResponse | Fail, aws: SimulatedAws, client: DynamoDBClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A write arrives although the first two requests fail, and the log says how many it took."""
    caplog.set_level(logging.INFO, "osem_migrate.access")
    struck = aws.simulator.faults.plan(fault, action="PutItem", times=2).struck
    client.table.put_item(Item=ITEM)
    assert len(struck) == 2
    assert client.table.get_item(Key=KEY)["Item"] == ITEM
    texts = [record.getMessage() for record in caplog.records if "PutItem" in record.getMessage()]
    assert [text.split(" after ")[0] for text in texts] == ["dynamodb:PutItem on Notes: ok"]
    assert texts[0].endswith(", 3 requests")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Drop(), EndpointUnreachable),
        (Fail("ThrottlingException", "Rate exceeded", 400), Throttled),
        (Fail("InternalServerError", "", 500), ServiceFailed),
    ],
    ids=["Drop", "Throttling", "InternalServerError"],
)
def test_what_does_not_pass_ends_after_the_attempts_that_were_chosen(
    fault: Drop | Fail, error: type[AwsError], aws: SimulatedAws, client: DynamoDBClient
) -> None:
    """With the error of its kind, and after no more requests than the application wants."""
    struck = aws.simulator.faults.plan(fault, action="DescribeTable", times=None).struck
    with pytest.raises(error):
        aws.client("Notes", attempts=2, validate=False).test_connection()
    assert len(struck) == 2
    with pytest.raises(error):
        client.test_connection()
    assert len(struck) == 6


def test_a_missing_permission_names_action_and_table(aws: SimulatedAws, client: DynamoDBClient) -> None:
    """Whoever may not describe the table is told what to have granted."""
    aws.simulator.faults.deny("DescribeTable")
    with pytest.raises(AccessDenied) as caught:
        client.test_connection()
    assert caught.value.remediation.startswith("Grant dynamodb:DescribeTable on ")
    assert "table/Notes" in caught.value.remediation


@pytest.mark.parametrize(
    "body", [b"<html><title>Sign in</title></html>", b"", b"null", b'{"Item": {"id": {"S": "a"}', b"[]"]
)
def test_the_page_of_a_proxy_is_no_item_that_does_not_exist(body: bytes, aws: SimulatedAws) -> None:
    """What is no answer of DynamoDB's is refused, where boto3 alone would take it for an empty one."""
    client = aws.client("Notes")
    for made in (client.client, client.table.meta.client):
        events: Any = made.meta.events  # the stubs do not know that a handler may answer the call
        events.register_first("before-send", lambda **_: _response(200, "application/x-amz-json-1.0", body))
    for read in (
        lambda: client.table.get_item(Key=KEY),
        lambda: client.client.get_item(TableName="Notes", Key={"id": {"S": "a"}}),
        client.test_connection,
    ):
        with pytest.raises(AnswerUnreadable), client.calling("GetItem"):
            read()
