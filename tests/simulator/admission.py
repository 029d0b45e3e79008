"""Which part of a table can be changed while which other part is changing: as data.

Where a pair is not named it is taken. The texts are those of Q-119, 163, 175, 286, 370, 375, 376, 444 and 458; the two
marked *inferred* follow the pattern of their family and were not seen.
"""

from collections.abc import Iterator
from enum import StrEnum

from tests.simulator.errors import SimulatedError, in_use
from tests.simulator.tables import Table, Work


class Concern(StrEnum):
    """What one UpdateTable is about."""

    THROUGHPUT = "throughput"
    MAXIMA = "on-demand throughput"
    STREAM = "stream"
    INDEX = "index"
    CLASS = "class"
    ENCRYPTION = "encryption"
    WARMTH = "warmth"
    PROTECTION = "protection"


ALLOCATING, DYING = "allocating", "dying"
"""Index states that the rest of the table feels; an index that is backfilling disturbs only other indexes."""

_IOPS = "while table IOPS are being updated. Table: {table}"
_STREAM = "when stream status is being updated. Table: {table} {word}"
_CLASS = "when a table class update is in progress. Table: {table} {word}"
_CREATED = "when an index is being created. Table: {table} Indexes: [{indexes}]"
_DELETED = "when an index is being deleted. Table: {table} Indexes: [{indexes}]"
_MAXIMA = "OnDemandThroughput cannot be updated while "
_MAINTENANCE = "Table is under system maintenance, please try again later"

_BY_IOPS = {
    Concern.THROUGHPUT: "Table IOPS are currently being updated. Table: {table}",
    Concern.STREAM: f"Can't enable or disable stream {_IOPS}",
    Concern.INDEX: f"Can't create or delete indexes {_IOPS}",
    Concern.CLASS: f"Can't update table class {_IOPS}",  # inferred
    Concern.MAXIMA: f"{_MAXIMA}BillingMode update is in progress",
}

REFUSED: dict[tuple[str, Concern], str] = {
    **{(work, concern): text for work in (Work.THROUGHPUT, Work.BILLING) for concern, text in _BY_IOPS.items()},
    (Work.STREAM, Concern.THROUGHPUT): f"Can't change table IOPS {_STREAM}",
    (Work.STREAM, Concern.STREAM): "A stream status change is currently in progress. Table: {table} {word}",
    (Work.STREAM, Concern.INDEX): f"Can't create or delete an index {_STREAM}",
    (Work.STREAM, Concern.CLASS): f"Can't update table class {_STREAM}",
    (Work.STREAM, Concern.MAXIMA): f"{_MAXIMA}stream status update is in progress",
    (Work.CLASS, Concern.THROUGHPUT): f"Can't change table IOPS {_CLASS}",  # inferred
    (Work.CLASS, Concern.STREAM): f"Can't change stream status {_CLASS}",
    (Work.CLASS, Concern.INDEX): f"Can't create or delete an index {_CLASS}",
    (Work.CLASS, Concern.CLASS): f"Can't update table class {_CLASS}",
    (Work.CLASS, Concern.MAXIMA): f"{_MAXIMA}TableClass update is in progress. {{word}}",
    (Work.ENCRYPTION, Concern.ENCRYPTION): "Server-Side Encryption is still being updated",
    (ALLOCATING, Concern.THROUGHPUT): f"Can't change table IOPS {_CREATED}",
    (ALLOCATING, Concern.STREAM): f"Can't change stream status {_CREATED}",
    (ALLOCATING, Concern.MAXIMA): f"{_MAXIMA}index creation is in progress for indexes: [{{indexes}}]",
    (ALLOCATING, Concern.WARMTH): _MAINTENANCE,
    (DYING, Concern.THROUGHPUT): f"Can't change table IOPS {_DELETED}",
    (DYING, Concern.MAXIMA): f"{_MAXIMA}index deletion is in progress for indexes: [{{indexes}}]",
}


def check_admission(table: Table, concern: Concern) -> None:
    """Raise ResourceInUseException (a 500 in one case) where the table cannot take that change now."""
    for state, word, indexes in _states(table):
        text = REFUSED.get((state, concern))
        if text is not None:
            raise _refusal(text.format(table=table.name, word=word, indexes=indexes))


def _states(table: Table) -> Iterator[tuple[str, str, str]]:
    for work, word in table.work.items():
        yield work, word, ""
    for state, indexes in ((ALLOCATING, table.allocating), (DYING, table.dying)):
        names = ", ".join(index.name for index in indexes)
        if names:
            yield state, "", names


def _refusal(text: str) -> SimulatedError:
    return SimulatedError("InternalServerError", text, 500) if text == _MAINTENANCE else in_use(text)
