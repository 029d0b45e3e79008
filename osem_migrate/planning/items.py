"""Items: where passes over items stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.advice import command
from osem_migrate.errors import ItemsStillChanging
from osem_migrate.history import History, Record, RecordedState
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration, number_named
from osem_migrate.pass_state import PassKey, PassState
from osem_migrate.planning.history_check import find_version
from osem_migrate.planning.plan import Direction


class PassCondition(StrEnum):
    """How a pass stands. ABANDONED: it was left half-done, or has failed, and nothing goes on with it."""

    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    STILL_CHANGING = "still changing"
    DONE = "done"
    ABANDONED = "abandoned"

    @property
    def is_over(self) -> bool:
        """Whether no run goes on with it."""
        return self in {PassCondition.DONE, PassCondition.ABANDONED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PassStatus:
    """Where one pass stands.

    Attributes:
        key: which pass.
        operation: what it does, in words; None where its script is gone.
        table: logical name of the table; None where its script is gone.
        physical_name: of the table; None where its script is gone.
        condition: how it stands.
        is_attended: whether a run is at work on it, or waits in it.
        state: what was recorded of it.
        live: the table, where it was described.
        record: of its migration; None where there is none.
    """

    key: PassKey
    operation: str | None
    table: str | None
    physical_name: str | None
    condition: PassCondition
    is_attended: bool
    state: PassState
    live: LiveTable | None
    record: Record | None

    @property
    def is_paused(self) -> bool:
        """Whether whoever goes on with it is to wait."""
        return self.state.control.is_paused

    @property
    def scan(self) -> int:
        """0 for the pass itself, from 1 on for a scan that verifies it."""
        return self.state.newest_scan

    @property
    def segments_done(self) -> int:
        """Of the scan that was begun last."""
        return sum(segment.finished for segment in self.state.of_scan(self.scan))

    @property
    def examined(self) -> int:
        """By the pass itself; what the scans that verify it look at is not counted again."""
        return sum(segment.counts.examined for segment in self.state.of_scan(0))

    @property
    def changed(self) -> int:
        """By all scans."""
        return self.state.counts.changed

    @property
    def is_short(self) -> bool:
        """Whether items may have been changed that are not among ``changed``."""
        report, segments = self.state.report, self.state.segments.values()
        killed = not self.is_attended and any(segment.worker is not None for segment in segments)
        return killed or (report is not None and report.is_short)

    @property
    def expected(self) -> int | None:
        """Items of the table by AWS's count, which may be six hours old; None where that cannot be true."""
        items = self.live.items if self.live is not None else 0
        return items if items >= self.examined and items else None

    @property
    def size_bytes(self) -> int | None:
        """TableSizeBytes, which may be six hours old; None where it was not read."""
        return self.live.size_bytes if self.live is not None else None

    @property
    def bytes_examined(self) -> int | None:
        """About how many of them were examined."""
        if self.live is None:
            return None
        return bytes_of(self.examined, items=self.live.items, size_bytes=self.live.size_bytes)

    @property
    def left(self) -> float | None:
        """Seconds until its scan is over; None where nobody can tell, or it does not go on."""
        report = self.state.report
        return report.left if report is not None and self.condition is PassCondition.RUNNING else None

    @property
    def resume(self) -> str:
        """The command that goes on with it."""
        return resume_command(self.key, self.record)


def seconds_left(examined: int, *, items: int, finished: int, segments: int, speed: float) -> float | None:
    """How long a scan still takes; None where nobody can tell.

    Args:
        examined: items, by this scan.
        items: of the table, by a count that may be hours old; 0 where there is none.
        finished: segments that are over.
        segments: all of them.
        speed: items a second.
    """
    if finished >= segments:
        return 0.0
    if speed <= 0:
        return None
    if items > examined:
        return (items - examined) / speed
    # The count is outdated: the segments that are over say what the others will have.
    return examined * (segments - finished) / finished / speed if finished else None


def bytes_of(examined: int, *, items: int, size_bytes: int) -> int | None:
    """About how large so many items are, if all are alike; None where nothing is known of their size."""
    return min(size_bytes, round(examined * size_bytes / items)) if items and size_bytes else None


def condition_of(key: PassKey, state: PassState, record: Record | None, *, alive: bool) -> PassCondition:
    """How a pass stands.

    Args:
        key: which one.
        state: its newest generation.
        record: of its migration.
        alive: whether the run that the history shows is at work.
    """
    if record is None or not is_open(key, state, record):
        return PassCondition.DONE if _is_over(key, state, record) else PassCondition.ABANDONED
    if state.control.is_paused:
        return PassCondition.PAUSED
    if alive and record.is_attended:
        return PassCondition.RUNNING
    if record.state is not RecordedState.FAILED or record.error is None:
        return PassCondition.INTERRUPTED
    still = record.error.code == ItemsStillChanging.code and state.newest_scan > 0
    return PassCondition.STILL_CHANGING if still else PassCondition.FAILED


def _is_over(key: PassKey, state: PassState, record: Record | None) -> bool:
    """Whether a pass came to its end, as its run has reported, or the record of its migration says.

    One that has gone through all items may have left some as they are, and may have failed for that.
    """
    if not all(segment.finished for segment in state.of_scan(state.newest_scan)):
        return False
    if record is not None and _is_recorded(key, record):
        return True
    told = state.report.is_over if state.report is not None else None
    return told if told is not None else not state.failures


def _is_recorded(key: PassKey, record: Record) -> bool:
    """Whether the operation has come about in the direction of the pass, and nothing else was begun since."""
    if key.direction == Direction.DOWNGRADE:
        is_left = record.is_applied or key.position in {*record.done, *record.doubt}
        return record.state is RecordedState.REVERTED or not is_left
    return record.is_applied or (record.is_unfinished and key.position in {*record.done} - {*record.doubt})


def begun_passes(history: History) -> dict[PassKey, int]:
    """The passes that are begun and not over, in order, and the generation of each that the next run goes on with."""
    return {
        PassKey(migration=record.migration, position=position, direction=direction): int(progress.cursor)
        for record in sorted(history.records.values(), key=lambda record: record.migration)
        if record.is_within_pass
        for direction in [Direction.DOWNGRADE if record.is_being_reversed else Direction.UPGRADE]
        for position, progress in sorted(record.progress.items())
        if position in record.doubt and progress.cursor is not None and progress.cursor.isdecimal()
    }


def is_open(key: PassKey, state: PassState, record: Record) -> bool:
    """Whether the record says that this generation of the pass goes on with the next run."""
    progress = record.progress.get(key.position)
    reversing = key.direction == Direction.DOWNGRADE
    return (
        record.is_unfinished
        and key.position in record.doubt
        and record.is_being_reversed is reversing
        and progress is not None
        and progress.cursor == str(state.generation.number)
    )


def resume_command(key: PassKey, record: Record | None) -> str:
    """The command that goes on with a pass."""
    if key.direction == Direction.DOWNGRADE and record is not None and record.downgrade_to is not None:
        return command("downgrade", "--to", record.downgrade_to)
    return command("upgrade")


def chosen(passes: Sequence[PassStatus], migrations: Sequence[Migration], version: str | None) -> Sequence[PassStatus]:
    """The passes of a version, or all of them where none is given; raises TargetUnknown where there is no such one."""
    if version is None:
        return passes
    named = [one for one in passes if version == one.key.migration or number_named(version) == _number(one.key)]
    if named:
        return named
    script = find_version(migrations, version)
    return [one for one in passes if one.key.migration == script.id]


def _number(key: PassKey) -> int | None:
    return number_named(key.migration.partition("_")[0])
