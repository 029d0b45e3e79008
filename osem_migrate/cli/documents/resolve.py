"""The document of ``resolve``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.unfinished_pass import UnfinishedPassDocument, unfinished_pass_documents
from osem_migrate.commands.resolve import ResolveResult
from osem_migrate.planning.pass_advice import advice_resolved


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
    passes: list[UnfinishedPassDocument]
    """Of this migration over items, which were not over, as they stood before; no item was compared."""
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
        "passes": unfinished_pass_documents(
            resolved.passes, lambda status: advice_resolved(status, resolved.resolution)
        ),
        "reason": reason if resolved.recorded else None,
    }
