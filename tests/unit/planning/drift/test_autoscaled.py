"""Capacity that an autoscaler owns is overlooked, side by side and index by index."""

from dataclasses import replace

import pytest

from osem_migrate.live_table import Dimension
from osem_migrate.operations import CreateTable, SetBilling
from osem_migrate.planning.drift.autoscaled import capacity_differs, dimensions, overlooking_capacity
from osem_migrate.planning.drift.diff import diff
from osem_migrate.schema import Index, S, Table, Throughput
from tests.unit.planning.builders import created, live

BY_A, BY_B = Index("by-a", S("a"), throughput=Throughput(2, 2)), Index("by-b", S("b"))
DECLARED = created(
    CreateTable("Teams", S("id"), indexes=[BY_A, BY_B], settings=[SetBilling.provisioned("Teams", read=5, write=5)])
)
ON_DEMAND = created(CreateTable("Teams", S("id")))


def scaled(table: tuple[int, int] = (5, 5), a: tuple[int, int] = (2, 2), b: tuple[int, int] = (5, 5)) -> Table:
    """The table with these read and write units."""
    indexes = [replace(BY_A, throughput=Throughput(*a)), replace(BY_B, throughput=Throughput(*b))]
    return replace(DECLARED, indexes=indexes).with_setting(
        SetBilling.provisioned("Teams", read=table[0], write=table[1])
    )


@pytest.mark.parametrize(
    ("found", "owned", "left"),
    [
        (scaled((9, 5)), {(None, "read")}, []),
        (scaled((9, 9)), {(None, "read")}, ["DRIFT_BILLING"]),
        (scaled((9, 9)), {(None, "read"), (None, "write")}, []),
        (scaled(a=(1, 7)), {("by-a", "read"), ("by-a", "write")}, []),
        (scaled(a=(1, 7)), {("by-a", "read")}, ["DRIFT_INDEX_THROUGHPUT"]),
        (scaled(b=(8, 5)), {("by-a", "read")}, ["DRIFT_INDEX_THROUGHPUT"]),
        (scaled((9, 9), (9, 9), (9, 9)), dimensions(DECLARED), []),
        (scaled((9, 9)), set(), ["DRIFT_BILLING"]),
    ],
)
def test_only_what_is_owned_is_overlooked(found: Table, owned: set[Dimension], left: list[str]) -> None:
    """The other side, and the other indexes, are drift as ever."""
    seen = replace(live(found), autoscaled=frozenset(owned))
    assert [difference.code for difference in diff(seen, DECLARED)] == left


def test_other_billing_is_drift_whoever_owns_the_capacity() -> None:
    """An autoscaler never switches to on-demand."""
    found = replace(live(replace(ON_DEMAND, indexes=[BY_B])), autoscaled=dimensions(DECLARED))
    assert overlooking_capacity(found, DECLARED) == found
    gone = replace(live(None, name="Teams"), autoscaled=dimensions(DECLARED))
    assert overlooking_capacity(gone, DECLARED) == gone


def test_an_index_that_nobody_declared_keeps_what_it_has() -> None:
    """There is nothing that its capacity could be taken for."""
    extra = Index("extra", S("x"), throughput=Throughput(1, 1))
    found = live(replace(scaled(), indexes=[*scaled().indexes, extra]))
    seen = overlooking_capacity(replace(found, autoscaled=frozenset({("extra", "read"), (None, "read")})), DECLARED)
    assert seen.table is not None
    assert seen.table.index("extra") == extra


def test_whether_anybody_has_to_be_asked() -> None:
    """Only where a provisioned table, declared so, has other capacity."""
    assert not capacity_differs(live(scaled()), DECLARED)
    assert capacity_differs(live(scaled((9, 5))), DECLARED)
    assert capacity_differs(live(scaled(a=(9, 2))), DECLARED)
    assert not capacity_differs(live(ON_DEMAND), DECLARED)
    assert not capacity_differs(live(scaled((9, 5))), ON_DEMAND)
    assert not capacity_differs(live(None, name="Teams"), DECLARED)
