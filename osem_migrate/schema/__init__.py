"""Key, Index, Table and Schema: frozen values that validate themselves with DynamoDB's own limits."""

from osem_migrate.schema.index import Index, LocalIndex, Projection
from osem_migrate.schema.key import AttributeType, B, Key, Keys, N, S, as_keys
from osem_migrate.schema.limits import (
    MAX_ATTRIBUTE_NAME,
    MAX_INCLUDE_PER_INDEX,
    MAX_INCLUDE_PER_TABLE,
    MAX_INDEXES,
    MAX_KEY_ATTRIBUTES,
    MAX_LOCAL_INDEXES,
    check_attribute_name,
    check_name,
)
from osem_migrate.schema.schema import Schema
from osem_migrate.schema.table import DeclaredSetting, Table
from osem_migrate.schema.throughput import Throughput, as_throughput

__all__ = [
    "MAX_ATTRIBUTE_NAME",
    "MAX_INCLUDE_PER_INDEX",
    "MAX_INCLUDE_PER_TABLE",
    "MAX_INDEXES",
    "MAX_KEY_ATTRIBUTES",
    "MAX_LOCAL_INDEXES",
    "AttributeType",
    "B",
    "DeclaredSetting",
    "Index",
    "Key",
    "Keys",
    "LocalIndex",
    "N",
    "Projection",
    "S",
    "Schema",
    "Table",
    "Throughput",
    "as_keys",
    "as_throughput",
    "check_attribute_name",
    "check_name",
]
