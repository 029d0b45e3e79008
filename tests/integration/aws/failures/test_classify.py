"""Refusals of real engines become our errors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from osem_migrate import errors
from osem_migrate.aws.failures.classify import Failure, Verdict, classify
from osem_migrate.errors import AwsError
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "osem-dev-Teams"
ARN = f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}"
WAIT, DESCRIBE, UNSUPPORTED, GIVE_UP = Verdict


def failure_of(call: str, ask: Callable[[], Any]) -> Failure:
    """The classification of what ``ask`` raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 whatever it is, it is to be classified
        ask()
    return classify(caught.value, action=f"dynamodb:{call}", resource=TABLE)


def create_table(client: "DynamoDBClient") -> None:
    """Create the table, on demand and without indexes."""
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def add_index(client: "DynamoDBClient", name: str) -> None:
    """Begin to build an index called ``name``."""
    client.update_table(
        TableName=TABLE,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "k", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": name,
                    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )


def lose_a_condition(client: "DynamoDBClient") -> None:
    """Write an item only if it exists; it does not."""
    client.put_item(TableName=TABLE, Item={"id": {"S": "1"}}, ConditionExpression="attribute_exists(id)")


def lose_a_transaction(client: "DynamoDBClient") -> None:
    """The same in a transaction."""
    client.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": TABLE,
                    "Item": {"id": {"S": "1"}},
                    "ConditionExpression": "attribute_exists(id)",
                }
            }
        ]
    )


def delete_protected(client: "DynamoDBClient") -> None:
    """Delete the table while it is protected."""
    client.update_table(TableName=TABLE, DeletionProtectionEnabled=True)
    client.delete_table(TableName=TABLE)


def enable_twice(client: "DynamoDBClient") -> None:
    """Switch time to live on although it is on."""
    for _ in range(2):
        client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})


REFUSALS: list[tuple[str, Callable[["DynamoDBClient"], Any], type[AwsError], Verdict]] = [
    ("CreateTable", create_table, errors.ResourceInUse, DESCRIBE),
    ("PutItem", lose_a_condition, errors.ConditionFailed, DESCRIBE),
    ("TransactWriteItems", lose_a_transaction, errors.ConditionFailed, DESCRIBE),
    ("DeleteTable", delete_protected, errors.RequestInvalid, GIVE_UP),
    ("DescribeTable", lambda client: client.describe_table(TableName="other"), errors.ResourceNotFound, GIVE_UP),
    ("DeleteTable", lambda client: client.delete_table(TableName="other"), errors.ResourceNotFound, DESCRIBE),
]


@pytest.mark.parametrize(("call", "ask", "kind", "verdict"), REFUSALS)
def test_dynamodb_local_is_understood(
    engine: Engine, call: str, ask: Callable[["DynamoDBClient"], Any], kind: type[AwsError], verdict: Verdict
) -> None:
    """Its texts differ from those of AWS, and the codes carry."""
    client = engine.client()
    create_table(client)
    failure = failure_of(call, lambda: ask(client))
    assert (type(failure.error), failure.verdict) == (kind, verdict)


@pytest.mark.parametrize(("call", "ask", "kind", "verdict"), REFUSALS)
def test_moto_is_understood(
    moto_server: str, call: str, ask: Callable[["DynamoDBClient"], Any], kind: type[AwsError], verdict: Verdict
) -> None:
    """The embedded engine's refusals mean the same as those of AWS."""
    client = Engine(moto_server).client()
    create_table(client)
    failure = failure_of(call, lambda: ask(client))
    assert (type(failure.error), failure.verdict) == (kind, verdict)


def test_a_second_index_waits_and_the_same_one_is_looked_at(delayed_engine: Engine) -> None:
    """While an index is being built, another one has to wait and an equal one may be our own echo."""
    # One attempt: the SDK would repeat LimitExceededException by itself.
    client: DynamoDBClient = boto3.session.Session(
        aws_access_key_id=delayed_engine.access_key, aws_secret_access_key="x", region_name=delayed_engine.region
    ).client(
        "dynamodb",
        endpoint_url=delayed_engine.endpoint_url,
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
    create_table(client)
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    add_index(client, "k-index")
    echo = failure_of("UpdateTable", lambda: add_index(client, "k-index"))
    other = failure_of("UpdateTable", lambda: add_index(client, "other-index"))
    assert (type(echo.error), echo.verdict) == (errors.ResourceInUse, DESCRIBE)
    assert (type(other.error), other.verdict) == (errors.ResourceInUse, WAIT)


def test_time_to_live_that_is_on_already_is_looked_at(engine: Engine) -> None:
    """Enabling twice is an error of DynamoDB's, but not of ours."""
    client = engine.client()
    create_table(client)
    assert failure_of("UpdateTimeToLive", lambda: enable_twice(client)).verdict is DESCRIBE


@pytest.mark.parametrize(
    ("call", "ask"),
    [
        ("TagResource", lambda client: client.tag_resource(ResourceArn=ARN, Tags=[{"Key": "k", "Value": "v"}])),
        ("DescribeContinuousBackups", lambda client: client.describe_continuous_backups(TableName=TABLE)),
        ("GetResourcePolicy", lambda client: client.get_resource_policy(ResourceArn=ARN)),
    ],
)
def test_what_dynamodb_local_lacks_is_unsupported(
    engine: Engine, call: str, ask: Callable[["DynamoDBClient"], Any]
) -> None:
    """A call that the engine does not know is told from a call that failed."""
    client = engine.client()
    create_table(client)
    failure = failure_of(call, lambda: ask(client))
    assert (type(failure.error), failure.verdict) == (errors.OperationUnsupported, UNSUPPORTED)


def test_what_moto_lacks_is_unsupported(moto_server: str) -> None:
    """Its server answers an action it does not know with a page of HTML."""
    client = Engine(moto_server).client()
    create_table(client)
    failure = failure_of("DescribeContributorInsights", lambda: client.describe_contributor_insights(TableName=TABLE))
    assert (type(failure.error), failure.verdict) == (errors.OperationUnsupported, UNSUPPORTED)


def test_a_wrong_key_is_a_wrong_key(engine: Engine) -> None:
    """DynamoDB Local refuses a key that is not alphanumeric with the code AWS has for an unknown one."""
    client = boto3.session.Session(
        aws_access_key_id="not-a-key", aws_secret_access_key="x", region_name="us-east-1"
    ).client("dynamodb", endpoint_url=engine.endpoint_url)
    assert isinstance(failure_of("ListTables", client.list_tables).error, errors.CredentialsInvalid)
