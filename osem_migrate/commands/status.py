"""Status: gathers what it is decided from; reads only, and works before the history table exists."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from osem_migrate.arguments import Arguments
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.observation import look_steadily
from osem_migrate.deployment.ownership import owners, stacks
from osem_migrate.errors import AccessDenied
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import WATCHED, SetTags, Setting
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.ownership import named_tables
from osem_migrate.planning.status.status import Expectation, ProblemKind, Status, assess, expect
from osem_migrate.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOptions(Arguments):
    """How to judge: with ``strict``, settings that AWS has on and that nobody declared are drift."""

    strict: bool = False


@dataclass(frozen=True, slots=True)
class _Listing:
    """Physical names of all tables there are, and what could not be found out, in sentences."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def status(deployment: Deployment, migrations: Sequence[Migration], options: StatusOptions) -> Status:
    """Where the deployment stands.

    Raises:
        AccessDenied: a permission is missing without which there is no answer.
    """
    deployment.check_account()
    with ThreadPoolExecutor(max_workers=1) as pool:
        listing = pool.submit(_list, deployment)
        history, alive = deployment.observe()
        listed = listing.result()

    def look(history: History) -> Status:
        return _assess(deployment, migrations, history, listed, options, alive=alive)

    def again() -> History:
        nonlocal alive
        history, alive = deployment.observe()
        return history

    return look_steadily(history, look, _has_no_drift, again)


def _has_no_drift(found: Status) -> bool:
    return all(problem.kind is not ProblemKind.DRIFT for problem in found.problems)


def _list(deployment: Deployment) -> _Listing:
    try:
        return _Listing(tuple(deployment.gateway.list_tables()))
    except AccessDenied as denied:
        return _Listing((), (f"Undeclared tables were not looked for: {denied.message}",))


def _undeclared(
    deployment: Deployment,
    migrations: Sequence[Migration],
    history: History,
    expectation: Expectation,
    listed: _Listing,
) -> frozenset[str]:
    """Logical names of the tables of this environment that should not be there."""
    if expectation.note is not None:
        return frozenset()
    found = deployment.environment.names.ours(listed.names, named_tables(migrations, history))
    return frozenset(found - {HISTORY_ENTITY} - expectation.schema.tables.keys())


def _assess(  # noqa: PLR0913 - one argument each for what was gathered
    deployment: Deployment,
    migrations: Sequence[Migration],
    history: History,
    listed: _Listing,
    options: StatusOptions,
    *,
    alive: bool,
) -> Status:
    expectation = expect(migrations, history, deployment.environment.defaults)
    optional = OptionalReads(_asides(deployment, options))
    denied: dict[str, AccessDenied] = {}
    undeclared = _undeclared(deployment, migrations, history, expectation, listed)
    owned = owners(deployment, migrations, undeclared, history)
    undeclared -= owned.foreign.keys()
    live_tables = _describe(deployment, expectation, undeclared, optional, options, denied=denied)
    silent = [refusal for refusal in optional.refused.values() if not isinstance(refusal, AccessDenied)]
    unread = [f"Not all undeclared settings were looked for: {refusal.message}" for refusal in silent]
    return assess(
        migrations,
        history,
        expectation,
        live_tables,
        lock_alive=alive,
        caller=deployment.caller,
        strict=options.strict,
        tool_version=deployment.tool_version,
        notes=[
            *listed.notes,
            *_set_aside(deployment, listed),
            *(_untold(deployment, name, refusal) for name, refusal in denied.items()),
            *unread,
            *owned.notes,
            *_doubts(expectation, live_tables),
            *stacks(live_tables),
            *(() if history.records else _elsewhere(deployment, history, listed)),
        ],
    )


def _set_aside(deployment: Deployment, listed: _Listing) -> Iterator[str]:
    """Tables that are called as one of ours would be, were it not mapped: no drift, but not to be overlooked either."""
    names = deployment.environment.names
    for name, entity in names.set_aside(listed.names).items():
        yield (
            f"{name} was not compared: {entity} is mapped to another table in the configuration. If this one is not "
            "the application's, name it in ignore there."
        )


def _asides(deployment: Deployment, options: StatusOptions) -> tuple[type[Setting], ...]:
    """What is read although nobody declared it: what might be on, and the tags that tell of another owner."""
    tags = () if deployment.gateway.emulated else (SetTags,)
    return tags if options.strict else (*WATCHED, *tags)


def _doubts(expectation: Expectation, live_tables: Sequence[LiveTable]) -> Iterator[str]:
    """What no description tells, and nobody else told."""
    for live in live_tables:
        for doubt in doubts(live, expectation.schema.tables.get(live.name)):
            yield f"{live.physical_name} is declared with {doubt.expected}, and has {doubt.found}."


def _untold(deployment: Deployment, name: str, refusal: AccessDenied) -> str:
    return f"{deployment.environment.physical_name(name)} is declared by no script and was not read: {refusal.message}"


def _elsewhere(deployment: Deployment, history: History, listed: _Listing) -> Iterator[str]:
    """Where nothing is recorded: what is, under another name of the application or with another pattern of names."""
    environment = deployment.environment
    if history.exists:
        with suppress(AccessDenied):
            if others := sorted(deployment.history.others()):
                yield (
                    f"{environment.history_table} has no migrations of {environment.application!r}, but of "
                    f"{', '.join(map(repr, others))}. If this application was called so, change application in "
                    "the configuration back."
                )
    elif histories := [name for name in listed.names if HISTORY_ENTITY in name and environment.stage in name]:
        yield (
            f"There is no {environment.history_table}, but {', '.join(histories)}. If the tables were called so, "
            "change table_name in the configuration, or OSEM_DB_PREFIX, back."
        )


def _describe(  # noqa: PLR0913 - one argument each for what was gathered
    deployment: Deployment,
    expectation: Expectation,
    undeclared: Collection[str],
    optional: OptionalReads,
    options: StatusOptions,
    *,
    denied: dict[str, AccessDenied],
) -> list[LiveTable]:
    """The tables that should be there, and those that are there without anybody having said so."""
    expected = dict(sorted(expectation.schema.tables.items()))
    asked = {name: _kinds(expectation.states(name), options) for name in expected}
    live_tables = deployment.gateway.describe_all(asked, optional=optional)
    tags = OptionalReads(() if deployment.gateway.emulated else (SetTags,))
    live_tables += deployment.gateway.describe_all(dict.fromkeys(sorted(undeclared), ()), optional=tags, denied=denied)
    return [deployment.gateway.learn(live, expectation.states(live.name)) for live in live_tables]


def _kinds(states: Collection[Table | None], options: StatusOptions) -> tuple[type[Setting], ...]:
    """The settings that have to be read: the declared ones, and all that might be on where nothing may be missed."""
    declared = (type(setting) for state in states if state is not None for setting in state.settings)
    return (*declared, *(WATCHED if options.strict else ()))
