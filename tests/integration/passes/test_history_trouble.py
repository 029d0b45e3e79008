"""A history table that answers badly for a while costs no item, no count, and nobody's time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from osem_migrate.aws.session import ATTEMPTS
from osem_migrate.errors import ItemsFailed, ServiceFailed
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, USERS, PassSite, named, note, progress, user
from tests.doubles.project import HISTORY
from tests.simulator import Drop, Hook
from tests.simulator.calls import Call
from tests.simulator.faults import INTERNAL

USER_COUNT = 30
PICKY = """
def picky(item):
    if item["last"] == "7":
        raise ValueError("seven")
    return full_name(item)
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Thirty users."""
    with PassSite.standing(tmp_path, USER_COUNT) as standing:
        yield standing


def trouble(site: PassSite, *, times: int | None = ATTEMPTS, nth: int = 1) -> None:
    """From the nth transaction of the history table on, counted from now."""
    faults = site.site.aws.simulator.faults
    faults.plan(INTERNAL, action="TransactWriteItems", table=HISTORY, nth=nth, times=times)


def segments(site: PassSite, scan: int = 0) -> list[dict[str, dict[str, str]]]:
    """What is recorded of each."""
    return [item for item in site.history() if f"#segment#{scan:06}#" in item["item"]["S"]]


def workers(site: PassSite) -> set[str]:
    """Who is at work on segments."""
    return {item["worker"]["S"] for item in segments(site) if "S" in item.get("worker", {})}


def test_an_item_that_could_not_be_set_aside_is_come_to_again(site: PassSite) -> None:
    """Its failure and the cursor behind it are one: neither is recorded without the other."""
    site.declare('UpdateItems("Users", picky, segments=1, verify=False)', functions=FUNCTIONS + PICKY)
    site.site.aws.simulator.faults.plan(Hook(after=lambda _: trouble(site)), action="Scan", table=USERS)
    assert isinstance(site.failing()[0], ServiceFailed)
    site.site.aws.simulator.faults.clear()
    cause, _ = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert cause.parts == ("id u7: picky raised ValueError: seven (line 24)",)
    (segment,) = segments(site)
    assert (segment["examined"], segment["changed"]) == ({"N": "30"}, {"N": "29"})


def test_once_claims_fail_no_thread_tries_another(site: PassSite) -> None:
    """Each would be repeated for seconds, one thread behind the other."""
    site.declare(FULL_NAME.replace("segments=4", "segments=1000"))
    begun: list[int] = []

    def begin(_: Call) -> None:
        begun.append(len(site.site.aws.simulator.calls))
        trouble(site, times=None)

    site.site.aws.simulator.faults.plan(Hook(before=begin), action="PutItem", table=HISTORY)
    assert isinstance(site.failing()[0], ServiceFailed)
    failed = [call for call in site.site.aws.simulator.calls[begun[0] :] if call.outcome == "InternalServerError"]
    assert len(failed) <= 2 * ATTEMPTS, "those of one claim, and of the record of the failure"


def test_ends_that_could_not_be_recorded_in_the_end_are_recorded_after_that(site: PassSite) -> None:
    """What failed once may not fail again: nobody is at work on a segment, and the next run has nothing to wait for."""
    site.declare(FULL_NAME)
    site.at(USER_COUNT, lambda _: trouble(site))
    assert isinstance(site.failing(item_rate=1000)[0], ServiceFailed)
    assert workers(site) == set()
    assert note(site.upgrade()) == "30 items examined, 30 changed"


def test_what_a_killed_scan_has_changed_that_verifies_is_verified(site: PassSite) -> None:
    """It recorded nothing of that; the run that goes on with it finds nothing to change, and looks once more."""
    site.declare(FULL_NAME)
    faults = site.site.aws.simulator.faults
    faults.plan(Hook(after=lambda _: site.put(user(0))), action="UpdateItem", table=USERS, nth=USER_COUNT)
    site.at(USER_COUNT + 1, lambda _: faults.plan(Drop(), table=HISTORY, times=None))
    site.failing()
    faults.clear()
    assert segments(site, 1)
    assert site.items()["u0"] == named(0)
    assert progress(site.upgrade()).scan == 2
