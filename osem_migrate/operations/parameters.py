"""Tables and indexes as members of CreateTable and UpdateTable requests."""

from typing import Any

from osem_migrate.operations.set_billing import SetBilling
from osem_migrate.schema import Index, Key, LocalIndex, Table, as_keys


def attribute_definitions(table: Table) -> list[dict[str, str]]:
    """AttributeDefinitions with every key attribute of the table: what CreateTable wants and UpdateTable accepts."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in sorted(table.attributes.items())]


def key_schema(partition: tuple[Key, ...], sort: tuple[Key, ...]) -> list[dict[str, str]]:
    """KeySchema: HASH elements first, then RANGE, each in declared order."""
    return [
        *({"AttributeName": key.name, "KeyType": "HASH"} for key in partition),
        *({"AttributeName": key.name, "KeyType": "RANGE"} for key in sort),
    ]


def create_index(table: Table, index: Index) -> dict[str, Any]:
    """A member of GlobalSecondaryIndexes, or the Create action of an UpdateTable."""
    billing = SetBilling.of(table)
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition_keys, index.sort_keys),
        "Projection": projection(table, index),
        **billing.index_parameters(index.throughput),
    }


def create_table(table: Table) -> dict[str, Any]:
    """Every CreateTable member but TableName; the settings add their own. Empty lists are never sent."""
    request: dict[str, Any] = {
        "AttributeDefinitions": attribute_definitions(table),
        "KeySchema": key_schema((table.partition_key,), as_keys(table.sort_key)),
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [create_index(table, index) for index in table.indexes]
    if table.local_indexes:
        request["LocalSecondaryIndexes"] = [_local_index(table, index) for index in table.local_indexes]
    return request


def _local_index(table: Table, index: LocalIndex) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": key_schema((table.partition_key,), (index.sort_key,)),
        "Projection": projection(table, index),
    }


def projection(table: Table, index: Index | LocalIndex) -> dict[str, Any]:
    """The Projection member of an index."""
    kind, include = table.projection(index)
    return {"ProjectionType": kind, **({"NonKeyAttributes": list(include)} if include else {})}
