"""Where a pass over items stands, and what to type next, as text."""

from typing import TYPE_CHECKING

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.errors import OsemMigrateError
from osem_migrate.listing import in_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from osem_migrate.cli.invocation import Invocation
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.items import PassStatus

_SIGNS = {"running": "info", "paused": "warning", "done": "done", "abandoned": "info"}


def unfinished(invocation: "Invocation", migrator: "Migrator", *, watch: bool = True) -> "Sequence[PassStatus]":
    """The passes that are not over; none, with a warning, where that cannot be read."""
    from osem_migrate.commands.items import UnfinishedPassesOptions

    try:
        return migrator.unfinished_passes(UnfinishedPassesOptions(watch=watch))
    except OsemMigrateError as error:
        invocation.warn([f"Whether a pass over items is unfinished is not known: {error.message}"])
        return ()


def show_unfinished(passes: "Sequence[PassStatus]") -> None:
    """How each of them stands, and what to type next."""
    from osem_migrate.planning.pass_advice import pass_advice, pass_stands

    for status in passes:
        stands = pass_stands(status)
        output.line(_SIGNS.get(status.condition, "warning"), f"{stands[0].upper()}{stands[1:]}.")
        show_advice(pass_advice(status))


def pass_name(status: "PassStatus") -> str:
    """``0002_full_name, UpdateItems Users full_name``."""
    return f"{status.key.migration}, {status.operation or f'operation {status.key.position + 1}'}"


def show_pass(status: "PassStatus", *, brief: bool) -> None:
    """A line, and a table below it."""
    condition = status.condition.value
    reverse = f" ({status.key.direction})" if status.key.direction != "upgrade" else ""
    output.line(_SIGNS.get(condition, "error"), f"{condition:<14} {pass_name(status)}{reverse}")
    if not brief:
        output.table(list(_rows(status)), indent="    ")
        _show_next(status)


def _rows(status: "PassStatus") -> "Iterator[tuple[str, str]]":
    from osem_migrate.live_table import size_text

    if status.physical_name is not None:
        yield "table", status.physical_name
    scan = f" of scan {status.scan} that looks whether anything is left to change" if status.scan else ""
    yield "segments", f"{status.segments_done:,} of {status.state.generation.segments:,} done{scan}"
    of_items = f" of about {status.expected:,}" if status.expected is not None else ""
    noun = "item" if status.examined == 1 and not of_items else "items"
    yield "examined", f"{status.examined:,}{of_items} {noun}"
    if status.bytes_examined is not None and status.size_bytes:
        by_count = "by a count of DynamoDB's that may be six hours old"
        yield "bytes", f"about {size_text(status.bytes_examined)} of {size_text(status.size_bytes)}, {by_count}"
    short = " at least: what was written in the last seconds before a kill is not counted" if status.is_short else ""
    yield "changed", f"{status.changed:,}{short}"
    yield "failures", f"{len(status.state.failures):,}"
    yield from _speed(status)


def _speed(status: "PassStatus") -> "Iterator[tuple[str, str]]":
    """What was asked for, what is kept, and how long it takes."""
    control, report = status.state.control, status.state.report
    if control.rate is not None and control.rate_said is not None:
        by = f"set by {control.rate_said.by} at {output.moment(control.rate_said.at)}"
        yield "rate", f"{control.rate:,} units/s, {by}"
    elif status.is_attended and report is not None:
        yield "rate", f"{report.rate:,.0f} units/s" if report.rate is not None else "not limited"
    if status.is_attended and report is not None:
        from osem_migrate.cli.pass_text import speed

        yield "kept", f"{speed(report.read, report.written)}, {report.items:,.0f} items/s"
        unknown = "paused" if status.is_paused else "not known yet"
        yield "time left", f"about {output.roughly(status.left)}" if status.left is not None else unknown


def _show_next(status: "PassStatus") -> None:
    """Why it stands so, and what to type."""
    from osem_migrate.planning.pass_advice import pass_steps

    if status.condition.is_over:
        if status.state.failures:
            show_advice(f"See what failed with: {advice.command('items', 'failures')}")
        return
    paused = status.state.control.pause_said if status.is_paused else None
    if paused is not None:
        output.echo(f"    Paused by {paused.by} at {output.moment(paused.at)}.")
    error = status.record.error if status.record is not None and not status.is_attended else None
    if error is not None:
        text, parts = in_lines(f"{error.code}: {error.message}", error.parts)
        output.echo(f"    {text}", hang=4)
        output.bullets(parts)
    if not status.is_attended:
        output.echo("    No run is at work on it.")
    show_advice(pass_steps(status))


def show_advice(text: str) -> None:
    """Each of its lines, below what it is about."""
    for line in text.splitlines():
        output.echo(f"    {line}", hang=4)
