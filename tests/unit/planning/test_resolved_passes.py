"""What is said of the passes of a migration that was resolved: what stays, what is forgotten, and what to type."""

import pytest

from osem_migrate.planning.items import PassCondition, PassStatus
from osem_migrate.planning.resolution import Resolution
from osem_migrate.planning.resolved_passes import PassFuture, ResolvedPass
from tests.doubles.pass_status import status
from tests.doubles.typed import typed

OVER = "the pass of 0002_names over the items of shop-dev-Users"
DONE, HALF = PassCondition.DONE, PassCondition.INTERRUPTED
APPLIED, REVERTED, RENAMED = Resolution.APPLIED, Resolution.REVERTED, Resolution.RENAMED


def _resolved(found: PassStatus, resolution: Resolution, *, is_declared: bool = True) -> ResolvedPass:
    return ResolvedPass(status=found, resolution=resolution, is_declared=is_declared)


@pytest.mark.parametrize(
    ("found", "stands"),
    [
        (status(DONE, changed=3), "is over; 6 examined, 3 changed"),
        (status(DONE, changed=3, failures=1), "is over; 1 item is set aside; 6 examined, 3 changed"),
        (status(HALF, changed=1200), "is unfinished; no run is at work on it; 2,400 examined, 1,200 changed"),
        (status(HALF, killed=True), "is unfinished; no run is at work on it; 0 examined, at least 0 changed"),
        (status(PassCondition.ABANDONED), "was given up before it was over; 0 examined, 0 changed"),
    ],
)
def test_how_it_stood(found: PassStatus, stands: str) -> None:
    """Also one that is over, with its counts; after a kill some are not counted."""
    assert _resolved(found, APPLIED).before == f"{OVER} {stands}"


@pytest.mark.parametrize(
    ("found", "resolution", "lines"),
    [
        (status(DONE, changed=3), APPLIED, ["3 items changed by it stay so."]),
        (status(DONE), APPLIED, ["No item was changed by it."]),
        (status(DONE, changed=3), RENAMED, ["3 items changed by it stay so."]),
        (
            status(DONE, changed=3),
            Resolution.ACCEPT_CHECKSUM,
            ["3 items changed by it stay so, by the script as it was."],
        ),
        (
            status(DONE, changed=1, failures=1),
            REVERTED,
            [
                "1 item changed by it stays so; nothing takes that back.",
                (
                    "1 item is set aside; the next run forgets that. See what failed, before that, with: "
                    "osem-migrate items failures --env dev"
                ),
                "The next run goes through all items again: osem-migrate upgrade --env dev",
            ],
        ),
        (
            status(HALF, changed=3, failures=2, killed=True),
            APPLIED,
            [
                "At least 3 items changed by it stay so.",
                (
                    "2 items are set aside; no run tries that again. See what failed with: "
                    "osem-migrate items failures --env dev"
                ),
                "No run goes on with it. Change what it has left by a new script: osem-migrate new TITLE",
            ],
        ),
        (
            status(HALF, changed=3),
            REVERTED,
            [
                "3 items changed by it stay so; nothing takes that back.",
                "The next run goes through all items again: osem-migrate upgrade --env dev",
            ],
        ),
        (
            status(HALF, changed=3, failures=2),
            RENAMED,
            [
                "3 items changed by it stay so.",
                "See what failed, and correct it: osem-migrate items failures --env dev",
                "Then go on with: osem-migrate upgrade --env dev",
            ],
        ),
    ],
)
def test_what_becomes_of_it(found: PassStatus, resolution: Resolution, lines: list[str]) -> None:
    """What was changed stays, failures are forgotten with a new beginning only, and each command ends its line."""
    assert typed(_resolved(found, resolution).after).splitlines() == lines


@pytest.mark.parametrize(
    ("condition", "resolution", "is_declared", "future", "forgotten"),
    [
        (DONE, APPLIED, True, PassFuture.DONE, 0),
        (HALF, APPLIED, True, PassFuture.ABANDONED, 0),
        (DONE, REVERTED, True, PassFuture.ANEW, 2),
        (HALF, REVERTED, True, PassFuture.ANEW, 2),
        (HALF, REVERTED, False, PassFuture.ABANDONED, 0),
        (HALF, RENAMED, True, PassFuture.GOES_ON, 0),
        (HALF, Resolution.ACCEPT_CHECKSUM, True, PassFuture.GOES_ON, 0),
        (PassCondition.ABANDONED, RENAMED, True, PassFuture.ABANDONED, 0),
    ],
)
def test_what_the_next_run_does_with_it(
    condition: PassCondition, resolution: Resolution, *, is_declared: bool, future: PassFuture, forgotten: int
) -> None:
    """A check that only an option asked for is not begun by itself, nor is anything whose script is gone."""
    found = _resolved(status(condition, failures=2), resolution, is_declared=is_declared)
    assert (found.future, found.failures_forgotten) == (future, forgotten)
