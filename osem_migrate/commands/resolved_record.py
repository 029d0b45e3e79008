"""Resolved record: what is recorded of a migration that was resolved, and what the log says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from osem_migrate.aws.lock import Lease
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.records import record_of
from osem_migrate.history import LogEntry, Record, RecordedState, ShownState
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.ownership import recorded_tables
from osem_migrate.planning.resolution import Decision, Resolution

PENDING = "pending"
NAMED = 3  # tables of which the log gives the names

_SAID = {
    Resolution.APPLIED: "resolved as applied",
    Resolution.REVERTED: "resolved as reverted",
    Resolution.ACCEPT_CHECKSUM: "checksum accepted",
    Resolution.RENAMED: "renamed",
}


def resolved_entry(  # noqa: PLR0913 - one argument each for what the entry says
    deployment: Deployment,
    decision: Decision,
    actor: Actor,
    tables: Sequence[str],
    *,
    reason: str | None,
    verified: bool,
) -> LogEntry:
    """The log's entry: who, why, and whether anything confirmed it."""
    compared = ", ".join(tables) if len(tables) <= NAMED else f"{len(tables)} tables"
    checked = f"compared with {compared}" if verified else "not compared with the live tables"
    checked += ", and its record deleted" if decision.forgets else ""
    name = f"{decision.renamed_from}, " if decision.renamed_from is not None else ""
    return LogEntry(
        at=deployment.clock.milliseconds(),
        what=_SAID[decision.resolution],
        migration=decision.migration,
        by=actor.identity,
        detail=f"was {name}{state_before(decision)}, {checked}",
        reason=reason,
    )


def resolved_record(
    deployment: Deployment, decision: Decision, actor: Actor, lease: Lease, live_tables: Sequence[LiveTable]
) -> Record:
    """The record to be written."""
    now = deployment.clock.milliseconds()
    if decision.renamed_from is not None and decision.earlier is not None:
        return replace(decision.earlier, migration=decision.migration, fence=lease.holder.fence, updated_at=now)
    ids = {live.name: live.table_id for live in live_tables if live.table_id is not None}
    record = _shaped(decision, actor, now, ids)
    record = replace(record, fence=lease.holder.fence, updated_at=now)
    if decision.resolution is Resolution.ACCEPT_CHECKSUM:
        return record
    applied = decision.resolution is Resolution.APPLIED
    return replace(
        record,
        state=RecordedState.APPLIED if applied else RecordedState.REVERTED,
        doubt=(),
        progress={},
        started_at=now if record.started_at is None else record.started_at,
        finished_at=now,
        left_at=None,
        error=None,
        applied_by=actor.identity,
        tool_version=actor.tool_version,
    )


def _shaped(decision: Decision, actor: Actor, now: int, table_ids: Mapping[str, str]) -> Record:
    """The record with the script and the live operations that it stands for from now on.

    A record whose script is gone, or that is given up, keeps what it says of the script.
    """
    script, earlier = decision.script, decision.earlier
    if earlier is not None and (decision.resolution is Resolution.REVERTED or script is None):
        return replace(earlier, done=())
    if script is None:
        raise AssertionError(decision)  # decide() refuses what is neither a script nor a record
    every = range(len(script.operations))
    applied = decision.resolution is Resolution.APPLIED or (earlier is not None and earlier.is_applied)
    known = earlier.done if earlier is not None else ()
    done = every if applied else [position for position in known if position in every]
    said = record_of(script, earlier, actor, now, state=RecordedState.RUNNING, done=done)
    if earlier is None:
        return replace(said, started_at=now, tables=recorded_tables(script, table_ids if applied else {}))
    return replace(
        earlier,
        checksum=said.checksum,
        operation_hashes=said.operation_hashes,
        operations_total=said.operations_total,
        done=said.done,
        doubt=tuple(position for position in earlier.doubt if position in every),
        tables=recorded_tables(script, table_ids if applied else {}, earlier),
    )


def state_before(decision: Decision) -> str:
    """What was recorded before, in a word."""
    if decision.unreadable:
        return ShownState.UNREADABLE.value
    return decision.earlier.state.value if decision.earlier is not None else PENDING
