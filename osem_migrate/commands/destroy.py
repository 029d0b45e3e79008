"""Destroy: an environment's managed tables dropped side by side, and its history last, so that it can go on."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from osem_migrate.advice import command
from osem_migrate.aws.gateway import StepAnswer
from osem_migrate.aws.lock import Lease
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.drops import unprotect_commands
from osem_migrate.deployment.locked import LockOptions, held, poller
from osem_migrate.deployment.ownership import owners
from osem_migrate.errors import (
    ConfirmationRequired,
    DeletionProtected,
    DestructionIncomplete,
    EndpointUnreachable,
    EnvironmentProtected,
    OsemMigrateError,
    ResourceNotFound,
    ServiceFailed,
)
from osem_migrate.events import TableDropped, TableLeaving
from osem_migrate.execution.executor import WIDEST
from osem_migrate.execution.operation_run import USUAL_TIMEOUT, mutation
from osem_migrate.execution.scheduler import Task, run_tasks
from osem_migrate.history import LogEntry
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import DropTable, SetDeletionProtection
from osem_migrate.operations.step import Call
from osem_migrate.planning.destroy import Inventory, managed
from osem_migrate.planning.ownership import is_replaced, named_tables
from osem_migrate.schema import Schema
from osem_migrate.stop import Stop

_UNSURE = (EndpointUnreachable, ServiceFailed)  # DynamoDB may have taken the call up before it ended like this


@dataclass(frozen=True, slots=True)
class DestroyResult:
    """What is gone, the history table last, and what was kept: physical names."""

    dropped: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyOptions(LockOptions):
    """How to destroy.

    Attributes:
        allow_data_loss: whether somebody has confirmed that everything is to be lost.
        drop_changed: whether somebody has confirmed that tables go which are not as the scripts built them.
        timeout: seconds that one table may take to go; half an hour when None.
    """

    allow_data_loss: bool = False
    drop_changed: bool = False
    timeout: float | None = None

    def resume(self) -> str:
        """The same command again, without what was confirmed, and without a time limit that may have run out."""
        return command("destroy", given=self.given())


def take_inventory(deployment: Deployment, migrations: Sequence[Migration]) -> Inventory:
    """Look at every table of the environment; reads only.

    Raises:
        EnvironmentProtected: the environment is protected in the configuration.
        MigrationMissing, MigrationChanged: what the applied scripts built cannot be known.
        AwsError: DynamoDB refused.
    """
    _refuse_protected(deployment)
    deployment.check_account()
    environment, gateway = deployment.environment, deployment.gateway
    history = deployment.history.read()
    ours = managed(migrations, history, environment.defaults)
    *live_tables, last = gateway.describe_all(dict.fromkeys([*sorted(ours.candidates), HISTORY_ENTITY], ()))
    found = tuple(live for live in live_tables if ours.owns(live))
    foreign = owners(deployment, migrations, frozenset(live.name for live in found), history).foreign
    tables = tuple(live for live in found if live.name not in foreign)
    differences = {live.physical_name: ours.differences(live) for live in tables}
    known = {live.physical_name for live in (*tables, last)}
    listed = environment.names.ours(gateway.list_tables(), named_tables(migrations, history))
    others = sorted(environment.physical_name(name) for name in listed)
    return Inventory(
        tables=tables,
        kept=tuple(name for name in others if name not in known),
        history=last if last.table is not None else None,
        recorded=bool(history.records),
        shared=history.exists and deployment.history.is_shared(),
        changed={name: found for name, found in differences.items() if found},
        replaced=tuple(live.physical_name for live in tables if is_replaced(live, history)),
        foreign={environment.physical_name(name): application for name, application in foreign.items()},
    )


def destroy(deployment: Deployment, migrations: Sequence[Migration], options: DestroyOptions) -> DestroyResult:
    """Drop the tables that the applied scripts built, then the history; ``upgrade`` creates all of it again.

    Raises:
        EnvironmentProtected, ConfirmationRequired, DeletionProtected: before anything is changed.
        DestructionIncomplete: something is gone or on its way, then it stopped; running it again finishes.
        OsemMigrateError: the cause itself, when nothing was changed.
    """
    found = take_inventory(deployment, migrations)
    if found.is_empty:
        return DestroyResult((), found.kept)
    _check(deployment, found, options)
    options = replace(options, stop=options.stop or Stop(deployment.clock))
    run = _DestroyRun(deployment, options)
    if _is_ending(found):
        return run.await_end(found)
    exists = found.history is not None and found.history.status != "CREATING"
    actor = deployment.actor()
    try:
        with held(deployment, actor, options, exists=exists) as lease:
            found = take_inventory(deployment, migrations)
            _check(deployment, found, options)
            deployment.history.note(lease, _announced(deployment, actor.identity, found))
            return run.run(found, lease)
    except ResourceNotFound:
        # Another destroy held the lock, and took it along.
        found = take_inventory(deployment, migrations)
        if not (found.is_empty or _is_ending(found)):
            raise
        return run.await_end(found)


def _refuse_protected(deployment: Deployment) -> None:
    """Raise EnvironmentProtected where the configuration protects the environment; asks nobody."""
    name = deployment.environment.name
    if deployment.environment.settings.protected:
        raise EnvironmentProtected(f"environment {name!r} is protected; destroy never touches it", environment=name)


def _announced(deployment: Deployment, identity: str, found: Inventory) -> LogEntry:
    """The log entry of a destroy that has begun; it remains only if destroy does not finish."""
    names = ", ".join(live.physical_name for live in found.tables)
    at = deployment.clock.milliseconds()
    return LogEntry(at=at, what="destroying", migration=None, by=identity, detail=names)


def _is_ending(found: Inventory) -> bool:
    """Whether only the history table is left, and on its way out."""
    return not found.tables and found.history is not None and found.history.status == "DELETING"


def _check(deployment: Deployment, found: Inventory, options: DestroyOptions) -> None:
    if not options.allow_data_loss:
        name = deployment.environment.name
        raise ConfirmationRequired(
            f"every table of {name} that its scripts built would be lost, with all items",
            remediation=ConfirmationRequired.how(command("destroy", "--dry-run"), command("destroy", "--yes")),
        )
    if found.changed and not options.drop_changed:
        raise ConfirmationRequired(
            "tables are not as the scripts built them",
            parts=found.changes,
            remediation="Somebody may have made these tables by hand, for a purpose of their own. See every difference "
            f"with: {command('status')}\nIf they are to go as well: "
            f"{command('destroy', '--yes', '--drop-changed')}",
            differences=[one.document(name) for name, differences in found.changed.items() for one in differences],
        )
    if found.guarded:
        commands = unprotect_commands(deployment, list(found.guarded))
        how = ["To drop these tables, turn it off first:", *commands, command("destroy")]
        raise DeletionProtected(
            f"deletion protection is on for {', '.join(found.guarded)}",
            remediation="\n".join(how),
            tables=list(found.guarded),
        )


class _DestroyRun:
    """One destroy at work."""

    def __init__(self, deployment: Deployment, options: DestroyOptions) -> None:
        self._deployment = deployment
        self._gateway = deployment.gateway
        self._stop = options.stop or Stop(deployment.clock)
        self._clock = replace(deployment.clock, sleep=self._stop.sleep)
        self._poller = poller(deployment, self._clock)
        self._resume = options.resume()
        self._timeout = options.timeout if options.timeout is not None else USUAL_TIMEOUT
        self._mutations = threading.BoundedSemaphore(deployment.environment.settings.mutations_in_flight)
        self._dropped: list[str] = []
        self._changed = threading.Event()  # set once DynamoDB may have taken up a call

    def run(self, found: Inventory, lease: Lease) -> DestroyResult:
        """The tables side by side, then the history, which records to the end which tables were ours."""
        tasks = [Task(live.name, frozenset(), self._dropping(live, lease)) for live in found.tables]
        try:
            run_tasks(tasks, width=min(WIDEST, len(tasks)), stop=self._stop)
            if found.shared:
                self._changed.set()
                self._deployment.history.forget(lease)
            elif found.history is not None:
                self._unguard(found.history, lease)
                self._drop(found.history, lease)
        except OsemMigrateError as cause:
            if not self._changed.is_set():
                raise
            raise DestructionIncomplete(tuple(self._dropped), cause, resume=self._resume) from cause.__cause__
        return DestroyResult(tuple(self._dropped), found.kept)

    def await_end(self, found: Inventory) -> DestroyResult:
        """Wait for a history table that an earlier destroy left on its way out."""
        if found.history is not None:
            self._vanish(found.history, lambda: True)
        return DestroyResult(tuple(self._dropped), found.kept)

    def _dropping(self, live: LiveTable, lease: Lease) -> Callable[[], bool]:
        def drop() -> bool:
            self._drop(live, lease)
            return True

        return drop

    def _drop(self, live: LiveTable, lease: Lease) -> None:
        table = live.table
        (step,) = DropTable(live.name).steps(Schema({live.name: table} if table is not None else {}))
        self._vanish(live, lambda: self._ask(step, live, lease))

    def _vanish(self, live: LiveTable, ask: Callable[[], bool]) -> None:
        """Ask until it is taken up, and never again: asking needs the lock, which may be gone by then."""
        started, asked = self._clock.monotonic(), False

        def look() -> LiveTable:
            nonlocal asked
            current = self._gateway.describe(live.name)
            if current.table is not None and not current.busy and not asked:
                asked = ask()
            return current

        self._until(look, lambda current: current.table is None, f"dropping {live.physical_name}")
        self._dropped.append(live.physical_name)
        self._deployment.tell(TableDropped(live.physical_name, self._clock.monotonic() - started))

    def _unguard(self, live: LiveTable, lease: Lease) -> None:
        """Turn off the deletion protection that the history table was created with."""

        def look() -> LiveTable:
            current = self._gateway.describe(live.name)
            if current.table is not None and current.is_protected and not current.busy:
                (step,) = SetDeletionProtection(live.name, enabled=False).steps_on(current.table)
                self._ask(step, current, lease)
            return current

        what = f"turning off the deletion protection of {live.physical_name}"
        self._until(look, lambda current: not current.is_protected and not current.busy, what)

    def _until(self, look: Callable[[], LiveTable], done: Callable[[LiveTable], bool], what: str) -> None:
        self._poller.until(look, done, timeout=self._timeout, what=what, on_wait=self._waiting)

    def _waiting(self, live: LiveTable, waited: float) -> None:
        phase = ", ".join(f"{subject} is {phase}" for subject, phase in live.busy.items())
        self._deployment.tell(TableLeaving(live.physical_name, phase or "waiting for DynamoDB", waited))

    def _ask(self, step: Call, live: LiveTable, lease: Lease) -> bool:
        """Whether DynamoDB has taken up the step; not asked after a request to stop, and not without the lock."""
        with mutation(self._mutations, self._stop, lease):
            try:
                outcome = self._gateway.perform(step, live, guard=lease.check_age)
                if isinstance(outcome.error, ServiceFailed):
                    raise outcome.error
            except _UNSURE:
                self._changed.set()
                raise
        if outcome.answer is not StepAnswer.LATER:
            self._changed.set()
        return outcome.answer is StepAnswer.ACCEPTED
