"""What AWS keeps beside a table: insights, streams to Kinesis and a policy. No table of the simulator has any."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.errors import SimulatedError, table_missing

Parameters = Mapping[str, Any]


def describe_contributor_insights(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeContributorInsights: off."""
    return {"TableName": _name(account, parameters["TableName"]), "ContributorInsightsStatus": "DISABLED"}


def describe_kinesis(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeKinesisStreamingDestination: nowhere."""
    return {"TableName": _name(account, parameters["TableName"]), "KinesisDataStreamDestinations": []}


def get_resource_policy(account: Account, parameters: Parameters) -> dict[str, Any]:
    """GetResourcePolicy: refused where there is none, as AWS does."""
    _name(account, parameters["ResourceArn"].rpartition(":table/")[2])
    raise SimulatedError(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {parameters['ResourceArn']}",
    )


def _name(account: Account, name: str) -> str:
    if name not in account.tables:
        raise table_missing(name)
    return name
