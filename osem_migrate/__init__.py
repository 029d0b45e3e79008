"""osem-migrate: migration-style schema versioning for DynamoDB.

Everything a migration script declares, and the library's facade, is imported from here. Names are loaded on first use,
so that ``osem-migrate --help`` does not pay for pydantic and boto3.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "osem_migrate.deployment.connection": {"Connection"},
    "osem_migrate.commands.autogenerate": {"AutogenerateOptions"},
    "osem_migrate.commands.destroy": {"DestroyOptions"},
    "osem_migrate.commands.doctor": {"DoctorOptions"},
    "osem_migrate.commands.downgrade": {"DowngradeOptions"},
    "osem_migrate.commands.export": {"ExportOptions"},
    "osem_migrate.commands.forecast": {"ForecastOptions"},
    "osem_migrate.commands.history": {"HistoryOptions"},
    "osem_migrate.commands.import_tables": {"ImportOptions"},
    "osem_migrate.commands.init": {"InitOptions"},
    "osem_migrate.commands.items": {"FailuresOptions", "PassesOptions", "SteerOptions", "UnfinishedPassesOptions"},
    "osem_migrate.commands.lint": {"LintOptions"},
    "osem_migrate.commands.list_tables": {"ListOptions"},
    "osem_migrate.commands.policy": {"PolicyOptions"},
    "osem_migrate.commands.repair": {"RepairOptions"},
    "osem_migrate.commands.resolve": {"ResolveOptions"},
    "osem_migrate.commands.stamp": {"StampOptions"},
    "osem_migrate.commands.status": {"StatusOptions"},
    "osem_migrate.commands.unlock": {"UnlockOptions"},
    "osem_migrate.commands.upgrade": {"UpgradeOptions"},
    "osem_migrate.commands.verify": {"VerifyOptions"},
    "osem_migrate.config": {"Project"},
    "osem_migrate.errors": {"OsemMigrateError", "PartialError"},
    "osem_migrate.execution.operation_run": {"Pace"},
    "osem_migrate.items.change": {"REMOVE"},
    "osem_migrate.migrator": {"Migrator"},
    "osem_migrate.pass_state": {"PassOrder"},
    "osem_migrate.planning.policy": {"Role"},
    "osem_migrate.planning.resolution": {"Resolution"},
    "osem_migrate.schema": {"B", "Index", "Key", "LocalIndex", "N", "S", "Table", "Throughput"},
}

if TYPE_CHECKING:
    from osem_migrate.commands.autogenerate import AutogenerateOptions as AutogenerateOptions
    from osem_migrate.commands.destroy import DestroyOptions as DestroyOptions
    from osem_migrate.commands.doctor import DoctorOptions as DoctorOptions
    from osem_migrate.commands.downgrade import DowngradeOptions as DowngradeOptions
    from osem_migrate.commands.export import ExportOptions as ExportOptions
    from osem_migrate.commands.forecast import ForecastOptions as ForecastOptions
    from osem_migrate.commands.history import HistoryOptions as HistoryOptions
    from osem_migrate.commands.import_tables import ImportOptions as ImportOptions
    from osem_migrate.commands.init import InitOptions as InitOptions
    from osem_migrate.commands.items import FailuresOptions as FailuresOptions
    from osem_migrate.commands.items import PassesOptions as PassesOptions
    from osem_migrate.commands.items import SteerOptions as SteerOptions
    from osem_migrate.commands.items import UnfinishedPassesOptions as UnfinishedPassesOptions
    from osem_migrate.commands.lint import LintOptions as LintOptions
    from osem_migrate.commands.list_tables import ListOptions as ListOptions
    from osem_migrate.commands.policy import PolicyOptions as PolicyOptions
    from osem_migrate.commands.repair import RepairOptions as RepairOptions
    from osem_migrate.commands.resolve import ResolveOptions as ResolveOptions
    from osem_migrate.commands.stamp import StampOptions as StampOptions
    from osem_migrate.commands.status import StatusOptions as StatusOptions
    from osem_migrate.commands.unlock import UnlockOptions as UnlockOptions
    from osem_migrate.commands.upgrade import UpgradeOptions as UpgradeOptions
    from osem_migrate.commands.verify import VerifyOptions as VerifyOptions
    from osem_migrate.config import Project as Project
    from osem_migrate.deployment.connection import Connection as Connection
    from osem_migrate.errors import OsemMigrateError as OsemMigrateError
    from osem_migrate.errors import PartialError as PartialError
    from osem_migrate.execution.operation_run import Pace as Pace
    from osem_migrate.items.change import REMOVE as REMOVE
    from osem_migrate.migrator import Migrator as Migrator
    from osem_migrate.operations import *  # noqa: F403 - the export list of the operations is there, and only there
    from osem_migrate.pass_state import PassOrder as PassOrder
    from osem_migrate.planning.policy import Role as Role
    from osem_migrate.planning.resolution import Resolution as Resolution
    from osem_migrate.schema import B as B
    from osem_migrate.schema import Index as Index
    from osem_migrate.schema import Key as Key
    from osem_migrate.schema import LocalIndex as LocalIndex
    from osem_migrate.schema import N as N
    from osem_migrate.schema import S as S
    from osem_migrate.schema import Table as Table
    from osem_migrate.schema import Throughput as Throughput
else:

    def __getattr__(name: str) -> Any:
        if name == "__all__":
            return sorted(_homes())
        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is None and name[:1].isupper():
            home = _homes().get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(home), name)

    def __dir__() -> list[str]:
        return sorted({*_homes(), *(name for name in globals() if name.startswith("__"))})

    def _homes() -> dict[str, str]:
        """The module of every public name."""
        operations = import_module("osem_migrate.operations")
        exported = {operation.__name__: operations.__name__ for operation in operations.OPERATIONS}
        return exported | {name: module for module, names in _HOMES.items() for name in names}
