"""``osem-migrate status``: where an environment stands, for people and for CI."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import Choice, connected, refuse_together
from osem_migrate.errors import ExitCode, UsageError
from osem_migrate.history import ShownState
from osem_migrate.listing import in_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from osem_migrate.commands.repair import RepairResult
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.status.status import MigrationStatus, Problem, Status

FORMATS = ("text", "json", "github", "junit")

_TO_APPLY = {"pending", "reverted"}  # what the next upgrade applies: listed, and explained once for all
_SIGNS = {"applied": "done", "pending": "info", "running": "info", "reverted": "info"}


@click.command("status", epilog="Exit codes: 0 in sync, 3 pending, 4 history problem, 5 drift; the largest wins.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option("--ignore", metavar="STATE,…", default="",
              help="States that do not count for the exit code: drift, pending, reverted, running, failed, "
              "interrupted, out_of_order, missing, changed, future, unreadable, newer_tool.")  # fmt: skip
@click.option("--format", "shape", type=Choice(FORMATS), default="text", show_default=True, metavar="FORMAT",
              help="text for people, json for machines, github for annotations, junit for test reports.")  # fmt: skip
@click.option("--strict", is_flag=True,
              help="Count every setting that is on in AWS but in no script as drift, such as a stream.")  # fmt: skip
@click.option("--write-repair", is_flag=True,
              help="Write the next numbered script, which undoes drift: lost indexes, settings, billing.")  # fmt: skip
@click.option("--rebuild", is_flag=True,
              help="With --write-repair: also rebuild indexes with other keys or projection, and lost "
              "tables, which come back empty.")  # fmt: skip
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    exit_zero: bool,
    ignore: str,
    shape: str,
    strict: bool,
    write_repair: bool,
    rebuild: bool,
) -> ExitCode:
    """Say where an environment stands: history and drift.

    Compares the scripts with the history table, and the live tables with what the applied scripts build. Reads only,
    needs no lock, and works before the first upgrade. Each finding comes with what to type next. What is in progress
    or undeclared is reported, but is not a problem.

    --write-repair writes a script, and nothing to AWS; upgrade carries it out. Undeclared tables and indexes are left
    alone. In environments that have not drifted, the script changes nothing.
    """
    from osem_migrate.commands.repair import RepairOptions
    from osem_migrate.commands.status import StatusOptions

    _check_options(invocation, shape, write_repair=write_repair, rebuild=rebuild)
    invocation.as_json = invocation.as_json or shape == "json"
    ignored = _ignored(ignore)
    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    status = migrator.status(StatusOptions(strict=strict))
    code = ExitCode.OK if exit_zero else status.exit_code(ignored)
    render = _renderer(status, shape, migrator, invocation, hint=not write_repair)
    if not write_repair:
        return invocation.finish(lambda: _document(status, ignored), render, code)
    written = migrator.write_repair(status, RepairOptions(rebuild=rebuild))

    def show() -> None:
        render()
        _show_repair(written)

    return invocation.finish(lambda: _document(status, ignored, written), show, code)


def _document(status: "Status", ignored: "Collection[str]", written: "RepairResult | None" = None) -> Document:
    from osem_migrate.cli.documents.status import status_document

    return status_document(status, ignored, written)


def _check_options(invocation: Invocation, shape: str, *, write_repair: bool, rebuild: bool) -> None:
    report = shape if shape in {"github", "junit"} else None
    refuse_together(json=invocation.as_json, format=report)
    refuse_together(write_repair=write_repair, format=report)
    if rebuild and not write_repair:
        raise UsageError("--rebuild needs --write-repair")


def _ignored(words: str) -> frozenset[str]:
    from osem_migrate.planning.status.status import IGNORABLE

    states = frozenset(word.strip() for word in words.split(",") if word.strip())
    unknown = sorted(states - set(IGNORABLE))
    if unknown:
        near = advice.did_you_mean(unknown[0], IGNORABLE)
        raise UsageError(f"--ignore: unknown state {', '.join(unknown)}{near} (there are: {', '.join(IGNORABLE)})")
    return states


def _renderer(
    status: "Status", shape: str, migrator: "Migrator", invocation: Invocation, *, hint: bool
) -> Callable[[], None]:
    if shape not in {"github", "junit"}:
        return lambda: _show(status, migrator, hint=hint, brief=invocation.verbosity < 0)
    from osem_migrate.cli import reports

    report = reports.github(status) if shape == "github" else reports.junit(status)
    return lambda: output.verbatim(report)


def _show(status: "Status", migrator: "Migrator", *, hint: bool, brief: bool) -> None:
    """Each migration and each finding once, and each advice once; ``brief`` is without advice and what is all right."""
    told: set[str] = set()
    others = _show_migrations(status, told, brief=brief)
    for problem in (*others, *(() if brief else status.remarks)):
        if not brief:
            output.echo()
        output.line(problem.severity, f"{click.style(problem.code, bold=True)} {problem.subject}: {problem.message}")
        _advise(problem, told, brief=brief)
    for note in () if brief else status.notes:
        output.line("info", note)
    if not brief:
        output.echo()
    _summarise(status, place(migrator))
    if not brief:
        _give_hints(status, migrator, repair=hint)


def _show_migrations(status: "Status", told: set[str], *, brief: bool) -> list["Problem"]:
    """A line each, with what is the matter and what to do; gives the problems that are not about one state of one."""
    states = {(migration.id, migration.state.value) for migration in status.migrations}
    of_states = {p.subject: p for p in status.problems if (p.subject, p.state) in states}
    said = Counter(problem.message for problem in of_states.values() if not _is_simple(problem))
    for migration in status.migrations:
        problem = of_states.get(migration.id)
        if brief and (problem is None or problem.state in _TO_APPLY):
            continue
        kind = _SIGNS.get(migration.state, "error")
        name = f"{migration.state.replace('_', ' '):<12} {migration.id}"
        if problem is None or said[problem.message] != 1:
            output.line(kind, f"{name}  {output.dim(_when(migration))}".rstrip())
            continue
        message, parts = in_lines(problem.message, problem.parts)
        what = message.removeprefix(f"{migration.state.value} ")
        when = ", ".join(filter(None, (_when(migration), problem.code)))
        output.line(kind, f"{name}  {what} {output.dim(f'({when})')}")
        output.bullets(() if brief else parts)
        _advise(problem, told, brief=brief)
    shared = {problem.message: problem for problem in of_states.values() if said[problem.message] > 1}
    for problem in shared.values():
        output.line(_SIGNS.get(problem.state, "error"), f"{click.style(problem.code, bold=True)}: {problem.message}")
        _advise(problem, told, brief=brief)
    return [problem for problem in status.problems if of_states.get(problem.subject) is not problem]


def _when(migration: "MigrationStatus") -> str:
    """When it was applied, or since when it is at what it is."""
    record = migration.record
    if record is None or record.started_at is None:
        return ""
    if record.finished_at is not None:
        return output.moment(record.finished_at)
    return f"since {output.moment(record.started_at)}"


def _is_simple(problem: "Problem") -> bool:
    """Whether it is only still to be applied, which one hint says for all."""
    return problem.state in _TO_APPLY and "\n" not in problem.advice


def _advise(problem: "Problem", told: set[str], *, brief: bool) -> None:
    if brief or problem.advice in told:
        return
    told.add(problem.advice)
    for line in problem.advice.splitlines():
        output.echo(f"    {line}")


def _summarise(status: "Status", where: str) -> None:
    applied = status.count(ShownState.APPLIED)
    total = len(status.migrations)
    if status.in_sync:
        expected = [live for live in status.tables if live.name in status.expectation.schema.tables]
        indexes = sum(len(live.indexes) for live in expected)
        tables = f"{output.counted(len(expected), 'table')}, {output.counted(indexes, 'index')}"
        output.line("done", f"{where} is in sync: {applied} of {total} migrations applied, {tables}.")
        return
    found = {kind: sum(problem.kind == kind for problem in status.problems) for kind in ("pending", "history", "drift")}
    parts = [f"{found['pending']} pending"] if found["pending"] else []
    parts += [output.counted(found["history"], "history problem")] if found["history"] else []
    parts += [output.counted(found["drift"], "difference")] if found["drift"] else []
    output.line("warning", f"{where}: {applied} of {total} migrations applied; {', '.join(parts)}.")


def _give_hints(status: "Status", migrator: "Migrator", *, repair: bool) -> None:
    pending = next(filter(_is_simple, status.problems), None)
    if pending is not None:
        output.hint(f"apply what is pending with: {pending.advice}")
    if repair and status.is_repairable and _has_repair(status, migrator):
        output.hint(f"write a script that repairs what a script can: {advice.command('status', '--write-repair')}")


def _has_repair(status: "Status", migrator: "Migrator") -> bool:
    """Whether --write-repair would write a script: what is pending, and fails on the drift, may stand in its way."""
    from osem_migrate.planning.repair import plan_repair

    return bool(plan_repair(status, migrator.migrations, rebuild=True).operations)


def _show_repair(written: "RepairResult") -> None:
    from osem_migrate.cli.plan import table_lines
    from osem_migrate.planning.repair import UNASKED

    for table, reason in written.repair.left_out:
        output.line("warning", f"{table}: not repaired: {reason}.")
    if written.path is not None:
        output.line("done", f"{written.path} repairs {'the rest' if written.repair.left_out else 'what has drifted'}.")
        for table, changes in written.repair.changes.items():
            for text in table_lines(table, changes):
                output.echo(text)
        output.hint(f"read it, then carry it out with: {advice.command('upgrade')}")
    elif not written.repair.left_out:
        output.line("info", "There is nothing to repair.")
    if any(reason.endswith(UNASKED) for _, reason in written.repair.left_out):
        output.hint(f"rebuild it, too, with: {advice.command('status', '--write-repair', '--rebuild')}")
