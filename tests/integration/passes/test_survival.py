"""What a pass survives: an application at work, kills of its own, a holder that wakes up, and throttling."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count, pairwise
from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, PartialError, UnlockOptions, UpgradeOptions
from osem_migrate.aws.api_calls import ApiCall
from osem_migrate.aws.history_items import LOCK_ITEM, holder_values, serialize
from osem_migrate.aws.lock import LEASE_SECONDS
from osem_migrate.errors import Interrupted, LockLost
from osem_migrate.events import PassProgress
from osem_migrate.history import Holder
from osem_migrate.stop import Stop
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, USERS, PassSite, named, note, progress, user, written
from tests.doubles.project import HISTORY, Watched
from tests.simulator import Drop, Hook
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


def kill(site: PassSite, *, holds_lock: bool = False) -> None:
    """Leave a pass as a run does that is killed: with workers at its segments, and, unless unlocked, with the lock."""
    site.declare(FULL_NAME)
    site.failing(stop=site.stop_at(8))
    client, found = site.site.client, site.history()
    open_ones = [item for item in found if "#segment#" in item["item"]["S"] and not item["finished"]["BOOL"]]
    assert open_ones
    for item in open_ones:
        client.put_item(TableName=HISTORY, Item={**item, "worker": {"S": "dead"}})
    if holds_lock:
        lock = next(item for item in found if item["item"]["S"] == LOCK_ITEM)
        dead = Holder(
            owner="dead",
            host="build-7",
            pid=1,
            identity="ada@build-7",
            run_url=None,
            fence=int(lock["fence"]["N"]),
            lease_ms=int(LEASE_SECONDS * 1000),
            heartbeat=7,
            acquired_at=1,
        )
        client.put_item(TableName=HISTORY, Item={**lock, **serialize(dict(holder_values(dead)))})


def waits(calls: Sequence[Call]) -> tuple[float, float]:
    """Seconds from the first look at the lock to the write that took it, and from there to the first item read."""
    looked = next(call for call in calls if (call.action, call.table) == ("GetItem", HISTORY))
    taken = next(call for call in calls if (call.action, call.table) == ("UpdateItem", HISTORY))
    scanned = next(call for call in calls if (call.action, call.table) == ("Scan", USERS))
    return taken.at - looked.at, scanned.at - taken.at


def test_a_killed_run_is_waited_for_and_continued(site: PassSite) -> None:
    """Unlocked by hand, it may be alive: the next one raises the fence of its segments, and waits for one lease."""
    kill(site)
    begin = len(site.site.aws.simulator.calls)
    watched = site.upgrade()
    for_lock, for_items = waits(site.site.aws.simulator.calls[begin:])
    assert for_lock < 5
    assert LEASE_SECONDS <= for_items < LEASE_SECONDS + 5
    assert note(watched) == "30 items examined, at least 30 changed", "what it wrote and did not record is not counted"
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}


def test_what_a_killed_run_has_changed_is_verified(site: PassSite) -> None:
    """Also where it had changed all there was, and recorded nothing of it: an old release may be writing."""
    kill(site)
    for number in range(USER_COUNT):
        site.put(named(number))
    for item in site.history():
        if "#segment#" in item["item"]["S"]:
            site.site.client.put_item(TableName=HISTORY, Item={**item, "changed": {"N": "0"}})
    assert progress(site.upgrade()).scan == 1


def test_a_killed_run_is_waited_for_once(site: PassSite) -> None:
    """One lease was waited for to take its lock: nobody can have renewed it since, so nothing is waited for again."""
    kill(site, holds_lock=True)
    begin = len(site.site.aws.simulator.calls)
    site.upgrade()
    for_lock, for_items = waits(site.site.aws.simulator.calls[begin:])
    assert LEASE_SECONDS <= for_lock < LEASE_SECONDS + 5
    assert for_items < 5
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}


def test_a_downgrade_waits_for_a_killed_upgrade(site: PassSite) -> None:
    """It may still be sending what the downgrade takes back; then all items are as before."""
    kill(site)
    begin = len(site.site.aws.simulator.calls)
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert waits(site.site.aws.simulator.calls[begin:])[1] >= LEASE_SECONDS
    assert site.items() == {f"u{number}": user(number) for number in range(USER_COUNT)}


def test_an_edited_function_waits_for_a_killed_run_of_the_old_one(site: PassSite) -> None:
    """The generation is another one, and so is its state."""
    kill(site)
    begin = len(site.site.aws.simulator.calls)
    site.declare(FULL_NAME, functions=FUNCTIONS.replace("{item['first']} ", "")).upgrade()
    assert waits(site.site.aws.simulator.calls[begin:])[1] >= LEASE_SECONDS
    assert {item["fullName"] for item in site.items().values()} == {str(number) for number in range(USER_COUNT)}


def is_heartbeat(call: Call) -> bool:
    """Of all updates of the history table, those that want nothing back."""
    return not any(member.startswith("ReturnValues") for member in call.members)


def writes(watched: Watched, table: str) -> list[ApiCall]:
    """Updates of single items, those of the lock among them, in order."""
    return [call for call in watched.calls if (call.action, call.table) == ("dynamodb:UpdateItem", table)]


@pytest.mark.parametrize("seconds", [13.0, 30.0], ids=["most of a lease", "longer than a lease"])
def test_slow_heartbeats_hold_a_pass_up_and_end_it_not(site: PassSite, seconds: float) -> None:
    """The service answers late: no item is written meanwhile, and nobody has taken the lock, so it goes on."""
    simulator, clock = site.site.aws.simulator, site.site.clock
    held_up: list[tuple[int, int]] = []

    def hold(_: Call) -> None:
        begin = len(simulator.calls)
        clock.sleep(seconds)
        held_up.append((begin, len(simulator.calls)))

    simulator.faults.plan(Hook(before=hold), action="UpdateItem", table=HISTORY, where=is_heartbeat, nth=2, times=3)
    site.declare(FULL_NAME).upgrade(item_rate=1)
    assert len(held_up) == 3
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}
    for begin, end in held_up:
        late = [call for call in simulator.calls[begin:end] if call.table == USERS]
        assert all(call.at - simulator.calls[begin - 1].at < LEASE_SECONDS for call in late)


def test_a_pass_whose_heartbeats_fail_is_stopped_at_once(site: PassSite) -> None:
    """It waits for one that succeeds, and writes nothing; whoever presses Ctrl-C then need not wait for that."""
    clock, stop = site.site.clock, Stop(site.site.clock.clock)
    asked: list[float] = []

    def beats(call: Call) -> bool:
        if is_heartbeat(call) and not asked and clock.now() >= begin + LEASE_SECONDS + 5:
            asked.append(clock.now())
            stop.request(Interrupted("stopped"))
        return is_heartbeat(call)

    begin = clock.now()
    site.site.aws.simulator.faults.plan(Drop(), action="UpdateItem", table=HISTORY, where=beats, times=None)
    cause, _ = site.declare(FULL_NAME).failing(stop=stop, item_rate=1)
    assert isinstance(cause, Interrupted)
    assert clock.now() - asked[0] < LEASE_SECONDS


def test_heartbeats_have_a_client_of_their_own(site: PassSite) -> None:
    """What another client sends may take longer than a lease before it is given up."""
    watched = site.declare(FULL_NAME).watched()
    beating, sent = watched.migrator.session.heartbeat_client(), list[str]()
    beating.meta.events.register_first("before-send.dynamodb.*", lambda **_: sent.append("beat"))
    watched.migrator.session.heartbeat_client = lambda: beating  # type: ignore[method-assign]
    watched.migrator.upgrade(UpgradeOptions(item_rate=2))
    beats = [
        call
        for call in site.site.aws.simulator.calls
        if (call.action, call.table) == ("UpdateItem", HISTORY) and is_heartbeat(call)
    ]
    assert len(sent) >= 3
    assert 0 <= len(beats) - len(sent) <= 3, "but for the releases of the lock"


def slowly(site: PassSite, nth: int, then: Callable[[], object], *, again: int = 1) -> None:
    """Each call takes three seconds; in the nth heartbeat, and as many as ``again`` says, something else happens."""
    beats = count(1)

    def take(call: Call) -> None:
        if call.table == HISTORY and call.action == "UpdateItem" and is_heartbeat(call):
            if nth <= next(beats) < nth + again:
                then()
        else:
            site.site.clock.sleep(3)

    tables = (USERS, HISTORY)
    site.site.aws.simulator.faults.plan(Hook(before=take), where=lambda call: call.table in tables, times=None)


def test_a_slow_engine_loses_no_lock_that_nobody_took(site: PassSite) -> None:
    """Every call takes seconds, and heartbeats are answered after the lease: it waits, and goes on to its end."""
    held_up: list[float] = []

    def hold() -> None:
        site.site.clock.sleep(LEASE_SECONDS + 15)
        held_up.append(site.site.clock.now())

    slowly(site, 3, hold, again=2)
    watched = site.declare(FULL_NAME).upgrade()
    assert len(held_up) == 2
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}
    assert note(watched) == "30 items examined, 30 changed"


def test_a_slow_engine_writes_nothing_once_somebody_took_the_lock(site: PassSite) -> None:
    """Whoever has waited for one lease goes through with it and takes it back: all stays as that one has left it."""
    taken, left = list[datetime](), list[list[dict[str, object]]]()

    def lose() -> None:
        second = site.watched()
        second.migrator.upgrade(UpgradeOptions(lock_timeout=600))
        site.watched().migrator.downgrade(DowngradeOptions("1"))
        site.site.clock.sleep(5)
        taken.extend(call.started_at for call in writes(second, HISTORY)[:1])
        left.append(site.history())

    slowly(site, 14, lose)
    cause, first = site.declare(FULL_NAME).failing()
    assert isinstance(cause, LockLost)
    sent = [call.started_at for call in writes(first, USERS)]
    assert 0 < len(sent) < USER_COUNT
    assert max(sent) < taken[0]
    assert site.history() == left[0]
    assert site.items() == {f"u{number}": user(number) for number in range(USER_COUNT)}


def take_over(site: PassSite) -> None:
    """Another run takes the lock away from whoever has it, and goes through with what it finds."""
    migrator = site.watched().migrator
    seen = migrator.lock()
    assert seen is not None
    assert migrator.unlock(seen, UnlockOptions(force=True))
    with suppress(PartialError):
        site.watched().migrator.upgrade()


def failures(site: PassSite) -> list[str]:
    """The ids of the items that are set aside."""
    return [item["key"]["M"]["id"]["S"] for item in site.history() if "#failure#" in item["item"]["S"]]


BROKEN = {"id": "u7", "first": "Ada"}


@pytest.mark.parametrize(
    ("action", "retried", "then", "left"),
    [
        ("TransactWriteItems", BROKEN, user(7), []),
        ("PutItem", BROKEN, user(7), []),
        ("DeleteItem", user(7), BROKEN, ["u7"]),
    ],
    ids=["set aside", "fails again", "handled"],
)
def test_a_holder_that_wakes_up_neither_leaves_nor_takes_a_failure(
    site: PassSite, action: str, retried: dict[str, str], then: dict[str, str], left: list[str]
) -> None:
    """It tells of an item after another run has handled it, or has failed to: that one's word holds."""
    simulator = site.site.aws.simulator
    site.put(BROKEN)
    site.declare(FULL_NAME.replace("segments=4", "segments=1, verify=False"))
    if action != "TransactWriteItems":
        site.failing()
        assert failures(site) == ["u7"]
        site.put(retried)
    taken: list[Call] = []

    def wake(call: Call) -> None:
        simulator.faults.clear()
        taken.append(call)
        site.put(then)
        take_over(site)

    def arm(_: Call) -> None:
        simulator.faults.plan(Hook(before=wake), action=action, table=HISTORY)

    simulator.faults.plan(Hook(after=arm), action=("Scan", "GetItem"), table=USERS)
    cause, _ = site.failing()
    assert isinstance(cause, LockLost)
    assert len(taken) == 1
    assert failures(site) == left


def test_an_items_last_failure_of_an_earlier_run_is_written_over(site: PassSite) -> None:
    """It came between the look at what was set aside and the word of the run that has the lock now; so did the next."""
    site.put(BROKEN)
    site.declare(FULL_NAME)
    site.failing()
    site.put(user(7))
    times = count(1)

    def late(_: Call) -> None:
        line = next(item for item in site.history() if "#failure#" in item["item"]["S"])
        site.site.client.put_item(TableName=HISTORY, Item={**line, "at": {"N": str(next(times))}})

    # Twice, for a run tries what failed once more at its end.
    site.site.aws.simulator.faults.plan(Hook(before=late), action="DeleteItem", table=HISTORY, times=2)
    site.upgrade()
    assert next(times) == 3
    assert failures(site) == []


SKIPPED = FULL_NAME.replace("segments=4", "segments=1, verify=False, where='attribute_not_exists(nick)'")


@pytest.mark.parametrize("nth", [1, 2, 5, 13, 20])
def test_items_are_counted_exactly_whatever_stops_the_pass(site: PassSite, nth: int) -> None:
    """Those that the condition leaves out, too, which no page tells apart before its end."""
    for number in range(0, USER_COUNT, 3):
        site.put({**user(number), "nick": "a"})
    site.declare(SKIPPED)
    site.failing(stop=site.stop_at(nth))
    site.site.aws.simulator.faults.clear()
    if nth < 20:
        site.failing(stop=site.stop_at(3))
        site.site.aws.simulator.faults.clear()
    assert note(site.upgrade()) == "30 items examined, 20 changed"


@pytest.mark.parametrize("nth", [3, 9, 15])
def test_items_are_counted_exactly_whatever_kills_the_pass(site: PassSite, nth: int) -> None:
    """Some checkpoints in the middle of a page, and none at the end: the history table is out of reach from then on."""
    for number in range(0, USER_COUNT, 3):
        site.put({**user(number), "nick": "a"})
    site.declare(SKIPPED)
    faults = site.site.aws.simulator.faults
    site.at(nth, lambda _: faults.plan(Drop(), table=HISTORY, times=None))
    site.failing(item_rate=2)
    faults.clear()
    segment = next(item for item in site.history() if "#segment#" in item["item"]["S"])
    assert segment["worker"]["S"]
    assert (note(site.upgrade()) or "").startswith("30 items examined, ")
    assert site.items() == {
        f"u{number}": named(number) if number % 3 else {**user(number), "nick": "a"} for number in range(USER_COUNT)
    }


MANY = FULL_NAME.replace("segments=4", "segments=60")


def workers(site: PassSite) -> set[str]:
    """Who is at work on segments."""
    found = [item.get("worker", {}) for item in site.history() if "#segment#" in item["item"]["S"]]
    return {worker["S"] for worker in found if "S" in worker}


def test_segments_that_were_claimed_ahead_are_left_by_a_run_that_is_stopped(site: PassSite) -> None:
    """So that nobody has to be waited for, and nothing is counted twice or not at all."""
    site.declare(MANY)
    site.failing(stop=site.stop_at(9))
    site.site.aws.simulator.faults.clear()
    claimed = [item for item in site.history() if "#segment#" in item["item"]["S"]]
    assert 0 < sum(item["finished"]["BOOL"] for item in claimed) < len(claimed) < 60
    assert workers(site) == set()
    assert note(site.upgrade()) == "30 items examined, 30 changed", "no 'at least': nobody was at work any more"
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}


def test_segments_that_were_claimed_ahead_are_taken_over_from_a_run_that_is_killed(site: PassSite) -> None:
    """All of them, those among them that it did not come to: nothing that it sends late is taken."""
    site.declare(MANY)
    faults = site.site.aws.simulator.faults
    site.at(9, lambda _: faults.plan(Drop(), table=HISTORY, times=None))
    site.failing(item_rate=2)
    faults.clear()
    (dead,) = workers(site)
    seen: list[set[str]] = []
    site.at(1, lambda _: seen.append(workers(site)), action="Scan")
    assert (note(site.upgrade()) or "").startswith("30 items examined, ")
    assert dead not in seen[0]
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}


def test_a_scan_tells_the_history_no_more_for_more_segments(site: PassSite) -> None:
    """Claims and ends are written together: what a scan takes that changes nothing is its pages."""
    writes_of = {}
    for name, segments in (("0002_few", 4), ("0003_more", 16)):
        operation = f"UpdateItems('Users', as_it_is, segments={segments}, verify=False)"
        functions = FUNCTIONS + "def as_it_is(item):\n    return {'last': item['last']}\n"
        watched = site.declare(operation, name, functions).upgrade()
        told = [call.action for call in watched.calls if call.table == HISTORY]
        writes_of[segments] = (told.count("dynamodb:TransactWriteItems"), told.count("dynamodb:Query"))
    assert writes_of[4] == writes_of[16]
    assert writes_of[16][0] <= 8
