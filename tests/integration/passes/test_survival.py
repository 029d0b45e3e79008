"""What a pass survives: an application at work, kills of its own, a holder that wakes up, and throttling."""

import random
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, UnlockOptions
from osem_migrate.aws.lock import LEASE_SECONDS
from osem_migrate.errors import LockLost
from osem_migrate.events import PassProgress
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, USERS, PassSite, named, note, progress, user, written
from tests.simulator import Hook
from tests.simulator.calls import Call

USER_COUNT = 30


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Thirty users."""
    with PassSite.standing(tmp_path, USER_COUNT) as standing:
        yield standing


def test_an_application_that_writes_all_the_while_loses_nothing(site: PassSite) -> None:
    """Eight writers create, change and delete, also what the pass writes: what they wrote last is there."""
    client, over, wrote = site.site.client, threading.Event(), [dict[str, str | None]() for _ in range(8)]

    def write(me: int) -> None:
        chance = random.Random(me)  # noqa: S311 - the same every time
        while not over.is_set():
            number = chance.randrange(USER_COUNT // 8) * 8 + me
            key = {"id": {"S": f"u{number}"}}
            if chance.random() < 0.2:
                client.delete_item(TableName=USERS, Key=key)
                wrote[me][f"u{number}"] = None
            else:
                first = f"w{chance.randrange(1000)}"
                client.update_item(
                    TableName=USERS,
                    Key=key,
                    UpdateExpression="SET #f = :f, #l = :l REMOVE fullName",
                    ExpressionAttributeNames={"#f": "first", "#l": "last"},
                    ExpressionAttributeValues={":f": {"S": first}, ":l": {"S": str(number)}},
                )
                wrote[me][f"u{number}"] = first

    writers = [threading.Thread(target=write, args=(me,)) for me in range(8)]
    site.declare(FULL_NAME.replace("segments=4", "segments=4, verify=False"))
    for writer in writers:
        writer.start()
    try:
        for nth in (5, 9):
            site.failing(stop=site.stop_at(nth))
            site.site.aws.simulator.faults.clear()
    finally:
        over.set()
        for writer in writers:
            writer.join()
    site.upgrade()
    site.declare(FULL_NAME.replace("segments=4", "segments=2"), "0003_again").upgrade()
    found = site.items()
    for mine in wrote:
        for name, first in mine.items():
            if first is None:
                assert name not in found
            else:
                assert (found[name]["first"], found[name]["fullName"]) == (first, f"{first} {found[name]['last']}")


def test_a_holder_that_wakes_up_after_its_lease_writes_nothing(site: PassSite) -> None:
    """Stopped with a page in its hands, while another has taken over, finished, and taken it all back."""
    site.declare(FULL_NAME)
    after: list[int] = []

    def pause(call: Call) -> None:
        del call
        migrator = site.watched().migrator
        seen = migrator.lock()
        assert seen is not None
        assert migrator.unlock(seen, UnlockOptions(force=True))
        site.upgrade()
        site.watched().migrator.downgrade(DowngradeOptions("1"))
        after.append(len(site.site.aws.simulator.calls))

    site.site.aws.simulator.faults.plan(Hook(after=pause), action="Scan", table=USERS, nth=3)
    cause, _ = site.failing()
    assert isinstance(cause, LockLost)
    late = [call for call in site.site.aws.simulator.calls[after[0] :] if call.table == USERS]
    assert [call.action for call in late if call.action == "UpdateItem"] == []
    assert site.items() == {f"u{number}": user(number) for number in range(USER_COUNT)}


def test_a_slow_table_is_not_asked_for_more(site: PassSite) -> None:
    """At a rate of two units a second thirty writes take their time, and nothing is throttled."""
    watched = site.declare(FULL_NAME).upgrade(item_rate=2)
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}
    assert 13 <= progress(watched).waited <= 25
    outcomes = {call.outcome for call in site.site.aws.simulator.calls if call.table == USERS}
    assert "ThrottlingException" not in outcomes


def test_what_is_provisioned_is_mostly_left_to_the_application(site: PassSite) -> None:
    """A quarter of twenty units a second; a rate of the script goes before that, and one of the run before both."""
    site.declare('SetBilling.provisioned("Users", read=20, write=20)', "0002_billing", functions="").upgrade()
    watched = site.declare(FULL_NAME, "0003_pass").upgrade()
    assert 5 <= progress(watched).waited <= 12
    assert written(watched) == USER_COUNT


def test_checkpoints_come_every_few_seconds(site: PassSite) -> None:
    """Not with every page, nor only at the end: a run that is killed repeats five seconds of a segment."""
    watched = site.declare(FULL_NAME.replace("segments=4", "segments=1, verify=False")).upgrade(item_rate=1)
    told = [event for event in watched.events if isinstance(event, PassProgress)]
    gaps = [later.waited - earlier.waited for earlier, later in pairwise(told[1:])]
    assert len(told) >= 5
    assert all(4 < gap < 8 for gap in gaps[:-1])


def kill(site: PassSite) -> None:
    """Leave a pass as a run does that is killed: with workers at its segments."""
    site.declare(FULL_NAME)
    site.failing(stop=site.stop_at(8))
    history = site.watched().migrator.environment.history_table
    found: list[dict[str, Any]] = site.site.client.scan(TableName=history)["Items"]
    open_ones = [item for item in found if "#segment#" in item["item"]["S"] and not item["finished"]["BOOL"]]
    assert open_ones
    for item in open_ones:
        site.site.client.put_item(TableName=history, Item={**item, "worker": {"S": "dead"}})


def test_a_killed_run_is_waited_for_and_continued(site: PassSite) -> None:
    """Its segments are still its own in the history: the next one raises their fence, and waits for one lease."""
    kill(site)
    watched = site.upgrade()
    assert progress(watched).waited > LEASE_SECONDS
    assert note(watched) == "30 items examined, at least 30 changed", "what it wrote and did not record is not counted"
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}


def test_a_downgrade_waits_for_a_killed_upgrade(site: PassSite) -> None:
    """It may still be sending what the downgrade takes back; then all items are as before."""
    kill(site)
    watched = site.watched()
    watched.migrator.downgrade(DowngradeOptions("1"))
    assert progress(watched).waited > LEASE_SECONDS
    assert site.items() == {f"u{number}": user(number) for number in range(USER_COUNT)}


def test_an_edited_function_waits_for_a_killed_run_of_the_old_one(site: PassSite) -> None:
    """The generation is another one, and so is its state."""
    kill(site)
    watched = site.declare(FULL_NAME, functions=FUNCTIONS.replace("{item['first']} ", "")).upgrade()
    assert progress(watched).waited > LEASE_SECONDS
    assert {item["fullName"] for item in site.items().values()} == {str(number) for number in range(USER_COUNT)}
