"""DoctorReport: what the doctor finds, and how bad each thing is; the looking is done elsewhere."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from osem_migrate.advice import CONFIGURATION, command, in_library
from osem_migrate.errors import AccountMismatch, ExitCode, OsemMigrateError
from osem_migrate.history import Holder
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.operations import SetDeletionProtection
from osem_migrate.place import Place
from osem_migrate.planning.items import PassCondition, PassStatus
from osem_migrate.planning.pass_advice import pass_advice, pass_stands
from osem_migrate.planning.status.remedy import Caller
from osem_migrate.schema import Table

WORRYING_SKEW = 60.0  # seconds; AWS refuses signatures that are 5 to 15 minutes off
FATAL_SKEW = 300.0
_TICK = 2.0  # the other clock is read in whole seconds, and after the answer's way here

_SET_CLOCK = "Synchronise the clock of this machine: timedatectl set-ntp true"
_RENAME = (
    f"Something else has taken that name: choose another table_name in {CONFIGURATION}, or another OSEM_DB_PREFIX."
)


class Health(StrEnum):
    """How a thing is. What depends on something that has failed is skipped."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what, in a word or two: ``credentials``.
        health: how it is.
        message: what was found, in one sentence.
        advice: what to do, with placeholders for commands, where something is to be done.
        code: that of the error, where one was met.
    """

    check: str
    health: Health
    message: str
    advice: str | None = None
    code: str | None = None

    @property
    def remedy(self) -> str | None:
        """What to do, for a program that uses the library."""
        return in_library(self.advice) if self.advice is not None else None

    @classmethod
    def of(cls, check: str, error: OsemMigrateError) -> "Finding":
        """What was met instead of an answer."""
        return cls(check=check, health=Health.FAILED, message=error.message, advice=error.advice, code=error.code)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Everything that was looked at, in order, and where, as far as it came to that."""

    findings: tuple[Finding, ...]
    place: Place = field(default_factory=Place)

    def count(self, health: Health) -> int:
        """How many things are so."""
        return sum(finding.health is health for finding in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """OK as long as nothing has failed."""
        return ExitCode.ERROR if self.count(Health.FAILED) else ExitCode.OK


def judge_clock(skew: float) -> Finding:
    """This machine's clock, which is ``skew`` seconds ahead of AWS's (behind, when negative)."""
    if abs(skew) <= _TICK:
        return Finding(check="clock", health=Health.OK, message="same as the endpoint's")
    message = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the endpoint's"
    if abs(skew) <= WORRYING_SKEW:
        return Finding(check="clock", health=Health.OK, message=message)
    health = Health.FAILED if abs(skew) > FATAL_SKEW else Health.WARNING
    return Finding(check="clock", health=health, message=f"{message}; AWS refuses requests with a wrong time",
                   advice=_SET_CLOCK)  # fmt: skip


def judge_account(found: str, expected: str | None, *, protected: bool) -> Finding:
    """The account of the credentials, beside the one that the environment names."""
    health, remedy = Health.OK, None
    if expected is None:
        message = f"{found}; the environment names none, so any is accepted"
        if protected:
            health, remedy = Health.WARNING, f'Pin it in {CONFIGURATION}: account_id = "{found}"'
    elif found == expected:
        message = f"{found}, as configured"
    else:
        message = f"{found}, but the environment is in {expected}"
        health = Health.FAILED
        remedy = AccountMismatch.remedy
    return Finding(check="account", health=health, message=message, advice=remedy)


def judge_history(live: LiveTable, expected: Table, caller: Caller) -> Finding:
    """The history table as described; the first upgrade creates it, so there need not be one."""
    name, table = live.physical_name, live.table
    health, message, remedy = Health.OK, f"{name} is {live.status}", None
    if table is None:
        message = f"there is no {name} yet; the first upgrade creates it"
    elif table.keys != expected.keys:
        health, message, remedy = Health.FAILED, f"{name} does not have the keys of a history table", _RENAME
    elif live.status in UNUSABLE:
        health, remedy = Health.FAILED, f"It cannot be used in that state: look at {name} in the DynamoDB console."
    elif live.status != "ACTIVE":
        health, remedy = Health.WARNING, f"Look again in a minute: {command('doctor')}"
    elif _is_unprotected(live):
        words = ["aws", "dynamodb", "update-table", "--table-name", name, "--deletion-protection-enabled"]
        health, message = Health.WARNING, f"{message}, without deletion protection"
        remedy = f"Turn it on: {shlex.join([*words, *caller.aws_flags])}"
    return Finding(check="history table", health=health, message=message, advice=remedy)


def judge_passes(passes: Sequence[PassStatus]) -> Iterator[Finding]:
    """Each pass over items that is not over; one that runs is as it should be."""
    if not passes:
        yield Finding(check="item passes", health=Health.OK, message="none is unfinished")
    for status in passes:
        is_well = status.condition is PassCondition.RUNNING and not status.state.failures
        health = Health.OK if is_well else Health.WARNING
        yield Finding(check="item passes", health=health, message=pass_stands(status), advice=pass_advice(status))


def judge_lock(holder: Holder | None, *, alive: bool, passes: Sequence[PassStatus] = ()) -> Finding:
    """The lock; a held lock is no failure, whether its run is alive or dead. ``passes`` are those that are not over."""
    if holder is None:
        return Finding(check="lock", health=Health.OK, message="free")
    if alive:
        message = f"held by {holder.describe()}; its heartbeat is active"
        remedy = f"Wait for that run; see how far it is: {command('status')}"
        if any(status.is_attended and status.is_paused for status in passes):
            remedy = f"That run waits until its pass over items is resumed: {command('items', 'resume')}"
    else:
        message = f"held by {holder.describe()}; its heartbeat has stopped"
        remedy = f"The next run takes it over: {command('upgrade')}"
    return Finding(check="lock", health=Health.WARNING, message=message, advice=remedy)


def skipped(check: str, needs: Sequence[str]) -> Finding:
    """What cannot be looked at because of what has failed before it."""
    return Finding(check=check, health=Health.SKIPPED, message=f"skipped, because it needs: {', '.join(needs)}")


def _is_unprotected(live: LiveTable) -> bool:
    return SetDeletionProtection not in live.unreadable and not live.is_protected
