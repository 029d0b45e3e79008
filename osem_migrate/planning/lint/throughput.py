"""Indexes that take fewer writes than their tables."""

from collections.abc import Iterator

from osem_migrate.operations import SetBilling
from osem_migrate.planning.lint.reviewed import Release, ReviewedOperation
from osem_migrate.schema import Index, Table

Slow = tuple[str, int, int | None]


def slower(release: Release, *, provisioned: bool) -> Iterator[tuple[ReviewedOperation, Index, int, int | None]]:
    """Each index that an operation makes so: with its own write units, and those of the table; None is no maximum."""
    for one in release.operations:
        if one.after is None:
            continue
        had = set(_slow(one.before, provisioned=provisioned)) if one.before is not None else set()
        for name, own, whole in _slow(one.after, provisioned=provisioned):
            index = one.after.index(name)
            if (name, own, whole) not in had and index is not None:
                yield one, index, own, whole


def _slow(table: Table, *, provisioned: bool) -> Iterator[Slow]:
    billing = SetBilling.of(table)
    if billing.is_provisioned is not provisioned:
        return
    whole = billing.throughput.write if billing.throughput is not None else None
    for index in table.indexes:
        throughput = billing.index_throughput(index.throughput)
        own = throughput.write if throughput is not None else None
        if own is not None and (whole is None or own < whole):
            yield index.name, own, whole
