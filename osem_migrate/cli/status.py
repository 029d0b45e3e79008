"""``osem-migrate status``: where an environment stands, for people and for CI."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation, place
from osem_migrate.cli.options import connected
from osem_migrate.errors import ExitCode, UsageError
from osem_migrate.history import ShownState

if TYPE_CHECKING:
    from osem_migrate.planning.status import Status

FORMATS = ("text", "json", "github", "junit")

_TO_APPLY = {"pending", "reverted"}  # what the next upgrade applies: listed, and explained once for all


@click.command("status", epilog="Exit codes: 0 in sync, 3 pending, 4 history problem, 5 drift; the largest wins.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option("--ignore", metavar="STATE,…", default="",
              help="States that do not count for the exit code, such as pending,future.")  # fmt: skip
@click.option("--format", "shape", type=click.Choice(FORMATS), default="text", show_default=True,
              help="For people, machines, GitHub annotations or test reports.")  # fmt: skip
@connected
def command(invocation: Invocation, *, exit_zero: bool, ignore: str, shape: str) -> ExitCode:
    """Say where an environment stands: history and drift.

    Compares the scripts with the history table, and the live tables with what the applied scripts build. Reads only,
    needs no lock, and works before the first upgrade.
    """
    from osem_migrate.cli.documents import status_document  # noqa: PLC0415 - pydantic only when a command runs

    if invocation.as_json and shape in {"github", "junit"}:
        raise UsageError(f"--json and --format {shape} contradict each other")
    invocation.as_json = invocation.as_json or shape == "json"
    ignored = _ignored(ignore)
    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    status = migrator.status()
    code = ExitCode.OK if exit_zero else status.exit_code(ignored)
    return invocation.finish(status_document(status, ignored), _renderer(status, shape, place(migrator)), code)


def _ignored(words: str) -> frozenset[str]:
    from osem_migrate.planning.status import IGNORABLE  # noqa: PLC0415 - pydantic only when a command runs

    states = frozenset(word.strip() for word in words.split(",") if word.strip())
    unknown = sorted(states - set(IGNORABLE))
    if unknown:
        raise UsageError(f"--ignore: unknown state {', '.join(unknown)} (there are: {', '.join(IGNORABLE)})")
    return states


def _renderer(status: "Status", shape: str, where: str) -> Callable[[], None]:
    if shape not in {"github", "junit"}:
        return lambda: _show(status, where)
    from osem_migrate.cli import reports  # noqa: PLC0415 - only continuous integration needs XML

    report = reports.github(status) if shape == "github" else reports.junit(status)
    return lambda: output.echo(report)


def _show(status: "Status", where: str) -> None:
    for migration in status.migrations:
        kind = {"applied": "done", "pending": "info", "running": "info", "reverted": "info"}.get(
            migration.state, "error"
        )
        at = output.moment(migration.record.finished_at) if migration.record and migration.record.finished_at else ""
        output.line(kind, f"{migration.state.replace('_', ' '):<12} {migration.id}  {output.dim(at)}".rstrip())
    shown = [problem for problem in status.problems if problem.state not in _TO_APPLY]
    for problem in shown:
        output.echo()
        kind = "info" if problem.kind == "pending" else "error"
        output.line(kind, f"{click.style(problem.code, bold=True)} {problem.subject}: {problem.message}")
        for line in problem.remedy.splitlines():
            output.echo(f"    {line}")
    for note in status.notes:
        output.line("info", note)
    output.echo()
    _summarise(status, where)


def _summarise(status: "Status", where: str) -> None:
    applied = status.count(ShownState.APPLIED)
    total = len(status.migrations)
    if status.in_sync:
        indexes = sum(len(live.indexes) for live in status.tables)
        tables = f"{output.counted(len(status.tables), 'table')}, {output.counted(indexes, 'index')}"
        output.line("done", f"{where} is in sync: {applied} of {total} migrations applied, {tables}.")
        return
    found = {kind: sum(problem.kind == kind for problem in status.problems) for kind in ("pending", "history", "drift")}
    parts = [f"{found['pending']} pending"] if found["pending"] else []
    parts += [output.counted(found["history"], "history problem")] if found["history"] else []
    parts += [output.counted(found["drift"], "difference")] if found["drift"] else []
    output.line("warning", f"{where}: {applied} of {total} migrations applied; {', '.join(parts)}.")
    pending = next((problem for problem in status.problems if problem.state in _TO_APPLY), None)
    if pending is not None:
        output.echo(f"{click.style('hint:', fg='cyan')} apply what is pending with: {pending.remedy}")
