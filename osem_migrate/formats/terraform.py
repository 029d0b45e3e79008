"""Terraform: read from the state or a plan, as ``terraform show -json`` prints it; written as ``.tf.json``."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osem_migrate.formats import json_text, tables
from osem_migrate.formats.document import Node
from osem_migrate.formats.tables import Attributes, KeySchema
from osem_migrate.formats.values import Export, FoundTable, Given, Note, Reading, Writing
from osem_migrate.operations import (
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.set_encryption import AWS_MANAGED, AWS_OWNED
from osem_migrate.schema import Index, LocalIndex, Table, Throughput

_TABLE = "aws_dynamodb_table"
_CAPACITY = ("read_capacity", "write_capacity")
_MAXIMUM = ("max_read_request_units", "max_write_request_units")
_BEYOND = ("replica", "import_table", "warm_throughput", "global_table_witness")
_TERRAFORM = ">= 1.5.0"  # import blocks
_PROVIDER = ">= 5.98.0"  # the period of point-in-time recovery
_PROVIDER_OF_SEVERAL_KEYS = ">= 6.37.0"  # key_schema of an index (its changelog, 6.29 to 6.37)


def read(text: str, *, file: str, given: Given) -> Reading:
    """The tables of a state, or of a plan as they would be afterwards.

    Raises:
        FormatError: it is neither, is malformed, or a table in it has no value for what it needs.
    """
    del given
    document = json_text.parse(text, file)
    values = document.get("planned_values") or document.get("values")
    if values is None:
        document.fail(
            "neither values of a state nor planned_values of a plan are here; print it by: terraform show -json"
        )
    resources = list(_resources(values.get("root_module")))
    tables.few(values, [resource for resource in resources if resource.need("type").value == _TABLE])
    found, notes = [], []
    taken: set[str] = set()
    for resource in resources:
        kind = resource.need("type").text()
        if kind == _TABLE:
            own = resource.need("values")
            found.append(_found(resource, own, taken))
            notes += [
                Note(own.child(name).place, "no script can declare it")
                for name in _BEYOND
                if own.value.get(name) not in (None, [], {})
            ]
        elif kind.startswith("aws_dynamodb_") and resource.value.get("mode") == "managed":
            notes.append(Note(resource.place, f"{kind} is not read"))
    return Reading(tables=tuple(found), notes=tuple(notes))


def write(export: Export) -> Writing:
    """Resources for the tables of one environment, and the import blocks that let Terraform take them over."""
    environment = export.first
    resources: dict[str, Any] = {}
    imports = []
    for name, table in environment.schema.tables.items():
        label = _label(name, resources)
        physical = environment.names[name]
        resources[label] = _escaped(_resource(table, physical))
        imports.append({"to": f"{_TABLE}.{label}", "id": physical})
    several = any(_has_several(index) for table in environment.schema.tables.values() for index in table.indexes)
    provider = {"source": "hashicorp/aws", "version": _PROVIDER_OF_SEVERAL_KEYS if several else _PROVIDER}
    document = {
        "terraform": {"required_version": _TERRAFORM, "required_providers": {"aws": provider}},
        **({"resource": {_TABLE: resources}, "import": imports} if resources else {}),
    }
    return Writing(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _resources(module: Node | None) -> Iterator[Node]:
    """The managed resources of a module and of those that it calls."""
    waiting = [module]
    while waiting:
        node = waiting.pop(0)
        if node is None:
            continue
        resources, children = node.get("resources"), node.get("child_modules")
        for resource in resources.elements() if resources is not None else ():
            mode = resource.get("mode")
            if mode is None or mode.value == "managed":
                yield resource
        waiting += children.elements() if children is not None else []


def _found(resource: Node, values: Node, taken: set[str]) -> FoundTable:
    physical = values.need("name").text()
    key = resource.get("index")
    label = resource.get("name")
    names = [str(key.value)] if key is not None and isinstance(key.value, str) else []
    names += [label.text()] if label is not None and key is None else []
    name = next((one for one in names if one not in taken), physical)
    taken.add(name)
    return FoundTable(table=_table(values, name), physical_name=physical, node=resource)


def _table(values: Node, name: str) -> Table:
    types = Attributes()
    for attribute in _blocks(values, "attribute"):
        types.declare(attribute.need("name").text(), attribute.need("type"))
    keys = _keys(values, types).of_table(values)
    mode = (
        mode_node.one_of("PROVISIONED", "PAY_PER_REQUEST")
        if (mode_node := values.get("billing_mode"))
        else "PROVISIONED"
    )
    settings = [tables.billing(values, name, mode, _throughput(values, mode)), *_settings(values, name)]
    return tables.table(
        values,
        name,
        keys,
        indexes=[_index(index, types, mode) for index in _blocks(values, "global_secondary_index")],
        local_indexes=[_local_index(index, types) for index in _blocks(values, "local_secondary_index")],
        settings=settings,
    )


def _keys(node: Node, types: Attributes) -> KeySchema:
    """``hash_key`` and ``range_key``, or the blocks that an index has instead where its keys are of several."""
    schema = node.get("key_schema")
    if schema is not None and schema.elements():
        return types.keys(schema, "attribute_name", "key_type")
    sort = _text(node, "range_key")
    return KeySchema([types.key(node.need("hash_key"))], [types.key(sort)] if sort is not None else [])


def _index(node: Node, types: Attributes, mode: str) -> Index:
    projected = tables.projection(node, "projection_type", "non_key_attributes")
    return tables.index(node, node.need("name").text(), _keys(node, types), projected, _throughput(node, mode))


def _local_index(node: Node, types: Attributes) -> LocalIndex:
    projected = tables.projection(node, "projection_type", "non_key_attributes")
    return tables.local_index(node, node.need("name").text(), types.key(node.need("range_key")), projected)


def _throughput(node: Node, mode: str) -> Throughput | None:
    if mode == "PROVISIONED":
        return tables.throughput(node, *_CAPACITY)
    return tables.throughput(_block(node, "on_demand_throughput"), *_MAXIMUM)


def _settings(values: Node, name: str) -> Iterator[Setting]:
    with values.blamed():
        if (protection := values.get("deletion_protection_enabled")) is not None:
            yield SetDeletionProtection(name, protection.boolean())
        if (recovery := _block(values, "point_in_time_recovery")) is not None:
            days = recovery.get("recovery_period_in_days")
            enabled = recovery.need("enabled").boolean()
            given = {"days": days.integer()} if enabled and days is not None and days.integer() > 0 else {}
            yield SetPointInTimeRecovery(name, enabled, **given)
        if (encryption := _block(values, "server_side_encryption")) is not None:
            yield SetEncryption(name, _key(encryption))
        if (stream := values.get("stream_enabled")) is not None:
            view = _text(values, "stream_view_type") if stream.boolean() else None
            yield SetStream(name, view.text() if view is not None else None)  # type: ignore[arg-type]
        if (storage := _text(values, "table_class")) is not None:
            yield SetTableClass(name, storage.text())  # type: ignore[arg-type]
        if (lives := _block(values, "ttl")) is not None:
            enabled = found.boolean() if (found := lives.get("enabled")) is not None else False
            yield SetTimeToLive(name, lives.need("attribute_name").text() if enabled else None, enabled=enabled)
        # What the provider gives every resource is in tags_all alone.
        if (tags := values.get("tags_all") or values.get("tags")) is not None:
            yield SetTags(name, {key: text.text() for key, text in tags.mapping().items()})


def _key(encryption: Node) -> str:
    if not encryption.need("enabled").boolean():
        return AWS_OWNED
    key = _text(encryption, "kms_key_arn")
    return key.text() if key is not None else AWS_MANAGED


def _text(node: Node, name: str) -> Node | None:
    """A member that has a text; Terraform has an empty one for what is not set."""
    found = node.get(name)
    return found if found is not None and found.value != "" else None


def _blocks(node: Node, name: str) -> list[Node]:
    found = node.get(name)
    return found.elements() if found is not None else []


def _block(node: Node, name: str) -> Node | None:
    return next(iter(_blocks(node, name)), None)


def _label(name: str, taken: Mapping[str, Any]) -> str:
    """A resource's name, which begins with a letter and has letters, digits, _ and - only."""
    label = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    label = label if label[0].isalpha() else f"table_{label}"
    found, number = label, 1
    while found in taken:
        number += 1
        found = f"{label}_{number}"
    return found


def _resource(table: Table, physical_name: str) -> dict[str, Any]:
    billing = SetBilling.of(table)
    resource: dict[str, Any] = {
        "name": physical_name,
        "billing_mode": billing.mode,
        **_units(billing, billing.throughput),
        "hash_key": table.partition_key.name,
        **({"range_key": table.sort_key.name} if table.sort_key is not None else {}),
        "attribute": [{"name": name, "type": kind} for name, kind in sorted(table.attributes.items())],
    }
    if table.indexes:
        resource["global_secondary_index"] = [_index_block(table, index) for index in table.indexes]
    if table.local_indexes:
        resource["local_secondary_index"] = [
            {"name": index.name, "range_key": index.sort_key.name, **_projection(table, index)}
            for index in table.local_indexes
        ]
    for setting in table.settings:
        resource |= _arguments(setting)
    return resource


def _index_block(table: Table, index: Index) -> dict[str, Any]:
    billing = SetBilling.of(table)
    if _has_several(index):
        roles = [*(("HASH", key) for key in index.partition_keys), *(("RANGE", key) for key in index.sort_keys)]
        keys: dict[str, Any] = {"key_schema": [{"attribute_name": key.name, "key_type": role} for role, key in roles]}
    else:
        names = [key.name for key in index.keys]
        keys = dict(zip(("hash_key", "range_key"), names, strict=False))
    units = _units(billing, billing.index_throughput(index.throughput))
    return {"name": index.name, **keys, **_projection(table, index), **units}


def _has_several(index: Index) -> bool:
    return max(len(index.partition_keys), len(index.sort_keys)) > 1


def _projection(table: Table, index: Index | LocalIndex) -> dict[str, Any]:
    projection, include = table.projection(index)
    return {"projection_type": projection, **({"non_key_attributes": list(include)} if include else {})}


def _units(billing: SetBilling, units: Throughput | None) -> dict[str, Any]:
    if units is None:
        return {}
    if billing.is_provisioned:
        return dict(zip(_CAPACITY, (units.read, units.write), strict=True))
    limits = zip(_MAXIMUM, (units.read, units.write), strict=True)
    return {"on_demand_throughput": {name: limit for name, limit in limits if limit is not None}}


def _arguments(setting: Setting) -> dict[str, Any]:
    """A setting as arguments and blocks; TTL that is off has no attribute, or the provider refuses it."""
    arguments: dict[str, Any] = {}
    match setting:
        case SetDeletionProtection(enabled=enabled):
            arguments = {"deletion_protection_enabled": enabled}
        case SetPointInTimeRecovery(enabled=enabled, days=days):
            period = {"recovery_period_in_days": days} if enabled else {}
            arguments = {"point_in_time_recovery": {"enabled": enabled, **period}}
        case SetEncryption(key=key):
            own = {"kms_key_arn": key} if key not in {AWS_MANAGED, AWS_OWNED} else {}
            arguments = {"server_side_encryption": {"enabled": key != AWS_OWNED, **own}}
        case SetStream(view=view):
            arguments = {"stream_enabled": view is not None}
            arguments |= {"stream_view_type": view} if view is not None else {}
        case SetTableClass(storage=storage):
            arguments = {"table_class": storage}
        case SetTimeToLive(enabled=enabled, attribute=attribute):
            arguments = {"ttl": {"enabled": enabled, **({"attribute_name": attribute} if enabled else {})}}
        case SetTags(tags=tags):
            arguments = {"tags": {key: text for key, text in tags.items() if text is not None}}
        case _:
            pass
    return arguments


def _escaped(value: Any) -> Any:
    """Every text of JSON is a template to Terraform; ours are meant as they stand."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, Mapping):
        return {name: _escaped(part) for name, part in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, Sequence) else value
