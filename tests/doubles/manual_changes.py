"""Manual changes: every way in which somebody can change one thing of a live table, as calls of plain boto3."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args

from osem_migrate.operations import (
    CreateTable,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.set_stream import StreamView
from osem_migrate.operations.step import RESOURCE_ARN, TABLE_NAME, Call
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.schema import AttributeType, Index, Key, LocalIndex, Projection, S, Schema, Table, Throughput

OTHER = S("somethingElse")
OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/another"
EXTRA = "extra-index"
ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
MAX_KEYS = 4

AnyIndex = TypeVar("AnyIndex", Index, LocalIndex)


@dataclass(frozen=True, kw_only=True)
class ManualChange:
    """One change.

    Attributes:
        what: the kind of thing that is changed; the same words for every table.
        how: into what, for a person who reads of a mistake.
        code: what ``status`` has to report; None where it is nobody's business.
        subject: the table or index that the report has to name.
        calls: how somebody does it, one call after the other, each once the one before has settled.
        anew: the table that comes to the same, where it can be told as a table.
    """

    what: str
    how: str
    code: str | None
    subject: str
    calls: tuple[Call, ...]
    anew: Table | None = None


def manual_changes(table: Table) -> Iterator[ManualChange]:
    """Everything that can be changed by hand of a table that is live as declared; each thing alone."""
    for part in (_existence, _keys, _local_indexes, _indexes, _billing, _settings, _undeclared):
        yield from part(table)


def construction(table: Table) -> tuple[Call, ...]:
    """The calls that make the table."""
    create = CreateTable(
        table.name, table.partition_key, table.sort_key, table.indexes, table.local_indexes, table.settings
    )
    return create.steps(Schema())


def drop_steps(table: Table) -> tuple[Call, ...]:
    """The calls that drop it, protected or not."""
    protection = table.setting(SetDeletionProtection)
    protected = protection is not None and protection.enabled
    off = (_update(table, DeletionProtectionEnabled=False),) if protected else ()
    return (*off, _call(table, "delete_table"))


def _call(table: Table, method: str, named_by: str = TABLE_NAME, **parameters: Any) -> Call:
    return Call(
        table=table.name, method=method, parameters=parameters, after=None, named_by=named_by, subject=table.name
    )


def _update(table: Table, **parameters: Any) -> Call:
    return _call(table, "update_table", **parameters)


def _rebuilt(table: Table, anew: Table, *, what: str, how: str, code: str, subject: str) -> ManualChange:
    """The table dropped, and made again otherwise."""
    calls = (*drop_steps(table), *construction(anew))
    return ManualChange(what=what, how=how, code=code, subject=subject, calls=calls, anew=anew)


def _existence(table: Table) -> Iterator[ManualChange]:
    yield ManualChange(
        what="table",
        how="dropped",
        code=DriftCode.TABLE_MISSING,
        subject=table.name,
        calls=drop_steps(table),
        anew=None,
    )


def _keys(table: Table) -> Iterator[ManualChange]:
    def anew(how: str, **changes: Any) -> ManualChange:
        other = replace(table, **changes)
        return _rebuilt(table, other, what="table keys", how=how, code=DriftCode.TABLE_KEYS, subject=table.name)

    yield anew("other partition key", partition_key=OTHER)
    yield anew("other sort key" if table.sort_key else "sort key added", sort_key=OTHER)
    used = {key.name for index in table.indexes for key in index.keys} | {
        local.sort_key.name for local in table.local_indexes
    }
    if table.partition_key.name not in used:
        yield anew("other type of the partition key", partition_key=_retyped(table.partition_key))
    if table.sort_key is None:
        return
    if table.sort_key.name not in used:
        yield anew("other type of the sort key", sort_key=_retyped(table.sort_key))
    if not table.local_indexes:
        yield anew("sort key removed", sort_key=None)
        yield anew("keys swapped", partition_key=table.sort_key, sort_key=table.partition_key)


def _retyped(key: Key) -> Key:
    others: dict[AttributeType, AttributeType] = {"S": "N", "N": "B", "B": "S"}
    return Key(key.name, others[key.type])


def _local_indexes(table: Table) -> Iterator[ManualChange]:
    if table.sort_key is None:
        return

    def anew(how: str, subject: str, indexes: list[LocalIndex]) -> ManualChange:
        other = replace(table, local_indexes=indexes)
        return _rebuilt(table, other, what="local index", how=how, code=DriftCode.LOCAL_INDEX, subject=subject)

    yield anew("added", "local-extra", [*table.local_indexes, LocalIndex("local-extra", OTHER)])
    for local in table.local_indexes:
        others = [known for known in table.local_indexes if known != local]
        yield anew("missing", local.name, others)
        yield anew("other sort key", local.name, [*others, replace(local, sort_key=OTHER)])
        for how, changed in _projections(local):
            yield anew(how, local.name, [*others, changed])


def _indexes(table: Table) -> Iterator[ManualChange]:
    billing, extra = _billing_of(table), Index(EXTRA, OTHER)
    yield _index_change(table, [*table.indexes, extra], how="added", code=DriftCode.INDEX_UNEXPECTED, added=extra)
    for index in table.indexes:
        others = [known for known in table.indexes if known != index]
        yield _index_change(table, others, how="dropped", code=DriftCode.INDEX_MISSING, dropped=index)
        rebuilds = [
            *(("index keys", DriftCode.INDEX_KEYS, how, other) for how, other in _other_keys(index, table)),
            *(("index projection", DriftCode.INDEX_PROJECTION, how, other) for how, other in _projections(index)),
        ]
        for what, code, how, other in rebuilds:
            kept = [*others, other]
            yield _index_change(table, kept, what=what, how=how, code=code, dropped=index, added=other)
        for how, units in _other_units(billing, billing.index_throughput(index.throughput)):
            update = {"IndexName": index.name, **_units(billing.mode, units)}
            yield ManualChange(
                what=f"index {_noun(billing)}",
                how=how,
                code=DriftCode.INDEX_THROUGHPUT,
                subject=index.name,
                calls=(_update(table, GlobalSecondaryIndexUpdates=[{"Update": update}]),),
            )


def _index_change(
    table: Table,
    indexes: list[Index],
    *,
    what: str = "index",
    how: str,
    code: str,
    dropped: Index | None = None,
    added: Index | None = None,
) -> ManualChange:
    calls: list[Call] = []
    if dropped is not None:
        calls.append(_update(table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": dropped.name}}]))
    if added is not None:
        calls.append(
            _update(
                table,
                AttributeDefinitions=[{"AttributeName": key.name, "AttributeType": key.type} for key in added.keys],
                GlobalSecondaryIndexUpdates=[{"Create": _index_request(table, added)}],
            )
        )
    subject = next(index.name for index in (dropped, added) if index is not None)
    anew = replace(table, indexes=indexes)
    return ManualChange(what=what, how=how, code=code, subject=subject, calls=tuple(calls), anew=anew)


def _index_request(table: Table, index: Index) -> dict[str, Any]:
    kinds = [*(("HASH", key) for key in index.partition_keys), *(("RANGE", key) for key in index.sort_keys)]
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.include:
        projection["NonKeyAttributes"] = list(reversed(index.include))
    billing = _billing_of(table)
    units = billing.index_throughput(index.throughput)
    return {
        "IndexName": index.name,
        "KeySchema": [{"AttributeName": key.name, "KeyType": kind} for kind, key in kinds],
        "Projection": projection,
        **(_units(billing.mode, units) if units is not None else {}),
    }


def _other_keys(index: Index, table: Table) -> Iterator[tuple[str, Index]]:
    partition, sort = index.partition_keys, index.sort_keys
    elsewhere = replace(table, indexes=[known for known in table.indexes if known != index]).attributes

    def with_keys(partition: tuple[Key, ...], sort: tuple[Key, ...]) -> Index:
        return replace(index, partition_key=partition, sort_key=sort)

    yield "other partition key", with_keys((OTHER, *partition[1:]), sort)
    if partition[0].name not in elsewhere:
        yield "other type of the partition key", with_keys((_retyped(partition[0]), *partition[1:]), sort)
    if len(sort) < MAX_KEYS:
        yield "sort key added", with_keys(partition, (*sort, OTHER))
    if len(partition) > 1:
        yield "other order of the partition key", with_keys(partition[::-1], sort)
        yield "partition key shortened", with_keys(partition[:-1], sort)
        if len(sort) < MAX_KEYS:
            yield "partition key that sorts", with_keys(partition[:-1], (partition[-1], *sort))
    if sort:
        yield "other sort key", with_keys(partition, (*sort[:-1], OTHER))
        yield "sort key shortened", with_keys(partition, sort[:-1])
        if sort[-1].name not in elsewhere:
            yield "other type of the sort key", with_keys(partition, (*sort[:-1], _retyped(sort[-1])))
    if len(sort) > 1:
        yield "other order of the sort key", with_keys(partition, sort[::-1])


def _projections(index: AnyIndex) -> Iterator[tuple[str, AnyIndex]]:
    whole: tuple[Projection, ...] = ("ALL", "KEYS_ONLY")
    for projection in whole:
        if projection != index.projection:
            yield f"projection {projection}", replace(index, projection=projection, include=())
    yield "projects another one", replace(index, projection="INCLUDE", include=(*index.include, "leftOver"))
    if len(index.include) > 1:
        yield "projects one less", replace(index, include=index.include[1:])


def _billing_of(table: Table) -> SetBilling:
    return table.setting(SetBilling) or SetBilling.default(table.name)


def _noun(billing: SetBilling) -> str:
    return "capacity" if billing.mode == PROVISIONED else "maximum throughput"


def _other_units(billing: SetBilling, had: Throughput | None) -> Iterator[tuple[str, Throughput]]:
    """Other capacity, or other maxima (-1 is none) of an on-demand table or index."""
    read, write = (had.read, had.write) if had is not None else (None, None)
    yield "more reads", Throughput((read or 0) + 1, write)
    yield "more writes", Throughput(read, (write or 0) + 7)
    if had is not None and billing.mode == ON_DEMAND:
        yield "lifted", Throughput(None, None)


def _units(mode: str, units: Throughput) -> dict[str, Any]:
    if mode == PROVISIONED:
        return {"ProvisionedThroughput": {"ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write}}
    return {
        "OnDemandThroughput": {
            "MaxReadRequestUnits": units.read or -1,
            "MaxWriteRequestUnits": units.write or -1,
        }
    }


def _billing(table: Table) -> Iterator[ManualChange]:
    billing = _billing_of(table)
    for how, units in _other_units(billing, billing.throughput):
        yield ManualChange(
            what=_noun(billing),
            how=how,
            code=DriftCode.BILLING,
            subject=table.name,
            calls=(_update(table, **_units(billing.mode, units)),),
        )
    capacity = _units(PROVISIONED, Throughput(7, 8))
    every = [{"Update": {"IndexName": index.name, **capacity}} for index in table.indexes]
    provisioned = {"BillingMode": PROVISIONED, **capacity, **({"GlobalSecondaryIndexUpdates": every} if every else {})}
    call = _update(table, **(provisioned if billing.mode == ON_DEMAND else {"BillingMode": ON_DEMAND}))
    yield ManualChange(what="billing mode", how="switched", code=DriftCode.BILLING, subject=table.name, calls=(call,))


def _settings(table: Table) -> Iterator[ManualChange]:
    for setting in table.settings:
        changes = _CHANGES.get(type(setting))
        for how, calls in changes(table, setting) if changes is not None else ():
            yield ManualChange(what=setting.noun, how=how, code=DriftCode.SETTING, subject=table.name, calls=calls)


Ways = Iterator[tuple[str, tuple[Call, ...]]]


def _time_to_live_changes(table: Table, setting: SetTimeToLive) -> Ways:
    if not setting.enabled:
        yield "on", (_time_to_live(table, "removedAt", enabled=True),)
        return
    off = _time_to_live(table, str(setting.attribute), enabled=False)
    yield "off", (off,)
    yield "other attribute", (off, _time_to_live(table, "removedAt", enabled=True))


def _time_to_live(table: Table, attribute: str, *, enabled: bool) -> Call:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    return _call(table, "update_time_to_live", TimeToLiveSpecification=specification)


def _stream_changes(table: Table, setting: SetStream) -> Ways:
    on = "on" if setting.view is None else "other view"
    off = () if setting.view is None else (_update(table, StreamSpecification={"StreamEnabled": False}),)
    if off:
        yield "off", off
    for view in get_args(StreamView):
        if view != setting.view:
            yield on, (*off, _stream(table, view))


def _stream(table: Table, view: str) -> Call:
    return _update(table, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})


def _recovery_changes(table: Table, setting: SetPointInTimeRecovery) -> Ways:
    if setting.enabled:
        yield "off", (_recovery(table, PointInTimeRecoveryEnabled=False),)
        days = setting.days % 35 + 1
        yield "other period", (_recovery(table, PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=days),)
    else:
        yield "on", (_recovery(table, PointInTimeRecoveryEnabled=True),)


def _recovery(table: Table, **specification: Any) -> Call:
    return _call(table, "update_continuous_backups", PointInTimeRecoverySpecification=specification)


def _protection_changes(table: Table, setting: SetDeletionProtection) -> Ways:
    yield "off" if setting.enabled else "on", (_update(table, DeletionProtectionEnabled=not setting.enabled),)


def _class_changes(table: Table, setting: SetTableClass) -> Ways:
    (other,) = {"STANDARD", "STANDARD_INFREQUENT_ACCESS"} - {setting.storage}
    yield other, (_update(table, TableClass=other),)


def _encryption_changes(table: Table, setting: SetEncryption) -> Ways:
    """A key of one's own instead of the managed one is not here: DescribeTable cannot tell the two apart."""
    if setting.key != "AWS_OWNED":
        yield "AWS_OWNED", (_update(table, SSESpecification={"Enabled": False}),)
    if setting.key != "AWS_MANAGED":
        yield "AWS_MANAGED", (_update(table, SSESpecification={"Enabled": True, "SSEType": "KMS"}),)
        yield "another key", (_encrypt(table),)


def _encrypt(table: Table) -> Call:
    return _update(table, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": OTHER_KEY})


def _tag_changes(table: Table, setting: SetTags) -> Ways:
    for key, text in setting.tags.items():
        yield "other value" if text is not None else "added again", (_tag(table, key, "changed"),)
        if text is not None:
            yield "removed", (_call(table, "untag_resource", RESOURCE_ARN, TagKeys=[key]),)


def _tag(table: Table, key: str, text: str) -> Call:
    return _call(table, "tag_resource", RESOURCE_ARN, Tags=[{"Key": key, "Value": text}])


_CHANGES: dict[type, Callable[[Table, Any], Ways]] = {
    SetTimeToLive: _time_to_live_changes,
    SetStream: _stream_changes,
    SetPointInTimeRecovery: _recovery_changes,
    SetDeletionProtection: _protection_changes,
    SetTableClass: _class_changes,
    SetEncryption: _encryption_changes,
    SetTags: _tag_changes,
}


def _undeclared(table: Table) -> Iterator[ManualChange]:
    """What no script says anything of may be as it likes."""
    ways: dict[type[Setting], Call] = {
        SetTimeToLive: _time_to_live(table, "removedAt", enabled=True),
        SetStream: _stream(table, "NEW_IMAGE"),
        SetPointInTimeRecovery: _recovery(table, PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=3),
        SetDeletionProtection: _update(table, DeletionProtectionEnabled=True),
        SetTableClass: _update(table, TableClass="STANDARD_INFREQUENT_ACCESS"),
        SetEncryption: _encrypt(table),
    }
    declared = {type(setting) for setting in table.settings}
    noise = {f"undeclared {kind.noun}": call for kind, call in ways.items() if kind not in declared}
    noise["tags of others"] = _tag(table, "Somebody", "else")
    noise["warm throughput"] = _update(
        table, WarmThroughput={"ReadUnitsPerSecond": 15_000, "WriteUnitsPerSecond": 5_000}
    )
    for what, call in noise.items():
        yield ManualChange(what=what, how="on", code=None, subject=table.name, calls=(call,))
