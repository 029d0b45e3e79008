"""IDX09: a table that is near the quota of indexes."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import MAX_INDEXES

NEAR = MAX_INDEXES * 4 // 5


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.after is not None and one.new_indexes and len(one.after.indexes) > NEAR:
            yield one, f"{one.table} has {len(one.after.indexes)} indexes; the quota is {MAX_INDEXES}"


_INDEXES = "".join(
    f'        Index("by-{number}", S("owner{number}"), projection="KEYS_ONLY"),\n' for number in range(NEAR)
)

RULE = Rule(
    code="IDX09",
    severity=Severity.WARNING,
    finds=f"more than {NEAR} indexes of a table, of the quota of {MAX_INDEXES}",
    reason=f"AWS allows {MAX_INDEXES} global indexes a table unless it raises the quota for the account, and to "
    "replace one without an outage takes room for both.",
    recipe="Let one index answer several queries by a wider key, drop what nothing queries, or have AWS raise the "
    "quota in every account in time.",
    source=f"{GUIDE}ServiceQuotas.html",
    given=f'CreateTable(\n    "Orders",\n    partition_key=S("orderId"),\n    indexes=[\n{_INDEXES}    ],\n)',
    fires='AddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    passes='DropIndex("Orders", "by-0")',
    check=_check,
)
