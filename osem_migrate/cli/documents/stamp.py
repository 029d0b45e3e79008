"""The document of ``stamp``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.stamp import StampOptions, StampResult


class StampCounts(TypedDict):
    """How many there are."""

    recorded: int


class StampDocument(TypedDict):
    """What was recorded without having been carried out."""

    migration: str
    """The id of the version that was asked for."""
    counts: StampCounts
    recorded: list[str]
    """The ids of what was recorded; none where the history said so already."""
    verified: bool
    """Whether the live tables have confirmed it."""
    reason: str | None


PRINTED = {"stamp": Printed((StampDocument,))}


def stamp_document(stamped: StampResult, options: StampOptions) -> StampDocument:
    """What was recorded, and why."""
    return {
        "migration": stamped.version,
        "counts": {"recorded": len(stamped.recorded)},
        "recorded": list(stamped.recorded),
        "verified": options.verify,
        "reason": options.reason if stamped.recorded else None,
    }
