"""Resolve: what ``resolve`` would record of a migration, and what has to be live for that to be true."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from osem_migrate.advice import AGAIN, command
from osem_migrate.errors import ResolutionRefused, ScriptOperationInapplicable, TargetUnknown
from osem_migrate.history import RecordedState
from osem_migrate.migration import number_named, shown_version
from osem_migrate.planning.history_check import HEAD, find_renamed, is_changed, unknown_version
from osem_migrate.planning.resolution import (
    AcceptableStates,
    Decision,
    LivePositions,
    Resolution,
    ResolveContext,
    positions,
)
from osem_migrate.schema import Index, Schema, Table

_SETTLING = (Resolution.APPLIED, Resolution.REVERTED)
_BECAME = {Resolution.ACCEPT_CHECKSUM: "changed", Resolution.RENAMED: "renamed"}


def decide(past: ResolveContext, version: str, resolution: Resolution) -> Decision:
    """What there is to record, and what has to be live for it; asks nothing and writes nothing.

    Raises:
        TargetUnknown: neither a script nor a record is called so.
        ResolutionRefused: the history would contradict itself afterwards, or no script was renamed.
    """
    name = _find(past, version)
    if resolution is Resolution.RENAMED:
        return _decide_renamed(past, name)
    script = next((migration for migration in past.migrations if migration.id == name), None)
    earlier = past.history.records.get(name)
    unreadable = name in past.history.unreadable
    decision = Decision(migration=name, resolution=resolution, script=script, earlier=earlier, unreadable=unreadable)
    if _is_recorded(decision):
        return replace(decision, needed=False)
    _refuse_contradiction(decision)
    live = past.live()
    before = _unfitting_before(decision, past)
    if script is not None and resolution is not Resolution.ACCEPT_CHECKSUM:
        live[name] = positions(script) if resolution is Resolution.APPLIED else ()
    return _with_tables(decision, past, live, before)


def _decide_renamed(past: ResolveContext, name: str) -> Decision:
    """That the record under the old name is the script's under the new one; either of them may be asked for."""
    scripts = {migration.id: migration for migration in past.migrations}
    records = past.history.records
    names = find_renamed(past.migrations, records).items()
    old, new = next(((old, new) for old, new in names if name in {old, new}), (None, name))
    decision = Decision(
        migration=new,
        resolution=Resolution.RENAMED,
        script=scripts.get(new),
        earlier=records.get(old or new),
        needed=old is not None,
        renamed_from=old,
    )
    if old is None:
        script, known = decision.script, decision.earlier
        if script is None or known is None or not known.may_be_live or is_changed(script, known):
            raise _not_renamed(name)
        return decision
    script, record = scripts[new], records[old]
    others = [one for one in past.migrations if one.id != new]
    as_before = sorted([*others, replace(script, id=old, number=record.number)], key=lambda one: (one.number, one.id))
    before = replace(past, migrations=as_before)
    kept = {known: one for known, one in records.items() if known != old}
    after = replace(past, history=replace(past.history, records={**kept, new: replace(record, migration=new)}))
    return _with_tables(decision, after, after.live(), set(before.build(before.live())[1]) - {old})


def _not_renamed(name: str) -> ResolutionRefused:
    return ResolutionRefused(
        f"nothing is recorded under another name that declares exactly what {name} does",
        remediation="A script that was changed as well has to get its old name back first, and the old content. "
        f"Which one that was: {command('status')}",
        migration=name,
    )


def _with_tables(decision: Decision, past: ResolveContext, live: LivePositions, before: Collection[str]) -> Decision:
    """With how each table has to be found; raises ResolutionRefused."""
    schema, unfitting = past.build(live)
    _refuse_unfitting(decision, past, unfitting, before)
    begun, _ = past.build(live | _begun(decision, past))
    tables = {
        table: AcceptableStates(
            _either(schema.tables.get(table), begun.tables.get(table)), tuple(_ahead(decision, past, live, table))
        )
        for table in sorted(_touched(decision, past, schema))
    }
    return replace(decision, tables=tables, unknowable=_unknowable(decision))


def _find(past: ResolveContext, version: str) -> str:
    """The id of a script, or of a record without one."""
    numbers = {migration.id: migration.number for migration in past.migrations}
    # A script that was reverted before it was renamed or removed does not count.
    lost = (record for name, record in past.history.records.items() if name not in numbers)
    numbers |= {r.migration: r.number for r in lost if r.state is not RecordedState.REVERTED or r.migration == version}
    numbers |= {name: _number_of(name) for name in past.history.unreadable if name not in numbers}
    if version in numbers:
        return version
    if version == HEAD and past.migrations:
        return past.migrations[-1].id
    found = sorted(name for name, number in numbers.items() if number_named(version) == number)
    if len(found) == 1:
        return found[0]
    if not found:
        raise unknown_version(version, sorted(numbers, key=lambda name: (numbers[name], name)))
    what = f"{shown_version(version)} may be {' or '.join(found)}: give the whole name"
    raise TargetUnknown(what, version=version)


def _number_of(name: str) -> int:
    """The number of what cannot be read, or one that no script has."""
    number = number_named(name.partition("_")[0])
    return number if number is not None else -1


def _is_recorded(decision: Decision) -> bool:
    """Whether the history says so already."""
    script, earlier = decision.script, decision.earlier
    if decision.unreadable:
        return False
    changed = script is not None and earlier is not None and is_changed(script, earlier)
    if decision.resolution is Resolution.APPLIED:
        return earlier is not None and earlier.is_applied and not changed
    if decision.resolution is Resolution.REVERTED:
        return earlier is None or earlier.state is RecordedState.REVERTED
    # Of what is not recorded, or reverted, no checksum counts.
    return script is not None and not changed


def _refuse_contradiction(decision: Decision) -> None:
    """Raise ResolutionRefused where script and record leave no room for what is said."""
    name, earlier = decision.migration, decision.earlier
    if decision.resolution is Resolution.REVERTED:
        return
    if decision.unreadable and decision.script is not None and decision.resolution is Resolution.ACCEPT_CHECKSUM:
        raise ResolutionRefused(
            f"the record of {name} cannot be read, so it is unknown whether it is applied",
            remediation=f"Record that it is: {command('resolve', name, '--applied')}\n"
            f"or that it is not: {command('resolve', name, '--reverted')}",
            migration=name,
        )
    if decision.script is None:
        forget = command("resolve", name, f"--{Resolution.REVERTED}", "--no-verify")
        raise ResolutionRefused(
            f"the script of {name} is gone, so it is unknown what it declares",
            remediation=f"Restore {name}.py from version control, or record it as reverted with: {forget}",
            migration=name,
        )
    if decision.resolution is Resolution.APPLIED and earlier is not None and earlier.is_applied:
        accept = command("resolve", name, f"--{Resolution.ACCEPT_CHECKSUM}")
        raise ResolutionRefused(
            f"{name} is recorded as applied already, but its script was changed since",
            remediation=f"Restore the script, or record the changed one with: {accept}",
            migration=name,
        )


def _refuse_unfitting(
    decision: Decision,
    past: ResolveContext,
    unfitting: Mapping[str, ScriptOperationInapplicable],
    before: Collection[str],
) -> None:
    """Raise ResolutionRefused where the migration lacks what it builds on, or would take it from others."""
    name, history = decision.migration, past.history
    lacking = [one for one in decision.script.depends if not history.is_applied(one)] if decision.script else []
    if decision.resolution is Resolution.APPLIED and (lacking or name in unfitting):
        raise _unfounded(decision, past, f"{lacking[0]} is not applied" if lacking else unfitting[name].message)
    if name in unfitting:
        raise ResolutionRefused(
            f"the {_BECAME[decision.resolution]} script of {name} does not fit the others: {unfitting[name].message}",
            remediation=f"Correct the script, or restore it from version control, then {AGAIN}.",
            migration=name,
        )
    above = set(unfitting) - set(before)
    if decision.resolution is Resolution.REVERTED:
        above |= {one.id for one in past.migrations if name in one.depends and history.is_applied(one.id)}
    if above:
        raise _built_upon(decision, sorted(above))


def _unfitting_before(decision: Decision, past: ResolveContext) -> set[str]:
    """Migrations that do not fit as things are; those of a lost or changed script are that script's doing."""
    script, earlier = decision.script, decision.earlier
    if script is None or (earlier is not None and is_changed(script, earlier)):
        return set()
    return set(past.build(past.live())[1])


def _unfounded(decision: Decision, past: ResolveContext, why: str) -> ResolutionRefused:
    name = decision.migration
    before = [one.id for one in past.migrations if one.id < name and not past.history.is_applied(one.id)]
    remedy = f"Correct the script, or restore what it builds on, then {AGAIN}."
    if before:
        first = command("resolve", before[0], f"--{Resolution.APPLIED}")
        remedy = f"Apply what it builds on first, with: {command('upgrade')}\nor, where it is there, record it: {first}"
    return ResolutionRefused(f"{name} cannot be applied: {why}", remediation=remedy, migration=name)


def _built_upon(decision: Decision, above: list[str]) -> ResolutionRefused:
    name, said = decision.migration, str(decision.resolution)
    if decision.script is not None and decision.resolution is Resolution.REVERTED:
        remedy = f"Reverse what builds on it first, with: {command('downgrade', '--to', name)}"
    elif decision.resolution is Resolution.RENAMED:
        remedy = f"Give the script its old name again, or a number below that of {above[0]}, then {AGAIN}."
    else:
        last = command("resolve", above[-1], f"--{Resolution.REVERTED}")
        remedy = f"Restore the script of {name}, or record first what became of the others, with: {last}"
    builds = f"{', '.join(above)} would no longer fit"
    return ResolutionRefused(
        f"{name} cannot be recorded ({said}): {builds}", remediation=remedy, migration=name, built_upon_by=above
    )


def _begun(decision: Decision, past: ResolveContext) -> LivePositions:
    """By unfinished migration, what is live if all that was begun, in either direction, went through."""
    begun: LivePositions = {}
    for migration in past.migrations:
        record = past.history.records.get(migration.id)
        settled = migration.id == decision.migration and decision.resolution in _SETTLING
        if record is not None and record.is_unfinished and not settled:
            begun[migration.id] = positions(migration) & {*record.done, *record.doubt}
    return begun


def _ahead(decision: Decision, past: ResolveContext, live: LivePositions, table: str) -> Iterator[Index]:
    """Indexes of the table that migrations add which are not applied."""
    for migration in past.migrations:
        if migration.id == decision.migration and decision.resolution is Resolution.REVERTED:
            continue
        yield from migration.added_indexes(table, live[migration.id])


def _touched(decision: Decision, past: ResolveContext, schema: Schema) -> set[str]:
    """Tables to look at: those of the script; all that are sure where a script was changed, which may have had more."""
    own = {operation.table for operation in decision.script.operations} if decision.script is not None else set()
    if decision.resolution is not Resolution.ACCEPT_CHECKSUM:
        return own
    unsure: set[str] = set()
    for migration in past.migrations:
        record = past.history.records.get(migration.id)
        if record is not None and (record.is_unfinished or is_changed(migration, record)):
            unsure |= {operation.table for operation in migration.operations}
    return own | (set(schema.tables) - unsure)


def _unknowable(decision: Decision) -> str | None:
    name, script, earlier = decision.migration, decision.script, decision.earlier
    if decision.resolution is not Resolution.REVERTED:
        return None
    if script is None:
        return f"the script of {name} is gone, so it is unknown what there was before it"
    if earlier is not None and is_changed(script, earlier):
        return f"the script of {name} was changed since, so it is unknown what there was before it"
    return None


def _either(likely: Table | None, possible: Table | None) -> tuple[Table | None, ...]:
    return (likely,) if likely == possible else (likely, possible)
