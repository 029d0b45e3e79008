"""The documents of ``destroy``."""

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.destroy import DestroyResult
from osem_migrate.details import DifferenceDocument
from osem_migrate.errors import DestructionIncomplete, OsemMigrateError
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.destroy import Inventory


class DoomedTableDocument(TypedDict):
    """A table that would be dropped."""

    name: str
    """In the scripts."""
    physical_name: str
    """In DynamoDB."""
    items: int
    """By AWS's count, about six hours old."""
    size_bytes: int
    deletion_protection: bool
    """Whether it is on, so that destroy would stop."""
    differences: list[DifferenceDocument]
    """From what the scripts built."""
    replaced: bool
    """Whether somebody has made or restored it since it was recorded."""


class KeptTableDocument(TypedDict):
    """A table of the environment that stays."""

    physical_name: str
    """In DynamoDB."""
    application: str | None
    """Whose it is, where another application has recorded it; null where no applied script built it."""


class InventoryCounts(TypedDict):
    """How many there are."""

    tables: int
    kept: int


class InventoryDocument(TypedDict):
    """What destroy would drop, and what it would keep."""

    dry_run: Literal[True]
    counts: InventoryCounts
    tables: list[DoomedTableDocument]
    history_table: str | None
    """That would be dropped; null where there is none, or where another application has its history in it, too."""
    kept: list[KeptTableDocument]


class DestroyCounts(TypedDict):
    """How many there are."""

    dropped: int
    remaining: int
    kept: int


class DestroyDocument(TypedDict):
    """What destroy did."""

    dry_run: Literal[False]
    counts: DestroyCounts
    dropped: list[str]
    """The names in DynamoDB of the tables that are gone; the history table is the last one."""
    remaining: list[str]
    """Of those that were to go, and are not known to have gone."""
    kept: list[KeptTableDocument]


PRINTED = {"destroy": Printed((DestroyDocument, InventoryDocument), DestroyDocument)}


def inventory_document(inventory: Inventory) -> InventoryDocument:
    """What there is."""
    history = inventory.history
    return {
        "dry_run": True,
        "counts": {"tables": len(inventory.tables), "kept": len(inventory.kept)},
        "tables": [_doomed(live, inventory) for live in inventory.tables],
        "history_table": history.physical_name if history is not None and not inventory.shared else None,
        "kept": _kept(inventory.kept, inventory.foreign),
    }


def destroy_document(inventory: Inventory, result: DestroyResult) -> DestroyDocument:
    """Of a destroy that came to its end."""
    return _document(inventory, result.dropped, result.kept)


def destroy_stopped(inventory: Inventory, error: OsemMigrateError) -> DestroyDocument:
    """Of a destroy that the error has stopped."""
    return _document(inventory, error.dropped if isinstance(error, DestructionIncomplete) else (), inventory.kept)


def _document(inventory: Inventory, dropped: Sequence[str], kept: Sequence[str]) -> DestroyDocument:
    doomed = [live.physical_name for live in inventory.tables]
    if inventory.history is not None and not inventory.shared:
        doomed.append(inventory.history.physical_name)
    remaining = [name for name in doomed if name not in dropped]
    return {
        "dry_run": False,
        "counts": {"dropped": len(dropped), "remaining": len(remaining), "kept": len(kept)},
        "dropped": list(dropped),
        "remaining": remaining,
        "kept": _kept(kept, inventory.foreign),
    }


def _doomed(live: LiveTable, inventory: Inventory) -> DoomedTableDocument:
    name = live.physical_name
    return {
        "name": live.name,
        "physical_name": name,
        "items": live.items,
        "size_bytes": live.size_bytes,
        "deletion_protection": name in inventory.guarded,
        "differences": [one.document(name) for one in inventory.changed.get(name, ())],
        "replaced": name in inventory.replaced,
    }


def _kept(names: Sequence[str], foreign: Mapping[str, str]) -> list[KeptTableDocument]:
    return [{"physical_name": name, "application": foreign.get(name)} for name in names]
