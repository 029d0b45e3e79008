"""osem-migrate: migration-style schema versioning for DynamoDB.

Everything a migration script declares, and the library's facade, is imported from here. Names are loaded on first use,
so that ``osem-migrate --help`` does not pay for pydantic and boto3.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "osem_migrate.deployment.connection": {"Connection"},
    "osem_migrate.errors": {"OsemMigrateError", "PartialError"},
    "osem_migrate.migrator": {"Migrator"},
    "osem_migrate.schema": {"B", "Index", "Key", "LocalIndex", "N", "S", "Throughput"},
}

if TYPE_CHECKING:
    from osem_migrate.deployment.connection import Connection as Connection
    from osem_migrate.errors import OsemMigrateError as OsemMigrateError
    from osem_migrate.errors import PartialError as PartialError
    from osem_migrate.migrator import Migrator as Migrator
    from osem_migrate.operations import *  # noqa: F403 - the export list of the operations is there, and only there
    from osem_migrate.schema import B as B
    from osem_migrate.schema import Index as Index
    from osem_migrate.schema import Key as Key
    from osem_migrate.schema import LocalIndex as LocalIndex
    from osem_migrate.schema import N as N
    from osem_migrate.schema import S as S
    from osem_migrate.schema import Throughput as Throughput
else:

    def __getattr__(name: str) -> Any:
        home = next((module for module, names in _HOMES.items() if name in names), "osem_migrate.operations")
        found = getattr(import_module(home), name, None) if name[:1].isupper() else None
        if found is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return found
