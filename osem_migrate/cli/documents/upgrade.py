"""The document of an ``upgrade``, however far it came."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.cli.documents.plan import PlanDocument, PlanDriftDocument, drift_documents
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.upgrade import UpgradeResult
from osem_migrate.errors import OsemMigrateError, PartialError
from osem_migrate.planning.plan import Plan


class UpgradeCounts(TypedDict):
    """How many there are."""

    applied: int
    in_progress: int
    pending: int
    future: int


class UpgradeDocument(TypedDict):
    """What an upgrade did; ids of migrations, in order."""

    dry_run: Literal[False]
    up_to_date: bool
    """Whether nothing is left to apply, up to the version that was asked for."""
    counts: UpgradeCounts
    applied: list[str]
    """By this run."""
    in_progress: list[str]
    """DynamoDB is still working on them."""
    pending: list[str]
    """What this run was to apply, and has not."""
    at_passes: list[str]
    """Of these, what has a pass over items next, where this run did not wait: it takes one that does."""
    future: list[str]
    """Applied by a newer checkout than this one."""
    drift: list[PlanDriftDocument]
    """What differed of the tables, as far as it was seen."""


PRINTED = {"upgrade": Printed((UpgradeDocument, PlanDocument), UpgradeDocument)}


def upgrade_document(result: UpgradeResult) -> UpgradeDocument:
    """Of a run that came to its end."""
    return _document(result.plan, result.applied, result.in_progress, result.at_passes)


def upgrade_stopped(plan: Plan, error: OsemMigrateError) -> UpgradeDocument:
    """Of a run that was to carry the plan out, and that the error has stopped."""
    return _document(plan, error.applied if isinstance(error, PartialError) else ())


def _document(
    plan: Plan, applied: Sequence[str], in_progress: Sequence[str] = (), at_passes: Sequence[str] = ()
) -> UpgradeDocument:
    planned = [planned.migration.id for planned in plan.migrations]
    pending = [name for name in planned if name not in {*applied, *in_progress}]
    return {
        "dry_run": False,
        "up_to_date": not pending and not in_progress,
        "counts": {
            "applied": len(applied),
            "in_progress": len(in_progress),
            "pending": len(pending),
            "future": len(plan.future),
        },
        "applied": list(applied),
        "in_progress": list(in_progress),
        "pending": pending,
        "at_passes": list(at_passes),
        "future": list(plan.future),
        "drift": drift_documents(plan),
    }
