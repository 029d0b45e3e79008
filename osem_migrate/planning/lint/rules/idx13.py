"""IDX13: a provisioned index with less write capacity than its table."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.lint.throughput import slower
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one, index, own, whole in slower(release, provisioned=True):
        yield one, f"index {index.name} of {one.table} takes {own} write units a second, its table {whole}"


RULE = Rule(
    code="IDX13",
    severity=Severity.WARNING,
    finds="a provisioned index with less write capacity than its table",
    reason="An index that cannot take what is written to its table throttles the table: back-pressure.",
    recipe="Give the index at least the write capacity of the table, or leave its throughput out: then it has the "
    "same. Where few items are in the index, say so.",
    source=f"{GUIDE}gsi-throttling.html",
    given='CreateTable("Orders", S("orderId"), settings=[SetBilling.provisioned("Orders", read=50, write=50)])',
    fires='AddIndex("Orders", "by-customer", partition_key=S("customerId"), throughput=Throughput(5, 5))',
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    check=_check,
    of_environment=True,
)
