"""Remedies: what to do about a migration or a difference, down to the command that does it."""

import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from osem_migrate.advice import CONFIGURATION, command, typed_in
from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.history import Holder, Record, ShownState
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import AddIndex, Operation
from osem_migrate.operations.source import render
from osem_migrate.operations.step import Call, Step, calls
from osem_migrate.planning.drift.code import DriftCode, Mending
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.schema import Schema
from osem_migrate.schema.value import checked


@dataclass(frozen=True, slots=True)
class Caller:
    """How the user calls the tools here.

    Attributes:
        environment: its name.
        flags: the connection options given on the command line, which the next command needs as well.
        aws_flags: what sends the AWS CLI to the same place.
    """

    environment: str
    flags: tuple[str, ...] = ()
    aws_flags: tuple[str, ...] = ()

    def show(self, words: Sequence[str]) -> str:
        """A command of ``advice`` as it is typed here: ``osem-migrate WORDS --env dev``."""
        return typed_in(self.environment, self.flags)(words)


_SCALED = f"If an autoscaler owns it, set autoscaled in {CONFIGURATION}; else set it back, or declare what is there:"

_RESTORE = "Restore the table from the backup that AWS made of it (aws dynamodb restore-table-from-backup):"
_UNUSABLE_REMEDIES = {
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": (
        "Enable the KMS key again and let DynamoDB use it; after seven days AWS archives the table. The key:",
        "SSEDescription",
    ),
    "ARCHIVING": (_RESTORE, "ArchivalSummary"),
    "ARCHIVED": (_RESTORE, "ArchivalSummary"),
    "REPLICATION_NOT_AUTHORIZED": (
        "Allow DynamoDB to replicate the table again (policies, service-linked role, KMS keys). The replicas:",
        "Replicas",
    ),
}


_HALF_DONE = frozenset({ShownState.FAILED, ShownState.INTERRUPTED, ShownState.RUNNING})


def remedy(difference: Difference, live: LiveTable, caller: Caller) -> str:
    """The advice, and the commands that carry it out, one a line."""
    advice = _advice(difference)
    if difference.code is DriftCode.TABLE_UNEXPECTED:
        return f"{advice}\n{command('import', live.name)}"
    if difference.code is DriftCode.INDEX_UNEXPECTED:
        return "\n".join([advice, *_declaration(difference, live), command("upgrade")])
    if difference.code.mending is Mending.BY_DECLARATION:
        return f"{advice}\n{command('upgrade')}"
    try:
        commands = [_command(call, live, caller) for call in calls(_steps(difference.repair, live))]
    except (DefinitionError, InapplicableOperation) as error:
        look = command("status")
        return f"Other differences of the table have to be repaired first ({error.message}); then look again:\n{look}"
    if len(commands) > 1:
        advice += "\n(run each command once the one before it has settled)"
    return "\n".join([advice, *commands])


def _declaration(difference: Difference, live: LiveTable) -> Iterator[str]:
    """The line that declares an index of the live table; nothing where no script can declare it."""
    index = live.table.index(difference.subject) if live.table is not None else None
    if index is not None:
        with suppress(DefinitionError):
            yield f"{render(AddIndex.of(live.name, checked(index)))},"


def explain(
    state: ShownState,
    migration: str,
    record: Record | None,
    *,
    renamed: str | None = None,
    holder: Holder | None = None,
) -> tuple[str, str]:
    """Message and remedy of a migration that is not simply applied.

    ``renamed`` is its other id; ``holder`` has the lock, where a run is at work on it.
    """
    message, remedy = _explain(state, migration, record, renamed=renamed, holder=holder)
    if record is None or not record.is_within_pass or state not in _HALF_DONE:
        return message, remedy
    # What failed says so itself, at the end of the message.
    within = "" if state is ShownState.FAILED else ", within a pass over items"
    return f"{message}{within}", f"{remedy}\nHow far the pass over items is: {command('items', 'status')}"


def _explain(
    state: ShownState, migration: str, record: Record | None, *, renamed: str | None, holder: Holder | None
) -> tuple[str, str]:
    who = holder.describe() if holder is not None else "another run"
    if renamed is not None and state is not ShownState.CHANGED:
        return _explain_renamed(state, migration, record, renamed)
    if record is not None and record.is_being_reversed and state in _HALF_DONE:
        return _explain_reversed(state, record, who)
    upgrade, look = command("upgrade"), command("status")
    recorded = f"recorded as {record.state}" if record is not None else "not recorded"
    progress = f" after {record.operations_done} of {record.operations_total} operations" if record is not None else ""
    error = f": {record.error.message}" if record is not None and record.error is not None else ""
    begun = record is not None and record.is_unfinished
    part = "part of it" if begun else "it"
    late = command("upgrade", "--allow-out-of-order")
    ignoring = command("status", "--ignore", state.value)
    declare = f"Restore the script, and declare the change in a new one ({command('new', 'TITLE')}); then: {look}"
    restore = f"Restore {migration}.py from version control, or use the checkout that applied it"
    accept = command("resolve", migration, "--accept-checksum")
    forget = command("resolve", migration, "--reverted", "--no-verify")
    done = command("resolve", migration, "--applied")
    return {
        ShownState.PENDING: ("not applied yet", upgrade),
        ShownState.REVERTED: ("reverted, and pending again", upgrade),
        ShownState.RUNNING: (f"being applied right now by {who}", look)
        if record is None or record.left_at is None
        else (f"begun by {record.applied_by}, and no run is waiting for it", command("upgrade", "--wait-only")),
        ShownState.FAILED: (
            f"failed{progress}{error}",
            f"If somebody has finished it by hand: {done}\nOtherwise remove the cause, then continue with: {upgrade}",
        ),
        ShownState.INTERRUPTED: (f"interrupted{progress}", upgrade),
        ShownState.OUT_OF_ORDER: (
            "pending, but a later migration is applied already",
            f"Give the script the next free number, or apply it late with: {late}",
        ),
        ShownState.MISSING: (
            f"{recorded}{progress if begun else ''}, but its script is gone{error}",
            f"{restore}; then: {look}\nIf the tables no longer contain it, record it as reverted: {forget}",
        ),
        ShownState.CHANGED: (
            f"its script was changed after {part} was applied",
            f"{declare}\nIf the tables are what the script says now: {accept}"
            if record is None or record.is_applied
            else declare,
        ),
        ShownState.FUTURE: (
            f"{recorded} by a newer checkout than this one",
            f"Update this checkout (git pull). If the older one is meant to run here: {ignoring}",
        ),
    }[state]


def _explain_renamed(state: ShownState, migration: str, record: Record | None, renamed: str) -> tuple[str, str]:
    """The same of a script that was renamed after it was applied, or begun; only of the old name is there a record."""
    gone = state in {ShownState.MISSING, ShownState.FUTURE}
    new = renamed if gone else migration
    message = (
        f"renamed after it was {_begun(record)}: its script is {new} now" if gone else f"renamed: recorded as {renamed}"
    )
    move = command("resolve", new, "--renamed")
    return message, f"Give the script its old name again, or let what is recorded follow it with:\n{move}"


def _begun(record: Record | None) -> str:
    return "begun" if record is not None and record.is_unfinished else "applied"


def _explain_reversed(state: ShownState, record: Record, who: str) -> tuple[str, str]:
    """The same of a migration that a downgrade began to reverse, or did not come to."""
    left = f"with {record.operations_done} of {record.operations_total} operations still in place"
    error = f": {record.error.message}" if record.error is not None else ""
    go_on = command("downgrade", "--to", record.downgrade_to or "")
    ways = f"go on downgrading with: {go_on}\nor apply it again with: {command('upgrade')}"
    if state is ShownState.RUNNING:
        return f"being reversed right now by {who}", command("status")
    if state is ShownState.INTERRUPTED:
        return f"its downgrade was interrupted {left}", ways[0].upper() + ways[1:]
    undone = command("resolve", record.migration, "--reverted")
    by_hand = f"If somebody has finished the downgrade by hand: {undone}"
    return f"its downgrade failed {left}{error}", f"{by_hand}\nOtherwise remove the cause, then {ways}"


def unusable_remedy(live: LiveTable, caller: Caller) -> str:
    """What to do about a table that AWS has put out of use, and the command that shows why it did."""
    advice, member = _UNUSABLE_REMEDIES[live.status or ""]
    words = ["aws", "dynamodb", "describe-table", "--table-name", live.physical_name, "--query", f"Table.{member}"]
    return f"{advice}\n{shlex.join([*words, *caller.aws_flags])}"


def _advice(difference: Difference) -> str:
    if difference.code is DriftCode.SETTING_DEFAULT and difference.setting is not None:
        declaration = render(difference.setting)
        return f"If this table is to have it, too, declare it in a new script with {declaration}, and apply that:"
    if difference.code is DriftCode.SETTING_UNDECLARED and difference.setting is not None:
        declaration = render(difference.setting)
        return f"Declare it in a new script ({command('new', 'TITLE')}) with {declaration}, or turn it off:"
    return _SCALED if any(one.may_be_autoscaled for one in difference.repair) else difference.code.advice


def _steps(repair: tuple[Operation, ...], live: LiveTable) -> Iterator[Step]:
    """The calls that lead from the live table to the repaired one."""
    schema = Schema({live.name: live.table} if live.table is not None else {})
    for operation in repair:
        yield from operation.steps(schema)
        schema = operation.apply(schema)


def _command(step: Call, live: LiveTable, caller: Caller) -> str:
    named = live.arn if step.takes_arn else None
    request = json.dumps(step.call(named or live.physical_name), separators=(",", ":"))
    return shlex.join(
        ["aws", "dynamodb", step.method.replace("_", "-"), "--cli-input-json", request, *caller.aws_flags]
    )
