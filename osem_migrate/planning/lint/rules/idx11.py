"""IDX11: an index of items that nobody has checked for values that cannot be in its key."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark, ReviewedOperation
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import Index


def _check(release: Release) -> Iterator[Remark]:
    if not release.is_known:  # whether a table of an earlier script has items by then nobody can tell
        return
    for operations in release.by_table():
        created = False
        for one in operations:
            created = created or one.created is not None
            index = one.operation.added_index
            if created or index is None or any(other.operation.checks_items_for(index) for other in operations):
                continue
            if names := _unchecked(one, index):
                yield (
                    one,
                    (
                        f"nobody checks the items of {one.table} before index {index.name} is built: where {names} has "
                        "another type or is empty, they are left out"
                    ),
                )


def _unchecked(one: ReviewedOperation, index: Index) -> str:
    """Its key attributes that no index of the table has yet, so that any value of theirs was accepted so far."""
    known = set(one.before.keys).union(*(other.keys for other in one.before.all_indexes)) if one.before else set()
    return " or ".join(key.name for key in index.keys if key not in known)


RULE = Rule(
    code="IDX11",
    severity=Severity.WARNING,
    finds="an index of a table with items that nobody checks",
    reason="DynamoDB builds an index without the items whose key attribute has another type, is empty or is too long, "
    "says nothing, and refuses to write these items from then on, whatever the write is about.",
    recipe="Let the items be checked before anything is built: check_items=True. It reads the whole table.",
    source=f"{GUIDE}GSI.OnlineOps.ViolationDetection.html",
    fires='AddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"), check_items=True)',
    check=_check,
    of_release=True,
)
