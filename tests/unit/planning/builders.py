"""Migrations, records and live tables in one line each, for the tests of planning."""

from dataclasses import replace
from typing import Any

from osem_migrate.advice import shown
from osem_migrate.history import History, Record, RecordedState
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import CreateTable, Operation, SetBilling, SetEncryption, SetTags, SetTimeToLive, Setting
from osem_migrate.planning.status.remedy import Caller
from osem_migrate.schema import Index, S, Schema, Table
from osem_migrate.schema.value import altered

MANAGED_KEY = "arn:aws:kms:us-east-1:123456789012:key/aws-managed"
CALLER = Caller("staging", ("--region", "eu-west-1"), ("--region", "eu-west-1", "--profile", "o'hara"))
ENVIRONMENT_AND_FLAGS = "--env staging --region eu-west-1"


def migration(number: int, *operations: Operation, slug: str = "change") -> Migration:
    """A script ``NNNN_slug`` whose operations stand on lines 5, 6, 7 …; without operations it creates a table TN."""
    declared = operations or (CreateTable(f"T{number}", S("id")),)
    name = f"{number:04}_{slug}"
    return Migration(
        name, number, declared, f"Summary {number}.", file=f"migrations/{name}.py", locate=lambda position: 5 + position
    )


def record(
    of: Migration, state: RecordedState = RecordedState.APPLIED, done: int | None = None, **changes: Any
) -> Record:
    """What the history says of a migration; all its operations are done, or the first ``done`` of them."""
    made = Record(
        migration=of.id,
        state=state,
        checksum=of.checksum,
        operations_total=len(of.operations),
        done=tuple(range(len(of.operations) if done is None else done)),
        operation_hashes=of.operation_hashes,
        started_at=1,
        finished_at=None,
        applied_by="ada",
        tool_version="0.1.0",
        fence=1,
        created_at=1,
        updated_at=1,
        created_by="ada",
    )
    return replace(made, **changes)


def applied(*migrations: Migration) -> History:
    """A history in which these migrations are applied."""
    return history(*(record(one) for one in migrations))


def history(*records: Record) -> History:
    """A history of these records."""
    return History(records={one.migration: one for one in records}, exists=True)


def created(create: CreateTable) -> Table:
    """The table that an operation creates, with what it leaves to the defaults."""
    return create.apply(Schema()).table(create.table)


def live_of(table: Table, **changes: Any) -> LiveTable:
    """The table as AWS describes it once it is exactly as declared.

    AWS resolves what a declaration leaves open: it shows every index with its own capacity, the managed key by its
    ARN (which KMS tells), no attribute of a time to live that is off, and tags of others beside ours.
    """
    return live(described(table), **changes)


def live(table: Table | None, **changes: Any) -> LiveTable:
    """A table that is live just so; ``changes`` are other fields of Live."""
    name = table.name if table is not None else changes.pop("name")
    arn = f"arn:aws:dynamodb:eu-west-1:123456789012:table/osem-staging-{name}" if table is not None else None
    made = LiveTable(name=name, physical_name=f"osem-staging-{name}", table=table, status="ACTIVE", arn=arn)
    return replace(made, **changes)


def described(table: Table) -> Table:
    """What AWS resolves of a declared table."""
    billing = table.setting(SetBilling)
    indexes = [_described_index(index, billing) for index in table.indexes]
    return replace(table, indexes=indexes, settings=[_described_setting(setting) for setting in table.settings])


def _described_index(index: Index, billing: SetBilling | None) -> Index:
    return replace(index, throughput=billing.index_throughput(index.throughput)) if billing is not None else index


def _described_setting(setting: Setting) -> Setting:
    if isinstance(setting, SetTimeToLive) and not setting.enabled:
        return SetTimeToLive.default(setting.table)
    if isinstance(setting, SetEncryption) and setting.key == "AWS_MANAGED":
        return altered(SetEncryption(setting.table, MANAGED_KEY), manager="AWS")
    if isinstance(setting, SetTags):
        return SetTags(setting.table, {"Somebody": "else", **{k: v for k, v in setting.tags.items() if v is not None}})
    return setting


def told(advice: str | None) -> str:
    """Advice with its commands as they are typed here."""
    return shown(advice or "", CALLER.show)
