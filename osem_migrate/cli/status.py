"""``osem-migrate status``: where an environment stands, for people and for CI."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import connected, refuse_together
from osem_migrate.errors import ExitCode, UsageError
from osem_migrate.history import ShownState

if TYPE_CHECKING:
    from collections.abc import Collection

    from osem_migrate.commands.repair import RepairResult
    from osem_migrate.history import Record
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.status.status import Problem, Status

FORMATS = ("text", "json", "github", "junit")

_TO_APPLY = {"pending", "reverted"}  # what the next upgrade applies: listed, and explained once for all


@click.command("status", epilog="Exit codes: 0 in sync, 3 pending, 4 history problem, 5 drift; the largest wins.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option("--ignore", metavar="STATE,…", default="",
              help="States that do not count for the exit code: drift, pending, reverted, running, failed, "
              "interrupted, out_of_order, missing, changed, future, newer_tool.")  # fmt: skip
@click.option("--format", "shape", type=click.Choice(FORMATS), default="text", show_default=True,
              help="For people, machines, GitHub annotations or test reports.")  # fmt: skip
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
    document, render = status_document(status, ignored), _renderer(status, shape, migrator, hint=not write_repair)
    if not write_repair:
        return invocation.finish(document, render, code)
    written = migrator.write_repair(status, RepairOptions(rebuild=rebuild))

    def show() -> None:
        render()
        _show_repair(written)

    return invocation.finish({**document, "repair": repair_document(written)}, show, code)


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
        raise UsageError(f"--ignore: unknown state {', '.join(unknown)} (there are: {', '.join(IGNORABLE)})")
    return states


def _renderer(status: "Status", shape: str, migrator: "Migrator", *, hint: bool) -> Callable[[], None]:
    if shape not in {"github", "junit"}:
        return lambda: _show(status, migrator, hint=hint)
    from osem_migrate.cli import reports

    report = reports.github(status) if shape == "github" else reports.junit(status)
    return lambda: output.echo(report)


def _show(status: "Status", migrator: "Migrator", *, hint: bool) -> None:
    for migration in status.migrations:
        kind = {"applied": "done", "pending": "info", "running": "info", "reverted": "info"}.get(
            migration.state, "error"
        )
        at = output.moment(migration.record.finished_at) if migration.record and migration.record.finished_at else ""
        output.line(kind, f"{migration.state.replace('_', ' '):<12} {migration.id}  {output.dim(at)}".rstrip())
    for problem in (*status.problems, *status.remarks):
        if problem.state in _TO_APPLY and "\n" not in problem.remedy:
            continue
        output.echo()
        output.line(problem.severity, f"{click.style(problem.code, bold=True)} {problem.subject}: {problem.message}")
        for line in problem.advice.splitlines():
            output.echo(f"    {line}")
    for note in status.notes:
        output.line("info", note)
    output.echo()
    _summarise(status, place(migrator))
    _give_hints(status, repair=hint)


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


def _give_hints(status: "Status", *, repair: bool) -> None:
    simple = (problem for problem in status.problems if problem.state in _TO_APPLY and "\n" not in problem.advice)
    pending = next(simple, None)
    if pending is not None:
        _hint(f"apply what is pending with: {pending.advice}")
    if repair and status.is_repairable:
        _hint(f"write a script that repairs what a script can: {advice.command('status', '--write-repair')}")


def _show_repair(written: "RepairResult") -> None:
    from osem_migrate.planning.repair import UNASKED

    for table, reason in written.repair.left_out:
        output.line("warning", f"{table} is not repaired: {reason}.")
    if written.path is not None:
        output.line("done", f"{written.path} repairs what has drifted.")
        for operation in written.repair.operations:
            output.echo(f"    {operation.describe()}")
        _hint(f"read it, then carry it out with: {advice.command('upgrade')}")
    elif not written.repair.left_out:
        output.line("info", "There is nothing to repair.")
    if any(reason.endswith(UNASKED) for _, reason in written.repair.left_out):
        _hint(f"rebuild it, too, with: {advice.command('status', '--write-repair', '--rebuild')}")


def _hint(text: str) -> None:
    output.echo(f"{click.style('hint:', fg='cyan')} {text}")


def status_document(status: "Status", ignored: "Collection[str]") -> Document:
    """The answer of ``status``."""
    return {
        "in_sync": status.in_sync,
        "exit_code": int(status.exit_code(ignored)),
        "migrations": [
            {
                "id": migration.id,
                "state": migration.state.value,
                "summary": migration.summary,
                "file": migration.file,
                "record": _record_document(migration.record) if migration.record is not None else None,
            }
            for migration in status.migrations
        ],
        "problems": [_problem_document(problem) for problem in status.problems],
        "remarks": [_problem_document(remark) for remark in status.remarks],
        "notes": list(status.notes),
    }


def repair_document(written: "RepairResult") -> Document:
    """The answer of ``status --write-repair``; ``path`` is None where nothing was written."""
    return {
        "path": written.path,
        "operations": [operation.describe() for operation in written.repair.operations],
        "left_out": [{"table": table, "reason": reason} for table, reason in written.repair.left_out],
    }


def _problem_document(problem: "Problem") -> Document:
    return {
        "code": problem.code,
        "kind": problem.kind.value,
        "severity": problem.severity.value,
        "state": problem.state,
        "subject": problem.subject,
        "message": problem.message,
        "remedy": problem.advice,
        "expected": problem.expected,
        "found": problem.found,
        "file": problem.file,
        "line": problem.line,
    }


def _record_document(record: "Record") -> Document:
    return {
        "state": record.state.value,
        "operations_done": record.operations_done,
        "operations_total": record.operations_total,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "applied_by": record.applied_by,
        "tool_version": record.tool_version,
        "checksum": record.checksum,
        "error": {"code": record.error.code, "message": record.error.message} if record.error is not None else None,
    }
