"""Downgrade: reverse the newest migrations, under the lock."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from osem_migrate.advice import command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.drops import look_at_drops
from osem_migrate.deployment.item_passes import look_at_passes
from osem_migrate.deployment.locked import LockOptions
from osem_migrate.deployment.ownership import refuse_foreign
from osem_migrate.errors import UsageError
from osem_migrate.execution.runner import RunOptions, run
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning.downgrade import make_downgrade, target_of
from osem_migrate.planning.ownership import claimed_tables, dropped_tables
from osem_migrate.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class DowngradeOptions(RunOptions):
    """What to reverse; exactly one of the two is needed.

    Attributes:
        target: the version above which everything is reversed; "0" keeps none.
        steps: how many of the newest migrations are reversed.
    """

    target: str | None = None
    _: KW_ONLY
    steps: int | None = None

    def __post_init__(self) -> None:
        """Raise UsageError unless exactly one says how far, and ArgumentInvalid for a field of another type."""
        RunOptions.__post_init__(self)  # the zero-argument super() is not that of a class with slots
        if (self.target is None) == (self.steps is None):
            raise UsageError("either target or steps says how far to go back, and only one of them")

    def given(self) -> dict[str, object]:
        """The options of the command line; none that confirms anything, nor a time limit that may have run out."""
        return {"--to": self.target, "--steps": self.steps, "--item-rate": self.item_rate, **LockOptions.given(self)}

    def resume(self, *more: str) -> str:
        """``osem-migrate downgrade --to VERSION``, and whatever else was given."""
        return command("downgrade", *more, given=self.given())

    def with_plan(self, plan: Plan) -> "DowngradeOptions":
        """The same down to the target of a plan: a second run after so many steps would go further."""
        return replace(self, plan=plan, target=plan.target, steps=None)


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
    if options.steps is not None:
        options = options.with_plan(options.plan or plan_downgrade(deployment, migrations, options))
    plan, outcome = run(deployment, lambda: _plan(deployment, migrations, options), options)
    return DowngradeResult(outcome.finished, plan)


def _plan(deployment: Deployment, migrations: Sequence[Migration], options: DowngradeOptions) -> tuple[Plan, History]:
    deployment.check_account()
    history = deployment.history.read()
    target = options.target or target_of(migrations, history, options.steps or 0)
    plan = make_downgrade(migrations, history, target, defaults=deployment.environment.defaults)
    owners = refuse_foreign(deployment, migrations, claimed_tables(plan), history, dropped=dropped_tables(plan))
    plan = replace(plan, notes=owners.notes)
    plan = look_at_drops(deployment, plan, history, again=options.with_plan(plan).resume())
    return look_at_passes(deployment, plan, options.item_rate), history
