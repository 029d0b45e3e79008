"""The document of ``unlock``."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.unfinished_pass import UnfinishedPassDocument, unfinished_pass_documents
from osem_migrate.details import HolderDocument
from osem_migrate.planning.items import PassStatus


class UnlockDocument(TypedDict):
    """What became of the lock."""

    held: bool
    """Whether somebody held it."""
    unlocked: bool
    """Whether it was taken away."""
    holder: HolderDocument | None
    """Who held it; null where nobody did, or nobody can say."""
    passes: list[UnfinishedPassDocument]
    """Over items, which are not over, as they stand afterwards."""


PRINTED = {"unlock": Printed((UnlockDocument,))}


def unlock_document(
    seen: LockSnapshot | None, passes: Sequence[PassStatus], *, unlocked: bool = False
) -> UnlockDocument:
    """The lock as it was seen."""
    holder = seen.holder if seen is not None else None
    return {
        "held": seen is not None,
        "unlocked": unlocked,
        "holder": holder.document() if holder is not None else None,
        "passes": unfinished_pass_documents(passes),
    }
