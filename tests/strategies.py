"""Hypothesis strategies of valid keys, indexes, tables and settings, and of operations that fit a schema.

Everything drawn here is something DynamoDB would accept, so a test that draws it needs no ``assume``. Names come from
small pools on purpose: collisions between keys, projections and settings are where mistakes live.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
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
from osem_migrate.schema import AttributeType, Index, Key, LocalIndex, Projection, Schema, Table, Throughput

TABLE_NAMES = ("Users", "Teams", "Plans")
INDEX_NAMES = ("a-index", "b-index", "c-index", "d_index", "e.index")
ATTRIBUTES = ("id", "teamId", "ownerId", "status", "createdAt", "größe", "digest", "expiresAt")
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"

T = TypeVar("T")
Types = Mapping[str, AttributeType]

key_types: SearchStrategy[AttributeType] = st.sampled_from(("S", "N", "B"))
attribute_types: SearchStrategy[Types] = st.fixed_dictionaries(dict.fromkeys(ATTRIBUTES, key_types))
billing_modes: SearchStrategy[Literal["PAY_PER_REQUEST", "PROVISIONED"]]
billing_modes = st.sampled_from(("PAY_PER_REQUEST", "PROVISIONED"))
booleans = st.booleans()
units = st.integers(1, 40)
capacities = st.builds(Throughput, units, units)
maxima = st.one_of(st.builds(Throughput, units, st.none() | units), st.builds(Throughput, st.none(), units))
maybe_maxima = st.none() | maxima
key_names = st.lists(st.sampled_from(ATTRIBUTES), unique=True, min_size=1, max_size=6)
index_names = st.lists(st.sampled_from(INDEX_NAMES), unique=True)

# A strategy is checked when it is first drawn from, which takes longer than to draw: what is made once is checked once,
# and what depends on what was drawn before is drawn by a function, where it can be.


@cache
def _one_of(choices: tuple[T, ...]) -> SearchStrategy[T]:
    return st.sampled_from(choices)


@cache
def _some_of(choices: tuple[T, ...], *, least: int = 1) -> SearchStrategy[list[T]]:
    return st.lists(st.sampled_from(choices), unique=True, min_size=least)


@cache
def _up_to(most: int, *, least: int = 0) -> SearchStrategy[int]:
    return st.integers(least, most)


@cache
def setting_kinds(most: int | None = None) -> SearchStrategy[list[type[Setting]]]:
    """Some of the kinds of setting, each once."""
    return st.lists(st.sampled_from(SETTING_KINDS), unique=True, max_size=most)


@st.composite
def keys(draw: DrawFn, types: Types | None = None, without: Collection[str] = ()) -> Key:
    """A key attribute; ``types`` says which type each attribute has, ``without`` which ones it may not be."""
    return _key(draw, types if types is not None else draw(attribute_types), without)


def _key(draw: DrawFn, types: Types, without: Collection[str] = ()) -> Key:
    name = draw(_one_of(tuple(name for name in ATTRIBUTES if name not in without)))
    return Key(name, types[name])


@st.composite
def indexes(
    draw: DrawFn, name: str | None = None, types: Types | None = None, table_keys: Collection[str] = ()
) -> Index:
    """A global secondary index of one to four partition and up to four sort keys, without throughput of its own."""
    known = types if types is not None else draw(attribute_types)
    return _index(draw, name if name is not None else draw(_one_of(INDEX_NAMES)), known, table_keys)


def _index(draw: DrawFn, name: str, types: Types, table_keys: Collection[str]) -> Index:
    names = draw(key_names)
    split = draw(_up_to(min(4, len(names)), least=1))
    partition, sort = names[:split], names[split : split + 4]
    projection, include = _projection(draw, {*partition, *sort, *table_keys})
    return Index(
        name,
        tuple(Key(key, types[key]) for key in partition),
        tuple(Key(key, types[key]) for key in sort),
        projection,
        include,
    )


def _local_index(draw: DrawFn, name: str, types: Types, table_keys: Collection[str]) -> LocalIndex:
    """With a sort key other than the table's keys."""
    sort_key = _key(draw, types, table_keys)
    projection, include = _projection(draw, {sort_key.name, *table_keys})
    return LocalIndex(name, sort_key, projection, include)


@cache
def create_tables(name: str | None = None) -> SearchStrategy[CreateTable]:
    """A CreateTable with any mixture of indexes, local indexes and settings."""
    return _create_tables(name)


@st.composite
def _create_tables(draw: DrawFn, name: str | None) -> CreateTable:
    table = name if name is not None else draw(_one_of(TABLE_NAMES))
    types = draw(attribute_types)
    partition_key = _key(draw, types)
    sort_key = _key(draw, types, {partition_key.name}) if draw(booleans) else None
    own = {key.name for key in (partition_key, sort_key) if key is not None}
    names = draw(index_names)
    locals_ = draw(_up_to(min(2, len(names)))) if sort_key is not None else 0
    bare = CreateTable(
        table,
        partition_key,
        sort_key,
        [_index(draw, index, types, own) for index in names[locals_:]],
        [_local_index(draw, index, types, own) for index in names[:locals_]],
    )
    kinds = draw(setting_kinds())
    created = bare.apply(Schema()).table(table)
    settings = [draw(settings_of(created, kind)) for kind in kinds]
    return CreateTable(table, partition_key, sort_key, bare.indexes, bare.local_indexes, settings)


@st.composite
def creations(draw: DrawFn, kinds: Collection[type[Setting]] | None = None) -> tuple[CreateTable, ...]:
    """One to three new tables with at most four global indexes each; ``kinds`` are the settings they may declare."""
    names = draw(st.lists(st.sampled_from(TABLE_NAMES), unique=True, min_size=1))
    return tuple(_reduced(draw(create_tables(name)), kinds) for name in names)


def _reduced(create: CreateTable, kinds: Collection[type[Setting]] | None) -> CreateTable:
    kept = create.indexes[:4]
    gone = {index.name for index in create.indexes[4:]}
    wanted = [setting for setting in create.settings if kinds is None or type(setting) in kinds]
    for position, setting in enumerate(wanted):
        if isinstance(setting, SetBilling):
            own = {name: units for name, units in setting.indexes.items() if name not in gone}
            wanted[position] = replace(setting, indexes=own)
    return replace(create, indexes=kept, settings=wanted)


@st.composite
def tables(draw: DrawFn, name: str | None = None) -> Table:
    """A table as the schema holds it after CreateTable: billing is always declared, other settings may be."""
    create = draw(create_tables(name))
    return create.apply(Schema()).table(create.table)


@st.composite
def defaults(draw: DrawFn) -> tuple[Setting, ...]:
    """Settings that an environment gives to every new table."""
    anywhere = Table("anywhere", Key("id", "S"))
    kinds = draw(setting_kinds(3))
    return tuple(draw(settings_of(anywhere, kind)) for kind in kinds)


@st.composite
def schemas(draw: DrawFn, max_operations: int = 4) -> Schema:
    """A schema that some operations have built, often with settings changed since their table was created."""
    schema, _ = draw(_grown(max_operations, min_size=1))
    return schema


@st.composite
def operation_sequences(draw: DrawFn, max_size: int = 6) -> tuple[Operation, ...]:
    """Operations that apply one after the other, beginning with an empty schema."""
    _, sequence = draw(_grown(max_size, with_defaults=False))
    return sequence


@st.composite
def operations(draw: DrawFn, schema: Schema, names: Sequence[str] = TABLE_NAMES) -> Operation:
    """One operation on one of the tables that applies to the schema; any kind, where the schema has room for it."""
    # Tables that exist come up more often: an operation on a table is worth more than another creation.
    name = draw(_one_of((*names, *(name for name in names if name in schema.tables for _ in range(4)))))
    table = schema.tables.get(name)
    if table is None:
        return draw(create_tables(name))
    taken = {index.name for index in table.all_indexes}
    free = [index for index in INDEX_NAMES if index not in taken]
    kinds: list[type[Operation]] = [*SETTING_KINDS, SetBilling, DropTable]
    kinds += [DropIndex] * len(table.indexes) + [AddIndex] * min(2, len(free))
    kind = draw(_one_of(tuple(kinds)))
    if kind is DropTable:
        protection = table.setting(SetDeletionProtection)
        # What a script protects it has to give up before it drops it.
        off = protection is not None and protection.enabled
        return SetDeletionProtection(name, enabled=False) if off else DropTable(name)
    if kind is DropIndex:
        return DropIndex(name, draw(_one_of(tuple(index.name for index in table.indexes))))
    if kind is AddIndex:
        return draw(add_indexes(table, free))
    return draw(settings_of(table, next(setting for setting in SETTING_KINDS if setting is kind)))


@st.composite
def add_indexes(draw: DrawFn, table: Table, names: Collection[str] = INDEX_NAMES) -> AddIndex:
    """An AddIndex that fits the table: attribute types agree, throughput suits the billing."""
    types = {**draw(attribute_types), **table.attributes}
    name = draw(_one_of(tuple(sorted(names))))
    index = _index(draw, name, types, {key.name for key in table.keys})
    throughput = _throughput(draw, table.setting(SetBilling) or SetBilling.default(table.name))
    return AddIndex(table.name, name, index.partition_key, index.sort_key, index.projection, index.include, throughput)


def settings_of(table: Table, kind: type[Setting]) -> SearchStrategy[Setting]:
    """A setting of one kind that fits the table."""
    if kind is SetBilling:
        return _billings(table.name, tuple(index.name for index in table.indexes))
    return _plain_settings(kind, table.name)


@cache
def _plain_settings(kind: type[Setting], table: str) -> SearchStrategy[Setting]:
    """Those that look only at the table's name."""
    return _PLAIN_SETTINGS[kind](table)


@st.composite
def _grown(
    draw: DrawFn, max_size: int, *, min_size: int = 0, with_defaults: bool = True
) -> tuple[Schema, tuple[Operation, ...]]:
    schema = Schema(defaults=draw(defaults()) if with_defaults else ())
    sequence: list[Operation] = []
    for _ in range(draw(_up_to(max_size, least=min_size))):
        operation = draw(operations(schema))
        schema = operation.apply(schema)
        sequence.append(operation)
    return schema, tuple(sequence)


def _projection(draw: DrawFn, projected: Collection[str]) -> tuple[Projection, list[str]]:
    free = tuple(name for name in ATTRIBUTES if name not in projected)
    choices: tuple[Projection, ...] = ("ALL", "KEYS_ONLY", "INCLUDE")
    projection = draw(_one_of(choices if free else choices[:2]))
    return projection, draw(_some_of(free)) if projection == "INCLUDE" else []


@cache
def _billings(table: str, indexes: tuple[str, ...]) -> SearchStrategy[SetBilling]:
    return _billings_of(table, indexes)


@st.composite
def _billings_of(draw: DrawFn, table: str, indexes: tuple[str, ...]) -> SetBilling:
    mode = draw(billing_modes)
    throughput = draw(capacities if mode == "PROVISIONED" else maybe_maxima)
    billing = SetBilling(table, mode, throughput)
    named = draw(_some_of(indexes, least=0)) if indexes else []
    return SetBilling(table, mode, throughput, {name: _throughput(draw, billing) for name in named})


def _throughput(draw: DrawFn, billing: SetBilling) -> Throughput | None:
    """What an index may declare under a billing; now and then just the table's own, which tests like to forget."""
    kind = draw(_up_to(2 if billing.throughput is not None else 1))
    if kind == 0:
        return None
    return billing.throughput if kind == 2 else draw(capacities if billing.mode == "PROVISIONED" else maxima)


def _times_to_live(table: str) -> SearchStrategy[SetTimeToLive]:
    attribute = st.sampled_from(("expiresAt", "deleteAt"))
    on = st.builds(SetTimeToLive, st.just(table), attribute)
    return on | st.builds(SetTimeToLive, st.just(table), st.none() | attribute, enabled=st.just(value=False))


def _tags(table: str) -> SearchStrategy[SetTags]:
    texts = st.none() | st.sampled_from(("", "dev", "core"))
    return st.builds(SetTags, st.just(table), st.dictionaries(st.sampled_from(("Team", "Env", "Cost")), texts))


_PLAIN_SETTINGS: Mapping[type[Setting], Callable[[str], SearchStrategy[Setting]]] = {
    SetDeletionProtection: lambda table: st.builds(SetDeletionProtection, st.just(table), st.booleans()),
    SetEncryption: lambda table: st.builds(
        SetEncryption, st.just(table), st.sampled_from(("AWS_OWNED", "AWS_MANAGED", KMS_KEY))
    ),
    SetPointInTimeRecovery: lambda table: st.builds(
        SetPointInTimeRecovery, st.just(table), st.booleans(), st.integers(1, 35)
    ),
    SetStream: lambda table: st.builds(
        SetStream,
        st.just(table),
        st.sampled_from((None, "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")),
    ),
    SetTableClass: lambda table: st.builds(
        SetTableClass, st.just(table), st.sampled_from(("STANDARD", "STANDARD_INFREQUENT_ACCESS"))
    ),
    SetTags: _tags,
    SetTimeToLive: _times_to_live,
}
SETTING_KINDS: tuple[type[Setting], ...] = (SetBilling, *_PLAIN_SETTINGS)


@st.composite
def successions(draw: DrawFn, max_operations: int = 4, *, with_defaults: bool = True) -> tuple[Schema, Schema]:
    """A schema, and one that further operations make of it; the second is without the defaults of new tables."""
    before, _ = draw(_grown(max_operations, min_size=1, with_defaults=with_defaults))
    after = before
    for _ in range(draw(_up_to(max_operations))):
        operation = draw(operations(after))
        after = operation.apply(after)
    return before, Schema(after.tables)
