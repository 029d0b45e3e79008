"""The data models of NoSQL Workbench: keys, indexes and capacity, beside facets and sample data."""

import json
from collections.abc import Iterator
from typing import Any

from osem_migrate.formats import json_text, tables
from osem_migrate.formats.document import Node
from osem_migrate.formats.tables import Attributes, KeySchema
from osem_migrate.formats.values import Export, FoundTable, Given, Note, Reading, Writing
from osem_migrate.operations import SetBilling, parameters
from osem_migrate.operations.expressible import Expressible
from osem_migrate.schema import Index, Key, LocalIndex, Table, Throughput

_UNSAID = {
    "TableFacets": "facets are no part of a schema",
    "TableData": "sample data are no part of a schema",
}
_AUTOSCALING = ("AutoScalingRead", "AutoScalingWrite")
_SAYS = Expressible(settings=(SetBilling,), maxima=False, composite_keys=False)


def read(text: str, *, file: str, given: Given) -> Reading:
    """The tables of a model; it names no physical ones. Raises FormatError where it is malformed."""
    del given
    document = json_text.parse(text, file)
    found: list[FoundTable] = []
    notes: list[Note] = []
    for node in tables.few(document, document.need("DataModel").elements()):
        found.append(FoundTable(table=_table(node), physical_name=None, node=node))
        notes += _notes(node)
    return Reading(tables=tuple(found), notes=tuple(notes), says=_SAYS)


def write(export: Export) -> Writing:
    """A model that Workbench opens; what it cannot say of a table is noted."""
    notes: list[Note] = []
    model = {
        "ModelName": export.application,
        "ModelMetadata": {
            "Author": "osem-migrate",
            "DateCreated": "",
            "DateLastModified": "",
            "Description": f"The DynamoDB tables of {export.application}.",
            "AWSService": "Amazon DynamoDB",
            "Version": "3.0",
        },
        "DataModel": [_model(table, notes) for table in export.first.schema.tables.values()],
    }
    return Writing(json.dumps(model, indent=2, ensure_ascii=False) + "\n", tuple(notes))


def _table(node: Node) -> Table:
    name = node.need("TableName").text()
    types = Attributes()
    keys = _keys(node, types).of_table(node)
    settings, capacity, mode = [], None, "PAY_PER_REQUEST"
    if (given := node.get("BillingMode")) is not None:
        mode = given.one_of("PROVISIONED", "PAY_PER_REQUEST")
        capacity = _capacity(node) if mode == "PROVISIONED" else None
        settings.append(tables.billing(node, name, mode, capacity))
    indexes, local_indexes = [], []
    for index in _elements(node, "GlobalSecondaryIndexes"):
        projected = tables.projection(index.get("Projection"), "ProjectionType", "NonKeyAttributes")
        own = _capacity(index) if mode == "PROVISIONED" else None
        indexes.append(tables.index(index, index.need("IndexName").text(), _keys(index, types), projected, own))
    for index in _elements(node, "LocalSecondaryIndexes"):
        projected = tables.projection(index.get("Projection"), "ProjectionType", "NonKeyAttributes")
        sort = _key(index.need("KeyAttributes").need("SortKey"), types)
        local_indexes.append(tables.local_index(index, index.need("IndexName").text(), sort, projected))
    return tables.table(node, name, keys, indexes=indexes, local_indexes=local_indexes, settings=settings)


def _capacity(node: Node) -> Throughput | None:
    given = node.get("ProvisionedCapacitySettings")
    units = given.get("ProvisionedThroughput") if given is not None else None
    return tables.throughput(units, "ReadCapacityUnits", "WriteCapacityUnits")


def _keys(node: Node, types: Attributes) -> KeySchema:
    attributes = node.need("KeyAttributes")
    sort = attributes.get("SortKey")
    return KeySchema([_key(attributes.need("PartitionKey"), types)], [_key(sort, types)] if sort is not None else [])


def _key(node: Node, types: Attributes) -> Key:
    types.declare(node.need("AttributeName").text(), node.need("AttributeType"))
    return types.key(node.need("AttributeName"))


def _elements(node: Node, name: str) -> list[Node]:
    found = node.get(name)
    return found.elements() if found is not None else []


def _notes(node: Node) -> Iterator[Note]:
    for member, text in _UNSAID.items():
        found = node.get(member)
        if found is not None and found.elements():
            yield Note(found.place, text)
    for owner in (node, *_elements(node, "GlobalSecondaryIndexes")):
        capacity = owner.get("ProvisionedCapacitySettings")
        scaled = [capacity.get(member) for member in _AUTOSCALING] if capacity is not None else []
        for found in scaled:
            if found is not None:
                yield Note(found.place, "no script can declare autoscaling")


def _model(table: Table, notes: list[Note]) -> dict[str, Any]:
    billing = SetBilling.of(table)
    notes += [
        Note(one.subject, f"a model cannot say: {one.text}{'; left out' if one.is_index else ''}")
        for one in _SAYS.unsaid(table)
    ]
    indexes = [index for index in table.indexes if _SAYS.says(index)]
    every: list[Index | LocalIndex] = [*indexes, *table.local_indexes]
    shown = [*table.keys, *(key for index in every for key in index.keys)]
    own = {key.name for key in table.keys}
    return {
        "TableName": table.name,
        "KeyAttributes": _key_attributes(table.partition_key, table.sort_key),
        "NonKeyAttributes": [
            {"AttributeName": key.name, "AttributeType": key.type}
            for key in dict.fromkeys(shown)
            if key.name not in own
        ],
        "TableFacets": [],
        "GlobalSecondaryIndexes": [_index(table, index) for index in indexes],
        **(
            {"LocalSecondaryIndexes": [_local_index(table, index) for index in table.local_indexes]}
            if table.local_indexes
            else {}
        ),
        "TableData": [],
        "DataAccess": {"MySql": {}},
        "BillingMode": billing.mode,
        **_settings(billing, billing.throughput),
    }


def _index(table: Table, index: Index) -> dict[str, Any]:
    billing = SetBilling.of(table)
    sort = index.sort_keys[0] if index.sort_keys else None
    return {
        "IndexName": index.name,
        "KeyAttributes": _key_attributes(index.partition_keys[0], sort),
        "Projection": parameters.projection(table, index),
        **_settings(billing, billing.index_throughput(index.throughput)),
    }


def _local_index(table: Table, index: LocalIndex) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeyAttributes": _key_attributes(table.partition_key, index.sort_key),
        "Projection": parameters.projection(table, index),
    }


def _key_attributes(partition: Key, sort: Key | None) -> dict[str, Any]:
    keys = {"PartitionKey": partition, "SortKey": sort}
    return {
        role: {"AttributeName": key.name, "AttributeType": key.type} for role, key in keys.items() if key is not None
    }


def _settings(billing: SetBilling, units: Throughput | None) -> dict[str, Any]:
    if not billing.is_provisioned or units is None:
        return {}
    throughput = {"ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write}
    return {"ProvisionedCapacitySettings": {"ProvisionedThroughput": throughput}}
