"""The document of ``status``."""

from collections.abc import Collection
from typing import NotRequired

from typing_extensions import TypedDict

from osem_migrate.cli.documents.change import ChangeDocument, change_document
from osem_migrate.cli.documents.migration import MigrationDocument, migration_document
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.problem import ProblemDocument, problem_document
from osem_migrate.commands.repair import RepairResult
from osem_migrate.history import ShownState
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.status.status import Status


class StatusCounts(TypedDict):
    """How many there are; of migrations, how many in each state."""

    migrations: int
    applied: int
    pending: int
    running: int
    failed: int
    reverted: int
    interrupted: int
    out_of_order: int
    missing: int
    changed: int
    future: int
    unreadable: int
    """Of which something is recorded that this version cannot read."""
    tables: int
    indexes: int
    """Global ones."""
    problems: int
    remarks: int


class TableStateDocument(TypedDict):
    """A table that was looked at."""

    name: str
    """In the scripts."""
    physical_name: str
    """In DynamoDB."""
    status: str | None
    """Null of a table that is not there."""


class LeftOutDocument(TypedDict):
    """A drifted table that no script repairs."""

    physical_name: str
    """In DynamoDB."""
    reason: str


class RepairedTableDocument(TypedDict):
    """What a repair changes of one table."""

    table: str
    """In the scripts."""
    changes: list[ChangeDocument]


class RepairDocument(TypedDict):
    """What --write-repair did."""

    path: str | None
    """Of the script; null where there was nothing to write."""
    operations: list[str]
    changes: list[RepairedTableDocument]
    left_out: list[LeftOutDocument]


class StatusDocument(TypedDict):
    """Where an environment stands."""

    in_sync: bool
    """Whether there is no problem."""
    up_to_date: bool
    """Whether every migration is applied."""
    counts: StatusCounts
    migrations: list[MigrationDocument]
    tables: list[TableStateDocument]
    """Those that should be there, and those that should not; without the history table."""
    problems: list[ProblemDocument]
    remarks: list[ProblemDocument]
    """For information only."""
    notes: list[str]
    """What could not be compared."""
    repair: NotRequired[RepairDocument]
    """With --write-repair."""


PRINTED = {"status": Printed((StatusDocument,))}


def status_document(
    status: Status, ignored: Collection[str] = (), written: RepairResult | None = None
) -> StatusDocument:
    """Where the environment stands, and what was written to repair it."""
    document: StatusDocument = {
        "in_sync": status.in_sync,
        "up_to_date": status.count(ShownState.APPLIED) == len(status.migrations),
        "counts": _counts(status),
        "migrations": [migration_document(migration) for migration in status.migrations],
        "tables": [_table(live) for live in status.tables],
        "problems": [problem_document(problem, ignored) for problem in status.problems],
        "remarks": [problem_document(remark, ignored) for remark in status.remarks],
        "notes": list(status.notes),
    }
    if written is not None:
        document["repair"] = _repair(written)
    return document


def _counts(status: Status) -> StatusCounts:
    return {
        "migrations": len(status.migrations),
        "applied": status.count(ShownState.APPLIED),
        "pending": status.count(ShownState.PENDING),
        "running": status.count(ShownState.RUNNING),
        "failed": status.count(ShownState.FAILED),
        "reverted": status.count(ShownState.REVERTED),
        "interrupted": status.count(ShownState.INTERRUPTED),
        "out_of_order": status.count(ShownState.OUT_OF_ORDER),
        "missing": status.count(ShownState.MISSING),
        "changed": status.count(ShownState.CHANGED),
        "future": status.count(ShownState.FUTURE),
        "unreadable": status.count(ShownState.UNREADABLE),
        "tables": sum(live.table is not None for live in status.tables),
        "indexes": sum(len(live.indexes) for live in status.tables),
        "problems": len(status.problems),
        "remarks": len(status.remarks),
    }


def _table(live: LiveTable) -> TableStateDocument:
    return {"name": live.name, "physical_name": live.physical_name, "status": live.status}


def _repair(written: RepairResult) -> RepairDocument:
    return {
        "path": written.path,
        "operations": [operation.describe() for operation in written.repair.operations],
        "changes": [
            {"table": table, "changes": [change_document(change) for change in changes]}
            for table, changes in written.repair.changes.items()
        ],
        "left_out": [{"physical_name": name, "reason": reason} for name, reason in written.repair.left_out],
    }
