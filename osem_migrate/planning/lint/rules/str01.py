"""STR01: a stream that is replaced by another one in one release."""

from collections.abc import Iterator

from osem_migrate.operations import SetStream
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        ended = False
        for one in operations:
            change = one.change_of(SetStream)
            if change is None:
                continue
            before, after = change
            ended = ended or before.view is not None
            if ended and after.view is not None:
                yield one, f"{one.table} gets another stream, {after.view}: consumers stay on the old one"


RULE = Rule(
    code="STR01",
    severity=Severity.ERROR,
    finds="a stream that is replaced: another view, or off and on",
    reason="Another view is another stream, with another ARN. Lambda triggers, pipes and other consumers stay on the "
    "old one, which gets no more records, and what is written until they are moved is missed.",
    recipe="List the consumers. Turn the stream off in one release, when they can do without; turn it on and connect "
    "them to the new ARN in the next.",
    source=f"{GUIDE}Streams.html",
    given=ORDERS + '\nSetStream("Orders", "KEYS_ONLY")',
    fires='SetStream("Orders", "NEW_AND_OLD_IMAGES")',
    passes='SetStream("Orders", None)',
    check=_check,
    of_release=True,
)
