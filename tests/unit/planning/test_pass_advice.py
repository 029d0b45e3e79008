"""What is said of a pass over items that is not over, and what to type next."""

import pytest

from osem_migrate.errors import ItemsFailed, ItemsStillChanging
from osem_migrate.planning.items import PassCondition, PassStatus
from osem_migrate.planning.pass_advice import pass_advice, pass_stands
from tests.doubles.pass_status import status
from tests.doubles.typed import typed

OVER = "the pass of 0002_names over the items of shop-dev-Users"


@pytest.mark.parametrize(
    ("found", "stands", "commands"),
    [
        (status(PassCondition.RUNNING, attended=True), "is running", ["items status"]),
        (
            status(PassCondition.RUNNING, attended=True, failures=1),
            "is running; 1 item is set aside",
            ["items status", "items failures", "items retry"],
        ),
        (
            status(PassCondition.PAUSED, attended=True),
            "was paused by ada; its run waits, with the lock",
            ["items resume"],
        ),
        (
            status(PassCondition.PAUSED, failures=2),
            "was paused by ada; no run is at work on it; 2 items are set aside",
            ["items resume", "upgrade"],
        ),
        (status(PassCondition.INTERRUPTED), "is unfinished; no run is at work on it", ["upgrade"]),
        (
            status(PassCondition.INTERRUPTED, failures=2),
            "is unfinished; no run is at work on it; 2 items are set aside",
            ["items failures", "upgrade"],
        ),
        (
            status(PassCondition.FAILED, failures=1200, error=ItemsFailed.code),
            "has failed: 1,200 items are set aside",
            ["items failures", "upgrade"],
        ),
        (status(PassCondition.FAILED, error="AWS_ACCESS_DENIED"), "has failed: AWS_ACCESS_DENIED", ["upgrade"]),
        (
            status(PassCondition.STILL_CHANGING, error=ItemsStillChanging.code),
            "has found items that others still write in the old shape",
            ["upgrade"],
        ),
    ],
)
def test_each_state_has_its_words_and_commands(found: PassStatus, stands: str, commands: list[str]) -> None:
    """What happened, to what, and what to type, in the order in which it is typed; each command ends its line."""
    assert pass_stands(found) == f"{OVER} {stands}"
    typed_lines = typed(pass_advice(found)).splitlines()
    assert [line.partition("osem-migrate ")[2] for line in typed_lines] == [f"{one} --env dev" for one in commands]


def test_an_undo_is_told_from_the_pass_that_it_undoes() -> None:
    """It goes on with the downgrade; where the script is gone nobody knows the table."""
    undoing = status(PassCondition.INTERRUPTED, direction="downgrade", physical_name=None)
    assert pass_stands(undoing).startswith("the undo of the pass of 0002_names over items is unfinished")
    assert typed(pass_advice(undoing)) == "Go on with: osem-migrate downgrade --to 1 --env dev"
