"""What keys, projections and indexes may look like: the rules of CreateTable and of an index that is added later."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.simulator.errors import SimulatedError, constraint, invalid, refused

Shape = Mapping[str, Any]

NAME = re.compile(r"[a-zA-Z0-9_.-]+")
MAX_INDEXES = 20
MAX_LOCAL_INDEXES = 5
MAX_INCLUDED = 20
MAX_INCLUDED_IN_ALL = 100
MAX_INDEX_KEYS = 4


def check_name(name: str, member: str) -> None:
    """3 to 255 of ``[a-zA-Z0-9_.-]``, for a table or an index."""
    if len(name) < 3:
        raise constraint(name, member, "have length greater than or equal to 3")
    if len(name) > 255:
        raise constraint(name, member, "have length less than or equal to 255")
    if not NAME.fullmatch(name):
        raise constraint(name, member, f"satisfy regular expression pattern: {NAME.pattern}")


def read_attributes(definitions: Iterable[Shape]) -> dict[str, str]:
    """Types by name of AttributeDefinitions; no name may come twice, and types are S, N and B."""
    types: dict[str, str] = {}
    for definition in definitions:
        name, kind = definition["AttributeName"], definition["AttributeType"]
        if name in types:
            raise refused(f"Attribute Name is duplicated: {name}")
        if not 1 <= len(name) <= 255:
            raise constraint(name, "attributeDefinitions.1.member.attributeName", "have length between 1 and 255")
        if kind not in {"S", "N", "B"}:
            where = "attributeDefinitions.1.member.attributeType"
            raise constraint(kind, where, "satisfy enum value set: [B, N, S]")
        types[name] = kind
    return types


def check_key_schema(schema: Sequence[Shape]) -> None:
    """A table's or local index's: HASH, then perhaps RANGE (Q-124)."""
    if not 1 <= len(schema) <= 2:
        raise constraint(schema, "keySchema", "have length less than or equal to 2")
    kinds = [element["KeyType"] for element in schema]
    if kinds[0] != "HASH":
        raise refused("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if kinds[1:] not in ([], ["RANGE"]):
        raise refused("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if len(_names(schema)) != len(schema):
        raise refused("Both the Hash Key and the Range Key element in the KeySchema have the same name")


def check_index_key_schema(schema: Sequence[Shape]) -> None:
    """A global index's: one to four HASH, then up to four RANGE (Q-123)."""
    kinds = [element["KeyType"] for element in schema]
    if not kinds or kinds[0] != "HASH":
        raise refused("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if kinds != sorted(kinds):
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind, count in Counter(kinds).items():
        if count > MAX_INDEX_KEYS:
            raise invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")
    if len(_names(schema)) != len(schema):
        raise refused("The KeySchema contains multiple key attributes with the same name")


def check_projection(projection: Shape | None) -> None:
    """INCLUDE names 1 to 20 attributes; ALL and KEYS_ONLY name none (Q-126)."""
    if projection is None:
        raise constraint(None, "globalSecondaryIndexes.1.member.projection", "not be null")
    kind, included = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind not in {"ALL", "KEYS_ONLY", "INCLUDE"}:
        raise invalid(f"Unknown ProjectionType: {kind or 'null'}")
    if included is None:
        if kind == "INCLUDE":
            raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
        return
    if kind != "INCLUDE":
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    where = "projection.nonKeyAttributes"
    if not included:
        raise constraint("[]", where, "have length greater than or equal to 1")
    if len(included) > MAX_INCLUDED:
        raise constraint(included, where, f"have length less than or equal to {MAX_INCLUDED}")
    for name, count in Counter[str](included).items():
        if count > 1:
            raise invalid(f"Duplicate element in NonKeyAttributes: {name}")


def read_projection(projection: Shape) -> dict[str, Any]:
    """As DescribeTable shows it: with the attributes sorted (Q-125)."""
    shown = dict(projection)
    if "NonKeyAttributes" in shown:
        shown["NonKeyAttributes"] = sorted(shown["NonKeyAttributes"])
    return shown


def check_attributes_are_the_keys(
    attributes: Mapping[str, str], table_keys: Sequence[Shape], index_keys: Sequence[Sequence[Shape]]
) -> None:
    """CreateTable: defined is exactly what a key uses; checked before any other rule of indexes (Q-127)."""
    used = {name for schema in (table_keys, *index_keys) for name in _names(schema)}
    absent = sorted(used - attributes.keys())
    if absent:
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(absent)}], AttributeDefinitions: [{', '.join(attributes)}]"
        )
    if len(attributes) == len(used):
        return
    if not index_keys:
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )
    raise invalid(
        "Some AttributeDefinitions are not used. "
        f"AttributeDefinitions: [{', '.join(attributes)}], keys used: [{', '.join(sorted(used))}]"
    )


def check_indexes(indexes: Sequence[Shape] | None, local: Sequence[Shape] | None, table_keys: Sequence[Shape]) -> None:
    """All indexes of CreateTable: counts, names, keys and projections (Q-129)."""
    for kind, given in (("GlobalSecondaryIndexes", indexes), ("LocalSecondaryIndexes", local)):
        if given is not None and not given:
            raise invalid(f"List of {kind} is empty")
    everything = [*(indexes or ()), *(local or ())]
    for name, count in Counter(index["IndexName"] for index in everything).items():
        if count > 1:
            raise invalid(f"Duplicate index name: {name}")
    if len(indexes or ()) > MAX_INDEXES:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {MAX_INDEXES}")
    if len(local or ()) > MAX_LOCAL_INDEXES:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {MAX_LOCAL_INDEXES}")
    for index in indexes or ():
        check_index(index)
    for index in local or ():
        _check_local_index(index, table_keys)
    check_included(index.get("Projection", {}) for index in everything)


def check_index(index: Shape) -> None:
    """Name, key and projection of a global index."""
    check_name(index["IndexName"], "globalSecondaryIndexes.1.member.indexName")
    check_index_key_schema(index["KeySchema"])
    check_projection(index.get("Projection"))


def check_included(projections: Iterable[Shape]) -> None:
    """100 attributes in all INCLUDE projections of a table together."""
    total = sum(len(projection.get("NonKeyAttributes", ())) for projection in projections)
    if total > MAX_INCLUDED_IN_ALL:
        raise invalid(
            "Number of NonKeyAttributes in all projections exceeds per-table limit of " + str(MAX_INCLUDED_IN_ALL)
        )


def undefined_key(index: Shape, attributes: Mapping[str, str]) -> SimulatedError | None:
    """The refusal of an index with a key attribute that nobody defined, if it has one."""
    absent = [name for name in _names(index["KeySchema"]) if name not in attributes]
    if not absent:
        return None
    if not attributes:
        return invalid(f"AttributeDefinitions is not specified for index: {index['IndexName']}")
    return invalid(
        "Some index key attributes are not defined in AttributeDefinitions. "
        f"Keys: [{', '.join(absent)}], AttributeDefinitions: [{', '.join(attributes)}]"
    )


def _check_local_index(index: Shape, table_keys: Sequence[Shape]) -> None:
    name, schema = index["IndexName"], index["KeySchema"]
    check_name(name, "localSecondaryIndexes.1.member.indexName")
    if len(table_keys) == 1:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    check_key_schema(schema)
    if len(schema) == 1:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    ours, tables = schema[0]["AttributeName"], table_keys[0]["AttributeName"]
    if ours != tables:
        raise invalid(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {ours}, table hash key: {tables}"
        )
    check_projection(index.get("Projection"))


def _names(schema: Iterable[Shape]) -> dict[str, None]:
    return dict.fromkeys(element["AttributeName"] for element in schema)
