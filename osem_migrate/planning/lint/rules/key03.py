"""KEY03: a partition key with one value for all that is written at a time."""

from collections.abc import Iterator

from osem_migrate.planning.lint.names import words
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import as_keys

_DATES = frozenset({"date", "day", "week", "month", "quarter", "year"})
_CONSTANT = frozenset({"constant", "dummy", "global", "singleton", "static"})


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.created is not None and (why := _why(one.created.keys[0].name)):
            yield one, f"{one.table} is partitioned by {one.created.keys[0].name}, {why}"
        for index in one.new_indexes:
            names = [key.name for key in as_keys(index.partition_key)]
            if len(names) == 1 and (why := _why(names[0])):
                yield one, f"index {index.name} of {one.table} is partitioned by {names[0]}, {why}"


def _why(name: str) -> str:
    found = words(name)
    if found and found[-1] in _DATES:
        return "by its name a date: all writes of a day go to one partition"
    return "by its name the same for all items: they are in one partition" if _CONSTANT & set(found) else ""


RULE = Rule(
    code="KEY03",
    severity=Severity.WARNING,
    finds="a partition key that is a date or a constant, by its name",
    reason="One partition takes 1,000 write units and 3,000 read units a second. Where everything that is written at a "
    "time has the same partition key, that is the limit of the whole table, whatever its capacity.",
    recipe="Partition by what differs from item to item and sort by the date; or spread the writes over a few values "
    'of another attribute, in an index partition_key=(S("orderDate"), N("shard")).',
    source=f"{GUIDE}bp-partition-key-uniform-load.html",
    fires='AddIndex("Orders", "by-date", partition_key=S("orderDate"))',
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"), sort_key=S("orderDate"))',
    check=_check,
)
