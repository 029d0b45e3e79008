"""A pass over items that is not over, as other commands than ``items`` tell of it."""

from collections.abc import Callable, Sequence

from typing_extensions import TypedDict

from osem_migrate.planning.items import PassStatus
from osem_migrate.planning.pass_advice import pass_advice, pass_stands


class UnfinishedPassDocument(TypedDict):
    """A pass over items that is not over; items status says more of it."""

    migration: str
    position: int
    """Of the operation in its script, from 0."""
    direction: str
    """upgrade or downgrade."""
    table: str | None
    """The table's name in the scripts; null where its script is gone."""
    physical_name: str | None
    """In DynamoDB."""
    state: str
    """running, paused, interrupted, failed, or still changing."""
    attended: bool
    """Whether a run is at work on it, or waits in it."""
    failures: int
    """Items that it has set aside."""
    message: str
    remediation: str


def unfinished_pass_documents(
    found: Sequence[PassStatus], advise: Callable[[PassStatus], str] = pass_advice
) -> list[UnfinishedPassDocument]:
    """Each of them, with what ``advise`` says is to be done."""
    return [
        {
            "migration": status.key.migration,
            "position": status.key.position,
            "direction": status.key.direction,
            "table": status.table,
            "physical_name": status.physical_name,
            "state": status.condition.value,
            "attended": status.is_attended,
            "failures": len(status.state.failures),
            "message": pass_stands(status),
            "remediation": advise(status),
        }
        for status in found
    ]
