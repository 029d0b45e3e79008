"""IDX01: an index that is partitioned by an attribute of few values."""

from collections.abc import Iterator

from osem_migrate.planning.lint.names import words
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity

_LAST = frozenset({"active", "archived", "deleted", "enabled", "flag", "kind", "state", "status", "type"})
_FIRST = frozenset({"has", "is"})


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        for index in one.new_indexes:
            names = [key.name for key in index.partition_keys]
            if len(names) == 1 and _has_few_values(names[0]):
                said = f"index {index.name} of {one.table} is partitioned by {names[0]}, by its name of few values"
                yield one, said


def _has_few_values(name: str) -> bool:
    found = words(name)
    return bool(found) and (found[-1] in _LAST or (found[0] in _FIRST and len(found) > 1))


RULE = Rule(
    code="IDX01",
    severity=Severity.WARNING,
    finds="an index that is partitioned by an attribute of few values, by its name",
    reason="All items of one value are in one partition of the index, which takes 1,000 write units a second. Beyond "
    "that DynamoDB throttles writes to the table itself: back-pressure.",
    recipe='Spread it over a second attribute, partition_key=(S("status"), N("shard")); or index an attribute that '
    "only those few items have which are asked for (a sparse index). Where the table is small, say so.",
    source=f"{GUIDE}gsi-throttling.html",
    fires='AddIndex("Orders", "by-status", partition_key=S("status"))',
    passes='AddIndex("Orders", "by-status", partition_key=(S("status"), N("shard")))',
    check=_check,
)
