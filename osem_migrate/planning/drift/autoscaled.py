"""Capacity: what an autoscaler owns is not drift."""

from collections.abc import Collection
from dataclasses import replace

from osem_migrate.live_table import Dimension, LiveTable
from osem_migrate.operations import SetBilling
from osem_migrate.schema import Index, Table, Throughput
from osem_migrate.schema.value import altered, as_found


def capacity_differs(live: LiveTable, expected: Table) -> bool:
    """Whether a table that is provisioned, as declared, has other capacity than declared somewhere."""
    return overlooking_capacity(replace(live, autoscaled=dimensions(expected)), expected).table != live.table


def dimensions(expected: Table) -> frozenset[Dimension]:
    """Both sides of the table and of each of its indexes."""
    names = (None, *(index.name for index in expected.indexes))
    return frozenset((name, side) for name in names for side in ("read", "write"))


def overlooking_capacity(live: LiveTable, expected: Table) -> LiveTable:
    """The live table with the declared capacity wherever an autoscaler owns it."""
    owned = live.autoscaled
    found, wanted = _provisioned(live.table), _provisioned(expected)
    if live.table is None or found is None or wanted is None or not owned:
        return live
    declared = {index.name: wanted.index_throughput(index.throughput) for index in expected.indexes}

    def seen(index: Index) -> Index:
        return altered(index, throughput=_mixed(index.throughput, declared.get(index.name), index.name, owned))

    billing = altered(found, throughput=_mixed(found.throughput, wanted.throughput, None, owned))
    table = altered(live.table, indexes=[seen(index) for index in live.table.indexes])
    return replace(live, table=table.with_setting(billing))


def _provisioned(table: Table | None) -> SetBilling | None:
    billing = table.setting(SetBilling) if table is not None else None
    return billing if billing is not None and billing.is_provisioned else None


def _mixed(
    found: Throughput | None, declared: Throughput | None, name: str | None, owned: Collection[Dimension]
) -> Throughput | None:
    if found is None or declared is None:
        return found
    return as_found(
        Throughput,
        declared.read if (name, "read") in owned else found.read,
        declared.write if (name, "write") in owned else found.write,
    )
