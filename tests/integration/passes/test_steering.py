"""Orders to a pass while it runs, from another process so to speak, and how it stands, on the simulator."""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from osem_migrate import (
    DestroyOptions,
    DowngradeOptions,
    FailuresOptions,
    PartialError,
    PassesOptions,
    PassOrder,
    PolicyOptions,
    Role,
    SteerOptions,
)
from osem_migrate.commands.items import Steered
from osem_migrate.errors import (
    AccessDenied,
    ArgumentInvalid,
    HistoryUnreadable,
    Interrupted,
    ItemsFailed,
    ItemsStillChanging,
    PassNotFound,
    PassNotRunning,
    PassOver,
    TargetUnknown,
)
from osem_migrate.events import PassProgress, PassSteered, RunEvent
from osem_migrate.planning.items import PassStatus
from osem_migrate.stop import Stop
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, USERS, PassSite, named, note, progress, user, written
from tests.doubles.permitted import READER, acting_as, limit
from tests.doubles.project import HISTORY, Watched
from tests.doubles.typed import typed
from tests.simulator import INTERNAL

ONE_BY_ONE = FULL_NAME.replace("segments=4", "segments=1")
EVERYBODY = {f"u{number}": named(number) for number in range(20)}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Twenty users."""
    with PassSite.standing(tmp_path) as standing:
        yield standing


def steer(site: PassSite, order: PassOrder, **options: object) -> tuple[Steered, ...]:
    """What somebody on another machine orders."""
    return site.watched().migrator.steer(SteerOptions(order, **options))  # type: ignore[arg-type]


def passes(site: PassSite) -> tuple[PassStatus, ...]:
    """What somebody on another machine sees."""
    return site.watched().migrator.passes()


def later(site: PassSite, seconds: float, do: Callable[[], object]) -> threading.Thread:
    """Do something after a while, whatever goes on meanwhile."""

    def wait() -> None:
        site.site.clock.sleep(seconds)
        do()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def slow_writes(site: PassSite) -> int:
    """How many writes came half a second or more after the one before; a jump of the clock is no more than one."""
    calls = site.site.aws.simulator.calls
    times = [call.at for call in calls if (call.action, call.table) == ("UpdateItem", USERS)]
    return sum(following - at >= 0.5 for at, following in pairwise(times))


def orders(watched: Watched) -> list[tuple[PassOrder, int | None]]:
    """What the run has told that it obeys."""
    return [(event.order, event.rate) for event in watched.events if isinstance(event, PassSteered)]


def logged(site: PassSite) -> list[str]:
    """What the log says of passes."""
    return [entry.what for entry in site.watched().migrator.history() if entry.what.startswith("items ")]


def test_a_rate_is_changed_while_it_runs(site: PassSite) -> None:
    """Also for who waits already: of forty writes at one a second, those after the order do not wait any more."""
    for number in range(20, 40):
        site.put(user(number))
    site.declare(ONE_BY_ONE)
    site.at(3, lambda _: steer(site, PassOrder.RATE, rate=1000))
    watched = site.upgrade(item_rate=1)
    assert slow_writes(site) < 20
    assert site.items() == {f"u{number}": named(number) for number in range(40)}
    assert orders(watched) == [(PassOrder.RATE, 1000)]
    assert logged(site) == ["items rate"]


def test_a_rate_holds_for_the_next_run_unless_that_was_given_one(site: PassSite) -> None:
    """What was said last counts; of a pass that begins anew nobody has said anything."""
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    assert steer(site, PassOrder.RATE, rate=1)[0].ordered
    assert not steer(site, PassOrder.RATE, rate=1)[0].ordered
    site.site.aws.simulator.faults.clear()
    first = site.failing(stop=site.stop_at(5))[1]
    assert orders(first) == [(PassOrder.RATE, 1)]
    assert progress(first).waited > 2
    site.site.aws.simulator.faults.clear()
    before = slow_writes(site)
    second = site.upgrade(item_rate=1000)
    assert orders(second) == []
    assert slow_writes(site) < before + 4
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert orders(site.upgrade()) == []


def test_a_rate_of_before_can_be_ordered_again(site: PassSite) -> None:
    """The run that was given another one does not keep it, so that it is not as before."""
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    steer(site, PassOrder.RATE, rate=1000)
    site.site.aws.simulator.faults.clear()
    ordered: list[bool] = []
    site.at(3, lambda _: ordered.append(steer(site, PassOrder.RATE, rate=1000)[0].ordered))
    watched = site.upgrade(item_rate=1)
    assert ordered == [True]
    assert orders(watched) == [(PassOrder.RATE, 1000)]


def test_orders_of_another_kind_are_refused(site: PassSite) -> None:
    """A rate at which nothing would be done, as nobody but a hand can write it: an error, and no endless wait."""
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    steer(site, PassOrder.RATE, rate=1000)
    (control,) = [one for one in site.history() if "rate" in one and "rate_by" in one]
    site.site.client.put_item(TableName=HISTORY, Item={**control, "rate": {"N": "0"}})
    site.site.aws.simulator.faults.clear()
    cause, _ = site.failing()
    assert isinstance(cause, HistoryUnreadable)
    assert "rate is 0" in cause.message


def test_a_paused_pass_writes_nothing_until_it_is_resumed(site: PassSite) -> None:
    """It keeps the lock for longer than a lease, tells so again and again, and goes on where it was."""
    site.declare(ONE_BY_ONE)
    seen: list[object] = []

    def look_and_resume() -> None:
        (status,) = passes(site)
        seen.extend((status.condition.value, status.is_attended, status.left, len(site.items())))
        seen.append(sum("fullName" in item for item in site.items().values()))
        site.site.clock.sleep(60)
        seen.append(sum("fullName" in item for item in site.items().values()))
        steer(site, PassOrder.RESUME)

    def pause(_: object) -> None:
        steer(site, PassOrder.PAUSE)
        threads.append(later(site, 60, look_and_resume))

    threads: list[threading.Thread] = []
    site.at(5, pause)
    watched = site.upgrade(item_rate=1)
    threads[0].join()
    assert seen[:4] == ["paused", True, None, 20]
    assert seen[4] == seen[5]
    assert 4 <= int(str(seen[4])) < 20
    assert site.items() == EVERYBODY
    assert written(watched) == 20
    assert orders(watched) == [(PassOrder.PAUSE, None), (PassOrder.RESUME, None)]
    told = [event for event in watched.events if isinstance(event, PassProgress) and event.paused is not None]
    assert len(told) >= 20
    assert logged(site) == ["items paused", "items resumed"]
    assert note(watched) == "20 items examined, 20 changed"


def test_a_pause_can_be_stopped_and_outlasts_the_run(site: PassSite) -> None:
    """Ctrl-C within it: all that was done is recorded, the lock is free; the next run waits until it is resumed."""
    site.declare(ONE_BY_ONE)
    stop = Stop(site.site.clock.clock)
    threads: list[threading.Thread] = []

    def pause(_: object) -> None:
        steer(site, PassOrder.PAUSE)
        threads.append(later(site, 30, lambda: stop.request(Interrupted("stopped"))))

    site.at(5, pause)
    cause, first = site.failing(stop=stop, item_rate=1)
    threads[0].join()
    assert isinstance(cause, Interrupted)
    assert site.watched().migrator.lock() is None
    (status,) = passes(site)
    assert (status.condition.value, status.is_attended, status.is_short) == ("paused", False, False)
    assert not steer(site, PassOrder.PAUSE)[0].ordered, "it is paused already"

    def resume(event: RunEvent) -> None:
        if isinstance(event, PassSteered) and event.order is PassOrder.PAUSE:
            threads.append(later(site, 60, lambda: steer(site, PassOrder.RESUME)))

    second = site.watched(resume)
    second.migrator.upgrade()
    threads[1].join()
    assert progress(second).waited > 50
    assert written(first) + written(second) == 20
    assert orders(second) == [(PassOrder.PAUSE, None), (PassOrder.RESUME, None)]
    assert site.items() == EVERYBODY


def test_what_failed_is_tried_again_while_it_runs(site: PassSite) -> None:
    """Corrected meanwhile: the run ends well, and counts it."""
    site.put({"id": "u0", "first": "Ada"})
    site.declare(ONE_BY_ONE)

    ordered: list[bool] = []

    def correct(_: object) -> None:
        failures = site.watched().migrator.failures().failures
        if failures and not ordered:
            assert [one.item.key for one in failures] == [{"id": {"S": "u0"}}]
            site.put(user(0))
            ordered.append(steer(site, PassOrder.RETRY)[0].ordered)

    site.at(1, correct, action="Scan", times=None)
    watched = site.upgrade(item_rate=5)
    assert site.items() == EVERYBODY
    assert orders(watched) == [(PassOrder.RETRY, None)]
    assert ordered == [True]
    assert (progress(watched).failed, passes(site)[0].changed) == (0, 20)


@pytest.mark.parametrize("mended", ["corrected", "deleted"])
def test_what_failed_is_tried_again_at_the_end(mended: str, site: PassSite) -> None:
    """So what an application has corrected or deleted meanwhile is no failure, although nobody ordered anything."""
    site.put({"id": "u0", "first": "Ada"})
    site.declare(ONE_BY_ONE)

    def mend(_: object) -> None:
        if site.watched().migrator.failures().failures:
            site.site.aws.simulator.faults.clear()
            if mended == "corrected":
                site.put(user(0))
            else:
                site.site.client.delete_item(TableName=USERS, Key={"id": {"S": "u0"}})

    site.at(1, mend, action="Scan", times=None)
    watched = site.upgrade(item_rate=5)
    left = EVERYBODY if mended == "corrected" else {name: item for name, item in EVERYBODY.items() if name != "u0"}
    assert site.items() == left
    (done,) = passes(site)
    assert (done.condition.value, done.state.failures, progress(watched).failed) == ("done", (), 0)


def test_the_next_run_tries_again_by_itself(site: PassSite) -> None:
    """So there is nothing to order; also where so many failed that the pass ended early, and all were corrected."""
    for number in range(4):
        site.put({"id": f"u{number}", "first": "Ada"})
    site.declare(FULL_NAME.replace("segments=4", "stop_after=3, segments=1"))
    cause, _ = site.failing()
    assert isinstance(cause, ItemsFailed)
    (status,) = passes(site)
    assert (status.condition.value, len(status.state.failures)) == ("failed", 3)
    assert [one.ordered for one in steer(site, PassOrder.RETRY)] == [False]
    for number in range(4):
        site.put(user(number))
    site.upgrade()
    assert site.items() == EVERYBODY
    assert passes(site)[0].changed == 20


def test_how_it_stands_is_known_at_any_time(site: PassSite) -> None:
    """Before there is one, while it runs, once it was stopped, is over, and was taken back; numbers are exact."""
    assert passes(site) == ()
    seen: list[PassStatus] = []
    site.declare(ONE_BY_ONE)
    site.at(8, lambda _: seen.extend(passes(site)), times=6)
    stop = site.stop_at(14)
    site.failing(stop=stop, item_rate=1)
    assert (seen[-1].condition.value, seen[-1].is_attended, seen[-1].segments_done) == ("running", True, 0)
    assert 1 <= seen[-1].examined <= 13
    reports = [status.state.report for status in seen if status.state.report is not None]
    assert {report.rate for report in reports} == {1}
    # The first ones may be of a moment before anything was written, and a clock that jumps makes all of them slower.
    assert 0 < max(report.written for report in reports) <= 1.5
    (stopped,) = passes(site)
    assert (stopped.condition.value, stopped.is_short) == ("interrupted", False)
    assert stopped.examined == stopped.changed == sum("fullName" in item for item in site.items().values())
    assert typed(stopped.resume) == "osem-migrate upgrade --env dev"
    site.site.aws.simulator.faults.clear()
    site.upgrade()
    (done,) = passes(site)
    assert (done.condition.value, done.examined, done.changed, done.scan) == ("done", 20, 20, 1)
    stop = site.stop_at(3)
    with pytest.raises(Exception, match="stopped"):
        site.watched().migrator.downgrade(DowngradeOptions("1", stop=stop))
    back, forth = passes(site)
    assert (back.condition.value, forth.condition.value) == ("interrupted", "done")
    assert typed(back.resume) == "osem-migrate downgrade --to 1 --env dev"


def test_what_is_written_in_the_old_shape_is_said(site: PassSite) -> None:
    """Apart from what failed."""
    site.declare(ONE_BY_ONE)
    site.at(1, lambda _: site.put(user(0)), action="Scan", times=None)
    cause, _ = site.failing()
    assert isinstance(cause, ItemsStillChanging)
    assert passes(site)[0].condition.value == "still changing"


def test_a_pass_that_nobody_goes_on_with_is_abandoned(site: PassSite) -> None:
    """Undone half-way: a downgrade has gone through all items."""
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    site.site.aws.simulator.faults.clear()
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert [(one.key.direction, one.condition.value) for one in passes(site)] == [
        ("downgrade", "done"),
        ("upgrade", "abandoned"),
    ]


@pytest.mark.parametrize("told", [True, False], ids=["as reported", "by an older version"])
def test_a_downgrade_that_failed_is_not_done(site: PassSite, *, told: bool) -> None:
    """Although it has gone through all items; after the upgrade that turned round as well, which is done."""
    undo = "def undo(item):\n    return {'fullName': REMOVE} if item['id'] != 'u7' else {'id': 'x'}\n"
    functions = f"{FUNCTIONS}\n{undo}"
    site.declare(FULL_NAME.replace("no_full_name", "undo"), functions=functions).upgrade()
    with pytest.raises(PartialError) as caught:
        site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert isinstance(caught.value.cause, ItemsFailed)
    assert passes(site)[0].condition.value == "failed"
    if not told:
        for item in site.history():
            older = {name: value for name, value in item.items() if name != "over"}
            site.site.client.put_item(TableName=HISTORY, Item=older)
    site.upgrade()
    assert {one.key.direction: one.condition.value for one in passes(site)} == {
        "downgrade": "abandoned",
        "upgrade": "done",
    }


def test_an_upgrade_that_failed_and_was_taken_back_is_not_done(site: PassSite) -> None:
    """Nor is what it left as it is forgotten."""
    site.put({"id": "u7", "first": "Ada"})
    site.declare(FULL_NAME).failing()
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert {one.key.direction: one.condition.value for one in passes(site)} == {
        "downgrade": "done",
        "upgrade": "abandoned",
    }


def test_orders_that_nobody_could_obey_are_refused(site: PassSite) -> None:
    """Each with a code and what to type; nothing is written."""
    with pytest.raises(PassNotFound, match="none was ever begun") as nothing:
        steer(site, PassOrder.PAUSE)
    assert "osem-migrate items status --env dev" in typed(nothing.value)
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    site.site.aws.simulator.faults.clear()
    with pytest.raises(PassNotRunning, match="0002_pass is interrupted") as stopped:
        steer(site, PassOrder.PAUSE)
    assert typed(stopped.value) == "Go on with it: osem-migrate upgrade --env dev"
    with pytest.raises(TargetUnknown):
        steer(site, PassOrder.RESUME, version="7")
    with pytest.raises(TargetUnknown):
        site.watched().migrator.passes(PassesOptions(version="7"))
    assert site.watched().migrator.passes(PassesOptions(version="1")) == ()
    with pytest.raises(PassNotFound, match="of 1 to resume"):
        steer(site, PassOrder.RESUME, version="1")
    assert [one.ordered for one in steer(site, PassOrder.RESUME, version="0002")] == [False]
    site.upgrade()
    with pytest.raises(PassOver, match="that of 0002_pass is done"):
        steer(site, PassOrder.RATE, rate=7)
    assert logged(site) == []


def test_a_pass_that_was_allowed_to_fail_is_over(site: PassSite) -> None:
    """What it left is shown, oldest first, as many as asked for; nobody tries that again."""
    for number in (3, 5):
        site.put({"id": f"u{number}", "first": "Ada"})
    site.declare(FULL_NAME.replace("segments=4", "segments=1, max_failures=2")).upgrade()
    found = site.watched().migrator.failures(FailuresOptions(limit=1))
    assert (len(found.failures), found.total) == (1, 2)
    assert found.failures[0].item.code == "ITEM_FUNCTION_FAILED"
    with pytest.raises(PassOver, match="is done, and left 2 items as they are") as over:
        steer(site, PassOrder.RETRY)
    assert "osem-migrate items failures --env dev" in typed(over.value)


@pytest.mark.parametrize(("order", "rate"), [("rate", None), ("rate", 0), ("rate", -5), ("pause", 5)])
def test_a_rate_is_a_number_of_at_least_one(order: str, rate: int | None) -> None:
    """And belongs to the order that sets it."""
    with pytest.raises(ArgumentInvalid, match="rate takes a number of at least 1"):
        SteerOptions(PassOrder(order), rate=rate)


def test_the_log_says_why_a_pass_begins_anew(site: PassSite) -> None:
    """Where its function was edited; not after a downgrade."""
    site.declare(FULL_NAME).upgrade()
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    site.upgrade()
    assert logged(site) == []
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    site.declare(FULL_NAME, functions=FUNCTIONS.replace("{item['first']} {item['last']}", "{item['last']}")).upgrade()
    assert logged(site) == ["items begun anew"]
    (entry,) = [one for one in site.watched().migrator.history() if one.what == "items begun anew"]
    assert (entry.migration, "the operation was changed" in entry.detail) == ("0002_pass", True)


def test_destroy_leaves_nothing_of_a_pass(site: PassSite) -> None:
    """Where other applications have their history in the table, so that it stays: neither segments nor orders."""
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    steer(site, PassOrder.RATE, rate=7)
    site.site.client.put_item(
        TableName=HISTORY, Item={"scope": {"S": "other"}, "item": {"S": "event#1"}, "what": {"S": "x"}}
    )
    site.watched().migrator.destroy(DestroyOptions(allow_data_loss=True))
    site.site.settle()
    assert USERS not in site.site.tables()
    left = site.site.client.scan(TableName=HISTORY)["Items"]
    assert [item for item in left if "#pass#" in item["scope"]["S"]] == []


def test_a_history_table_that_does_not_answer_stops_no_pass(site: PassSite) -> None:
    """Orders have to wait, and checkpoints are what proves that the lock is ours."""
    site.declare(FULL_NAME)
    site.site.aws.simulator.faults.plan(
        INTERNAL,
        action="UpdateItem",
        table=HISTORY,
        times=None,
        where=lambda call: "ReturnValues" in call.members,
    )
    site.upgrade()
    assert site.items() == EVERYBODY


def test_the_policy_of_status_is_enough_to_watch(site: PassSite) -> None:
    """Orders take a permission of their own, which ``policy --items`` adds, and nothing more than that."""
    site.declare(ONE_BY_ONE)
    site.failing(stop=site.stop_at(5))
    owner, aws = site.watched().migrator, site.site.aws
    limit(aws, READER, owner, Role.STATUS)
    with acting_as(READER):
        assert [one.condition.value for one in passes(site)] == ["interrupted"]
        assert site.watched().migrator.failures().total == 0
        with pytest.raises(AccessDenied, match="dynamodb:UpdateItem on osem-dev-SchemaMigrations"):
            steer(site, PassOrder.RATE, rate=7)
        policy = limit(aws, READER, owner, Role.STATUS, items=True)
        assert steer(site, PassOrder.RATE, rate=7)[0].ordered
        client = site.watched().migrator.session.dynamodb()
        for partition in ("osem", "other#pass#0002_pass#0#upgrade"):
            with pytest.raises(ClientError, match="AccessDenied"):
                client.update_item(TableName=HISTORY, Key={"scope": {"S": partition}, "item": {"S": "lock"}})
    assert ("SteerPasses", "dynamodb:UpdateItem") in policy.used
    upgrading = owner.policy(PolicyOptions(Role.UPGRADE, items=True)).document
    assert "SteerPasses" not in str(upgrading), "whoever may upgrade may give orders anyway"
