"""IDX12: an index that is built before the items get its key."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        for position, one in enumerate(operations):
            index = one.operation.added_index
            if index is None:
                continue
            written = {name for later in operations[position + 1 :] for name in later.operation.written_attributes}
            late = [key.name for key in index.keys if key.name in written]
            if late:
                yield one, f"index {index.name} of {one.table} is built before the items get {', '.join(late)}"


RULE = Rule(
    code="IDX12",
    severity=Severity.WARNING,
    finds="an index whose key the items get later in the release",
    reason="An item without the key attribute is not in an index. One that is built first is empty, queries find "
    "nothing, and each item that is then updated is one more write to the index, which slows the update of the items "
    "down where the index has less capacity.",
    recipe="Update the items first, and add the index after that.",
    source=f"{GUIDE}GSI.OnlineOps.html",
    fires="""\
AddIndex("Orders", "by-year", partition_key=S("shopId"), sort_key=N("year"))
UpdateItems("Orders", with_year, undo=without_year)""",
    passes="""\
UpdateItems("Orders", with_year, undo=without_year)
AddIndex("Orders", "by-year", partition_key=S("shopId"), sort_key=N("year"))""",
    check=_check,
    of_release=True,
)
