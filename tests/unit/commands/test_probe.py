"""Probing: a sample goes through every table and index, nothing is left, and nobody's item is touched."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from osem_migrate.errors import (
    AccessDenied,
    CredentialsExpired,
    ExitCode,
    Interrupted,
    OsemMigrateError,
    SampleLeft,
    Termination,
    Throttled,
)
from osem_migrate.operations import CreateTable
from osem_migrate.planning.probe import MARKER
from osem_migrate.schema import Index, S
from osem_migrate.stop import Stop
from tests.doubles.probed import ITEM_CALLS, KEY, ProbedTables, describe_all, failed
from tests.doubles.typed import typed
from tests.simulator import (
    INTERNAL,
    THROTTLED,
    Call,
    Deny,
    Drop,
    Durations,
    Expire,
    Fail,
    Fault,
    Hook,
    LoseResponse,
    exactly,
)

PLAIN = CreateTable("Teams", S("teamId"), indexes=[Index("owner-index", S("owner"))])
PLAIN_KEY = {"teamId": {"S": "osem-migrate/probe"}}
AGAIN = "osem-migrate verify --probe --env dev --endpoint-url http://127.0.0.1:9"
PATIENCE = 5.0
ALL_WELL = [
    "Teams: probe index keys-index: shows the item",
    "Teams: probe index manager-index: shows the item",
    "Teams: probe index title-index: shows the item",
    "Teams: probe local index status-local: shows the item",
    "Teams: probe table: written and read back",
    "Users: probe table: written and read back",
]


@pytest.fixture
def tables() -> Iterator[ProbedTables]:
    """Teams, with every kind of index, and Users."""
    with ProbedTables.standing() as tables:
        yield tables


@pytest.fixture
def plain() -> Iterator[ProbedTables]:
    """One table with one index, in which somebody has an item."""
    with ProbedTables.standing(PLAIN) as tables:
        tables.put({"teamId": {"S": "t1"}, "owner": {"S": "ada"}})
        yield tables


def theirs(tables: ProbedTables) -> list[dict[str, Any]]:
    """What is left when samples are left out."""
    return [item for item in tables.items() if MARKER not in item]


def test_every_table_and_index_shows_the_sample(tables: ProbedTables) -> None:
    """One write, one read of the table, one query an index and one removal; nothing is left."""
    assert describe_all(tables.probe()) == ALL_WELL
    assert tables.items() == []
    counts = {action: len(tables.made(action)) for action in ITEM_CALLS}
    assert counts == {"PutItem": 2, "GetItem": 2, "Query": 4, "DeleteItem": 2}


def test_it_does_so_again(tables: ProbedTables) -> None:
    """The same key can be used every time, because the item is removed."""
    assert describe_all(tables.probe()) == describe_all(tables.probe()) == ALL_WELL


def test_no_tables_are_no_work() -> None:
    """Nothing that is ready: no call."""
    with ProbedTables.standing(PLAIN) as tables:
        client = tables.client
        client.delete_table(TableName="osem-dev-Teams")
        tables.clock.sleep(60)
        assert tables.probe() == {}


def test_global_indexes_that_follow_slowly_are_waited_for() -> None:
    """Eight seconds of eventual consistency are no failure; local indexes are read consistently, once."""
    with ProbedTables.standing(durations=Durations(index_lag=exactly(8.0))) as tables:
        assert describe_all(tables.probe()) == ALL_WELL
        assert 8.0 <= tables.waited < 12.0
        assert len(tables.made("Query")) > 8


def test_an_index_that_never_shows_it_fails_its_check_alone() -> None:
    """After half a minute; the sample is removed all the same."""
    with ProbedTables.standing(durations=Durations(index_lag=exactly(100.0))) as tables:
        assert failed(tables.probe()) == [
            f"Teams: probe index {name}: expected shows the item, found no item within 30 s"
            for name in ("keys-index", "manager-index", "title-index")
        ]
        assert tables.items() == []


def test_what_reads_back_otherwise_is_named(plain: ProbedTables) -> None:
    """Somebody changes the sample between the write and the first read."""

    def change(_call: Call) -> None:
        item = {**plain.samples()[0], "owner": {"S": "bob"}}
        plain.put(item)

    plain.simulator.faults.plan(Hook(before=change), action="GetItem")
    assert failed(plain.probe()) == [
        "Teams: probe table: expected written and read back, found an item with other values of owner",
        "Teams: probe index owner-index: expected shows the item, found no item within 30 s",
    ]
    assert plain.samples() == []


def test_an_index_that_shows_an_older_sample_is_not_believed() -> None:
    """What a killed probe left is in the index for longer than the new sample takes to get there."""
    with ProbedTables.standing(PLAIN, durations=Durations(index_lag=exactly(40.0))) as tables:
        tables.put({**PLAIN_KEY, "owner": {"S": "osem-migrate/probe"}, MARKER: {"S": "1-old"}})
        tables.clock.sleep(50)
        assert failed(tables.probe()) == [
            f"Teams: probe index owner-index: expected shows the item, found an item with other values of {MARKER}"
        ]


def test_somebody_elses_item_is_never_touched(tables: ProbedTables) -> None:
    """An item that happens to have the key of samples stays as it is, and the check says so."""
    mine = {**KEY, "name": {"S": "mine"}}
    tables.put(mine)
    assert failed(tables.probe()) == [
        "Teams: probe table: expected written and read back, found another item has its key; it was not touched"
    ]
    assert tables.items() == [mine]
    assert {call.table for call in tables.made("DeleteItem")} == {"osem-dev-Users"}


def test_a_marker_of_another_type_is_somebody_elses(plain: ProbedTables) -> None:
    """Only what a probe wrote is a sample."""
    mine = {**PLAIN_KEY, MARKER: {"N": "1"}}
    plain.put(mine)
    assert len(failed(plain.probe())) == 1
    assert mine in plain.items()


@pytest.mark.parametrize(("age", "least", "most"), [(600, 0, 1), (100, 15, 30), (-86_400, 119, 130), (None, 119, 130)])
def test_what_a_killed_probe_left_is_removed_by_the_next(
    age: int | None, least: float, most: float, plain: ProbedTables
) -> None:
    """At once where it is old; else when no probe can be at work on it any more, by its age or by watching it."""
    now = plain.clock.clock.milliseconds()
    run = f"{now - age * 1000}-0123" if age is not None else "by hand"
    plain.put({**PLAIN_KEY, "owner": {"S": "osem-migrate/probe"}, MARKER: {"S": run}})
    assert failed(plain.probe()) == []
    assert plain.samples() == []
    assert least <= plain.waited <= most


def test_a_probe_at_work_is_waited_for(plain: ProbedTables) -> None:
    """Two probes of one table do not disturb each other: the second writes when the first has removed its sample."""
    run = f"{plain.clock.clock.milliseconds()}-0123"
    plain.put({**PLAIN_KEY, "owner": {"S": "osem-migrate/probe"}, MARKER: {"S": run}})

    def remove(_call: Call) -> None:
        plain.simulator._apply("DeleteItem", {"TableName": "osem-dev-Teams", "Key": PLAIN_KEY})

    plain.simulator.faults.plan(Hook(before=remove), action="PutItem", nth=5)
    assert failed(plain.probe()) == []
    assert len(plain.made("PutItem")) == 5


def test_other_probes_that_never_end_are_said_to_be_in_the_way(plain: ProbedTables) -> None:
    """New samples of others, again and again: the check fails instead of waiting for ever."""

    def renew(call: Call) -> None:
        run = f"{plain.clock.clock.milliseconds()}-{call.number}"
        plain.put({**PLAIN_KEY, MARKER: {"S": run}})

    plain.simulator.faults.plan(Hook(before=renew), action="PutItem", times=None)
    assert failed(plain.probe()) == [
        "Teams: probe table: expected written and read back, found other probes keep writing to its key"
    ]
    assert len(plain.samples()) == 1
    assert plain.made("DeleteItem") == []


def test_a_place_that_is_neither_taken_nor_free(plain: ProbedTables) -> None:
    """A put that is refused for an item that no read finds is not repeated for ever, nor without a pause."""
    refused = Fail("ConditionalCheckFailedException", "The conditional request failed")
    plain.simulator.faults.plan(refused, action="PutItem", times=300)
    began = plain.clock.clock.monotonic()
    assert failed(plain.probe()) == [
        "Teams: probe table: expected written and read back, found other probes keep writing to its key"
    ]
    assert len(plain.made("PutItem")) == pytest.approx(plain.clock.clock.monotonic() - began, abs=5)


def test_a_sample_that_is_gone_between_two_looks(plain: ProbedTables) -> None:
    """The other probe removes its sample just after it was in the way: the next write finds the place free."""
    plain.put({**PLAIN_KEY, MARKER: {"S": f"{plain.clock.clock.milliseconds()}-0123"}})

    def remove(_call: Call) -> None:
        plain.simulator._apply("DeleteItem", {"TableName": "osem-dev-Teams", "Key": PLAIN_KEY})

    plain.simulator.faults.plan(Hook(before=remove), action="GetItem")
    assert failed(plain.probe()) == []
    assert plain.clock.slept == []


def test_a_lost_answer_is_no_obstacle(plain: ProbedTables) -> None:
    """The SDK repeats the write by itself, and finds its own sample in the way."""
    plain.simulator.faults.plan(LoseResponse(), action="PutItem")
    assert failed(plain.probe()) == []
    assert plain.samples() == []


def test_what_may_not_be_written_is_not_said_to_be_left(plain: ProbedTables) -> None:
    """Access denied: the error of AWS, with its remedy."""
    plain.simulator.faults.deny("PutItem")
    with pytest.raises(AccessDenied, match="PutItem"):
        plain.probe()
    assert plain.made("DeleteItem") == []


@pytest.mark.parametrize("action", ["GetItem", "Query"])
def test_a_denied_read_leaves_nothing(action: str, plain: ProbedTables) -> None:
    """The error is that of the read, and the sample is gone."""
    plain.simulator.faults.deny(action)
    with pytest.raises(AccessDenied, match=action):
        plain.probe()
    assert plain.samples() == []


def test_a_denied_removal_says_what_is_left_and_how_to_remove_it(plain: ProbedTables) -> None:
    """A permission that lacks is the cause; the command that removes the sample is the remedy."""
    plain.simulator.faults.deny("DeleteItem")
    with pytest.raises(SampleLeft, match="the sample item may still be in osem-dev-Teams") as caught:
        plain.probe()
    assert isinstance(caught.value.cause, AccessDenied)
    assert caught.value.details["table"] == "osem-dev-Teams"
    assert caught.value.details["cause"]["code"] == "AWS_ACCESS_DENIED"
    assert typed(caught.value, "--endpoint-url", "http://127.0.0.1:9").endswith(f"Then remove it with: {AGAIN}")
    assert len(plain.samples()) == 1
    plain.simulator.faults.clear()
    plain.clock.sleep(600)
    assert failed(plain.probe()) == []
    assert plain.samples() == []


def test_a_token_that_expires_after_the_write(plain: ProbedTables) -> None:
    """The cause is told, and that the sample could not be removed."""
    plain.simulator.faults.plan(Expire(), action="Query")
    with pytest.raises(SampleLeft) as caught:
        plain.probe()
    assert isinstance(caught.value.cause, CredentialsExpired)
    assert caught.value.exit_code is ExitCode.ERROR


def test_throttled_reads_are_asked_again(plain: ProbedTables) -> None:
    """A dozen refusals of the index are a delay; for ever is an error, and the sample is removed."""
    plain.simulator.faults.plan(THROTTLED, action="Query", times=12)
    assert failed(plain.probe()) == []
    plain.simulator.faults.plan(THROTTLED, action="Query", times=None)
    with pytest.raises(Throttled):
        plain.probe()
    assert plain.samples() == []


@pytest.mark.parametrize(
    ("stopped", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Termination(), ExitCode.TERMINATED)]
)
def test_a_signal_while_it_waits_leaves_nothing(stopped: KeyboardInterrupt, code: ExitCode) -> None:
    """The wait for an index ends at once, and the sample is removed before the error goes out."""
    with ProbedTables.standing(PLAIN, durations=Durations(index_lag=exactly(20.0))) as tables:
        stop = Stop(tables.clock.clock)
        request = Hook(after=lambda _: stop.request(Interrupted.by(stopped)))
        tables.simulator.faults.plan(request, action="Query", nth=3)
        with pytest.raises(Interrupted) as caught:
            tables.probe(stop)
        assert caught.value.exit_code is code
        assert len(tables.made("Query")) == 3
        assert tables.items() == []


def test_a_signal_and_a_removal_that_fails(plain: ProbedTables) -> None:
    """The shell hears of the signal, the user of the sample."""
    stop = Stop(plain.clock.clock)
    plain.simulator.faults.plan(Hook(after=lambda _: stop.request(Interrupted.by(Termination()))), action="PutItem")
    plain.simulator.faults.deny("DeleteItem")
    with pytest.raises(SampleLeft) as caught:
        plain.probe(stop)
    assert caught.value.exit_code is ExitCode.TERMINATED


def test_a_stop_before_the_first_write(plain: ProbedTables) -> None:
    """Nothing is written any more."""
    stop = Stop(plain.clock.clock)
    stop.request(Interrupted.by(KeyboardInterrupt()))
    with pytest.raises(Interrupted):
        plain.probe(stop)
    assert plain.made("PutItem") == []


def test_ctrl_c_without_a_handler_leaves_nothing() -> None:
    """A program that uses the library and has no handler of its own: it may come while a thread is being started."""
    main = threading.main_thread().ident
    assert main is not None

    def press(_call: Call) -> None:
        signal.pthread_kill(main, signal.SIGINT)
        # The probe goes on in simulated time; the main thread has to have heard of it before the probe is over.
        stop._event.wait(PATIENCE)

    with ProbedTables.standing(PLAIN, durations=Durations(index_lag=exactly(20.0))) as tables:
        stop = Stop(tables.clock.clock)
        tables.simulator.faults.plan(Hook(after=press), action="Query", nth=2)
        with pytest.raises(Interrupted):
            tables.probe(stop)
        assert tables.items() == []


Plan = Callable[[ProbedTables, int], object]


def _fault(fault: Fault, times: int | None = 1) -> Plan:
    """That fault, at the item call of a number."""

    def plan(tables: ProbedTables, number: int) -> None:
        tables.simulator.faults.plan(fault, action=ITEM_CALLS, nth=number, times=times)

    return plan


DISTURBANCES = {
    "cut before": _fault(Drop()),
    "cut before, five times": _fault(Drop(), 5),
    "answer lost": _fault(LoseResponse()),
    "answer lost, five times": _fault(LoseResponse(), 5),
    "answer lost, then cut": lambda tables, number: (
        _fault(LoseResponse())(tables, number),
        _fault(Drop(), 4)(tables, number + 1),
    ),
    "internal error, five times": _fault(INTERNAL, 5),
    "throttled, five times": _fault(THROTTLED, 5),
    "token expires": _fault(Expire()),
    "denied from now on": _fault(Deny()),
    "answer lost, then denied": lambda tables, number: (
        _fault(LoseResponse())(tables, number),
        _fault(Deny())(tables, number + 1),
    ),
    "nobody answers any more": _fault(Drop(), None),
}  # fmt: skip


EVERY_CALL = [(name, number) for name in DISTURBANCES for number in range(1, 6)]
SOME_CALLS = [*((name, 1) for name in DISTURBANCES), *EVERY_CALL[1::4]]


@pytest.mark.parametrize(("name", "number"), EVERY_CALL if os.environ.get("OSEM_TORTURE") else SOME_CALLS)
def test_every_call_disturbed_leaves_nothing_for_long(name: str, number: int, plain: ProbedTables) -> None:
    """After any disturbance at any call there is no sample, or the error says so and the next probe removes it."""
    before = theirs(plain)
    DISTURBANCES[name](plain, number)
    try:
        plain.probe()
    except SampleLeft:
        pass
    except OsemMigrateError:
        assert plain.samples() == []
    else:
        assert plain.samples() == []
    assert theirs(plain) == before
    plain.simulator.faults.clear()
    plain.clock.sleep(600)
    assert failed(plain.probe()) == []
    assert plain.items() == before
