"""Every boundary: a run is disturbed at each call that it makes, and the next run has to finish it.

``python -m tests.torture`` sweeps all of it; the tests take a sample.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.aws.session import ATTEMPTS
from tests.simulator import INTERNAL, THROTTLED, Drop, Hook, LoseResponse, SimulatedError, serve
from tests.simulator.calls import CUT_AFTER, CUT_BEFORE, ITEM_WRITES, OK, READS, Call
from tests.torture.child import ChildProcesses, Ended, children
from tests.torture.scenarios import Scenario, changes
from tests.torture.stage import Picture, Recording, lock_owner, shorten_lease


class Disturbance(StrEnum):
    """What happens at a call."""

    KILL_BEFORE = "kill -9 before"
    KILL_AFTER = "kill -9 after"
    LOSE = "response lost"
    CUT = "connection cut"
    FAIL = "500"
    THROTTLE = "throttled"


DEAD_LEASE = 5.0  # seconds; more than twice a heartbeat

KILLS = frozenset({Disturbance.KILL_BEFORE, Disturbance.KILL_AFTER})


@dataclass(frozen=True, slots=True)
class Case:
    """One disturbance of one call of a scenario."""

    disturbance: Disturbance
    number: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case: the call that was struck, None where the run was over before it; and what went wrong."""

    case: Case
    struck: str | None
    complaints: tuple[str, ...]


def cases(calls: int) -> Iterator[Case]:
    """Every disturbance of every call."""
    return (Case(disturbance, number) for number in range(1, calls + 1) for disturbance in Disturbance)


def sample(calls: int, size: int) -> list[Case]:
    """So many cases, spread over the calls and the disturbances; the same ones every time."""
    kinds = tuple(Disturbance)
    numbers = (1 + place * calls // size for place in range(size))
    return [Case(kinds[place % len(kinds)], number) for place, number in enumerate(numbers)]


def live_through(scene: Scenario, case: Case, processes: ChildProcesses) -> Verdict:
    """Disturb the command, run it again, and compare with the undisturbed run."""
    simulator = scene.stage.put_up()
    pid: Future[int] = Future()
    struck = _plan(simulator, case, pid)
    with serve(simulator) as server:
        first = processes.run(scene.command, scene.project, server.endpoint_url, pid=pid)
        simulator.faults.clear()
        disturbed = len(simulator.calls)
        held_by = lock_owner(simulator)
        shorten_lease(simulator, DEAD_LEASE)
        second = processes.run(scene.command, scene.project, server.endpoint_url)
    call = next(iter(struck), None)
    complaints = [
        *_of_the_ends(case, first, second, struck=call is not None),
        *_of_the_calls(simulator.calls, disturbed, case, call),
        *_of_the_changes(scene, simulator, case, call),
        *_of_the_end(scene, simulator, held_by),
        *simulator.unknown,
    ]
    return Verdict(case, f"{call.action} {call.table}" if call is not None else None, tuple(complaints))


def live_through_all(scene: Scenario, portion: Sequence[Case]) -> list[Verdict]:
    """Some cases one after the other, forked from one warm process."""
    with children() as processes:
        return [live_through(scene, case, processes) for case in portion]


def _plan(simulator: Recording, case: Case, pid: "Future[int]") -> list[Call]:
    """Plan the disturbance; the list takes the call that is struck."""
    struck: list[Call] = []

    def kill(_: Call) -> None:
        os.kill(pid.result(), signal.SIGKILL)

    simulator.faults.plan(Hook(before=struck.append), number=case.number)
    match case.disturbance:
        case Disturbance.KILL_BEFORE:
            simulator.faults.plan(Hook(before=kill), number=case.number)
            simulator.faults.plan(Drop(), number=case.number)
        case Disturbance.KILL_AFTER:
            simulator.faults.plan(Hook(after=kill), number=case.number)
        case Disturbance.LOSE:
            simulator.faults.plan(LoseResponse(), number=case.number)
        case Disturbance.CUT:
            simulator.faults.plan(Drop(), number=case.number)
        case Disturbance.FAIL:
            simulator.faults.plan(INTERNAL, number=case.number)
        case Disturbance.THROTTLE:
            simulator.faults.plan(THROTTLED, number=case.number)
    return struck


def _of_the_ends(case: Case, first: Ended, second: Ended, *, struck: bool) -> Iterator[str]:
    wanted = -signal.SIGKILL if case.disturbance in KILLS and struck else 0
    if first.code != wanted:
        yield f"the first run ended with {first.code} instead of {wanted}: {first.words}"
    if second.code != 0:
        yield f"the second run ended with {second.code}: {second.words}"


def _of_the_calls(calls: Sequence[Call], first: int, case: Case, struck: Call | None) -> Iterator[str]:
    """Every refusal must be the disturbance, pass by itself, be a question's answer, or echo a call that was lost."""
    echoes = ATTEMPTS - 1 if case.disturbance is Disturbance.LOSE else 0
    for call in calls:
        if call is struck or call.outcome in {OK, CUT_AFTER, CUT_BEFORE} or _passes(call):
            continue
        if echoes and struck is not None and (call.action, call.table) == (struck.action, struck.table):
            echoes -= 1
            continue
        run = "first" if call.number <= first else "second"
        yield f"call {call.number} of the {run} run: {call.action} {call.table} was refused: {call.outcome}"


def _of_the_end(scene: Scenario, simulator: Recording, held_by: str | None) -> Iterator[str]:
    """The same as ever; a run that had nothing left to do leaves a dead one's lock where it is, but never its own."""
    try:
        yield from scene.end.differences(Picture.of(simulator))
    except SimulatedError as unsettled:
        yield f"the second run left something under way: {unsettled}"
    if lock_owner(simulator) not in {held_by, None}:
        yield "the second run still holds the lock"


def _passes(call: Call) -> bool:
    """Whether a refusal is part of the game: a look at what is not there, or the lock and the limits at work."""
    if call.action.startswith(READS):
        return call.outcome in {"ResourceNotFoundException", "TableNotFoundException", "ThrottlingException"}
    if call.action in ITEM_WRITES:
        # A heartbeat may meet a transaction of the same run, which checks the lock; the SDK sends it again.
        collisions = {"TransactionCanceledException", "TransactionConflictException"}
        return call.outcome in {"ConditionalCheckFailedException", *collisions}
    return call.outcome in {"ThrottlingException", "ContinuousBackupsUnavailableException"}


def _of_the_changes(scene: Scenario, simulator: Recording, case: Case, struck: Call | None) -> Iterator[str]:
    """Every change is made once over both runs, but for the SDK's own repetition of a call whose answer was lost."""
    found = changes(simulator)
    for change in sorted({*scene.changes, *found}, key=str):
        wanted, times = scene.changes.get(change, 0), found.get(change, 0)
        lost = case.disturbance is Disturbance.LOSE and struck is not None and (struck.action, struck.table) == change
        if times not in {wanted, wanted + lost}:
            yield f"{change[0]} {change[1]} was applied {times} times instead of {wanted}"
