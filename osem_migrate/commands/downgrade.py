"""Downgrade: reverse the newest migrations, under the lock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from osem_migrate.advice import command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.drops import look_at_drops
from osem_migrate.deployment.ownership import refuse_foreign
from osem_migrate.execution.runner import RunOptions, run
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.ownership import claimed_tables, dropped_tables
from osem_migrate.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class DowngradeOptions(RunOptions):
    """What to reverse: every migration above ``target``; "0" keeps none."""

    target: str

    def resume(self, *more: str) -> str:
        """``osem-migrate downgrade --to VERSION``."""
        return command("downgrade", "--to", self.target, *more)


@dataclass(frozen=True, slots=True)
class DowngradeResult:
    """What a downgrade did: ids of the migrations it reverted, newest first; none when there was nothing to do."""

    reverted: tuple[str, ...]
    plan: Plan


def plan_downgrade(deployment: Deployment, migrations: Sequence[Migration], options: DowngradeOptions) -> Plan:
    """What reverses everything above the target; reads the history, looks at the tables that go, and writes nothing.

    Raises:
        HistoryError: what was recorded and the scripts contradict each other.
        ScriptOperationInapplicable: an operation cannot be reversed.
        TableNotOurs: another application recorded a table that it would drop.
        OwnerUnknown: whether one did may not be read.
        DeletionProtected: a table that would be dropped is protected.
    """
    return _plan(deployment, migrations, options)[0]


def downgrade(deployment: Deployment, migrations: Sequence[Migration], options: DowngradeOptions) -> DowngradeResult:
    """Reverse every migration above the target, newest first; the errors are those of an upgrade."""
    plan, outcome = run(deployment, lambda: _plan(deployment, migrations, options), options)
    return DowngradeResult(outcome.finished, plan)


def _plan(deployment: Deployment, migrations: Sequence[Migration], options: DowngradeOptions) -> tuple[Plan, History]:
    deployment.check_account()
    history = deployment.history.read()
    plan = make_downgrade(migrations, history, options.target, defaults=deployment.environment.defaults)
    owners = refuse_foreign(deployment, migrations, claimed_tables(plan), history, dropped=dropped_tables(plan))
    plan = replace(plan, notes=owners.notes)
    return look_at_drops(deployment, plan, history, again=options.resume()), history
