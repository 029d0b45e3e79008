"""The document of ``show``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.keys import KeyDocument, key_documents
from osem_migrate.cli.documents.plan import OperationDocument, SecondsDocument, operation_documents, seconds_document
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.settings import SettingsDocument, settings_document
from osem_migrate.cli.documents.table import LocalIndexDocument, local_index_documents
from osem_migrate.config import Environment
from osem_migrate.planning.plan import Plan
from osem_migrate.schema import Table, as_keys
from osem_migrate.schema.throughput import ThroughputData


class DeclaredIndexDocument(TypedDict):
    """A global secondary index as it is declared."""

    name: str
    keys: list[KeyDocument]
    projection: str
    """ALL, KEYS_ONLY or INCLUDE."""
    include: list[str]
    throughput: ThroughputData | None
    """Its own: capacity on a provisioned table, the maximum on an on-demand one."""


class DeclaredTableDocument(TypedDict):
    """A table as it is declared."""

    keys: list[KeyDocument]
    indexes: list[DeclaredIndexDocument]
    local_indexes: list[LocalIndexDocument]
    settings: SettingsDocument
    """Null where neither a script nor the configuration declares one."""


class ShownTableDocument(TypedDict):
    """A table that the script touches."""

    name: str
    """In the scripts."""
    physical_name: str
    """In DynamoDB."""
    before: DeclaredTableDocument | None
    """Null where the script creates it."""
    after: DeclaredTableDocument | None
    """Null where the script drops it."""


class ShowDocument(TypedDict):
    """What one script does where all before it are applied."""

    id: str
    number: int
    summary: str
    docstring: str
    file: str | None
    checksum: str
    depends: list[str]
    """The scripts that it names as coming first."""
    operations: list[OperationDocument]
    tables: list[ShownTableDocument]
    estimate_seconds: SecondsDocument


PRINTED = {"show": Printed((ShowDocument,))}


def show_document(plan: Plan, environment: Environment, region: str) -> ShowDocument:
    """The plan of one script; physical names and ARNs are those of the environment in that region."""
    (planned,) = plan.migrations
    migration = planned.migration
    return {
        "id": migration.id,
        "number": migration.number,
        "summary": migration.summary,
        "docstring": migration.docstring,
        "file": migration.file or None,
        "checksum": migration.checksum,
        "depends": list(migration.depends),
        "operations": list(operation_documents(plan, environment, region).values()),
        "tables": [
            {
                "name": name,
                "physical_name": environment.physical_name(name),
                "before": _table(plan.before.tables.get(name)),
                "after": _table(plan.after.tables.get(name)),
            }
            for name in plan.tables
        ],
        "estimate_seconds": seconds_document(plan.estimate),
    }


def _table(table: Table | None) -> DeclaredTableDocument | None:
    if table is None:
        return None
    return {
        "keys": key_documents(as_keys(table.partition_key), as_keys(table.sort_key)),
        "indexes": [
            {
                "name": index.name,
                "keys": key_documents(index.partition_keys, index.sort_keys),
                "projection": index.projection,
                "include": list(index.include),
                "throughput": index.throughput.data() if index.throughput is not None else None,
            }
            for index in table.indexes
        ],
        "local_indexes": local_index_documents(table),
        "settings": settings_document(table),
    }
