"""IDX08: an index that another one makes superfluous."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import Index, Key, Table

Keys = tuple[tuple[Key, ...], tuple[Key, ...]]


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        table, new = one.after, one.new_indexes
        if table is None:
            continue
        for index in new:
            others = (other for other in table.indexes if other.name != index.name)
            pairs = [(index, other) for other in others if not (other in new and other.name < index.name)]
            if _begins(table.index_keys(index), (table.keys[:1], table.keys[1:])):
                yield one, f"index {index.name} of {one.table} has the key of the table itself"
            for narrow, wide in (pair for first, other in pairs for pair in ((first, other), (other, first))):
                if _is_covered(table, narrow, wide):
                    yield one, f"{wide.name} of {one.table} answers whatever {narrow.name} does"
                    break


def _is_covered(table: Table, narrow: Index, wide: Index) -> bool:
    """Whether one index begins with the key of another and projects no less."""
    if not _begins(table.index_keys(narrow), table.index_keys(wide)):
        return False
    if wide.projection == "ALL":
        return True
    held = {key.name for key in wide.keys} | set(wide.include)
    wanted = {key.name for key in narrow.keys} | set(narrow.include)
    return narrow.projection != "ALL" and wanted <= held | {key.name for key in table.keys}


def _begins(narrow: Keys, wide: Keys) -> bool:
    """Whether a query of the first key is one of the second: the same partition key, and its sort key's beginning."""
    return narrow[0] == wide[0] and wide[1][: len(narrow[1])] == narrow[1]


RULE = Rule(
    code="IDX08",
    severity=Severity.WARNING,
    finds="an index whose queries another index, or the table, answers as well",
    reason="An index that begins with the same key attributes and projects no less answers the same queries. Each "
    "further index is paid for in storage and in every write.",
    recipe="Query the wider index by the beginning of its key, and leave the narrower one out. Keep both where items "
    "lack the further sort key, because they are not in the wider index.",
    source=f"{GUIDE}bp-indexes-general.html",
    given=ORDERS + '\nAddIndex("Orders", "by-customer", partition_key=S("customerId"), sort_key=N("createdAt"))',
    fires='AddIndex("Orders", "of-customer", partition_key=S("customerId"))',
    passes='AddIndex("Orders", "by-product", partition_key=S("productId"))',
    check=_check,
)
