"""The performer describes, decides and acts, from wherever it finds the table, and survives what AWS answers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from osem_migrate.aws.gateway import Gateway, StepAnswer, StepOutcome
from osem_migrate.aws.poller import Poller
from osem_migrate.errors import (
    AccessDenied,
    DriftFound,
    EndpointUnreachable,
    Interrupted,
    LockLost,
    OsemMigrateError,
    QuotaExceeded,
    RequestInvalid,
    ResourceInUse,
    ServiceFailed,
    Throttled,
    WaitTimeout,
)
from osem_migrate.events import DriftNoticed, OperationStarted, RunEvent, StepPerformed, Waiting
from osem_migrate.execution.drivers import DRIVERS
from osem_migrate.execution.operation_run import OperationRun, Pace, Services
from osem_migrate.execution.reconciler import Reconciled, Reconciler
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.item_pass import Pass
from osem_migrate.planning.plan import PlannedOperation
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, N, S, Schema
from osem_migrate.schema.arn import table_arn
from osem_migrate.stop import Stop
from tests.doubles.control_plane import REGION, ControlPlane
from tests.doubles.passes import NO_PASSES
from tests.doubles.planning import planned, planned_migration
from tests.simulator import SimulatedError
from tests.simulator.clock import VirtualClock
from tests.simulator.faults import Hook
from tests.simulator.simulator import ACCOUNT_ID

if TYPE_CHECKING:
    from osem_migrate.aws.lock import Lease

TEAMS = CreateTable("Teams", S("teamId"))
BY_MANAGER = AddIndex("Teams", "managerId-index", S("managerId"))
NAME = "osem-dev-Teams"
EXISTS = SimulatedError("ResourceInUseException", f"Table already exists: {NAME}")
ONE_INDEX = SimulatedError(
    "LimitExceededException",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
)
NO_ANSWER = ReadTimeoutError(endpoint_url="https://dynamodb")


@dataclass
class FakeLease:
    """A lease that counts its checks and may be lost at one of them."""

    aws: ControlPlane
    lost_at: int | None = None
    checks: list[int] = field(default_factory=list)

    def check(self) -> None:
        self.checks.append(len(self.aws.mutations()))
        if len(self.checks) == self.lost_at:
            raise LockLost("taken over")

    def check_age(self) -> None:
        """Young."""


class World:
    """A control plane, and a performer in front of it."""

    def __init__(
        self,
        *,
        emulated: bool = False,
        timeout: float | None = None,
        lost_at: int | None = None,
        pace: Pace = Pace.FULL,
        mutations: int = 3,
    ) -> None:
        self.clock = VirtualClock()
        self.stop = Stop(self.clock.clock)
        self.aws = ControlPlane(self.clock)
        self.lease = FakeLease(self.aws, lost_at)
        self.events: list[RunEvent] = []
        services = Services(
            gateway=Gateway(
                self.aws.client, lambda name: f"osem-dev-{name}", emulated=emulated, sleep=self.clock.sleep
            ),
            lease=cast("Lease", self.lease),
            poller=Poller(replace(self.clock.clock, sleep=self.stop.sleep)),
            clock=replace(self.clock.clock, sleep=self.stop.sleep),
            timeout=timeout,
            tell=self.events.append,
            stop=self.stop,
            mutations=threading.BoundedSemaphore(mutations),
            pace=pace,
            passes=NO_PASSES,
        )
        self.reconciler = Reconciler(services)
        self.changed = False

    def having(self, *operations: Operation) -> "World":
        """With these operations carried out, settled, and long ago."""
        for operation in planned_migration(*operations).operations if operations else ():
            for step in operation.calls:
                address = table_arn(NAME, region=REGION, account=ACCOUNT_ID) if step.takes_arn else NAME
                getattr(self.aws.client, step.method)(**step.call(address))
                self.aws.settle()
        self.aws.calls.clear()
        return self

    def perform(self, *operations: Operation) -> Reconciled:
        """The last of the operations, planned after the others, to its end."""
        return self.carry_out(planned(*operations))

    def leaves(self, *operations: Operation) -> None:
        """The same, which is left under way."""
        attempt = self.reconciler.reconcile(planned(*operations))
        self.changed = self.changed or attempt.changed
        assert (attempt.result, attempt.error) == (None, None)

    def carry_out(self, operation: PlannedOperation) -> Reconciled:
        """A planned operation, to its end."""
        attempt = self.reconciler.reconcile(operation)
        self.changed = self.changed or attempt.changed
        if attempt.error is not None:
            raise attempt.error
        assert attempt.result is not None
        return attempt.result

    def fails(self, error: type[OsemMigrateError], *operations: Operation) -> OsemMigrateError:
        with pytest.raises(error) as caught:
            self.perform(*operations)
        return caught.value

    @property
    def table(self) -> Any:
        return self.aws.tables[NAME]

    def noticed(self) -> list[str]:
        """The codes of the differences that were told."""
        return [event.drift.difference.code for event in self.events if isinstance(event, DriftNoticed)]

    def waits(self) -> list[str]:
        """The phases that were told, without repetitions."""
        phases = [event.phase for event in self.events if isinstance(event, Waiting)]
        return [phase for number, phase in enumerate(phases) if number == 0 or phases[number - 1] != phase]


# --- where the table is found


def test_a_table_as_before_is_changed() -> None:
    """The index is created by one call, and the operation ends only once it can be queried."""
    world = World().having(TEAMS)
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)
    assert world.aws.mutations() == ["UpdateTable"]
    assert world.table.indexes[0]["IndexStatus"] == "ACTIVE"
    assert "Backfilling" not in world.table.indexes[0]
    assert world.changed


def test_a_build_is_waited_for_in_all_its_phases() -> None:
    """UPDATING with an allocating index, then ACTIVE with a backfilling one: neither is the end."""
    world = World().having(TEAMS)
    started = world.clock.seconds
    world.perform(TEAMS, BY_MANAGER)
    assert world.clock.seconds - started == pytest.approx(520, rel=0.05)
    assert {"allocating", "backfilling"} <= set(world.waits())
    assert world.waits()[-1] == "backfilling"


def test_a_table_as_after_is_adopted() -> None:
    """What was made by hand, exactly as declared, takes no call but the description."""
    world = World().having(TEAMS, BY_MANAGER)
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=True, note="it was there already")
    assert [name for name, _ in world.aws.calls] == ["DescribeTable"]
    assert not world.changed
    assert world.lease.checks == []


def test_a_table_on_its_way_is_waited_for_and_adopted() -> None:
    """An index that an interrupted run, or a hand, has begun is not asked for again."""
    world = World().having(TEAMS)
    step = planned(TEAMS, BY_MANAGER).steps[0]
    world.aws.client.update_table(**step.call(NAME))
    world.aws.calls.clear()
    assert world.perform(TEAMS, BY_MANAGER).adopted
    assert world.aws.mutations() == []
    assert world.table.indexes[0]["IndexStatus"] == "ACTIVE"


def test_a_table_busy_with_something_else_is_waited_for_and_changed() -> None:
    """Another change that is under way comes to its end first."""
    world = World().having(TEAMS)
    world.aws.client.update_table(TableName=NAME, TableClass="STANDARD")
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)


def test_drift_stops_before_anything_is_touched() -> None:
    """A table that is neither as before nor as after in what the operation needs is reported with just that."""
    world = World().having(TEAMS, AddIndex("Teams", "by-hand", N("managerId")), SetStream("Teams", "KEYS_ONLY"))
    drift = world.fails(DriftFound, TEAMS, SetStream("Teams", None), BY_MANAGER)
    assert world.aws.mutations() == []
    assert "by-hand" in drift.message
    assert "stream" not in drift.message
    assert "managerId-index" not in drift.message.partition("; ")[2].partition(" ")[0]
    assert [difference["code"] for difference in drift.details["differences"]] == ["DRIFT_INDEX_UNEXPECTED"]
    assert drift.details["table"] == NAME


def test_drift_that_does_not_concern_an_operation_is_told_and_left() -> None:
    """Another index of somebody's: the one that is wanted is built, the other is mentioned once and left alone."""
    world = World().having(TEAMS, AddIndex("Teams", "by-hand", S("season")))
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)
    assert world.noticed() == ["DRIFT_INDEX_UNEXPECTED"]
    world.perform(TEAMS, BY_MANAGER, SetStream("Teams", "NEW_IMAGE"))
    assert world.noticed() == ["DRIFT_INDEX_UNEXPECTED"]
    assert {index["IndexName"] for index in world.table.indexes} == {"by-hand", "managerId-index"}


def test_drift_of_an_index_speaks_of_the_index_that_was_declared() -> None:
    """An index of the right name with the wrong keys is compared with what was declared."""
    world = World().having(TEAMS, AddIndex("Teams", "managerId-index", N("managerId")))
    drift = world.fails(DriftFound, TEAMS, BY_MANAGER)
    assert [difference["code"] for difference in drift.details["differences"]] == ["DRIFT_INDEX_KEYS"]


def test_another_table_of_the_name_is_drift_with_its_keys() -> None:
    """CreateTable on a table with other keys says which keys, not just that there is one."""
    world = World().having(CreateTable("Teams", N("number")))
    drift = world.fails(DriftFound, TEAMS)
    assert drift.details["differences"][0]["code"] == "DRIFT_TABLE_KEYS"
    assert world.aws.mutations() == []


def test_a_table_that_is_gone_is_drift() -> None:
    """An index cannot be added to what is not there, and the missing table is named."""
    drift = World().fails(DriftFound, TEAMS, BY_MANAGER)
    assert drift.details["differences"][0]["code"] == "DRIFT_TABLE_MISSING"


def test_a_dropped_table_is_adopted_and_an_existing_one_is_dropped() -> None:
    """None is a state like any other: gone is as after, there is as before."""
    assert World().perform(TEAMS, DropTable("Teams")).adopted
    world = World().having(TEAMS)
    assert world.perform(TEAMS, DropTable("Teams")) == Reconciled(adopted=False)
    assert NAME not in world.aws.tables


def test_an_index_is_dropped_until_it_is_gone() -> None:
    """DELETING is not gone."""
    world = World().having(TEAMS, BY_MANAGER)
    world.perform(TEAMS, BY_MANAGER, DropIndex("Teams", "managerId-index"))
    assert world.table.indexes == []


def test_a_new_table_may_be_invisible_for_a_while() -> None:
    """DescribeTable may say for some seconds that there is no such table: it is not created twice."""
    world = World()
    plan = planned(TEAMS)
    world.aws.refuse("DescribeTable", "ResourceNotFoundException", "Requested resource not found", times=9)
    assert world.carry_out(plan) == Reconciled(adopted=False)
    assert world.aws.mutations() == ["CreateTable"]


# --- several steps


SESSIONS = (
    SetTimeToLive("Teams", "expiresAt"),
    SetPointInTimeRecovery("Teams", enabled=True, days=7),
)
RICH = CreateTable("Teams", S("teamId"), settings=SESSIONS)


def test_a_table_with_settings_takes_its_steps_in_order() -> None:
    """CreateTable first; the sides only once it is ACTIVE; backups not before AWS is ready for them."""
    world = World()
    assert world.perform(RICH) == Reconciled(adopted=False)
    accepted = [event.step.action for event in world.events if isinstance(event, StepPerformed)]
    assert accepted == ["CreateTable", "UpdateContinuousBackups", "UpdateTimeToLive"]
    assert world.aws.mutations().count("UpdateContinuousBackups") > 1, "it was asked for again once backups were ready"
    assert world.table.time_to_live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    assert world.table.recovery["RecoveryPeriodInDays"] == 7


@pytest.mark.parametrize(
    ("done", "left"),
    [
        ((TEAMS,), ["UpdateContinuousBackups", "UpdateTimeToLive"]),
        ((TEAMS, SESSIONS[1]), ["UpdateTimeToLive"]),
        ((TEAMS, SESSIONS[1], SESSIONS[0]), []),
    ],
)
def test_an_operation_resumes_in_the_middle(done: tuple[Operation, ...], left: list[str]) -> None:
    """A run that died between two steps goes on with the next one."""
    world = World().having(*done)
    performed = world.perform(RICH)
    assert world.aws.mutations() == left
    assert performed.adopted is (left == [])


def test_a_time_to_live_is_renamed_by_two_calls_half_an_hour_apart() -> None:
    """Disable, wait out the cool-down, enable: asked at growing intervals, within the day it is given."""
    first = (TEAMS, SetTimeToLive("Teams", "expiresAt"))
    world = World().having(*first)
    began = world.clock.seconds
    world.perform(*first, SetTimeToLive("Teams", "deleteAt"))
    assert world.table.time_to_live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "deleteAt"}
    assert 31 * 60 <= world.clock.seconds - began < 33 * 60
    assert len(world.aws.mutations()) < 200


def test_a_rename_that_died_half_way_only_enables() -> None:
    """Disabled already: the first step is not repeated, which AWS would refuse."""
    first = (TEAMS, SetTimeToLive("Teams", "expiresAt"))
    world = World().having(*first)
    off = {"Enabled": False, "AttributeName": "expiresAt"}
    world.aws.by_hand("UpdateTimeToLive", {"TableName": NAME, "TimeToLiveSpecification": off})
    world.aws.settle()
    world.perform(*first, SetTimeToLive("Teams", "deleteAt"))
    assert world.aws.mutations() == ["UpdateTimeToLive"]


def test_tags_are_waited_for_although_they_lag() -> None:
    """ListTagsOfResource shows a new tag a second later; the call is not repeated meanwhile."""
    world = World().having(TEAMS)
    world.perform(TEAMS, SetTags("Teams", {"Env": "dev"}))
    assert world.aws.mutations() == ["TagResource"]
    assert world.table.tags == {"Env": "dev"}


def test_a_default_of_new_tables_is_waited_for_as_what_a_script_declares() -> None:
    """That no table lacks it by mistake does not mean that it is there: the description lags behind our call."""
    given = (SetPointInTimeRecovery("Teams", enabled=True),)
    teams = Migration(id="0001_teams", number=1, operations=(TEAMS,))
    (operation,) = make_plan([teams], History(), defaults=given).operations
    world = World()
    account, faults = world.aws.simulator.account, world.aws.simulator.faults
    looks: list[float] = []

    def hide(_call: object) -> None:
        account.tables[NAME].backups.recovery_since = None
        looks[:] = [0.0]

    def show(_call: object) -> None:
        if looks:
            looks.append(account.now)
        if len(looks) >= 4:
            account.tables[NAME].backups.recovery_since = account.now

    # Each call: by the jitter of polling, the first may be refused while AWS still enables the backups of the table.
    faults.plan(Hook(after=hide), action="UpdateContinuousBackups", times=None)
    faults.plan(Hook(before=show), action="DescribeContinuousBackups", times=None)
    assert world.carry_out(operation) == Reconciled(adopted=False)
    assert len(looks) >= 4
    assert world.table.recovery["PointInTimeRecoveryStatus"] == "ENABLED"


# --- refusals


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("LimitExceededException", ONE_INDEX.message),
        ("ResourceInUseException", "Table is being updated"),
        ("ThrottlingException", "Rate exceeded"),
        ("ServiceUnavailable", ""),
    ],
)
def test_what_passes_is_asked_again(code: str, message: str) -> None:
    """A refusal for now is followed by a pause, a look and another attempt."""
    world = World().having(TEAMS)
    world.aws.refuse("UpdateTable", code, message, times=3)
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)
    assert world.aws.mutations() == ["UpdateTable"] * 4
    assert any(code in phase or message in phase for phase in world.waits())


def test_the_time_that_aws_names_is_waited() -> None:
    """A cool-down of 15 seconds is not cut into 15 refusals."""
    world = World().having(TEAMS)
    world.aws.refuse("UpdateTable", "ThrottlingException", "Table was modified within the previous 15000 milliseconds")
    world.perform(TEAMS, BY_MANAGER)
    assert 15.0 in world.clock.slept


def test_asking_again_is_bounded_by_the_timeout() -> None:
    """In the end the refusal itself is the error, at the timeout and not a pause later."""
    world = World(timeout=60).having(TEAMS)
    world.aws.refuse("UpdateTable", "ResourceInUseException", "Table is being updated", times=1000)
    began = world.clock.seconds
    world.fails(ResourceInUse, TEAMS, BY_MANAGER)
    assert world.clock.seconds - began == pytest.approx(60)
    assert len(world.aws.mutations()) < 60
    assert not world.changed


def test_waiting_is_bounded_by_the_timeout() -> None:
    """A build longer than --timeout is a WaitTimeout, and it is known that something was changed."""
    world = World(timeout=100).having(TEAMS)
    began = world.clock.seconds
    world.fails(WaitTimeout, TEAMS, BY_MANAGER)
    assert world.clock.seconds - began == pytest.approx(100)
    assert world.changed


def test_the_next_run_waits_for_what_the_last_one_began() -> None:
    """After a WaitTimeout the same operation goes on waiting and makes no second call."""
    world = World(timeout=100).having(TEAMS)
    world.fails(WaitTimeout, TEAMS, BY_MANAGER)
    for _ in range(4):
        world.fails(WaitTimeout, TEAMS, BY_MANAGER)
    assert world.perform(TEAMS, BY_MANAGER).adopted
    assert world.aws.mutations() == ["UpdateTable"]


def test_an_index_build_may_take_hours() -> None:
    """Large tables take long, so without --timeout a build is given far more than half an hour."""
    world = World().having(TEAMS)
    world.aws.building(3 * 3600.0 + 40.0)
    began = world.clock.seconds
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)
    assert world.clock.seconds - began > 3 * 3600


def test_a_permanent_refusal_is_raised_at_once() -> None:
    """A quota or a missing permission is not waited for."""
    for code, message, error in (
        ("LimitExceededException", "Global secondary index count exceeds the per-table limit", QuotaExceeded),
        ("AccessDeniedException", "no", AccessDenied),
    ):
        world = World().having(TEAMS)
        world.aws.refuse("UpdateTable", code, message)
        began = world.clock.seconds
        world.fails(error, TEAMS, BY_MANAGER)
        assert world.clock.seconds == began
        assert not world.changed


# --- lost responses


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(NO_ANSWER, id="no answer"),
        pytest.param(ONE_INDEX, id="the slot is taken, by us"),
        pytest.param(SimulatedError("ResourceInUseException", "Index is being created"), id="under way"),
        pytest.param(SimulatedError("InternalServerError", "", 500), id="internal error"),
        pytest.param(
            SimulatedError(
                "ValidationException",
                "One or more parameter values were invalid: Attempting to create an index which already exists",
            ),
            id="exists",
        ),
    ],
)
def test_our_own_success_is_recognised_when_its_answer_is_lost(answer: BaseException) -> None:
    """The index was created and the answer lost: no second call, no failure, and it counts as our change."""
    world = World().having(TEAMS)
    world.aws.lose_response("UpdateTable", answer)
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)
    assert world.aws.mutations() == ["UpdateTable"]
    assert world.changed


@pytest.mark.parametrize("answer", [NO_ANSWER, EXISTS])
def test_a_created_table_is_recognised_when_its_answer_is_lost(answer: BaseException) -> None:
    """The SDK's own retry says that the table exists: it is ours."""
    world = World()
    world.aws.lose_response("CreateTable", answer)
    assert world.perform(TEAMS) == Reconciled(adopted=False)
    assert world.aws.mutations() == ["CreateTable"]
    assert world.changed


def test_a_dropped_table_is_recognised_when_its_answer_is_lost() -> None:
    """The retry says that there is no such table, which is what was wanted."""
    world = World().having(TEAMS)
    world.aws.lose_response("DeleteTable", SimulatedError("ResourceNotFoundException", "Requested resource not found"))
    assert world.perform(TEAMS, DropTable("Teams")) == Reconciled(adopted=False)


def test_a_time_to_live_is_recognised_when_its_answer_is_lost() -> None:
    """The retry says that it is enabled already."""
    world = World().having(TEAMS)
    world.aws.lose_response("UpdateTimeToLive", SimulatedError("ValidationException", "TimeToLive is already enabled"))
    assert world.perform(TEAMS, SetTimeToLive("Teams", "expiresAt")) == Reconciled(adopted=False)


@pytest.mark.parametrize("answer", [NO_ANSWER, ONE_INDEX], ids=["no answer", "the slot is taken, by us"])
def test_a_timeout_after_a_lost_response_is_known_to_be_partial(answer: BaseException) -> None:
    """We changed something, whatever the answer said, so exit code 1 would be a lie."""
    world = World(timeout=100).having(TEAMS)
    world.aws.lose_response("UpdateTable", answer)
    world.fails(WaitTimeout, TEAMS, BY_MANAGER)
    assert world.changed


def test_a_call_that_was_taken_up_is_a_change_even_when_nobody_sees_what_becomes_of_it() -> None:
    """DynamoDB has said yes, and from then on no description is allowed: some of it is applied, so exit code 2."""
    world = World().having(TEAMS)
    denied = "AccessDeniedException"
    world.aws.meanwhile("UpdateTable", lambda: world.aws.refuse("DescribeTable", denied, "no", times=9))
    world.fails(AccessDenied, TEAMS, BY_MANAGER)
    assert world.changed


def test_a_timeout_behind_somebody_elses_index_is_not_partial() -> None:
    """The slot is taken by another index: we changed nothing, and say so."""
    world = World(timeout=100).having(TEAMS)
    other = planned(TEAMS, AddIndex("Teams", "by-hand", S("season"))).steps[0].call(NAME)
    world.aws.meanwhile("UpdateTable", lambda: world.aws.by_hand("UpdateTable", other))
    world.fails(OsemMigrateError, TEAMS, BY_MANAGER)
    assert not world.changed


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (lambda aws: aws.fail("UpdateTable", NO_ANSWER), EndpointUnreachable),
        (lambda aws: aws.fail("UpdateTable", EndpointConnectionError(endpoint_url="u")), EndpointUnreachable),
        (lambda aws: aws.refuse("UpdateTable", "InternalServerError", status=500), ServiceFailed),
    ],
    ids=["no answer", "not sent", "internal error"],
)
def test_a_call_that_never_took_effect_is_the_error(fault: Any, error: type[OsemMigrateError]) -> None:
    """After some seconds of looking everything is as before: the refusal stands, and nothing was changed."""
    world = World().having(TEAMS)
    fault(world.aws)
    world.fails(error, TEAMS, BY_MANAGER)
    assert world.aws.mutations() == ["UpdateTable"]
    assert not world.changed


def test_somebody_elses_table_is_drift_even_when_it_came_in_between() -> None:
    """A table of the name that appeared after our look, with other keys, is compared before anything else happens."""
    world = World()
    other = planned(CreateTable("Teams", N("number"))).steps[0].call(NAME)
    world.aws.meanwhile("CreateTable", lambda: world.aws.by_hand("CreateTable", other))
    assert world.fails(DriftFound, TEAMS).details["differences"][0]["code"] == "DRIFT_TABLE_KEYS"


def test_a_side_that_is_not_found_yet_is_asked_again() -> None:
    """A table that has just become ACTIVE may be unknown to its backups for some seconds."""
    world = World().having(TEAMS)
    world.aws.refuse("UpdateContinuousBackups", "TableNotFoundException", "Table not found", times=2)
    assert world.perform(TEAMS, SESSIONS[1]) == Reconciled(adopted=False)
    assert world.aws.mutations() == ["UpdateContinuousBackups"] * 3


def test_a_side_that_is_never_found_ends_at_the_timeout() -> None:
    """Asking again has an end."""
    world = World(timeout=60).having(TEAMS)
    world.aws.refuse("UpdateContinuousBackups", "TableNotFoundException", "Table not found", times=1000)
    began = world.clock.seconds
    world.fails(OsemMigrateError, TEAMS, SESSIONS[1])
    assert world.clock.seconds - began == pytest.approx(60)


def test_a_blip_while_waiting_does_not_fail_the_operation() -> None:
    """A description that is throttled for a while in the middle of a build is no reason to stop."""
    world = World().having(TEAMS)

    def throttle(**_: Any) -> None:
        if 100 < world.clock.seconds % 3600 < 130:
            world.aws.refuse("DescribeTable", "ThrottlingException", "Rate exceeded")

    world.aws.client.meta.events.register_first("before-call.dynamodb.DescribeTable", throttle)
    assert world.perform(TEAMS, BY_MANAGER) == Reconciled(adopted=False)


# --- the lock


def test_the_lease_is_checked_before_every_mutation() -> None:
    """One check directly before each call that changes something, none for questions."""
    world = World()
    world.perform(RICH)
    assert world.lease.checks == list(range(len(world.aws.mutations())))


@pytest.mark.parametrize("lost_at", [1, 2])
def test_nothing_is_called_after_the_lock_is_lost(lost_at: int) -> None:
    """The check that fails is the last thing that happens."""
    world = World(lost_at=lost_at)
    world.fails(LockLost, RICH)
    assert len(world.aws.mutations()) == lost_at - 1
    assert world.changed is (lost_at > 1)


@pytest.mark.parametrize(("lost_at", "reason"), [(None, "too old"), (2, "taken over")])
def test_a_call_that_is_held_back_is_explained(lost_at: int | None, reason: str) -> None:
    """Where the lock ran out while the SDK was repeating a call, it says who took it; else how old it is."""
    world = World(lost_at=lost_at)

    def held_back(_step: Any, _live: LiveTable, *, guard: Callable[[], None]) -> StepOutcome:
        guard()
        raise LockLost("too old")

    with mock.patch.object(world.reconciler._services.gateway, "perform", held_back):
        assert reason in world.fails(LockLost, TEAMS).message


# --- local engines


def test_an_unsupported_setting_is_one_note_and_the_rest_goes_on() -> None:
    """DynamoDB Local has no backups: the table and its time to live are made all the same."""
    world = World(emulated=True)
    for call in ("DescribeContinuousBackups", "UpdateContinuousBackups"):
        world.aws.refuse(call, "UnknownOperationException", times=100)
    assert world.perform(RICH).adopted is False
    assert world.aws.mutations() == ["CreateTable", "UpdateTimeToLive"]


def test_an_unsupported_setting_of_its_own_takes_no_call() -> None:
    """What cannot be read on a local engine is not written either; the note names it."""
    world = World(emulated=True).having(TEAMS)
    world.aws.refuse("ListTagsOfResource", "UnknownOperationException", times=100)
    performed = world.perform(TEAMS, SetTags("Teams", {"Env": "dev"}))
    assert world.aws.mutations() == []
    assert performed.adopted
    assert performed.note == "this local engine does not support tags; it was left out"


def test_a_setting_that_can_be_read_but_not_written_is_left_out_once() -> None:
    """The refusal is one note; the later steps are taken, and the next table is not even asked."""
    world = World(emulated=True)
    world.aws.refuse("UpdateContinuousBackups", "UnknownOperationException", times=100)
    performed = world.perform(RICH)
    assert performed == Reconciled(
        adopted=False, note="this local engine does not support UpdateContinuousBackups; it was left out"
    )
    assert world.table.time_to_live["TimeToLiveStatus"] == "ENABLED"
    assert world.perform(RICH, SetPointInTimeRecovery("Teams", enabled=True, days=3)).adopted
    assert world.aws.mutations().count("UpdateContinuousBackups") == 1


# --- indexes that come later in the plan


def with_ahead(*operations: Operation, upto: int) -> PlannedOperation:
    """The operation at that position of a plan of all of them."""
    return planned_migration(*operations).operations[upto]


def test_an_index_that_the_plan_adds_later_is_no_surprise() -> None:
    """Folded into CreateTable, or made by hand, it is there already: the operations before it are done or go on."""
    by_season = AddIndex("Teams", "seasonId-index", S("seasonId"))
    world = World().having(TEAMS, by_season)
    plan = (TEAMS, BY_MANAGER, by_season)
    assert world.carry_out(with_ahead(*plan, upto=0)) == Reconciled(adopted=True, note="it was there already")
    assert world.carry_out(with_ahead(*plan, upto=1)) == Reconciled(adopted=False)
    assert world.carry_out(with_ahead(*plan, upto=2)) == Reconciled(adopted=True, note="it was there already")
    assert world.aws.mutations() == ["UpdateTable"]


def test_an_index_that_only_looks_like_a_later_one_is_drift() -> None:
    """Of the same name with other keys, it is not what the plan adds: it is told, and then stops what adds it."""
    world = World().having(TEAMS, AddIndex("Teams", "seasonId-index", N("seasonId")))
    plan = (TEAMS, BY_MANAGER, AddIndex("Teams", "seasonId-index", S("seasonId")))
    assert world.carry_out(with_ahead(*plan, upto=1)) == Reconciled(adopted=False)
    assert world.noticed() == ["DRIFT_INDEX_UNEXPECTED"]
    with pytest.raises(DriftFound, match="seasonId-index"):
        world.carry_out(with_ahead(*plan, upto=2))
    assert world.aws.mutations() == ["UpdateTable"]


# --- stopping


def test_a_request_to_stop_is_heard_before_a_mutation() -> None:
    """Nothing is asked of DynamoDB any more, and nothing counts as changed."""
    world = World().having(TEAMS)
    world.stop.request(Interrupted("stopped by Ctrl-C"))
    world.fails(Interrupted, TEAMS, BY_MANAGER)
    assert world.aws.mutations() == []
    assert not world.changed


def test_a_request_to_stop_ends_a_wait() -> None:
    """The build goes on in AWS; it is not asked about again, and counts as changed."""
    world = World().having(TEAMS)
    questions: list[int] = []

    def stop(**_: Any) -> None:
        questions.append(1)
        if len(questions) == 5:
            world.stop.request(Interrupted("stopped by Ctrl-C"))

    world.aws.client.meta.events.register_first("before-call.dynamodb.DescribeTable", stop)
    world.fails(Interrupted, TEAMS, BY_MANAGER)
    assert len(questions) == 5
    assert world.changed
    assert world.table.indexes[0]["IndexStatus"] == "CREATING"


# --- without waiting


def test_without_waiting_the_next_step_is_begun_and_left() -> None:
    """One call, no sleep, no event of an end; it is known that something was changed."""
    world = World(pace=Pace.NO_WAIT).having(TEAMS)
    world.leaves(TEAMS, BY_MANAGER)
    assert world.aws.mutations() == ["UpdateTable"]
    assert world.clock.slept == []
    assert world.changed
    assert world.table.indexes[0]["IndexStatus"] == "CREATING"


def test_without_waiting_what_is_under_way_is_left_alone() -> None:
    """Twice in a row begins nothing twice."""
    world = World(pace=Pace.NO_WAIT).having(TEAMS)
    world.leaves(TEAMS, BY_MANAGER)
    world.leaves(TEAMS, BY_MANAGER)
    assert world.aws.mutations() == ["UpdateTable"]
    world.aws.settle()
    assert world.perform(TEAMS, BY_MANAGER).adopted


def test_without_waiting_a_refusal_for_now_is_left_to_the_next_run() -> None:
    """Throttled or in use: nothing was begun, and nothing is asked again."""
    world = World(pace=Pace.NO_WAIT).having(TEAMS)
    world.aws.refuse("UpdateTable", "ThrottlingException", "Rate exceeded")
    world.leaves(TEAMS, BY_MANAGER)
    assert world.aws.mutations() == ["UpdateTable"]
    assert not world.changed


def test_without_waiting_what_an_engine_lacks_is_left_out() -> None:
    """There is nothing to wait for, so the note is made at once."""
    world = World(emulated=True, pace=Pace.NO_WAIT).having(TEAMS)
    world.aws.refuse("UpdateContinuousBackups", "UnknownOperationException")
    assert world.perform(TEAMS, SESSIONS[1]).note is not None


def test_only_waiting_begins_nothing() -> None:
    """What is as before is left so, without a call."""
    world = World(pace=Pace.WAIT_ONLY).having(TEAMS)
    world.leaves(TEAMS, BY_MANAGER)
    assert world.aws.mutations() == []
    assert not world.changed


def test_only_waiting_waits_for_what_was_begun() -> None:
    """The index that a run without waiting left is carried to its end."""
    world = World(pace=Pace.WAIT_ONLY).having(TEAMS)
    world.aws.client.update_table(**planned(TEAMS, BY_MANAGER).steps[0].call(NAME))
    assert world.perform(TEAMS, BY_MANAGER).adopted
    assert world.table.indexes[0]["IndexStatus"] == "ACTIVE"


def test_only_waiting_stops_between_two_steps() -> None:
    """The table that was begun is there; its settings are left for an upgrade."""
    world = World(pace=Pace.WAIT_ONLY)
    world.aws.client.create_table(**planned(RICH).steps[0].call(NAME))
    world.aws.calls.clear()
    world.leaves(RICH)
    assert world.aws.mutations() == []
    assert world.table.description["TableStatus"] == "ACTIVE"


# --- side by side


@pytest.mark.parametrize("width", [1, 3])
def test_mutations_in_flight_are_limited(width: int) -> None:
    """However many lanes there are, no more calls than that are under way at once; waits are not limited."""
    world = World(mutations=width)
    names = [f"T{number}" for number in range(8)]
    inside, most, counting = set[str](), [0], threading.Lock()
    full = threading.Event()

    class Slow:
        """A gateway whose mutations last until as many are under way as may be."""

        emulated = False

        def physical_name(self, name: str) -> str:
            return name

        def describe(self, table: str, _kinds: Any = ()) -> LiveTable:
            there = CreateTable(table, S("id")).apply(Schema()).table(table) if table in inside else None
            return LiveTable(name=table, physical_name=table, table=there, status="ACTIVE" if there else None)

        def learn(self, live: LiveTable, _states: Any) -> LiveTable:
            return live

        def perform(self, step: Any, _live: LiveTable, *, guard: Callable[[], None]) -> StepOutcome:
            guard()
            with counting:
                most.append(most[-1] + 1)
                if most[-1] == width:
                    full.set()
            assert full.wait(10)
            with counting:
                inside.add(step.table)
                most.append(most[-1] - 1)
            return StepOutcome(StepAnswer.ACCEPTED)

    services = replace(world.reconciler._services, gateway=cast("Gateway", Slow()))
    world.reconciler = Reconciler(services)
    with ThreadPoolExecutor(len(names)) as pool:
        plans = [planned(CreateTable(name, S("id"))) for name in names]
        assert list(pool.map(world.carry_out, plans)) == [Reconciled(adopted=False)] * len(names)
    assert max(most) == width


# --- what is told


def test_the_operation_is_told_under_its_physical_name() -> None:
    """People see the table that they would see in the console."""
    world = World().having(TEAMS)
    world.perform(TEAMS, BY_MANAGER)
    started = world.events[0]
    assert isinstance(started, OperationStarted)
    assert started.physical_name == NAME
    steps = [event for event in world.events if isinstance(event, StepPerformed)]
    assert [step.step.subject for step in steps] == ["managerId-index"]


def test_deletion_protection_and_streams_settle_through_the_table() -> None:
    """A change of the table itself is waited for by the table's own status."""
    world = World().having(TEAMS)
    world.perform(TEAMS, SetDeletionProtection("Teams", enabled=True))
    world.perform(TEAMS, SetDeletionProtection("Teams", enabled=True), SetStream("Teams", "NEW_IMAGE"))
    assert world.table.description["TableStatus"] == "ACTIVE"
    assert world.table.description["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    protected = DropTable("Teams").steps(TEAMS.apply(Schema()))
    drop = replace(planned(TEAMS, DropTable("Teams")), steps=protected)
    with pytest.raises(RequestInvalid) as caught:
        world.carry_out(drop)
    assert "SetDeletionProtection" in caught.value.remediation


def test_an_inline_index_is_ready_with_its_table() -> None:
    """A table created with an index has no Backfilling member at all."""
    world = World()
    world.perform(CreateTable("Teams", S("teamId"), indexes=[Index("managerId-index", S("managerId"))]))
    assert world.table.indexes[0]["IndexStatus"] == "ACTIVE"


def test_throttled_questions_end_as_throttled() -> None:
    """A minute of nothing but throttling comes out as what it is."""
    world = World().having(TEAMS)
    world.aws.refuse("DescribeTable", "ThrottlingException", "Rate exceeded", times=1000)
    world.fails(Throttled, TEAMS, BY_MANAGER)


# --- precautions

CHECKED = replace(BY_MANAGER, check_items=True)


class CheckDriver:
    """Looks at nothing, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def carry_out(self, run: OperationRun) -> bool:
        """As a check that finds nothing."""
        self.asked += 1
        run.advance()
        return True


def test_a_precaution_is_taken_before_its_step_and_not_after() -> None:
    """Where the step is seen done, be it folded or by hand, nothing is looked at; else it comes first, and once."""
    driver = CheckDriver()
    with mock.patch.dict(cast("dict[Any, Any]", DRIVERS), {Pass: driver}):
        world = World().having(TEAMS)
        assert world.perform(TEAMS, CHECKED) == Reconciled(adopted=False)
        assert (driver.asked, [index["IndexName"] for index in world.table.indexes]) == (1, ["managerId-index"])
        world = World().having(TEAMS, BY_MANAGER)
        assert world.perform(TEAMS, CHECKED).adopted
        assert driver.asked == 1
