"""Every call that the simulator knows, with every member of its request that it knows.

What is not here is refused loudly: a call or member that was ignored in silence would make a test lie.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator.account import Account
from tests.simulator.attachments import describe_contributor_insights, describe_kinesis, get_resource_policy
from tests.simulator.autoscaling import describe_scalable_targets
from tests.simulator.backups import describe_continuous_backups, update_continuous_backups
from tests.simulator.create_table import create_table, delete_table
from tests.simulator.errors import constraint, unknown
from tests.simulator.item_calls import batch_write_item, delete_item, put_item, update_item
from tests.simulator.pages import query, scan
from tests.simulator.reads import batch_get_item, get_item, transact_get_items
from tests.simulator.settings import describe_key
from tests.simulator.tags import list_tags, tag_resource, untag_resource
from tests.simulator.time_to_live import describe_time_to_live, update_time_to_live
from tests.simulator.transactions import UnderWay, transact_write_items
from tests.simulator.update_table import describe, describe_limits, list_tables, update_table

Handler = Callable[[Account, Mapping[str, Any]], dict[str, Any] | UnderWay]


@dataclass(frozen=True, slots=True)
class Action:
    """A call: who carries it out, the members it must have, and those it may have."""

    handler: Handler
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def check(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Refuse a member that is unknown, loudly, and one that is absent, as AWS does."""
        strange = sorted(parameters.keys() - {*self.required, *self.optional})
        if strange:
            raise unknown(f"{', '.join(strange)} of {name}")
        for member in self.required:
            if parameters.get(member) is None:
                raise constraint(None, member[0].lower() + member[1:], "not be null")


_TABLE = ("TableName",)
_NAMES = ("ExpressionAttributeNames",)
_EXPRESSIONS = (*_NAMES, "ExpressionAttributeValues")
_CONDITION = (*_EXPRESSIONS, "ConditionExpression", "ReturnValuesOnConditionCheckFailure")
_WRITE = (*_CONDITION, "ReturnConsumedCapacity", "ReturnValues")
_PAGE = (
    *("IndexName", "ExclusiveStartKey", "Limit", "Select", "ConsistentRead", "FilterExpression"),
    *("ProjectionExpression", "ReturnConsumedCapacity", *_EXPRESSIONS),
)

# UpdateTable can change these of what CreateTable sets.
_CHANGEABLE = (
    *("BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput", "StreamSpecification"),
    *("SSESpecification", "TableClass", "DeletionProtectionEnabled"),
)

ACTIONS = {
    "CreateTable": Action(
        create_table,
        ("TableName", "AttributeDefinitions", "KeySchema"),
        (*_CHANGEABLE, "LocalSecondaryIndexes", "GlobalSecondaryIndexes", "Tags"),
    ),
    "UpdateTable": Action(update_table, _TABLE, (*_CHANGEABLE, "AttributeDefinitions", "GlobalSecondaryIndexUpdates")),
    "DeleteTable": Action(delete_table, _TABLE),
    "DescribeTable": Action(describe, _TABLE),
    "ListTables": Action(list_tables, (), ("ExclusiveStartTableName", "Limit")),
    "DescribeLimits": Action(describe_limits, ()),
    "DescribeScalableTargets": Action(describe_scalable_targets, ("ServiceNamespace", "ResourceIds")),
    "DescribeKey": Action(describe_key, ("KeyId",)),
    "DescribeContributorInsights": Action(describe_contributor_insights, _TABLE, ("IndexName",)),
    "DescribeKinesisStreamingDestination": Action(describe_kinesis, _TABLE),
    "GetResourcePolicy": Action(get_resource_policy, ("ResourceArn",)),
    "DescribeTimeToLive": Action(describe_time_to_live, _TABLE),
    "UpdateTimeToLive": Action(update_time_to_live, ("TableName", "TimeToLiveSpecification")),
    "DescribeContinuousBackups": Action(describe_continuous_backups, _TABLE),
    "UpdateContinuousBackups": Action(update_continuous_backups, ("TableName", "PointInTimeRecoverySpecification")),
    "TagResource": Action(tag_resource, ("ResourceArn", "Tags")),
    "UntagResource": Action(untag_resource, ("ResourceArn", "TagKeys")),
    "ListTagsOfResource": Action(list_tags, ("ResourceArn",), ("NextToken",)),
    "GetItem": Action(
        get_item,
        ("TableName", "Key"),
        ("ConsistentRead", "ProjectionExpression", "ReturnConsumedCapacity", *_NAMES),
    ),
    "PutItem": Action(put_item, ("TableName", "Item"), _WRITE),
    "UpdateItem": Action(update_item, ("TableName", "Key"), (*_WRITE, "UpdateExpression")),
    "DeleteItem": Action(delete_item, ("TableName", "Key"), _WRITE),
    "Query": Action(query, _TABLE, (*_PAGE, "KeyConditionExpression", "ScanIndexForward")),
    "Scan": Action(scan, _TABLE, (*_PAGE, "Segment", "TotalSegments")),
    "BatchGetItem": Action(batch_get_item, ("RequestItems",), ("ReturnConsumedCapacity",)),
    "BatchWriteItem": Action(batch_write_item, ("RequestItems",), ("ReturnConsumedCapacity",)),
    "TransactWriteItems": Action(
        transact_write_items, ("TransactItems",), ("ReturnConsumedCapacity", "ClientRequestToken")
    ),
    "TransactGetItems": Action(transact_get_items, ("TransactItems",), ("ReturnConsumedCapacity",)),
}
