"""BIL02: capacity that an autoscaler owns."""

from collections.abc import Iterator

from osem_migrate.operations import SetBilling
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        change = one.change_of(SetBilling)
        if change is None or not release.environment.is_autoscaled(one.table):
            continue
        if all(billing.is_provisioned for billing in change):
            yield one, f"the capacity of {one.table} is set, which an autoscaler owns"


RULE = Rule(
    code="BIL02",
    severity=Severity.WARNING,
    finds="capacity of a table that is autoscaled by the configuration",
    reason="The autoscaler puts the capacity back to what it thinks right within minutes; until then the table may be "
    "throttled, or paid for in vain.",
    recipe="Change the least and the most capacity where the autoscaler is configured; or take the table out of "
    "autoscaled.",
    source=f"{GUIDE}AutoScaling.html",
    given='CreateTable("Orders", S("orderId"), settings=[SetBilling.provisioned("Orders", read=50, write=50)])',
    fires='SetBilling.provisioned("Orders", read=10, write=10)',
    passes='SetBilling.on_demand("Orders")',
    check=_check,
    of_environment=True,
)
