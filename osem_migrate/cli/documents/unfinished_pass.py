"""A pass over items, as other commands than ``items`` tell of it."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from osem_migrate.planning.items import PassStatus
from osem_migrate.planning.pass_advice import pass_advice, pass_stands


class PassDocument(TypedDict):
    """A pass over items; items status says more of it."""

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
    """running, paused, interrupted, failed, still changing, done, or abandoned: left half-done."""
    attended: bool
    """Whether a run is at work on it, or waits in it."""
    failures: int
    """Items that it has set aside."""
    message: str
    remediation: str


class UnfinishedPassDocument(PassDocument):
    """A pass over items that is not over: its state is neither done nor abandoned."""


def unfinished_pass_documents(found: Sequence[PassStatus]) -> list[UnfinishedPassDocument]:
    """Each of them, with what is to be done."""
    return [
        UnfinishedPassDocument(**pass_document(one, message=pass_stands(one), remediation=pass_advice(one)))
        for one in found
    ]


def pass_document(status: PassStatus, *, message: str, remediation: str) -> PassDocument:
    """How a pass stands, with what is said of it."""
    return {
        "migration": status.key.migration,
        "position": status.key.position,
        "direction": status.key.direction,
        "table": status.table,
        "physical_name": status.physical_name,
        "state": status.condition.value,
        "attended": status.is_attended,
        "failures": len(status.state.failures),
        "message": message,
        "remediation": remediation,
    }
