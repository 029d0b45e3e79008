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
from osem_migrate.deployment.ownership import owners
from osem_migrate.errors import AccessDenied
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import WATCHED, Setting
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.status.status import Expectation, ProblemKind, Status, assess, expect
from osem_migrate.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOptions(Arguments):
    """How to judge: with ``strict``, settings that AWS has on and that nobody declared are drift."""

    strict: bool = False


@dataclass(frozen=True, slots=True)
class _Listing:
    """Logical names of the tables there are, what could not be found out, in sentences, and other history tables."""

    names: frozenset[str]
    notes: tuple[str, ...]
    histories: tuple[str, ...] = ()


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
    environment = deployment.environment
    try:
        physical = deployment.gateway.list_tables("")
    except AccessDenied as denied:
        return _Listing(frozenset(), (f"Undeclared tables were not looked for: {denied.message}",))
    names = {environment.logical_name(name) for name in physical} - {HISTORY_ENTITY}
    histories = (name for name in physical if HISTORY_ENTITY in name and environment.name in name)
    return _Listing(frozenset(filter(None, names)), (), tuple(histories))


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
    optional = OptionalReads(() if options.strict else WATCHED)
    denied: dict[str, AccessDenied] = {}
    live_tables = _describe(deployment, expectation, listed.names, optional, options, denied=denied)
    strange = frozenset(live.name for live in live_tables if live.table and live.name not in expectation.schema.tables)
    owned = owners(deployment, migrations, strange, history)
    foreign = {deployment.environment.physical_name(name): owner for name, owner in sorted(owned.foreign.items())}
    live_tables = [live for live in live_tables if live.name not in owned.foreign]
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
            *(_untold(deployment, name, refusal) for name, refusal in denied.items()),
            *unread,
            *owned.notes,
            *(
                f"{name} belongs to application {owner!r}, by the same history table."
                for name, owner in foreign.items()
            ),
            *_doubts(expectation, live_tables),
            *(() if history.records else _elsewhere(deployment, history, listed)),
        ],
    )


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
                    "pyproject.toml back."
                )
    elif histories := [name for name in listed.histories if name != environment.history_table]:
        yield (
            f"There is no {environment.history_table}, but {', '.join(histories)}. If the tables were called so, "
            "change table_name in pyproject.toml, or OSEM_DB_PREFIX, back."
        )


def _describe(  # noqa: PLR0913 - one argument each for what was gathered
    deployment: Deployment,
    expectation: Expectation,
    names: Collection[str],
    optional: OptionalReads,
    options: StatusOptions,
    *,
    denied: dict[str, AccessDenied],
) -> list[LiveTable]:
    """The tables that should be there, and those that are there without anybody having said so."""
    expected = dict(sorted(expectation.schema.tables.items()))
    others = set(names) - expected.keys() if expectation.note is None else set()
    asked = {name: _kinds(table, options) for name, table in expected.items()}
    live_tables = deployment.gateway.describe_all(asked, optional=optional)
    live_tables += deployment.gateway.describe_all(dict.fromkeys(sorted(others), ()), denied=denied)
    return [deployment.gateway.learn(live, (expected.get(live.name),)) for live in live_tables]


def _kinds(table: Table, options: StatusOptions) -> tuple[type[Setting], ...]:
    """The settings that have to be read: the declared ones, and all that might be on where nothing may be missed."""
    return (*(type(setting) for setting in table.settings), *(WATCHED if options.strict else ()))
