"""Importing: write the scripts that would create tables just as they are, and record them as applied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from osem_migrate.advice import CONFIGURATION, command, section
from osem_migrate.commands.stamp import StampOptions, stamp
from osem_migrate.config import HISTORY_ENTITY, Environment
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.locked import LockOptions
from osem_migrate.deployment.ownership import owned_by_stack, owners, refuse_unknown
from osem_migrate.errors import (
    AccessDenied,
    DefinitionError,
    MigrationsPending,
    OsemMigrateError,
    ResourceInUse,
    ResourceNotFound,
)
from osem_migrate.files.folder import is_there
from osem_migrate.files.loader import load
from osem_migrate.files.location import shown_path
from osem_migrate.files.quota import beyond_quota
from osem_migrate.files.writer import Draft, draft_scripts, write_scripts
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import SETTINGS, CreateTable, SetBilling, SetTags
from osem_migrate.planning.history_check import check_history
from osem_migrate.planning.import_tables import declare
from osem_migrate.planning.replay import replay
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Schema, Table

REASON = "imported"
SHOWN = 5  # of the names of tables, where there may be thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions(LockOptions):
    """What to import: tables by logical or physical ``names``; all of the environment where there are none."""

    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What there is to import.

    Attributes:
        creations: one operation a table, sorted by name.
        drafts: the scripts of them, as they would be written now.
        skipped: why a table is left out, by physical name.
        warnings: what the scripts cannot say of the tables.
    """

    creations: tuple[CreateTable, ...]
    drafts: tuple[Draft, ...]
    skipped: Mapping[str, str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was imported: the scripts as they were written, and the ids that are recorded as applied."""

    drafts: tuple[Draft, ...]
    recorded: tuple[str, ...]


def plan_import(deployment: Deployment, folder: Path, options: ImportOptions) -> ImportPlan:
    """Read the tables, and draft their scripts for a migrations folder, which may be missing; writes nothing.

    Raises:
        ResourceNotFound: there is no table of that name, or none at all.
        MigrationsPending: some script is not applied yet, so none after it can be.
        ResourceInUse: a table is still on its way, or cannot be used.
        OwnerUnknown: whether another application recorded a table may not be read.
    """
    migrations = load(folder).migrations if is_there(folder) else ()
    deployment.check_account()
    history = check_applied(deployment, migrations, "anything can be imported")
    skipped, wanted = _choose(deployment, options.names, replay(migrations, Schema()).tables, history)
    denied: dict[str, AccessDenied] = {}
    foreign = None if options.names else denied  # what is asked for by name has to be there
    live_tables = deployment.gateway.describe_all(dict.fromkeys(wanted, SETTINGS), denied=foreign)
    if denied and not live_tables:
        raise next(iter(denied.values()))
    skipped |= {deployment.environment.physical_name(name): refusal.message for name, refusal in denied.items()}
    creations: list[CreateTable] = []
    warnings: list[str] = []
    for live in map(deployment.gateway.spelled, live_tables):
        try:
            creations.append(declare(usable(live), deployment.environment.defaults))
        except DefinitionError as refused:
            skipped[live.physical_name] = f"no script can declare it ({refused.message})"
        else:
            warnings += _warnings(deployment, live)
    drafts = draft_scripts(folder, _titled(creations))
    return ImportPlan(
        creations=tuple(creations),
        drafts=drafts,
        skipped=skipped,
        warnings=(*warnings, *_untold(deployment), *beyond_quota(_as_migrations(drafts, creations))),
    )


def import_tables(deployment: Deployment, folder: Path, plan: ImportPlan, options: ImportOptions) -> ImportResult:
    """Write the scripts of a plan, and record them as applied under the lock, once the tables confirm it.

    Raises:
        ScriptError: they cannot be written; then none is, and nothing is recorded.
        OsemMigrateError: they were written, but not recorded; the remedy says how to go on.
    """
    if not plan.creations:
        return ImportResult((), ())
    drafts = write_scripts(folder, _titled(plan.creations))
    last = drafts[-1].path.stem
    stamping = StampOptions(last, reason=REASON, lock_timeout=options.lock_timeout, stop=options.stop)
    try:
        stamped = stamp(deployment, load(folder).migrations, stamping)
    except OsemMigrateError as cause:
        names = " to ".join(dict.fromkeys((drafts[0].path.stem, last)))
        record = command("stamp", last)
        cause.advice += f"\nWhat was written ({names}) stays; record it with: {record}"
        raise
    return ImportResult(drafts, stamped.recorded)


def check_applied(deployment: Deployment, migrations: Sequence[Migration], before: str) -> History:
    """The history of an environment where every script is applied, as it has to be before something can be done.

    Raises:
        MigrationsPending: some script is not; the message ends with ``before``.
        HistoryError: what was applied is not what the scripts say.
    """
    history = deployment.history.read()
    check_history(migrations, history.records)
    plan = make_plan(migrations, history, defaults=deployment.environment.defaults)
    if not plan.is_empty:
        pending = [planned.migration.id for planned in plan.migrations]
        raise MigrationsPending(
            f"{', '.join(pending)} must be applied before {before}",
            remediation=f"Apply what is pending, which also adopts existing tables: {command('upgrade')}",
            pending=pending,
        )
    return history


def _choose(
    deployment: Deployment, names: Sequence[str], declared: Mapping[str, Table], history: History
) -> tuple[dict[str, str], list[str]]:
    """Why tables are left out, by physical name, and the logical names of the others."""
    environment = deployment.environment
    found = [] if names else deployment.gateway.list_tables()
    asked = {environment.logical_name(name) or name for name in names}
    asked |= environment.names.ours(found, history.tables | declared.keys())
    candidates = frozenset(asked - {HISTORY_ENTITY} - declared.keys())
    owned = owners(deployment, (), candidates, history)
    refuse_unknown(deployment, (), candidates, history, owned)
    foreign = owned.foreign
    skipped, wanted = {}, []
    for name in sorted(asked):
        if name == HISTORY_ENTITY:
            skipped[environment.physical_name(name)] = "it is the history table"
        elif name in declared:
            skipped[environment.physical_name(name)] = "the scripts declare it already"
        elif name in foreign:
            skipped[environment.physical_name(name)] = f"it belongs to application {foreign[name]!r}"
        else:
            wanted.append(name)
    if not wanted and set(skipped) <= {environment.history_table}:
        raise _nothing_to_import(environment, found)
    return skipped, wanted


def _nothing_to_import(environment: Environment, found: Sequence[str]) -> ResourceNotFound:
    """The error that shows what there is, because the names may be others than the configuration says."""
    others = [name for name in found if environment.logical_name(name) != HISTORY_ENTITY]
    shown = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN} more" if len(others) > SHOWN else "")
    if not others:
        options = ", ".join(map(command, ("--env", "--profile", "--region")))
        remedy = f"Check environment, account and region ({options})."
    elif environment.names.is_exclusive:
        remedy = (
            f"There are {shown}. If they are tables of this environment, say in {CONFIGURATION} what they are called: "
            'all by table_name = "{entity}-{env}", or such, and one by one:\n'
            f'{section("environments", environment.name, "tables")}\nOrders = "{others[0]}"'
        )
    else:
        remedy = f"Nothing in a name tells whose table it is, so say which: {command('import', *others[:SHOWN])}"
    return ResourceNotFound(f"there are no tables to import that are called {environment.names}", remediation=remedy)


def _titled(creations: Sequence[CreateTable]) -> list[tuple[str, list[CreateTable]]]:
    return [(f"create table {create.table}", [create]) for create in creations]


def _as_migrations(drafts: Sequence[Draft], creations: Sequence[CreateTable]) -> list[Migration]:
    return [
        Migration(id=draft.path.stem, number=0, operations=(create,), file=shown_path(draft.path))
        for draft, create in zip(drafts, creations, strict=True)
    ]


def usable(live: LiveTable) -> Table:
    """The table as it is; raises where it is none, is still changing, or cannot be used."""
    if live.table is None:
        raise ResourceNotFound(f"there is no table {live.physical_name}", table=live.physical_name)
    phases = live.busy or ({live.name: str(live.status).lower()} if live.status != "ACTIVE" else {})
    for subject, phase in phases.items():
        raise ResourceInUse(f"{live.physical_name}: {subject} is {phase}", table=live.physical_name)
    return live.table


def _warnings(deployment: Deployment, live: LiveTable) -> Iterator[str]:
    """What a script cannot say of a table, or says of this environment alone."""
    name = live.physical_name
    if beyond := [*live.beyond, *_beside(deployment, live)]:
        yield f"{name}: no script can declare {', '.join(beyond)}; a table made by its script comes without."
    if live.stack is not None:
        yield owned_by_stack(live.stack, [name])
    yield from _of_one_environment(deployment, live)
    for setting in live.table.settings if live.table is not None else ():
        if setting.caveat is not None:
            yield f"{name}: {setting.caveat}"
    if live.unreadable:
        nouns = ", ".join(sorted(kind.noun for kind in live.unreadable))
        yield f"{name}: this local engine does not report {nouns}, so its script leaves that out."


def _beside(deployment: Deployment, live: LiveTable) -> Iterator[str]:
    """What AWS keeps beside the table; nothing on a local engine."""
    if live.table is None or deployment.gateway.emulated:
        return
    indexes = [index.name for index in live.table.indexes]
    yield from deployment.attachments.of(live.physical_name, live.arn, indexes)
    if SetBilling.of(live.table).is_provisioned and deployment.autoscaling.owned(live.physical_name, indexes):
        yield "autoscaling of its capacity"


def _untold(deployment: Deployment) -> Iterator[str]:
    """What AWS refused to tell, one warning a question, however many tables it was asked about."""
    if deployment.gateway.emulated:
        return
    refused = dict(deployment.attachments.refused)
    if deployment.autoscaling.refusal is not None:
        refused["autoscaling of its capacity"] = deployment.autoscaling.refusal
    for noun, refusal in refused.items():
        yield f"Whether a table has {noun} was not found out: {refusal.message}"


def _of_one_environment(deployment: Deployment, live: LiveTable) -> Iterator[str]:
    """Tags that name this environment: in a script, every environment's table would have them."""
    environment = deployment.environment
    tags = live.table.setting(SetTags) if live.table is not None else None
    for key, text in tags.tags.items() if tags is not None else ():
        if text == environment.name and environment.tags.get(key) != text:
            yield (
                f"{live.physical_name}: its tag {key}={text} names this environment, and its script gives it to all of "
                f'them. Better declare it in the configuration, tags = {{ {key} = "{{env}}" }}, and import again.'
            )
