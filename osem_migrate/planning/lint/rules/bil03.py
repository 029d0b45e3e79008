"""BIL03: more decreases of capacity than AWS accepts in a day."""

from collections.abc import Iterator

from osem_migrate.operations import SetBilling
from osem_migrate.planning.lint.reviewed import Release, Remark, ReviewedOperation
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity

A_DAY = 4


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        for count, one in enumerate([one for one in operations if _decreases(one)][A_DAY:], A_DAY + 1):
            yield one, f"the capacity of {one.table} is decreased {count} times in one release"


def _decreases(one: ReviewedOperation) -> bool:
    change = one.change_of(SetBilling)
    if change is None or not all(billing.is_provisioned for billing in change):
        return False
    before, after = (
        (billing.throughput.read or 0, billing.throughput.write or 0) if billing.throughput is not None else (0, 0)
        for billing in change
    )
    return after[0] < before[0] or after[1] < before[1]


RULE = Rule(
    code="BIL03",
    severity=Severity.ERROR,
    finds=f"more than {A_DAY} decreases of one table's capacity in a release",
    reason=f"AWS accepts {A_DAY} decreases a day, and then one an hour: the run fails with a LimitExceededException.",
    recipe="Decrease it once, to what it is meant to be.",
    source=f"{GUIDE}ServiceQuotas.html",
    given='CreateTable("Orders", S("orderId"), settings=[SetBilling.provisioned("Orders", read=60, write=60)])',
    fires="\n".join(f'SetBilling.provisioned("Orders", read={units}, write=60)' for units in (50, 40, 30, 20, 10)),
    passes='SetBilling.provisioned("Orders", read=10, write=60)',
    check=_check,
    of_release=True,
)
