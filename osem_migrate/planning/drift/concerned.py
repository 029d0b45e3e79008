"""Concerned: an operation is stopped by what it needs or changes; what else differs of its table it leaves as it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from osem_migrate.errors import DefinitionError
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetBilling
from osem_migrate.planning.drift.autoscaled import overlooking_capacity
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import Difference, diff, overlooking
from osem_migrate.planning.plan import PlannedOperation
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import altered, checked


@dataclass(frozen=True, slots=True)
class Deviation:
    """How a live table differs from a state: in what stops an operation, and in what it leaves as it is."""

    state: Table | None
    stopping: tuple[Difference, ...]
    left: tuple[Difference, ...]

    @property
    def of_existence(self) -> int:
        """In how many indexes that are on one side only."""
        return sum(one.code in {DriftCode.INDEX_MISSING, DriftCode.INDEX_UNEXPECTED} for one in self.stopping)


def deviation(planned: PlannedOperation, live: LiveTable, state: Table | None) -> Deviation:
    """How the table differs from one of the operation's states.

    Other keys always stop it, and so does a table that is missing, or there where none is expected. What an index has
    that goes with the operation is not left.
    """
    found = diff(overlooking(live, state, planned.ahead), state)
    stopping = tuple(one for one in found if one.aspect is None or planned.is_concerned(one.aspect))
    left = (one for one in found if one not in stopping and not planned.drops(one.index))
    return Deviation(state, stopping, tuple(left))


def is_in(planned: PlannedOperation, live: LiveTable, state: Table | None) -> bool:
    """Whether the table is in a state, as far as the operation is concerned."""
    return not deviation(planned, live, state).stopping


def nearest(planned: PlannedOperation, live: LiveTable, position: int = 0) -> Deviation:
    """How the table differs from the nearest state from a position on.

    Of equally near ones, from one that has the same indexes; of these, from what is declared, and then the earliest.
    """
    possible = planned.states[position:]
    states = [state for state in possible if (state is None) == (live.table is None)]
    found = (deviation(planned, live, state) for state in states or possible)
    return min(found, key=lambda one: (len(one.stopping), one.of_existence, one.state != planned.declared))


def fitted(planned: PlannedOperation, live: LiveTable) -> PlannedOperation:
    """The same operation on the table as it is in all that the operation leaves as it is, where its requests tell that.

    So no index is asked for, or given capacity, that is not there, and a new one is paid for as its table is.
    """
    operation, declared = planned.operation, planned.declared
    if not operation.depends_on_rest or declared is None or live.table is None:
        return planned
    where = deviation(planned, live, planned.before)
    rest = (*where.left, *_beside(planned, live))
    table = as_live(declared, live.table, (one for one in rest if _is_declarable(one, live.table)))
    billing = (overlooking_capacity(live, declared).table or live.table).setting(SetBilling)
    if billing is not None and not _is_billed_otherwise(planned, where):
        table = billing.on(table)
    if table == declared:
        return planned
    schema = Schema({table.name: table})
    return replace(
        planned,
        declared=table,
        before=operation.start(schema),
        after=operation.apply(schema).tables.get(table.name),
        steps=operation.steps(schema),
    )


def _beside(planned: PlannedOperation, live: LiveTable) -> Iterator[Difference]:
    """The indexes that are there already, and that a later operation of the plan declares."""
    ahead = {known.name for known in planned.ahead if isinstance(known, Index)}
    if planned.before is None or planned.after is None:
        return
    own = {index.name for index in planned.after.indexes}
    for one in diff(live, planned.before):
        if one.code is DriftCode.INDEX_UNEXPECTED and one.index in ahead - own:
            yield one


def _is_billed_otherwise(planned: PlannedOperation, where: Deviation) -> bool:
    """Whether the billing is the operation's own business, or what stops it.

    Else the live one is as declared, or no surprise: a later operation declares it, or only the environment's
    defaults say otherwise.
    """
    if any(type(one.setting) is SetBilling for one in where.stopping) or planned.declared is None:
        return True
    if planned.declared.default(SetBilling) is not None:
        return SetBilling in map(type, planned.operation.declared_settings)
    return len({state.setting(SetBilling) for state in planned.states if state is not None}) > 1


def as_live(table: Table, live: Table, differences: Iterable[Difference]) -> Table:
    """The table, but as the live one is in these differences."""
    for difference in differences:
        aspect = difference.aspect
        if aspect is None:
            continue
        if aspect.index is not None:
            others = [index for index in table.indexes if index.name != aspect.index]
            found = live.index(aspect.index)
            table = altered(table, indexes=[*others, found] if found is not None else others)
        elif aspect.found is not None:
            table = table.with_setting(aspect.found)
    return table


def _is_declarable(difference: Difference, live: Table) -> bool:
    """Whether a script could declare what is live there."""
    aspect = difference.aspect
    try:
        checked(live.index(aspect.index) if aspect is not None and aspect.index is not None else None)
    except DefinitionError:
        return False
    return True
