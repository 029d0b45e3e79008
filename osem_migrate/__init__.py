"""osem-migrate: migration-style schema versioning for DynamoDB.

Everything a migration script declares, and the library's facade, is imported from here. Names are loaded on first use,
so that ``osem-migrate --help`` does not pay for pydantic and boto3.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from osem_migrate.errors import OsemMigrateError, PartialError
    from osem_migrate.migrator import Migrator
    from osem_migrate.operations import (
        AddIndex,
        CreateTable,
        DropIndex,
        DropTable,
        Operation,
        SetBilling,
        SetDeletionProtection,
        SetEncryption,
        SetPointInTimeRecovery,
        SetStream,
        SetTableClass,
        SetTags,
        SetTimeToLive,
    )
    from osem_migrate.schema import B, Index, Key, LocalIndex, N, S, Throughput

__version__ = "0.1.0"

__all__ = [
    "AddIndex",
    "B",
    "CreateTable",
    "DropIndex",
    "DropTable",
    "Index",
    "Key",
    "LocalIndex",
    "Migrator",
    "N",
    "Operation",
    "OsemMigrateError",
    "PartialError",
    "S",
    "SetBilling",
    "SetDeletionProtection",
    "SetEncryption",
    "SetPointInTimeRecovery",
    "SetStream",
    "SetTableClass",
    "SetTags",
    "SetTimeToLive",
    "Throughput",
]

_ELSEWHERE = {
    "osem_migrate.errors": {"OsemMigrateError", "PartialError"},
    "osem_migrate.migrator": {"Migrator"},
    "osem_migrate.schema": {"B", "Index", "Key", "LocalIndex", "N", "S", "Throughput"},
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _ELSEWHERE.items() if name in names), "osem_migrate.operations")
    return getattr(import_module(home), name)
