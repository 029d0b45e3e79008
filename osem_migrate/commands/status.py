"""Inspection: gathers what ``status`` is decided from; reads only, and works before the history table exists."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, AwsError
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import Setting
from osem_migrate.planning.drift.autoscaled import Dimension, capacity_differs, dimensions, overlooking_capacity
from osem_migrate.planning.drift.undeclared import WATCHED
from osem_migrate.planning.status.status import Expectation, ProblemKind, Status, assess, expect
from osem_migrate.schema import Table

LOOKS = 3  # at an environment whose history changes while one looks


def inspect(deployment: Deployment, migrations: Sequence[Migration], *, strict: bool = False) -> Status:
    """Where the deployment stands; with ``strict`` settings that nobody declared are drift.

    Raises:
        AccessDenied: a permission is missing without which there is no answer.
    """
    deployment.check_account()
    gateway, environment = deployment.gateway, deployment.environment
    with ThreadPoolExecutor(max_workers=1) as pool:
        listing = pool.submit(gateway.list_tables, environment.prefix)
        history, alive = deployment.observe()
        try:
            listed, notes = listing.result(), []
        except AccessDenied as denied:
            listed, notes = [], [f"Tables that nobody declared were not looked for: {denied.message}"]
    names = {environment.logical_name(name) for name in listed} - {None, HISTORY_ENTITY}
    for _ in range(LOOKS):
        status = _look(deployment, migrations, (history, alive), names, notes, strict=strict)
        if all(problem.kind is not ProblemKind.DRIFT for problem in status.problems):
            break
        # Somebody's run may have begun or ended between the history and the tables.
        earlier, (history, alive) = history, deployment.observe()
        if history.records == earlier.records:
            break
    return status


def _look(  # noqa: PLR0913 - one argument each for what was gathered
    deployment: Deployment,
    migrations: Sequence[Migration],
    observed: tuple[History, bool],
    names: set[str | None],
    notes: Sequence[str],
    *,
    strict: bool,
) -> Status:
    history, alive = observed
    expectation = expect(migrations, history, deployment.environment.defaults)
    optional = OptionalReads(() if strict else WATCHED)
    live_tables = _describe(deployment, expectation, names, optional, strict=strict)
    silent = [refusal for refusal in optional.refused.values() if not isinstance(refusal, AccessDenied)]
    return assess(
        migrations,
        history,
        expectation,
        live_tables,
        lock_alive=alive,
        caller=deployment.caller,
        strict=strict,
        tool_version=deployment.tool_version,
        notes=[*notes, *(f"Settings that nobody declared were not all looked for: {one.message}" for one in silent)],
    )


def _describe(
    deployment: Deployment, expectation: Expectation, names: set[str | None], optional: OptionalReads, *, strict: bool
) -> list[LiveTable]:
    """The tables that should be there, and those that are there without anybody having said so."""
    expected = dict(sorted(expectation.schema.tables.items()))
    others = names - expected.keys() if expectation.note is None else set()
    asked = {name: _kinds(table, strict=strict) for name, table in expected.items()}
    live_tables = deployment.gateway.describe_all(asked, optional=optional)
    live_tables += deployment.gateway.describe_all(dict.fromkeys(sorted(filter(None, others)), ()))
    return [overlooking_autoscaled(deployment, live, expected.get(live.name)) for live in live_tables]


def _kinds(table: Table, *, strict: bool) -> tuple[type[Setting], ...]:
    """The settings that have to be read: the declared ones, and all that might be on where nothing may be missed."""
    return (*(type(setting) for setting in table.settings), *(WATCHED if strict else ()))


def overlooking_autoscaled(deployment: Deployment, live: LiveTable, expected: Table | None) -> LiveTable:
    """The table as if it had the declared capacity wherever an autoscaler owns it."""
    if expected is None or not capacity_differs(live, expected):
        return live
    return overlooking_capacity(live, expected, _owned(deployment, live, expected))


def _owned(deployment: Deployment, live: LiveTable, expected: Table) -> frozenset[Dimension]:
    if deployment.environment.is_autoscaled(live.name):
        return dimensions(expected)
    if deployment.gateway.emulated:
        return frozenset()
    try:
        return deployment.autoscaling.owned(live.physical_name, [index.name for index in expected.indexes])
    except AwsError:
        # Without an answer the difference is told; its remedy names the setting that says whose the capacity is.
        return frozenset()
