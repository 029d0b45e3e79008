"""Resolve: record what somebody says of a migration, once the live tables have confirmed it."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING

from osem_migrate.advice import AGAIN, command
from osem_migrate.commands.resolved_record import resolved_entry, resolved_record, state_before
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.locked import LockOptions, held
from osem_migrate.deployment.ownership import refuse_foreign
from osem_migrate.deployment.passes import newest_passes
from osem_migrate.deployment.renamed_passes import clear_left_behind, left_behind
from osem_migrate.errors import ConfirmationRequired, DriftFound, ResolutionRefused
from osem_migrate.history import History, Record
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning.drift.diff import diff, overlooking
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.resolution import AcceptableStates, Decision, Resolution, ResolveContext
from osem_migrate.planning.resolve import decide
from osem_migrate.planning.resolved_passes import ResolvedPass
from osem_migrate.planning.status.problem import NoteCode

if TYPE_CHECKING:
    from osem_migrate.details import DifferenceDocument


@dataclass(frozen=True, slots=True)
class ResolveOptions(LockOptions):
    """What somebody says of a migration.

    Attributes:
        version: its number or its id.
        resolution: what is to be recorded.
        reason: why, for the log.
        verify: whether the live tables must confirm it.
        allow_data_loss: delete what is recorded where nobody can read it and its script is gone.
    """

    version: str
    resolution: Resolution
    _: KW_ONLY
    reason: str | None = None
    verify: bool = True
    allow_data_loss: bool = False

    def resume(self, *more: str) -> str:
        """The same command again; none that confirms anything, unless ``more`` does."""
        given = {"--no-verify": not self.verify, "--reason": self.reason, **self.given()}
        return command("resolve", self.version, f"--{self.resolution}", *more, given=given)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveResult:
    """What became of it.

    Attributes:
        migration: its id.
        resolution: what was said.
        renamed_from: the name under which it was recorded; None where it keeps its name.
        before: the recorded state before; ``pending`` where there was none, ``unreadable`` where nobody can say.
        record: what is recorded now; None where nothing is, also because it was deleted.
        recorded: False when the history said so already, and nothing was written.
        tables: physical names of the tables that confirmed it.
        passes: its passes over items, as they stood before, and what becomes of them; nobody has looked at any item.
    """

    migration: str
    resolution: Resolution
    before: str
    record: Record | None
    recorded: bool
    tables: tuple[str, ...] = ()
    passes: tuple[ResolvedPass, ...] = ()
    renamed_from: str | None = None

    @property
    def after(self) -> str:
        """The state that is recorded now; what was said where the record is gone with it."""
        if self.record is not None:
            return self.record.state.value
        return self.resolution.value if self.recorded else self.before


def resolve(deployment: Deployment, migrations: Sequence[Migration], options: ResolveOptions) -> ResolveResult:
    """Set right what the history says of one migration, under the lock, once the live tables have confirmed it.

    Where there is nothing to record, it writes nothing and takes no lock.

    Raises:
        DriftFound: the live tables say otherwise, and nothing was written.
        ResolutionRefused: the history would contradict itself, or nobody can know what has to be live.
        TargetUnknown: there is no such version.
        ConfirmationRequired: what is recorded would be deleted, as nobody can read it and its script is gone.
    """
    deployment.check_account()
    history, decision = _decide(deployment, migrations, options)
    is_moving = decision.resolution is Resolution.RENAMED
    if not decision.needed and not (is_moving and left_behind(deployment, migrations, history, decision.migration)):
        return _nothing(decision)
    if not history.exists:
        # Nobody is at work yet, and not even the history table should come of a mistake.
        _confirm(deployment, migrations, history, decision, options)
    actor = deployment.actor()
    with held(deployment, actor, options, exists=history.exists) as lease:
        # A run may have ended while we waited for the lock.
        history, decision = _decide(deployment, migrations, options)
        if not decision.needed:
            if is_moving:
                clear_left_behind(deployment, migrations, decision.migration, lease)
            return _nothing(decision)
        live_tables = _confirm(deployment, migrations, history, decision, options)
        tables = tuple(live.physical_name for live in live_tables)
        passes = _passes(deployment, migrations, history, decision)
        options.check_stop()
        entry = resolved_entry(deployment, decision, actor, tables, reason=options.reason, verified=options.verify)
        if decision.forgets:
            record = None
            deployment.history.erase(lease, decision.migration, entry)
        else:
            record = resolved_record(deployment, decision, actor, lease, live_tables)
            if decision.renamed_from is not None:
                deployment.history.rename(lease, decision.renamed_from, record, entry)
                clear_left_behind(deployment, migrations, decision.migration, lease)
            else:
                deployment.history.write(lease, [(entry, record)])
    return replace(_nothing(decision), record=record, recorded=True, tables=tables, passes=passes)


def _passes(
    deployment: Deployment, migrations: Sequence[Migration], history: History, decision: Decision
) -> tuple[ResolvedPass, ...]:
    """Those of the migration, under its name from now on: the lock is ours, so nobody is at work on them."""
    recorded = decision.renamed_from or decision.migration
    scripts = [replace(one, id=recorded) if one.id == decision.migration else one for one in migrations]
    found = newest_passes(deployment, scripts, history, recorded)
    operations = dict(enumerate(decision.script.operations)) if decision.script is not None else {}
    declared = {position for position, operation in operations.items() if operation.checking_items() is None}
    return tuple(
        ResolvedPass(
            status=replace(one, key=replace(one.key, migration=decision.migration)),
            resolution=decision.resolution,
            is_declared=one.key.position in declared,
        )
        for one in found
    )


def _decide(
    deployment: Deployment, migrations: Sequence[Migration], options: ResolveOptions
) -> tuple[History, Decision]:
    history = deployment.history.look()
    past = ResolveContext(
        migrations=migrations,
        history=history,
        defaults=deployment.environment.defaults,
    )
    decision = decide(past, options.version, options.resolution)
    if options.verify and decision.unknowable is not None:
        unverified = _unverified(decision, options)
        raise ResolutionRefused(
            decision.unknowable,
            remediation=f"Restore the script from version control, or record it unchecked with: {unverified}",
            migration=decision.migration,
        )
    if decision.forgets and decision.needed and not options.allow_data_loss:
        lost = f"what is recorded of {decision.migration} is lost: it cannot be read, and its script is gone"
        how = ConfirmationRequired.how(command("status"), options.resume("--yes"))
        raise ConfirmationRequired("a record would be deleted", parts=[lost], remediation=how, hazards=[lost])
    return history, decision


def _confirm(
    deployment: Deployment,
    migrations: Sequence[Migration],
    history: History,
    decision: Decision,
    options: ResolveOptions,
) -> Sequence[LiveTable]:
    """The tables that were looked at; raises DriftFound where they say otherwise."""
    if not options.verify:
        return ()
    if decision.resolution is Resolution.APPLIED:
        refuse_foreign(deployment, migrations, decision.tables.keys(), history)
    kinds = {
        name: {type(setting) for state in table.states if state is not None for setting in state.settings}
        for name, table in decision.tables.items()
    }
    live_tables = deployment.gateway.describe_all(kinds)
    differences = [one for live in live_tables for one in _differences(deployment, live, decision.tables[live.name])]
    if not differences:
        return live_tables
    upgrade = command("upgrade")
    hints = {
        Resolution.APPLIED: f"Let upgrade finish it: {upgrade}",
        Resolution.REVERTED: f"Remove by hand what is left of it, then {AGAIN}.",
        Resolution.ACCEPT_CHECKSUM: f"Make the script declare what is there, then {AGAIN}.",
        Resolution.RENAMED: f"Give the script its old name again: the order in which scripts change a table counts. "
        f"Where a table has not settled, wait for it, then {AGAIN}.",
    }
    raise DriftFound(
        f"the live tables do not confirm that {decision.migration} is {_claim(decision)}",
        parts=[f"{one['physical_name']}: {one['message']}" for one in differences],
        remediation=f"{hints[decision.resolution]}\nOr record it unchecked with: {_unverified(decision, options)}",
        migration=decision.migration,
        differences=differences,
    )


def _differences(deployment: Deployment, live: LiveTable, acceptable: AcceptableStates) -> "list[DifferenceDocument]":
    """What keeps a table from being as it has to be; empty when nothing does."""
    name = live.physical_name
    if live.busy:
        return [_unsettled(name, subject, phase) for subject, phase in live.busy.items()]
    found = []
    live = deployment.gateway.learn(live, acceptable.states)
    for state in acceptable.states:
        seen = overlooking(live, state, acceptable.ahead)
        differences = (*diff(seen, state), *doubts(live, state))
        found.append([difference.document(name) for difference in differences])
    # Of two states that are both right, the likelier one is the one to speak of.
    return found[0] if all(found) else []


def _unsettled(physical_name: str, subject: str, phase: str) -> "DifferenceDocument":
    message = f"{subject} has not settled: it is {phase}"
    return {"physical_name": physical_name, "code": NoteCode.IN_PROGRESS, "message": message}


def _unverified(decision: Decision, options: ResolveOptions) -> str:
    """The command that asks no table."""
    return replace(options, version=decision.migration, verify=False).resume()


def _claim(decision: Decision) -> str:
    """What the tables would have to say of the migration."""
    if decision.resolution is Resolution.ACCEPT_CHECKSUM:
        return "what its script declares now"
    if decision.resolution is Resolution.RENAMED:
        return f"what {decision.renamed_from} was"
    return str(decision.resolution)


def _nothing(decision: Decision) -> ResolveResult:
    return ResolveResult(
        migration=decision.migration,
        resolution=decision.resolution,
        before=state_before(decision),
        record=decision.earlier,
        recorded=False,
        renamed_from=decision.renamed_from,
    )
