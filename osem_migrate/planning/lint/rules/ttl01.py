"""TTL01: a time to live that no item can have, or that cannot be changed."""

from collections.abc import Iterator

from osem_migrate.operations import SetTimeToLive
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import Table


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.after is None:
            continue
        attribute = _attribute(one.after)
        if attribute is None or (one.before is not None and _attributes(one.before) == _attributes(one.after)):
            continue
        kind = one.after.attributes.get(attribute)
        if kind not in {None, "N"}:
            yield one, f"time to live of {one.table} is {attribute}, a key of type {kind}: no item ever expires"
        elif attribute in {key.name for key in one.after.keys}:
            yield one, f"time to live of {one.table} is {attribute}, a key of the table: an item's never changes"


def _attribute(table: Table) -> str | None:
    setting = table.setting(SetTimeToLive)
    return setting.attribute if setting is not None and setting.enabled else None


def _attributes(table: Table) -> tuple[str | None, str | None]:
    """What can make a difference: the attribute, and its type where it is a key."""
    attribute = _attribute(table)
    return attribute, table.attributes.get(attribute or "")


RULE = Rule(
    code="TTL01",
    severity=Severity.ERROR,
    finds="a time to live that is a key of the table, or no number",
    reason="DynamoDB deletes an item by its time to live only where that is a Number, in Unix seconds; any other is "
    "passed over silently. A key of the table cannot be changed in an item, so its life could never be prolonged.",
    recipe="Let an attribute of its own hold the time, as a Number; a key of an index may be it.",
    source=f"{GUIDE}TTL.html",
    given='CreateTable("Orders", partition_key=S("orderId"), indexes=[Index("by-end", S("shopId"), S("endsAt"))])',
    fires='SetTimeToLive("Orders", "endsAt")',
    passes='SetTimeToLive("Orders", "expiresAt")',
    check=_check,
)
