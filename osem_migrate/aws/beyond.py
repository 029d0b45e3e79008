"""Beyond: what DescribeTable shows of a table that no operation declares."""

from collections.abc import Iterator, Mapping
from typing import Any

from osem_migrate.operations import SETTINGS
from osem_migrate.operations.set_billing import read_mode

# What operations declare, and what AWS fills in or counts.
_OF_TABLE = frozenset(
    {
        *("AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes"),
        *("TableName", "TableStatus", "TableId", "TableArn", "CreationDateTime", "TableSizeBytes", "ItemCount"),
        *("WarmThroughput", "LatestStreamLabel", "LatestStreamArn", "RestoreSummary", "ArchivalSummary"),
        *(member for kind in SETTINGS for member in kind.members),
    }
)
_OF_INDEX = frozenset(
    {
        *("IndexName", "KeySchema", "Projection", "IndexStatus", "Backfilling", "IndexSizeBytes", "ItemCount"),
        *("IndexArn", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"),
    }
)

# Reads and writes a second that everything on demand begins with.
_INITIAL = (12_000, 4_000)


def beyond(described: Mapping[str, Any]) -> Iterator[str]:
    """In words for people: ``Replicas``, ``warm throughput of 40000 reads and 9000 writes a second``."""
    mode = read_mode(described)
    yield from (name for name in sorted(described.keys() - _OF_TABLE) if described[name])
    yield from _warmth(mode, described)
    for index in described.get("GlobalSecondaryIndexes", ()):
        of = f" of index {index.get('IndexName', '')}"
        yield from (f"{name}{of}" for name in sorted(index.keys() - _OF_INDEX) if index[name])
        yield from (f"{text}{of}" for text in _warmth(mode, index))


def _warmth(mode: str, described: Mapping[str, Any]) -> Iterator[str]:
    """The warm throughput of a table or index that is more than a new one like it begins with."""
    provisioned, warm = described.get("ProvisionedThroughput", {}), described.get("WarmThroughput", {})
    units = (provisioned.get(member, 0) for member in ("ReadCapacityUnits", "WriteCapacityUnits"))
    usual = tuple(units) if mode == "PROVISIONED" else _INITIAL
    found = tuple(warm.get(member) or 0 for member in ("ReadUnitsPerSecond", "WriteUnitsPerSecond"))
    if any(have > given for have, given in zip(found, usual, strict=True)):
        yield f"warm throughput of {found[0]} reads and {found[1]} writes a second"
