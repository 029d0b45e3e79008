"""IDX10: an index key that is several values in one text."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        for index in one.new_indexes:
            for key in index.keys:
                if "#" in key.name:
                    said = f"index {index.name} of {one.table} has the key attribute {key.name}, several values in one"
                    yield one, said


RULE = Rule(
    code="IDX10",
    severity=Severity.WARNING,
    finds="an index key that is several values joined by #, by its name",
    reason="A key of joined values has to be written by the application beside the values, in every place that writes "
    "them, and filled in for all items there are. Up to four attributes can be the partition key of a global index, "
    "and four more its sort key.",
    recipe='Name the attributes themselves: sort_key=(S("status"), N("createdAt")).',
    source=f"{GUIDE}GSI.DesignPattern.MultiAttributeKeys.html",
    fires='AddIndex("Orders", "by-customer", partition_key=S("customerId"), sort_key=S("status#createdAt"))',
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"), sort_key=(S("status"), N("createdAt")))',
    check=_check,
)
