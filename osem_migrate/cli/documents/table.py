"""A live table with its keys, indexes and settings."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from osem_migrate.cli.documents.keys import KeyDocument, key_documents
from osem_migrate.cli.documents.settings import SettingsDocument, settings_document
from osem_migrate.clock import iso_of
from osem_migrate.details import Timestamp
from osem_migrate.live_table import LiveIndex, LiveTable
from osem_migrate.schema import Index, LocalIndex, Table, as_keys
from osem_migrate.schema.throughput import ThroughputData


class IndexDocument(TypedDict):
    """A global secondary index."""

    name: str
    status: str | None
    backfilling: bool
    keys: list[KeyDocument]
    projection: str
    """ALL, KEYS_ONLY or INCLUDE."""
    include: list[str]
    throughput: ThroughputData | None
    """Its own: capacity on a provisioned table, the maximum on an on-demand one."""
    items: int
    """By AWS's count, about six hours old."""
    size_bytes: int


class LocalIndexDocument(TypedDict):
    """A local secondary index."""

    name: str
    keys: list[KeyDocument]
    projection: str
    """ALL, KEYS_ONLY or INCLUDE."""
    include: list[str]


class TableDocument(TypedDict):
    """A table that DynamoDB has."""

    name: str
    """In the scripts."""
    physical_name: str
    """In DynamoDB."""
    status: str | None
    """Null of a table that is gone, or that may not be described."""
    refusal: str | None
    """Why it may not be described."""
    arn: str | None
    table_id: str | None
    created_at: Timestamp | None
    items: int
    """By AWS's count, about six hours old."""
    size_bytes: int
    keys: list[KeyDocument]
    indexes: list[IndexDocument]
    local_indexes: list[LocalIndexDocument]
    settings: SettingsDocument
    unsupported_settings: list[str]
    """What this local engine does not keep."""


def table_document(live: LiveTable) -> TableDocument:
    """One live table; without keys, indexes and settings where it could not be described."""
    table = live.table
    return {
        "name": live.name,
        "physical_name": live.physical_name,
        "status": live.status,
        "refusal": live.refusal,
        "arn": live.arn,
        "table_id": live.table_id,
        "created_at": iso_of(live.created_at),
        "items": live.items,
        "size_bytes": live.size_bytes,
        "keys": key_documents(as_keys(table.partition_key), as_keys(table.sort_key)) if table is not None else [],
        "indexes": [_index(index, live.indexes.get(index.name)) for index in _indexes(table)],
        "local_indexes": local_index_documents(table) if table is not None else [],
        "settings": settings_document(table),
        "unsupported_settings": sorted(kind.member() for kind in live.unreadable),
    }


def _indexes(table: Table | None) -> Sequence[Index]:
    return table.indexes if table is not None else ()


def _index(index: Index, live: LiveIndex | None) -> IndexDocument:
    return {
        "name": index.name,
        "status": live.status if live is not None else None,
        "backfilling": live is not None and live.backfilling,
        "keys": key_documents(index.partition_keys, index.sort_keys),
        "projection": index.projection,
        "include": list(index.include),
        "throughput": index.throughput.data() if index.throughput is not None else None,
        "items": live.items if live is not None else 0,
        "size_bytes": live.size_bytes if live is not None else 0,
    }


def local_index_documents(table: Table) -> list[LocalIndexDocument]:
    """The local indexes of a table, live or declared."""
    return [_local_index(local, table) for local in table.local_indexes]


def _local_index(local: LocalIndex, table: Table) -> LocalIndexDocument:
    return {
        "name": local.name,
        "keys": key_documents(as_keys(table.partition_key), local.keys),
        "projection": local.projection,
        "include": list(local.include),
    }
