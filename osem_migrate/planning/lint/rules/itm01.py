"""ITM01: a function that takes something from elsewhere than the item."""

from collections.abc import Iterator

from osem_migrate.items.nondeterminism import Influence
from osem_migrate.items.origins import Origin
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        for function in one.operation.functions:
            for influence in function.influences:
                yield one, f"{function.name} takes {_what(influence)}"


def _what(influence: Influence) -> str:
    where = f"{influence.origin} ({influence.name}, line {influence.line})"
    if influence.when_read:
        return f"{where} when the script is read: each run has another one, and the checksum does not tell them apart"
    if influence.origin is Origin.ORDER:
        return f"{where}: of one item it gives something else each time"
    return f"{where}: of one item it may give something else each time"


RULE = Rule(
    code="ITM01",
    severity=Severity.WARNING,
    finds="a function for items that takes the time, a random value, or what a machine, a file or the network has",
    reason="A pass asks the function more than once of an item: again to see that nothing is left to change, after a "
    "kill, and in the scans that verify it. Where it gives something else each time, its items fail with "
    "ITEMS_NOT_IDEMPOTENT, or the pass never comes to an end and fails with ITEMS_STILL_CHANGING. What is taken once, "
    "when the script is read, is the same within one run only: a run that was stopped, and the one that goes on with "
    "it, leave items of two kinds.",
    recipe="Take it from the item, or write it down in the script: MIGRATED_AT = 1_767_225_600_000. An identifier may "
    "come from the key, as from uuid.uuid5(NAMESPACE, item['orderId']), and a number from "
    "random.Random(item['orderId']), made in the function. Where it returns nothing for an item that has its value "
    "already, say so in a nolint on a line of the operation.",
    source=f"{GUIDE}WorkingWithItems.html#WorkingWithItems.ConditionalUpdate",
    fires='UpdateItems("Orders", stamped, undo=unstamped)',
    passes='UpdateItems("Orders", dated, undo=unstamped)',
    check=_check,
)
