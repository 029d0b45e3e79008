"""The tables of a contract, made as it says."""

import json
from typing import TYPE_CHECKING, Any

from osem_migrate.formats.contract import read_entities

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_tables(client: "DynamoDBClient", document: dict[str, Any], name: str) -> None:
    """Create all of them on demand; ``name`` has ``{}`` where the table's own stands."""
    for contracted in read_entities(json.dumps(document), file="contract.json"):
        table = contracted.found.table
        client.create_table(**_parameters(table, name.format(table.name)))


def _parameters(table: Any, name: str) -> dict[str, Any]:
    def schema(partition: Any, sort: Any) -> list[dict[str, str]]:
        roles = [(key, "HASH") for key in partition] + [(key, "RANGE") for key in sort]
        return [{"AttributeName": key.name, "KeyType": role} for key, role in roles]

    def projection(index: Any) -> dict[str, Any]:
        more = {"NonKeyAttributes": list(index.include)} if index.include else {}
        return {"ProjectionType": index.projection, **more}

    indexes = [
        {
            "IndexName": index.name,
            "KeySchema": schema(index.partition_keys, index.sort_keys),
            "Projection": projection(index),
        }
        for index in table.indexes
    ]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": kind} for attribute, kind in table.attributes.items()
        ],
        "KeySchema": schema(table.keys[:1], table.keys[1:]),
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }
