"""BIL01: several switches between on-demand and provisioned."""

from collections.abc import Iterator

from osem_migrate.operations import SetBilling
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        switches = 0
        for one in operations:
            change = one.change_of(SetBilling)
            switches += change is not None and change[0].mode != change[1].mode
            if change is not None and change[0].mode != change[1].mode and switches > 1:
                yield one, f"{one.table} switches between on-demand and provisioned {switches} times in one release"


RULE = Rule(
    code="BIL01",
    severity=Severity.WARNING,
    finds="several switches between on-demand and provisioned in a release",
    reason="A switch takes one to three minutes, and AWS lets a table switch to on-demand four times in 24 hours; then "
    "an emergency cannot be answered with it.",
    recipe="Leave out the switches whose outcome another one undoes.",
    source=f"{GUIDE}bp-switching-capacity-modes.html",
    fires='SetBilling.provisioned("Orders", read=10, write=10)\nSetBilling.on_demand("Orders")',
    passes='SetBilling.on_demand("Orders", max_write=1000)',
    check=_check,
    of_release=True,
)
