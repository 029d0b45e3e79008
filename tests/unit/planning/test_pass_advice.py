"""What is said of a pass over items that is not over, and what to type next."""

import pytest

from osem_migrate.errors import ItemsFailed, ItemsStillChanging
from osem_migrate.planning.items import PassCondition, PassStatus
from osem_migrate.planning.pass_advice import advice_resolved, pass_advice, pass_stands
from osem_migrate.planning.resolve import Resolution
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


@pytest.mark.parametrize(
    ("resolution", "failures", "advised"),
    [
        (Resolution.ACCEPT_CHECKSUM, 0, "Go on with: osem-migrate upgrade --env dev"),
        (Resolution.REVERTED, 1, "The next run begins it anew, with all items: osem-migrate upgrade --env dev"),
        (
            Resolution.APPLIED,
            0,
            "No run goes on with it. Change what it has left by a new script: osem-migrate new TITLE",
        ),
        (
            Resolution.APPLIED,
            1,
            (
                "See what failed with: osem-migrate items failures --env dev\n"
                "No run goes on with it. Change what it has left by a new script: osem-migrate new TITLE"
            ),
        ),
    ],
)
def test_what_somebody_says_of_a_migration_decides_what_becomes_of_its_pass(
    resolution: Resolution, failures: int, advised: str
) -> None:
    """No run goes on with what is recorded as applied, and none where it was with what is recorded as reverted."""
    assert typed(advice_resolved(status(PassCondition.INTERRUPTED, failures=failures), resolution)) == advised
