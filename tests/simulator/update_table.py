"""UpdateTable and the reads of tables: one concern per call, and what it may be combined with."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account, table_name
from tests.simulator.admission import Concern, check_admission
from tests.simulator.describe import describe_table
from tests.simulator.errors import SimulatedError, constraint, invalid, refused
from tests.simulator.indexes import check_updates, index_changes, moves
from tests.simulator.settings import class_change, encryption_change, protection_change, stream_change
from tests.simulator.tables import ON_DEMAND, PROVISIONED, Table
from tests.simulator.throughput import maxima_change, throughput_change, warmth_change
from tests.simulator.timeline import Change

Parameters = Mapping[str, Any]

NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
    "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
)

ALONE = {
    "SSESpecification": "Server-Side Encryption modification must be the only operation in the request",
    "TableClass": "TableClass modification must be the only operation in the request",
    "DeletionProtectionEnabled": "DeletionProtection modification must be the only operation in the request",
    "WarmThroughput": "WarmThroughput must be the only operation in the request",
}
"""Members that suffer no other, in the order in which AWS names them (Q-433)."""

AT_ONCE = {"DeletionProtectionEnabled", "OnDemandThroughput"}
"""Members that start no work, and are not throttled (Q-434)."""

MAX_LISTED = 100


def describe(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeTable."""
    return {"Table": describe_table(account.find(parameters), account.now)}


def list_tables(account: Account, parameters: Parameters) -> dict[str, Any]:
    """ListTables: sorted by bytes; a table that is DELETING is still there (Q-012, Q-400)."""
    limit = parameters.get("Limit", MAX_LISTED)
    if not 1 <= limit <= MAX_LISTED:
        rule = "greater than or equal to 1" if limit < 1 else f"less than or equal to {MAX_LISTED}"
        raise constraint(limit, "limit", f"have value {rule}")
    start = parameters.get("ExclusiveStartTableName", "")
    names = sorted(name for name in account.tables if name > start)
    page = {"TableNames": names[:limit]}
    return page | ({"LastEvaluatedTableName": names[limit - 1]} if len(names) > limit else {})


def describe_limits(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeLimits: quotas of a young account (Q-131)."""
    del account, parameters
    return {
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    }


def update_table(account: Account, parameters: Parameters) -> dict[str, Any]:
    """UpdateTable: checked as a request, then against the table's state, then against its content; all or nothing."""
    table_name(parameters)
    members = _members(parameters)
    _check_combination(parameters, members)
    table = account.find_idle(parameters)
    repeated = _is_repeated_mode(table, parameters)
    if repeated:
        members.discard("BillingMode")
    for concern in _concerns(members):
        check_admission(table, concern)
    changes = _changes(account, table, parameters, members)
    if changes and members - AT_ONCE:
        account.limiter.mutate()
    for change in changes:
        change()
    described = describe_table(table, account.now)
    if repeated and not members:
        described["TableStatus"] = "UPDATING"  # a lie that DescribeTable does not repeat
    return {"TableDescription": described}


def _members(parameters: Parameters) -> set[str]:
    """What is asked for; empty throughputs count only where they stand alone (Q-456)."""
    members = set(parameters) - {"TableName", "AttributeDefinitions"}
    full = {name for name in members if parameters[name] not in ({}, [])}
    if "SSESpecification" in members:
        full.add("SSESpecification")  # {} asks for AWS's own key
    if full and "GlobalSecondaryIndexUpdates" in members:
        full.add("GlobalSecondaryIndexUpdates")
    members = full or members - {"GlobalSecondaryIndexUpdates"}
    if not members:
        raise refused(NOTHING)
    return members


def _check_combination(parameters: Parameters, members: set[str]) -> None:
    """What one request may combine, whatever the table is (Q-174, Q-382, Q-433)."""
    updates = parameters.get("GlobalSecondaryIndexUpdates", ())
    if "GlobalSecondaryIndexUpdates" in members:
        check_updates(updates)
        if "WarmThroughput" in members and any("Create" in entry for entry in updates):
            raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
    for member, text in ALONE.items():
        if member in members and len(members) > 1:
            raise invalid(text)
    if "OnDemandThroughput" in members and members - {"OnDemandThroughput", "BillingMode"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    if moves(updates):
        if "ProvisionedThroughput" in members:
            raise invalid("You cannot create or delete index while updating table IOPS")
        if "StreamSpecification" in members:
            raise invalid("You cannot create or delete index while changing stream status")
    if "StreamSpecification" in members and _asks_for_iops(parameters):
        raise invalid("You cannot modify stream status while updating table IOPS")


def _asks_for_iops(parameters: Parameters) -> bool:
    return "ProvisionedThroughput" in parameters or parameters.get("BillingMode") == PROVISIONED


def _is_repeated_mode(table: Table, parameters: Parameters) -> bool:
    """On demand again: taken in every state, and swallowed even by a switch that goes the other way (Q-452)."""
    return parameters.get("BillingMode") == ON_DEMAND == table.billing and "ProvisionedThroughput" not in parameters


def _concerns(members: set[str]) -> list[Concern]:
    by_member = {
        "ProvisionedThroughput": Concern.THROUGHPUT,
        "BillingMode": Concern.THROUGHPUT,
        "OnDemandThroughput": Concern.MAXIMA,
        "StreamSpecification": Concern.STREAM,
        "TableClass": Concern.CLASS,
        "SSESpecification": Concern.ENCRYPTION,
        "WarmThroughput": Concern.WARMTH,
        "DeletionProtectionEnabled": Concern.PROTECTION,
    }
    return [concern for member, concern in by_member.items() if member in members]


def _changes(account: Account, table: Table, parameters: Parameters, members: set[str]) -> list[Change]:
    """Every part of the request, checked and not yet begun."""
    changes: list[Change | None] = []
    if "GlobalSecondaryIndexUpdates" in members:
        changes += index_changes(account, table, parameters)
    if members & {"ProvisionedThroughput", "BillingMode"}:
        changes.append(throughput_change(account, table, parameters))
    if "OnDemandThroughput" in members:
        changes.append(_maxima(table, parameters))
    if "StreamSpecification" in members:
        changes.append(stream_change(account, table, parameters["StreamSpecification"]))
    if "SSESpecification" in members:
        changes.append(encryption_change(account, table, parameters["SSESpecification"]))
    if "TableClass" in members:
        changes.append(class_change(account, table, parameters["TableClass"]))
    if "DeletionProtectionEnabled" in members:
        changes.append(protection_change(account, table, protected=parameters["DeletionProtectionEnabled"]))
    if "WarmThroughput" in members:
        changes.append(warmth_change(account, table, parameters["WarmThroughput"]))
    return [change for change in changes if change is not None]


def _maxima(table: Table, parameters: Parameters) -> Change:
    if parameters.get("BillingMode", table.billing) == PROVISIONED:
        raise invalid(
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
        )
    if not parameters["OnDemandThroughput"]:
        raise SimulatedError("InternalFailure", "", 500)
    return maxima_change(table.capacity, parameters["OnDemandThroughput"])
