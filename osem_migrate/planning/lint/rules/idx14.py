"""IDX14: an on-demand index with a lower maximum than its table."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.lint.throughput import slower
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one, index, own, whole in slower(release, provisioned=False):
        limit = f"at most {whole}" if whole is not None else "any number"
        yield one, f"index {index.name} of {one.table} takes at most {own} write units a second, its table {limit}"


RULE = Rule(
    code="IDX14",
    severity=Severity.WARNING,
    finds="an on-demand index with a lower maximum of writes than its table",
    reason="Beyond the maximum of one of its indexes, DynamoDB throttles writes to the table, whatever its own "
    "maximum.",
    recipe="Give the index no maximum of writes, or at least that of the table.",
    source=f"{GUIDE}on-demand-capacity-mode-max-throughput.html",
    fires="""\
AddIndex(
    "Orders",
    "by-customer",
    partition_key=S("customerId"),
    throughput=Throughput(read=None, write=100),
)""",
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    check=_check,
    of_environment=True,
)
