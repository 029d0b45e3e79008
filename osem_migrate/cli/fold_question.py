"""Whether indexes come with their new tables: asked where a person can answer, and nobody has decided yet."""

import os
import sys
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.planning.fold import saving

if TYPE_CHECKING:
    from osem_migrate.commands.upgrade import UpgradeOptions
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.plan import Plan


def ask_to_fold(plan: "Plan", migrator: "Migrator", options: "UpgradeOptions") -> bool | None:
    """The answer of the person at the terminal; None where nobody is asked, and the configuration holds.

    CI and pipes are never asked, nor about a local engine, where an index takes no time; nor where an option or
    the configuration has decided.
    """
    decided = options.fold is not None or migrator.environment.settings.fold_indexes is not None
    if decided or migrator.session.local or not _can_ask() or saving(plan) is None:
        return None
    # A first run may find the tables there already, and then there is nothing to spare.
    plan = migrator.preview(options)
    spared = saving(plan)
    if spared is None:
        return None
    several = spared.indexes > 1
    come = f"{spared.indexes} indexes come with their new tables" if several else "1 index comes with its new table"
    times = f"{output.usual(plan.estimate)} on AWS, or {output.span(spared.plan.estimate)}"
    output.line(
        "info",
        f"{output.counted(len(plan.migrations), 'migration')} pending: {times} if {come}. The result is the same.",
        err=True,
    )
    return click.confirm("Create tables and indexes together?", default=None, err=True)


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")
