"""Permissions: which IAM actions a call needs, and what AWS says to those who lack one."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.calls import Call
from tests.simulator.errors import SimulatedError

Parameters = Mapping[str, Any]

CALLER = "user/simulated"

# A transaction is authorised through its parts.
_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_TRANSACTIONS = {"TransactWriteItems", "TransactGetItems"}
_UNDENIABLE = "GetCallerIdentity"


def needed(call: Call, parameters: Parameters) -> Iterator[tuple[str, str | None, Parameters]]:
    """The IAM actions of a call, without their service, the table or index that each is about, and its parameters.

    The table is None for all.
    """
    if call.action == _UNDENIABLE:
        return
    if call.action in _TRANSACTIONS:
        for item in parameters["TransactItems"]:
            for part, request in item.items():
                yield _PARTS[part], request.get("TableName"), request
        return
    index = parameters.get("IndexName")
    yield call.action, f"{call.table}/index/{index}" if index else call.table, parameters
    if call.action == "CreateTable" and "Tags" in parameters:
        yield "TagResource", call.table, parameters


def leading_key(account: Account, table: str | None, parameters: Parameters) -> str | None:
    """The value of ``dynamodb:LeadingKeys`` for a call about one item: its partition key; None for other calls."""
    item = parameters.get("Key") or parameters.get("Item")
    if item is None or table not in account.tables:
        return None
    value = item.get(account.tables[table].key_schema[0]["AttributeName"])
    return str(next(iter(value.values()))) if value else None


def identity(account: Account) -> dict[str, str]:
    """What GetCallerIdentity answers."""
    return {
        "UserId": "AIDASIMULATED",
        "Account": account.account_id,
        "Arn": f"arn:aws:iam::{account.account_id}:{CALLER}",
    }


def resource(account: Account, table: str | None) -> str:
    """What a permission is asked for: the ARN of a table or of its index, or ``*`` for a call that is about none."""
    return account.arn(table) if table else "*"


def denied(account: Account, action: str, table: str | None) -> SimulatedError:
    """AccessDeniedException, with AWS's text."""
    return SimulatedError(
        "AccessDeniedException",
        f"User: {identity(account)['Arn']} is not authorized to perform: dynamodb:{action} "
        f"on resource: {resource(account, table)} "
        f"because no identity-based policy allows the dynamodb:{action} action",
    )
