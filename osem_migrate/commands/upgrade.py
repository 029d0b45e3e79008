"""Upgrade: apply what is pending, under the lock."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from osem_migrate.advice import command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.drops import look_at_drops
from osem_migrate.deployment.item_passes import look_at_passes
from osem_migrate.deployment.locked import LockOptions
from osem_migrate.deployment.ownership import refuse_foreign
from osem_migrate.errors import ArgumentInvalid
from osem_migrate.execution.adoption import foresee
from osem_migrate.execution.foresight import with_drift
from osem_migrate.execution.operation_run import Pace
from osem_migrate.execution.runner import RunOptions, run
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning.check_items import checking_items, going_on_with_checks
from osem_migrate.planning.fold import fold
from osem_migrate.planning.history_check import found_newer
from osem_migrate.planning.ownership import claimed_tables, dropped_tables
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.replay import blaming
from osem_migrate.planning.upgrade import make_plan


@dataclass(frozen=True, slots=True)
class UpgradeOptions(RunOptions):
    """What to apply, and how.

    Attributes:
        target: the last version to apply; all when None.
        fold: whether index additions move into the CreateTable of the same run; as configured when None.
        allow_out_of_order: apply scripts older than the newest applied one, too.
        check_items: before each index that is added to a table with items, look at these as ``AddIndex`` with
            ``check_items`` does.
        strict: refuse where a newer checkout has applied migrations that this one does not have.
    """

    target: str | None = None
    _: KW_ONLY
    fold: bool | None = None
    allow_out_of_order: bool = False
    check_items: bool = False
    strict: bool = False

    def __post_init__(self) -> None:
        """Raise ArgumentInvalid where items are to be checked by a run that checks none."""
        RunOptions.__post_init__(self)
        if self.check_items and self.pace is not Pace.FULL:
            raise ArgumentInvalid(
                "UpgradeOptions: check_items takes a run that waits for what it begins", argument="check_items"
            )

    def given(self) -> dict[str, object]:
        """The options of the command line; none that confirms anything, nor a time limit that may have run out."""
        return {
            "--to": self.target,
            "--fold": self.fold is True,
            "--no-fold": self.fold is False,
            "--no-wait": self.pace is Pace.NO_WAIT,
            "--wait-only": self.pace is Pace.WAIT_ONLY,
            "--allow-out-of-order": self.allow_out_of_order,
            "--check-items": self.check_items,
            "--strict": self.strict,
            "--item-rate": self.item_rate,
            **LockOptions.given(self),
        }

    def resume(self, *more: str) -> str:
        """``osem-migrate upgrade --to VERSION``, and whatever else was given."""
        return command("upgrade", *more, given=self.given())


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """What an upgrade did.

    Attributes:
        applied: ids of the migrations it applied, in order; none when there was nothing to do.
        plan: what it set out to do.
        in_progress: ids of those that DynamoDB is still working on, where it did not wait.
        at_passes: ids of the others of which a pass over items is next, which takes an upgrade that waits.
    """

    applied: tuple[str, ...]
    plan: Plan
    in_progress: tuple[str, ...] = ()
    at_passes: tuple[str, ...] = ()


def plan_upgrade(deployment: Deployment, migrations: Sequence[Migration], options: UpgradeOptions) -> Plan:
    """What is pending up to the target; reads the history, looks at the tables that would be dropped, writes nothing.

    Raises:
        HistoryError: what was recorded and the scripts contradict each other.
        ScriptOperationInapplicable: the scripts do not fit together.
        TableNotOurs: another application recorded a table that it would take over or drop.
        OwnerUnknown: whether one did may not be read.
        DeletionProtected: a table that would be dropped is protected.
    """
    return _plan(deployment, migrations, options)[0]


def preview_upgrade(deployment: Deployment, migrations: Sequence[Migration], options: UpgradeOptions) -> Plan:
    """What an upgrade would carry out: the plan without what a first run adopts; reads only.

    Raises:
        AdoptionMismatch: tables that are there already are not what the scripts make, and upgrade would refuse.
        OsemMigrateError: what ``plan_upgrade`` raises.
    """
    plan = options.plan if options.plan is not None else plan_upgrade(deployment, migrations, options)
    plan = foresee(deployment, plan, lambda: plan_upgrade(deployment, migrations, options))
    return with_drift(deployment, plan)


def upgrade(deployment: Deployment, migrations: Sequence[Migration], options: UpgradeOptions) -> UpgradeResult:
    """Apply what is pending; does nothing, and takes no lock, where nothing is.

    Raises:
        ConfirmationRequired: the plan loses data and nobody has confirmed it.
        PartialError: it stopped after something was changed.
        OsemMigrateError: it stopped before anything was changed.
    """
    plan, outcome = run(deployment, lambda: _plan(deployment, migrations, options), options)
    return UpgradeResult(outcome.finished, plan, outcome.in_progress, outcome.at_passes)


def losses(deployment: Deployment, plan: Plan) -> list[LiveTable]:
    """The live tables of which a plan drops something, with their item counts and sizes."""
    hurt = {hazard.table for hazard in plan.hazards}
    return deployment.gateway.describe_all(dict.fromkeys(sorted(hurt), ()))


def _plan(deployment: Deployment, migrations: Sequence[Migration], options: UpgradeOptions) -> tuple[Plan, History]:
    environment = deployment.environment
    deployment.check_account()
    history = deployment.history.read()
    plan = make_plan(
        migrations,
        history,
        defaults=environment.defaults,
        target=options.target,
        allow_out_of_order=options.allow_out_of_order,
    )
    if plan.future and options.strict:
        raise found_newer(plan.future)
    owners = refuse_foreign(deployment, migrations, claimed_tables(plan), history, dropped=dropped_tables(plan))
    plan = replace(plan, notes=owners.notes)
    for planned in plan.operations:
        with blaming(planned.migration, planned.position):
            environment.physical_name(planned.table)
    plan = going_on_with_checks(plan, history.records)
    if options.check_items:
        plan = checking_items(plan)
    if options.pace is not Pace.WAIT_ONLY:
        plan = look_at_drops(deployment, plan, history, again=options.resume())
        plan = look_at_passes(deployment, plan, options.item_rate)
    decided = (options.fold, environment.settings.fold_indexes, False)
    folds = next(one for one in decided if one is not None)
    return fold(plan) if folds else plan, history
