"""KEY04: a local index, which limits what may have one partition key."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.created is not None and one.created.local_indexes:
            names = ", ".join(index.name for index in one.created.local_indexes)
            yield one, f"with local index {names}, {one.table} takes at most 10 GB for each {one.created.keys[0].name}"


RULE = Rule(
    code="KEY04",
    severity=Severity.WARNING,
    finds="a local index, which can never be dropped",
    reason="With a local index, all items of one partition key, and what the indexes hold of them, are limited to "
    "10 GB: beyond it, writes are refused. No call takes a local index away again.",
    recipe="Declare a global index, unless you need consistent reads of it and the items of one partition key stay "
    "few.",
    source=f"{GUIDE}LSI.html",
    fires="""\
CreateTable(
    "Messages",
    partition_key=S("roomId"),
    sort_key=N("sentAt"),
    local_indexes=[LocalIndex("by-author", S("author"))],
)""",
    passes="""\
CreateTable(
    "Messages",
    partition_key=S("roomId"),
    sort_key=N("sentAt"),
    indexes=[Index("by-author", partition_key=S("roomId"), sort_key=S("author"))],
)""",
    given="",
    check=_check,
)
