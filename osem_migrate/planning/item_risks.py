"""Item risks: what may be lost where a plan writes items of a table as it is, beside what the operation itself says."""

from collections.abc import Iterator, Sequence

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetPointInTimeRecovery
from osem_migrate.operations.item_pass import Pass
from osem_migrate.planning.plan import Lane, Plan, PlannedOperation


def item_risks(
    plan: Plan, live_tables: Sequence[LiveTable], *, protected: bool
) -> dict[tuple[str, int], tuple[str, ...]]:
    """What may be lost, in sentences, by the keys of the operations; ``protected`` says what the environment is."""
    found = {live.name: live for live in live_tables if live.table is not None}
    risks = {
        planned.key: (
            *_unrecoverable(planned, lane, found[lane.table], protected=protected),
            *_replicated(planned, found),
        )
        for lane in plan.lanes
        if lane.table in found
        for planned in lane.operations
        if _actions(planned)
    }
    return {key: texts for key, texts in risks.items() if texts}


def _actions(planned: PlannedOperation) -> frozenset[str]:
    """The calls that it writes items with."""
    return frozenset(action for step in planned.steps if isinstance(step, Pass) for action in step.work.actions)


def _unrecoverable(planned: PlannedOperation, lane: Lane, live: LiveTable, *, protected: bool) -> Iterator[str]:
    """Where what was there is changed or deleted, and nobody could restore it."""
    if not protected or live.emulated or live.table is None or _actions(planned) <= {"PutItem"}:
        return
    earlier = lane.operations[: lane.operations.index(planned)]
    declared = [one for before in earlier for one in before.operation.declared_settings]
    settings = [one for one in (live.table.setting(SetPointInTimeRecovery), *declared) if one is not None]
    recovery = [one for one in settings if isinstance(one, SetPointInTimeRecovery)]
    if recovery and recovery[-1].enabled:
        return
    turned_on = f'SetPointInTimeRecovery("{planned.table}", enabled=True)'
    yield (
        f"what table {planned.table} holds before {planned.operation.describe()} cannot be restored: point-in-time "
        f"recovery is off; {turned_on} in an operation before it turns that on"
    )


def _replicated(planned: PlannedOperation, found: dict[str, LiveTable]) -> Iterator[str]:
    """Where another region may write the same items: within one region alone, a condition keeps them."""
    replicas = found[planned.table].replicas
    if replicas:
        yield (
            f"table {planned.table} has replicas in {', '.join(replicas)}: what an application writes there meanwhile "
            "to an item that is changed here may be lost, as the later of two writes replaces the whole item"
        )
