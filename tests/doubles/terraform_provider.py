"""What hashicorp/aws (6.37) publishes of aws_dynamodb_table, and what it makes of a configuration.

The schema is stated by hand from the provider's documentation of the resource: arguments with their types, nested
blocks with how often they may stand, and what the provider itself checks before it calls AWS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Block:
    """Arguments and inner blocks by name; ``required`` have to be there; ``most`` is how often the block may stand."""

    arguments: Mapping[str, type | tuple[str, ...]]
    required: frozenset[str] = frozenset()
    blocks: Mapping[str, "Block"] = field(default_factory=dict)
    most: int | None = None


_LIMITS = Block({"max_read_request_units": int, "max_write_request_units": int}, most=1)
_PROJECTIONS = ("ALL", "KEYS_ONLY", "INCLUDE")
TABLE = Block(
    {
        "name": str,
        "billing_mode": ("PROVISIONED", "PAY_PER_REQUEST"),
        "read_capacity": int,
        "write_capacity": int,
        "hash_key": str,
        "range_key": str,
        "deletion_protection_enabled": bool,
        "stream_enabled": bool,
        "stream_view_type": ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
        "table_class": ("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
        "tags": dict,
    },
    frozenset({"name", "hash_key"}),
    {
        "attribute": Block({"name": str, "type": ("S", "N", "B")}, frozenset({"name", "type"})),
        "global_secondary_index": Block(
            {
                "name": str,
                "hash_key": str,
                "range_key": str,
                "projection_type": _PROJECTIONS,
                "non_key_attributes": list,
                "read_capacity": int,
                "write_capacity": int,
            },
            frozenset({"name", "projection_type"}),
            {
                "on_demand_throughput": _LIMITS,
                "key_schema": Block(
                    {"attribute_name": str, "key_type": ("HASH", "RANGE")},
                    frozenset({"attribute_name", "key_type"}),
                    most=8,
                ),
            },
        ),
        "local_secondary_index": Block(
            {"name": str, "range_key": str, "projection_type": _PROJECTIONS, "non_key_attributes": list},
            frozenset({"name", "range_key", "projection_type"}),
        ),
        "on_demand_throughput": _LIMITS,
        "point_in_time_recovery": Block(
            {"enabled": bool, "recovery_period_in_days": int}, frozenset({"enabled"}), most=1
        ),
        "server_side_encryption": Block({"enabled": bool, "kms_key_arn": str}, frozenset({"enabled"}), most=1),
        "ttl": Block({"enabled": bool, "attribute_name": str}, most=1),
    },
)


def complaints(document: Mapping[str, Any]) -> list[str]:
    """Everything in a ``.tf.json`` that Terraform or the provider would refuse."""
    return list(_complaints(document))


def applied(document: Mapping[str, Any]) -> dict[str, Any]:
    """What ``terraform show -json`` prints once the configuration is applied: every block a list, nothing missing."""
    resources = [
        {
            "address": f"aws_dynamodb_table.{label}",
            "mode": "managed",
            "type": "aws_dynamodb_table",
            "name": label,
            "values": _values(_unescaped(own)),
        }
        for label, own in document.get("resource", {}).get("aws_dynamodb_table", {}).items()
    ]
    return {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {"resources": resources}}}


def _complaints(document: Mapping[str, Any]) -> Iterator[str]:
    if unknown := document.keys() - {"terraform", "resource", "import"}:
        yield f"unknown blocks: {sorted(unknown)}"
    tables = document.get("resource", {}).get("aws_dynamodb_table", {})
    for label, table in tables.items():
        if not label[0].isalpha() or not label.replace("-", "").replace("_", "").isalnum() or not label.isascii():
            yield f"{label} is no name of a resource"
        yield from _of_block(TABLE, table, label)
        yield from _of_table(_unescaped(table), label)
    imported = {entry["to"] for entry in document.get("import", [])}
    if imported != {f"aws_dynamodb_table.{label}" for label in tables}:
        yield f"imports {sorted(imported)}"
    names = {table["name"] for table in tables.values()}
    if {entry["id"] for entry in document.get("import", [])} != names:
        yield "the ids of the imports are not the names of the tables"


def _of_block(block: Block, given: Mapping[str, Any], where: str) -> Iterator[str]:
    if missing := block.required - given.keys():
        yield f"{where}: missing {sorted(missing)}"
    for name, value in given.items():
        if name in block.arguments:
            kind = block.arguments[name]
            fits = value in kind if isinstance(kind, tuple) else type(value) is kind
            if not fits:
                yield f"{where}.{name}: {value!r} is not of {kind}"
        elif name in block.blocks:
            inner = value if isinstance(value, list) else [value]
            most = block.blocks[name].most
            if most is not None and len(inner) > most:
                yield f"{where}.{name}: {len(inner)} blocks"
            for one in inner:
                yield from _of_block(block.blocks[name], one, f"{where}.{name}")
        else:
            yield f"{where}: unknown {name}"


def _of_table(table: Mapping[str, Any], where: str) -> Iterator[str]:
    """What the provider checks beside the schema (its customizeDiff)."""
    indexes = [*table.get("global_secondary_index", []), *table.get("local_secondary_index", [])]
    used = {table["hash_key"], table.get("range_key")}
    for index in indexes:
        used |= {index.get("hash_key"), index.get("range_key")}
        used |= {element["attribute_name"] for element in index.get("key_schema", [])}
        if ("key_schema" in index) == ("hash_key" in index) and index in table.get("global_secondary_index", []):
            yield f"{where}: index {index['name']} has both or neither of key_schema and hash_key"
    declared = {attribute["name"] for attribute in table["attribute"]}
    if declared != used - {None}:
        yield f"{where}: attributes {sorted(declared)} are not the keys {sorted(used - {None})}"
    for ttl in _listed(table, "ttl"):
        if bool(ttl.get("enabled")) != ("attribute_name" in ttl):
            yield f"{where}: ttl.attribute_name must be set if and only if it is enabled"
    if table.get("billing_mode") == "PROVISIONED" and not {"read_capacity", "write_capacity"} <= table.keys():
        yield f"{where}: capacity is missing"
    if table.get("stream_enabled") and "stream_view_type" not in table:
        yield f"{where}: stream_view_type is missing"


def _unescaped(value: Any) -> Any:
    """What Terraform makes of a text that is a template."""
    if isinstance(value, str):
        bare = value.replace("$${", "").replace("%%{", "")
        assert not {"${", "%{"} & {bare[at : at + 2] for at in range(len(bare))}, value
        return value.replace("$${", "${").replace("%%{", "%{")
    if isinstance(value, Mapping):
        return {name: _unescaped(part) for name, part in value.items()}
    return [_unescaped(part) for part in value] if isinstance(value, list) else value


def _values(own: Mapping[str, Any]) -> dict[str, Any]:
    ttl = _listed(own, "ttl") or [{"enabled": False}]
    return {
        **{name: own.get(name) for name in TABLE.arguments},
        "read_capacity": own.get("read_capacity", 0),
        "write_capacity": own.get("write_capacity", 0),
        "stream_enabled": own.get("stream_enabled", False),
        "stream_view_type": own.get("stream_view_type", ""),
        "table_class": own.get("table_class", "STANDARD"),
        "deletion_protection_enabled": own.get("deletion_protection_enabled", False),
        **{name: _listed(own, name) for name in TABLE.blocks},
        "ttl": [{"attribute_name": "", **one} for one in ttl],
        "global_secondary_index": [_index(index) for index in _listed(own, "global_secondary_index")],
        "tags_all": own.get("tags", {}),
        "replica": [],
        "arn": f"arn:aws:dynamodb:us-east-1:123456789012:table/{own['name']}",
    }


def _listed(own: Mapping[str, Any], name: str) -> list[Any]:
    """The blocks of a name: one may stand without a list."""
    value = own.get(name, [])
    return value if isinstance(value, list) else [value]


def _index(own: Mapping[str, Any]) -> dict[str, Any]:
    units = own.get("on_demand_throughput")
    limits = {"max_read_request_units": 0, "max_write_request_units": 0}
    return {
        "range_key": "",
        "hash_key": "",
        "read_capacity": 0,
        "write_capacity": 0,
        "key_schema": [],
        **own,
        "on_demand_throughput": [{**limits, **units}] if units is not None else [],
    }
