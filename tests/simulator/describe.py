"""TableDescription: exactly the members that AWS shows, in its order, with its noise."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.tables import ON_DEMAND, Capacity, Index, Table, Work

Description = dict[str, Any]


def describe_table(table: Table, now: float) -> Description:
    """What DescribeTable, UpdateTable and DeleteTable show at ``now``, in simulated Unix seconds."""
    indexes = [_index(table, index, now) for index in table.indexes.values()]
    local = [_local_index(table, index) for index in table.local_indexes]
    described = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in sorted(table.attributes.items())
        ],
        "TableName": table.name,
        "KeySchema": [dict(element) for element in table.key_schema],
        "TableStatus": table.status,
        "CreationDateTime": round(table.created_at, 3),
        "ProvisionedThroughput": _provisioned(table.capacity, now),
        "TableSizeBytes": table.size_bytes,
        "ItemCount": table.item_count,
        "TableArn": table.arn,
        "TableId": table.table_id,
        "BillingModeSummary": _billing(table),
        "LocalSecondaryIndexes": local or None,
        "GlobalSecondaryIndexes": indexes or None,
        "StreamSpecification": table.stream,
        "Replicas": [{"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in table.replicas] or None,
        "LatestStreamLabel": table.stream_label,
        "LatestStreamArn": f"{table.arn}/stream/{table.stream_label}" if table.stream_label else None,
        "SSEDescription": _encryption(table),
        "TableClassSummary": _class(table),
        "DeletionProtectionEnabled": table.protected,
        "OnDemandThroughput": table.capacity.maxima or None,
        "WarmThroughput": _warmth(table.capacity),
    }
    return _present(described)


def describe_created(table: Table, now: float) -> Description:
    """What CreateTable answers: no warmth yet, and not since when it is on demand (Q-033, Q-138)."""
    described = describe_table(table, now)
    for part in (described, *described.get("GlobalSecondaryIndexes", ())):
        part.pop("WarmThroughput", None)
    if "BillingModeSummary" in described:
        described["BillingModeSummary"].pop("LastUpdateToPayPerRequestDateTime", None)
    return described


def _present(members: Mapping[str, Any]) -> Description:
    """AWS leaves out what there is not, and never shows null or an empty list."""
    return {name: value for name, value in members.items() if value is not None}


def _index(table: Table, index: Index, now: float) -> Description:
    return _present(
        {
            "IndexName": index.name,
            "KeySchema": [dict(element) for element in index.key_schema],
            "Projection": dict(index.projection),
            "IndexStatus": index.status,
            "Backfilling": index.backfilling if index.status == "CREATING" else None,
            "ProvisionedThroughput": _provisioned(index.capacity, now),
            "IndexSizeBytes": index.size_bytes,
            "ItemCount": index.item_count,
            "IndexArn": f"{table.arn}/index/{index.name}",
            "OnDemandThroughput": index.capacity.maxima or None,
            "WarmThroughput": _warmth(index.capacity),
        }
    )


def _local_index(table: Table, index: Mapping[str, Any]) -> Description:
    return {
        **index,
        "IndexSizeBytes": table.size_bytes,
        "ItemCount": table.item_count,
        "IndexArn": f"{table.arn}/index/{index['IndexName']}",
    }


def _provisioned(capacity: Capacity, now: float) -> Description:
    return _present(
        {
            "LastIncreaseDateTime": capacity.increased_at,
            "LastDecreaseDateTime": capacity.decreased_at,
            "NumberOfDecreasesToday": len(capacity.decreases_on(now)),
            "ReadCapacityUnits": capacity.read,
            "WriteCapacityUnits": capacity.write,
        }
    )


def _warmth(capacity: Capacity) -> Description:
    read, write = capacity.warmth
    status = "UPDATING" if capacity.warming else "ACTIVE"
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status}


def _billing(table: Table) -> Description | None:
    """Absent on a table that was always provisioned (Q-028)."""
    if table.billing != ON_DEMAND and table.switched_at is None:
        return None
    return _present({"BillingMode": table.billing, "LastUpdateToPayPerRequestDateTime": table.switched_at})


def _encryption(table: Table) -> Description | None:
    """Absent while the key is AWS's own, except on the way (Q-027, Q-140)."""
    changing = Work.ENCRYPTION in table.work
    if table.encryption is None:
        return {"Status": "UPDATING"} if changing else None
    status = "UPDATING" if changing else "ENABLED"
    return {"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": table.encryption}


def _class(table: Table) -> Description | None:
    if table.table_class is None:
        return None
    return _present({"TableClass": table.table_class, "LastUpdateDateTime": table.class_changed_at})
