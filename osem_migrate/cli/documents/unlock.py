"""The document of ``unlock``."""

from typing_extensions import TypedDict

from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.details import HolderDocument


class UnlockDocument(TypedDict):
    """What became of the lock."""

    held: bool
    """Whether somebody held it."""
    unlocked: bool
    """Whether it was taken away."""
    holder: HolderDocument | None
    """Who held it; null where nobody did, or nobody can say."""


PRINTED = {"unlock": Printed((UnlockDocument,))}


def unlock_document(seen: LockSnapshot | None, *, unlocked: bool = False) -> UnlockDocument:
    """The lock as it was seen."""
    holder = seen.holder if seen is not None else None
    return {
        "held": seen is not None,
        "unlocked": unlocked,
        "holder": holder.document() if holder is not None else None,
    }
