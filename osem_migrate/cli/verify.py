"""``osem-migrate verify``: every table checked against the schema, and on demand tried with a sample item."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import Choice, connected, refuse_together
from osem_migrate.cli.status import FORMATS
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.verify import Verification, VerifyOptions
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.verify import Checklist


@click.command("verify", epilog="Exit codes: 0 every check passed, 5 a check failed.")
@click.option(
    "--contract",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Check against a migration contract, entity by entity, instead of against the scripts.",
)
@click.option("--probe", is_flag=True, help="Write one sample item to each table, query every index, and remove it.")
@click.option("--yes", is_flag=True, help="Needed with --probe in a protected environment.")
@click.option("--format", "shape", type=Choice(FORMATS), default="text", show_default=True, metavar="FORMAT",
              help="text for people, json for machines, github for annotations, junit for test reports.")  # fmt: skip
@connected
def command(invocation: Invocation, *, contract: Path | None, probe: bool, yes: bool, shape: str) -> ExitCode:
    """Check every table, point by point.

    A checklist for each table that the applied scripts build: that it exists and is ACTIVE, its keys, every index with
    its keys and projection and whether it is ready, billing, and each setting that was declared. Tables of an
    unfinished migration are left out, and the output says so. Reads only, needs no lock, and works before the first
    upgrade.

    With --contract, the tables are those of the file, under their names in the environment, and no script is read: that
    each exists and is ACTIVE, its keys and their types, and for every entity the indexes that hold it, with their keys
    and projections. An index beyond the contract is no failure; settings are not checked.

    With --probe, every table that passed is tried: one sample item, marked by the attribute osemMigrateProbe and with a
    key of its own, is written, read back through the table and through every index (waiting up to 30 seconds for
    them), and removed, also after Ctrl-C. No other item is touched. If a probe is killed, the next one removes its item
    once it is two minutes old, because the other probe might still be running. During the probe, queries of the
    application, streams, replicas and autoscaled capacity see the item. "policy --probe" prints what the identity
    needs.
    """
    from osem_migrate.cli.signals import stop_on_signal
    from osem_migrate.commands.verify import VerifyOptions

    refuse_together(json=invocation.as_json, format=shape if shape in {"github", "junit"} else None)
    invocation.as_json = invocation.as_json or shape == "json"
    refuse_together(contract=contract is not None, probe=probe)
    migrator = invocation.migrator()
    if contract is None:
        invocation.warn(migrator.scripts.warnings)
    options = VerifyOptions(contract=contract, probe=probe, allow_protected=yes)
    with stop_on_signal(options.again()) if probe else nullcontext() as stop:
        verification = migrator.verify(replace(options, stop=stop))
    show = _renderer(verification, shape, migrator, options)
    return invocation.finish(lambda: _document(verification), show, verification.exit_code())


def _document(verification: "Verification") -> Document:
    from osem_migrate.cli.documents.verify import verify_document

    return verify_document(verification)


def _renderer(
    verification: "Verification", shape: str, migrator: "Migrator", options: "VerifyOptions"
) -> Callable[[], None]:
    if shape not in {"github", "junit"}:
        return lambda: _show(verification, migrator, options)
    from osem_migrate.cli import reports

    render = reports.verification_github if shape == "github" else reports.verification_junit
    return lambda: output.verbatim(render(verification))


def _show(verification: "Verification", migrator: "Migrator", options: "VerifyOptions") -> None:
    if not verification.tables and options.contract is not None:
        output.line("info", f"{os.path.relpath(options.contract)} has no tables; there is nothing to verify.")
        return
    if not verification.tables:
        output.line("info", f"Nothing is applied to {place(migrator)} yet; there is nothing to verify.")
        return
    for checklist in verification.tables:
        _show_checklist(checklist)
    _summarise(verification, migrator, options)


def _show_checklist(checklist: "Checklist") -> None:
    output.echo(click.style(checklist.subject, bold=True))
    for check in checklist.checks:
        output.line("done" if check.passed else "error", check.describe())
    for note in checklist.notes:
        first, *others = note.splitlines()
        output.line("info", first)
        for other in others:
            output.echo(f"    {other}")
    output.echo()


def _summarise(verification: "Verification", migrator: "Migrator", options: "VerifyOptions") -> None:
    where = place(migrator)
    checked = [checklist for checklist in verification.tables if checklist.was_checked]
    tables = len({checklist.table for checklist in checked})
    left_out = verification.table_count - tables
    checks = [check for checklist in checked for check in checklist.checks]
    failed = [check for check in checks if not check.passed]
    parts = [f"{output.counted(tables, 'table')} checked"]
    parts += [f"{len(verification.probed)} probed"] if options.probe else []
    parts += [f"{left_out} not checked"] if left_out else []
    if not checks:
        output.line("info", f"{where}: {', '.join(parts)}.")
        return
    if not failed:
        output.line("done", f"{where}: {', '.join(parts)}; all {len(checks)} checks passed.")
        return
    output.line("error", f"{where}: {', '.join(parts)}; {len(failed)} of {len(checks)} checks failed.")
    if all(check.of_probe for check in failed):
        hint = f"try once more with: {options.again()}"
    elif options.contract is not None:
        again = advice.command("import", "--from", os.path.relpath(options.contract), "--check")
        hint = f"see in what the scripts and the contract differ with: {again}"
    else:
        hint = f"see what differs, and its remedy, with: {advice.command('status')}"
    output.hint(hint)
