"""Declaration: the CreateTable that makes a table just as a live one is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from osem_migrate.operations import CreateTable, SetBilling, Setting
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import checked


def declare(found: Table, defaults: Sequence[Setting] = ()) -> CreateTable:
    """The operation that creates exactly this table where new ones get these defaults; what those give is left out.

    Raises:
        DefinitionError: the table has something that no script can declare.
    """
    live: Table = checked(found)
    bare = CreateTable(live.name, live.partition_key, live.sort_key).apply(Schema(defaults=tuple(defaults)))
    settings = tuple(_settings(live, bare.table(live.name)))
    return CreateTable(
        live.name, live.partition_key, live.sort_key, tuple(_indexes(live)), live.local_indexes, settings
    )


def _indexes(live: Table) -> Iterator[Index]:
    """The indexes, without a throughput that they would have anyway."""
    billing = SetBilling.of(live)
    for index in live.indexes:
        given = index.throughput == billing.index_throughput(None)
        yield replace(index, throughput=None) if given else index


def _settings(live: Table, bare: Table) -> Iterator[Setting]:
    for found in live.settings:
        kind = type(found)
        yield from found.beyond(bare.setting(kind) or kind.default(live.name))
