"""The document of a ``downgrade``, however far it came."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.cli.documents.plan import PlanDocument, PlanDriftDocument, drift_documents
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.downgrade import DowngradeResult
from osem_migrate.errors import OsemMigrateError, PartialError
from osem_migrate.planning.plan import Plan


class DowngradeCounts(TypedDict):
    """How many there are."""

    reverted: int
    remaining: int


class DowngradeDocument(TypedDict):
    """What a downgrade did; ids of migrations, newest first."""

    dry_run: Literal[False]
    up_to_date: bool
    """Whether nothing is left to reverse above the version that was asked for."""
    counts: DowngradeCounts
    reverted: list[str]
    """By this run."""
    remaining: list[str]
    """What this run was to reverse, and has not."""
    drift: list[PlanDriftDocument]
    """What differed of the tables, as far as it was seen."""


PRINTED = {"downgrade": Printed((DowngradeDocument, PlanDocument), DowngradeDocument)}


def downgrade_document(result: DowngradeResult) -> DowngradeDocument:
    """Of a run that came to its end."""
    return _document(result.plan, result.reverted)


def downgrade_stopped(plan: Plan, error: OsemMigrateError) -> DowngradeDocument:
    """Of a run that was to carry the plan out, and that the error has stopped."""
    return _document(plan, error.applied if isinstance(error, PartialError) else ())


def _document(plan: Plan, reverted: Sequence[str]) -> DowngradeDocument:
    remaining = [planned.migration.id for planned in plan.migrations if planned.migration.id not in reverted]
    return {
        "dry_run": False,
        "up_to_date": not remaining,
        "counts": {"reverted": len(reverted), "remaining": len(remaining)},
        "reverted": list(reverted),
        "remaining": remaining,
        "drift": drift_documents(plan),
    }
