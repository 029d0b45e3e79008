"""STR02: items that are written where a stream tells of every write."""

from collections.abc import Iterator

from osem_migrate.operations import SetStream
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        stream = one.before.setting(SetStream) if one.before is not None else None
        if stream is not None and stream.view is not None and one.operation.writes_items:
            yield one, f"{one.table} has a stream: its consumers get every item that is written here"


RULE = Rule(
    code="STR02",
    severity=Severity.WARNING,
    finds="items that are written to a table with a stream",
    reason="Every write is a record of the stream. Functions, pipes and copies that follow it take the change of a "
    "million items for what the application does: they send mails, call others, and fall behind.",
    recipe="Ask who consumes the stream. Let them pass over these records, and keep their pace with rate=; or say "
    "that they are to get them.",
    source=f"{GUIDE}Streams.html",
    given=ORDERS + '\nSetStream("Orders", "NEW_AND_OLD_IMAGES")',
    fires='UpdateItems("Orders", with_year, undo=without_year)',
    passes='CheckItems("Orders", index=Index("by-year", S("year")))',
    check=_check,
)
