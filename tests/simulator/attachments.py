"""What AWS keeps beside a table: insights, streams to Kinesis and a policy. Tests put them there, as people would."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.errors import SimulatedError, table_missing

Parameters = Mapping[str, Any]


def describe_contributor_insights(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeContributorInsights: of the table, or of the index that is named."""
    name, index = _name(account, parameters["TableName"]), parameters.get("IndexName")
    subject = {"TableName": name} | ({"IndexName": index} if index is not None else {})
    on = "/".join(subject.values()) in account.insights
    return {**subject, "ContributorInsightsStatus": "ENABLED" if on else "DISABLED"}


def describe_kinesis(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeKinesisStreamingDestination: one, or none."""
    name = _name(account, parameters["TableName"])
    stream = {"StreamArn": "arn:aws:kinesis:us-east-1:1:stream/changes", "DestinationStatus": "ACTIVE"}
    return {"TableName": name, "KinesisDataStreamDestinations": [stream] if name in account.streaming else []}


def get_resource_policy(account: Account, parameters: Parameters) -> dict[str, Any]:
    """GetResourcePolicy: refused where there is none, as AWS does."""
    name = _name(account, parameters["ResourceArn"].rpartition(":table/")[2])
    if name in account.policies:
        return {"Policy": account.policies[name], "RevisionId": "1"}
    raise SimulatedError(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {parameters['ResourceArn']}",
    )


def _name(account: Account, name: str) -> str:
    if name not in account.tables:
        raise table_missing(name)
    return name
