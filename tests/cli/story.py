"""The events of a run, told without running one."""

from datetime import UTC, datetime

from osem_migrate import AddIndex, CreateTable, S
from osem_migrate.aws.api_calls import ApiCall
from osem_migrate.events import OperationFinished, OperationStarted, Waiting
from osem_migrate.history import History, Holder
from osem_migrate.migration import Migration
from osem_migrate.planning.plan import Plan, PlannedOperation
from osem_migrate.planning.upgrade import make_plan

SCRIPTS = (
    Migration(
        id="0001_create_teams",
        number=1,
        operations=(CreateTable("Teams", partition_key=S("teamId")),),
        summary="Teams.",
    ),
    Migration(
        id="0002_add_index",
        number=2,
        operations=(AddIndex("Teams", "managerId-index", partition_key=S("managerId")),),
        summary="Index.",
    ),
)
PLAN: Plan = make_plan(SCRIPTS, History())
CREATE: PlannedOperation = PLAN.migrations[0].operations[0]
INDEX: PlannedOperation = PLAN.migrations[1].operations[0]
HOLDER = Holder(
    owner="0123", host="build-7", pid=4711, identity="ada@build-7", run_url=None, fence=3, lease_ms=20_000, heartbeat=1,
    acquired_at=0,
)  # fmt: skip


def started(planned: PlannedOperation = INDEX) -> OperationStarted:
    """The operation begins."""
    return OperationStarted(planned, "shop-dev-Teams")


def waiting(phase: str, waited: float, subject: str = "managerId-index", elapsed: float | None = None) -> Waiting:
    """The index has not settled yet; an earlier run began it where ``elapsed`` is longer."""
    return Waiting(INDEX, "shop-dev-Teams", subject, phase, waited, waited if elapsed is None else elapsed)


def finished(*, adopted: bool = False, note: str | None = None) -> OperationFinished:
    """The index is there, after a quarter of an hour."""
    return OperationFinished(INDEX, "shop-dev-Teams", adopted, 900.0, note)


def call(outcome: str = "ok", attempts: int = 1, table: str | None = "shop-dev-Teams") -> ApiCall:
    """A call that took 12.3 milliseconds."""
    at = datetime(2026, 11, 21, 9, 34, 47, 191_000, UTC)
    return ApiCall("dynamodb:UpdateTable", table, at, 0.0123, attempts, outcome)


class Ticking:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        """Monotonic seconds."""
        return self.seconds
