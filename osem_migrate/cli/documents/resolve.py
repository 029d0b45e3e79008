"""The document of ``resolve``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.unfinished_pass import PassDocument, pass_document
from osem_migrate.commands.resolve import ResolveResult
from osem_migrate.planning.resolved_passes import ResolvedPass


class ResolvedPassDocument(PassDocument):
    """A pass over items of a migration that was resolved, as it stood before, and what becomes of it."""

    examined: int
    """Items, by the pass itself."""
    changed: int
    """Items; they stay so."""
    changed_is_exact: bool
    """Whether that is all: a kill leaves some of them uncounted."""
    failures_forgotten: int
    """Of those that it has set aside, how many are forgotten once the next run begins it anew."""
    future: str
    """done or abandoned, where no run does anything with it; begins anew, with all items; or goes on, with the rest."""


class ResolveDocument(TypedDict):
    """What became of a correction of the history."""

    migration: str
    """Its id."""
    resolution: str
    """applied, reverted, accept-checksum or renamed."""
    recorded: list[str]
    """The ids of what was recorded; none where the history said so already."""
    renamed_from: str | None
    """The id under which it was recorded, where the record has followed its script."""
    state_before: str
    state: str
    """As recorded now; what was said where the record was deleted, as nobody could read it."""
    tables_compared: list[str]
    """Their names in DynamoDB; none with --no-verify."""
    passes: list[ResolvedPassDocument]
    """Of this migration over items, of each operation the newest; no item was compared."""
    reason: str | None


PRINTED = {"resolve": Printed((ResolveDocument,))}


def resolve_document(resolved: ResolveResult, reason: str | None) -> ResolveDocument:
    """What was recorded, and why."""
    return {
        "migration": resolved.migration,
        "resolution": resolved.resolution.value,
        "recorded": [resolved.migration] if resolved.recorded else [],
        "renamed_from": resolved.renamed_from,
        "state_before": resolved.before,
        "state": resolved.after,
        "tables_compared": list(resolved.tables),
        "passes": [_pass(one) for one in resolved.passes],
        "reason": reason if resolved.recorded else None,
    }


def _pass(one: ResolvedPass) -> ResolvedPassDocument:
    return {
        **pass_document(one.status, message=one.before, remediation=one.after),
        "examined": one.status.examined,
        "changed": one.status.changed,
        "changed_is_exact": not one.status.is_short,
        "failures_forgotten": one.failures_forgotten,
        "future": one.future.value,
    }
