"""Passes: how passes over items stand, by what the history table says of them; reads only."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.pass_state import PassKey, PassState
from osem_migrate.planning.items import PassStatus, begun_passes, condition_of
from osem_migrate.planning.plan import Direction


def every_pass(deployment: Deployment, migrations: Callable[[], Sequence[Migration]]) -> list[PassStatus]:
    """Every pass that was ever begun, by its newest generation; ``migrations`` is asked only where there is one."""
    keys = deployment.history.passes()
    if not keys:
        return []
    history, alive = deployment.observe()
    return _statuses(deployment, ((key, deployment.pass_table(key).newest()) for key in keys), history,
                     migrations(), alive=alive)  # fmt: skip


def unfinished_passes(
    deployment: Deployment, migrations: Callable[[], Sequence[Migration]], *, watch: bool = True
) -> tuple[PassStatus, ...]:
    """Those that the next run goes on with, or that a run is at work on; asks little where there are none.

    Without ``watch`` whoever holds the lock is taken to be alive, instead of watching for a heartbeat.
    """
    history = deployment.history.look()
    if not begun_passes(history):
        return ()
    history, alive = deployment.observe() if watch else (history, history.holder is not None)
    return passes_of(deployment, migrations(), history, alive=alive)


def passes_of(
    deployment: Deployment, migrations: Sequence[Migration], history: History, *, alive: bool
) -> tuple[PassStatus, ...]:
    """The same by a history that was read already.

    Args:
        deployment: where.
        migrations: the scripts; a pass has no table without its script.
        history: what was recorded.
        alive: whether the run that it shows is at work.
    """
    begun = begun_passes(history)
    return tuple(_statuses(deployment, begun.items(), history, migrations, alive=alive))


def newest_passes(
    deployment: Deployment, migrations: Sequence[Migration], history: History, name: str
) -> tuple[PassStatus, ...]:
    """Of each operation of a migration, the pass that was begun last, in either direction, also where that is over.

    Nobody may be at work on them.
    """
    record = history.records.get(name)
    script = next((one for one in migrations if one.id == name), None)
    count = max(len(script.operations) if script else 0, record.operations_total if record else 0)
    keys = [PassKey(migration=name, position=at, direction=way) for at in range(count) for way in Direction]
    newest = ((key, deployment.pass_table(key).newest()) for key in keys)
    found: dict[int, PassStatus] = {}
    for status in _statuses(deployment, newest, history, migrations, alive=False):
        known = found.get(status.key.position)
        if known is None or known.state.generation.begun_at <= status.state.generation.begun_at:
            found[status.key.position] = status
    return tuple(found.values())


def _statuses(
    deployment: Deployment,
    generations: Iterable[tuple[PassKey, int]],
    history: History,
    migrations: Sequence[Migration],
    *,
    alive: bool,
) -> list[PassStatus]:
    operations = {(m.id, position): o for m in migrations for position, o in enumerate(m.operations)}
    read = ((key, deployment.pass_table(key).read(number)) for key, number in generations if number)
    return [_status(deployment, key, state, operations, history, alive=alive)
            for key, state in read if state is not None]  # fmt: skip


def _status(  # noqa: PLR0913 - one argument each for what was gathered
    deployment: Deployment,
    key: PassKey,
    state: PassState,
    operations: Mapping[tuple[str, int], Operation],
    history: History,
    *,
    alive: bool,
) -> PassStatus:
    operation = operations.get((key.migration, key.position))
    record = history.records.get(key.migration)
    condition = condition_of(key, state, record, alive=alive)
    return PassStatus(
        key=key,
        operation=operation.describe() if operation is not None else None,
        table=operation.table if operation is not None else None,
        physical_name=deployment.environment.physical_name(operation.table) if operation is not None else None,
        condition=condition,
        is_attended=alive and record is not None and record.is_attended and not condition.is_over,
        state=state,
        live=None,
        record=record,
    )
