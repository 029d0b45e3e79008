"""Which capacity an autoscaler owns, as application-autoscaling tells it."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from osem_migrate.aws.autoscaling import Autoscaling

NAME = "osem-dev-Teams"
ASKED = {
    "ServiceNamespace": "dynamodb",
    "ResourceIds": [f"table/{NAME}", f"table/{NAME}/index/by-a", f"table/{NAME}/index/by-b"],
}


def target(resource: str, dimension: str) -> dict[str, Any]:
    """A scalable target as AWS shows it."""
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{resource}",
        "ScalableDimension": f"dynamodb:{dimension}",
        "MinCapacity": 1,
        "MaxCapacity": 10,
        "RoleARN": "arn:aws:iam::123456789012:role/autoscaling",
        "CreationTime": 1,
    }


@pytest.fixture
def stubbed() -> Any:
    """A client and its stubber."""
    client: Any = boto3.client(
        "application-autoscaling", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_targets_are_read_page_by_page(stubbed: Any) -> None:
    """A side of the table or of an index each; what was not asked for, or is no capacity, is left out."""
    client, stubber = stubbed
    first = [
        target(NAME, "table:ReadCapacityUnits"),
        target(f"{NAME}/index/by-b", "index:WriteCapacityUnits"),
    ]
    second = [target("other", "table:ReadCapacityUnits"), target(NAME, "table:SomethingNew")]
    stubber.add_response("describe_scalable_targets", {"ScalableTargets": first, "NextToken": "more"}, ASKED)
    stubber.add_response("describe_scalable_targets", {"ScalableTargets": second}, {**ASKED, "NextToken": "more"})
    found = Autoscaling(lambda: client).owned(NAME, ["by-a", "by-b"])
    assert found == {(None, "read"), ("by-b", "write")}


def test_who_may_not_ask_finds_nothing_and_asks_once(stubbed: Any) -> None:
    """A difference is told then; and one question a table is enough, however often it is looked at."""
    client, stubber = stubbed
    stubber.add_client_error("describe_scalable_targets", "AccessDeniedException", "User: x is not authorized")
    autoscaling = Autoscaling(lambda: client)
    assert [autoscaling.owned(NAME, []) for _ in range(2)] == [frozenset()] * 2


def test_no_client_is_made_before_the_first_question() -> None:
    """Most environments never need one."""
    Autoscaling(lambda: pytest.fail("asked for"))
