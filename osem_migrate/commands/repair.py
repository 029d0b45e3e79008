"""Repair: write the script that undoes drift, as far as a script may; makes no call."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from osem_migrate.arguments import Arguments
from osem_migrate.files.location import shown_path
from osem_migrate.files.writer import write_scripts
from osem_migrate.migration import Migration
from osem_migrate.planning.repair import RepairPlan, plan_repair
from osem_migrate.planning.status.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOptions(Arguments):
    """What to repair: with ``rebuild``, also what has to be rebuilt.

    That is indexes with other keys or another projection, and lost tables, which come back empty.
    """

    rebuild: bool = False


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What a repair does and leaves out, and the path of the script; None where there was nothing to write."""

    repair: RepairPlan
    path: str | None = None


def write_repair(folder: Path, status: Status, migrations: Sequence[Migration], options: RepairOptions) -> RepairResult:
    """Write the next numbered script, which repairs the drift that a migration can repair.

    Raises:
        ScriptError: the folder cannot be written.
    """
    repair = plan_repair(status, migrations, rebuild=options.rebuild)
    if not repair.operations:
        return RepairResult(repair)
    (draft,) = write_scripts(folder, [(repair.title, repair.operations)])
    return RepairResult(repair, shown_path(draft.path))
