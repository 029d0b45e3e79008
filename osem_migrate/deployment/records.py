"""Records: what a run, or somebody, writes of one migration."""

from collections.abc import Iterable

from osem_migrate.deployment.actor import Actor
from osem_migrate.history import Record, RecordedState
from osem_migrate.migration import Migration


def record_of(  # noqa: PLR0913 - one argument each for what a record says
    migration: Migration,
    earlier: Record | None,
    actor: Actor,
    now: int,
    *,
    state: RecordedState,
    done: Iterable[int],
    fence: int = 0,
) -> Record:
    """The record of a script as it is now; who created it, and when, stays as it was.

    Args:
        migration: the script.
        earlier: what is recorded of it.
        actor: who writes.
        now: Unix milliseconds.
        state: what is said of it.
        done: positions of the operations that are live.
        fence: of the lock; 0 until it is held.
    """
    return Record(
        migration=migration.id,
        state=state,
        checksum=migration.checksum,
        operations_total=len(migration.operations),
        done=tuple(sorted(done)),
        operation_hashes=migration.operation_hashes,
        started_at=None,
        finished_at=None,
        applied_by=actor.identity,
        tool_version=actor.tool_version,
        fence=fence,
        created_at=earlier.created_at if earlier is not None else now,
        updated_at=now,
        created_by=earlier.created_by if earlier is not None else actor.identity,
    )
