"""Upgrades of hours, lived through in minutes: python benchmarks/bench_lanes.py.

The simulator answers boto3 in this process with AWS's measured durations. Its clock skips the time in which every
thread sleeps and counts all other time one to one: nothing multiplies the overhead of Python, and the simulator's own
work, on the same processor, is counted against us, too.

The critical path is the longest chain of durations that nobody can shorten: the history table, which must be there
before the first intent is recorded, and then the lane that takes longest. "Folded" counts from the moment the history
table is there, for its 2 to 6 s and the 14 to 22 s of a table with indexes may by themselves come to more than the
limit; the whole of it is the line below. For many tables the bound is the larger of the longest lane and the time that
AWS takes, at its rate, to accept so many mutations.

Exits 1 when a limit is missed.
"""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from resource import getpagesize

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from osem_migrate import UpgradeOptions  # noqa: E402 - a script finds its repository by itself
from osem_migrate.events import RunEvent, RunStarted  # noqa: E402
from osem_migrate.migrator import Migrator  # noqa: E402
from osem_migrate.operations import AddIndex, CreateTable  # noqa: E402
from osem_migrate.planning.plan import Lane, Plan  # noqa: E402
from tests.doubles.simulated_aws import SimulatedAws, project_of  # noqa: E402
from tests.doubles.skipping_clock import SkippingClock  # noqa: E402
from tests.simulator import Durations, Simulator, exactly  # noqa: E402
from tests.simulator.calls import Call  # noqa: E402
from tests.simulator.limits import MUTATIONS  # noqa: E402

UNFOLDED_LIMIT = 1.05
FOLDED_LIMIT = 25.0
MANY, MANY_LIMIT = 200, 1.10
MEMORY_LIMIT = 1.05
BACKFILL, BACKFILL_LIMIT = 1000.0, 120
SAMPLE_SECONDS = 100.0


class Tally(list[Call]):
    """The simulator's log, counted and dropped: the memory to measure is not its own."""

    def __init__(self) -> None:
        super().__init__()
        self.described: Counter[str | None] = Counter()
        self._count = 0

    def append(self, call: Call) -> None:
        """Count the call; DescribeTable from the last UpdateTable of its table on."""
        self._count += 1
        if call.action == "DescribeTable":
            self.described[call.table] += 1
        elif call.action == "UpdateTable":
            self.described[call.table] = 0

    def __len__(self) -> int:
        """How many calls there were."""
        return self._count


@dataclass
class Run:
    """One upgrade.

    Attributes:
        plan: what it did.
        seconds: simulated, as a whole.
        lanes: simulated, since the history table was there and the lock was taken.
        described: DescribeTable calls of each table since its last UpdateTable.
        memory: resident bytes, every SAMPLE_SECONDS.
    """

    durations: Durations
    plan: Plan
    seconds: float
    lanes: float
    described: Counter[str | None]
    memory: list[int] = field(default_factory=list)

    @property
    def longest_lane(self) -> float:
        """Simulated seconds of the lane that takes longest."""
        return max(_lane(lane, self.durations) for lane in self.plan.lanes)

    @property
    def critical_path(self) -> float:
        """The same after the history table."""
        return self.durations.draw("create_table", "osem-dev-SchemaMigrations") + self.longest_lane


def upgrade(write: Callable[[Path], None], *, fold: bool = False, durations: Durations | None = None) -> Run:
    """Upgrade an empty account."""
    durations = durations or Durations()
    began: list[float] = []
    memory: list[int] = []
    with _world(write, durations) as (aws, open_migrator):

        def hear(event: RunEvent) -> None:
            now = aws.clock.monotonic()
            if isinstance(event, RunStarted):
                began.append(now)
            if began and now - began[0] >= len(memory) * SAMPLE_SECONDS:
                memory.append(_resident())

        migrator = open_migrator(hear)
        assert migrator.scripts.migrations
        start = aws.clock.monotonic()
        plan = migrator.upgrade(UpgradeOptions(fold=fold)).plan
        end = aws.clock.monotonic()
        calls = aws.simulator.calls
        assert isinstance(calls, Tally)
        described = calls.described.copy()
        assert open_migrator(lambda _: None).status().in_sync
        assert aws.simulator.unknown == []
    return Run(durations, plan, end - start, end - began[0], described, memory)


@contextmanager
def _world(
    write: Callable[[Path], None], durations: Durations
) -> Iterator[tuple[SimulatedAws, Callable[[Callable[[RunEvent], None]], Migrator]]]:
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder, SkippingClock() as clock:
        simulator = Simulator(clock=clock, durations=durations)
        simulator.calls = Tally()
        aws = SimulatedAws(clock, simulator)
        project = project_of(Path(folder))
        write(Path(folder, "migrations"))
        with aws.surroundings():
            yield aws, lambda hear: aws.migrator(project, hear)


def own_scripts(folder: Path) -> None:
    """This repository's migrations."""
    for script in (ROOT / "migrations").glob("[0-9]*.py"):
        shutil.copy(script, folder)


def many_scripts(folder: Path) -> None:
    """A script a table, then two index scripts a table."""
    scripts = [f'CreateTable("Table{n}", S("id"))' for n in range(MANY)]
    for index in ("a", "b"):
        scripts += [f'AddIndex("Table{n}", "{index}-index", S("{index}"))' for n in range(MANY)]
    _write(folder, scripts)


def one_backfill(folder: Path) -> None:
    """One table, one index."""
    _write(folder, ['CreateTable("Teams", S("id"))', 'AddIndex("Teams", "a-index", S("a"))'])


def main() -> int:
    """Print a line a measurement; the exit code says whether the limits are kept."""
    print(f"{'measurement':<44} {'simulated s':>12} {'bound s':>9} {'found':>7} {'limit':>7}")
    kept = [_report(*measured) for measured in _measurements()]
    return 0 if all(kept) else 1


def _measurements() -> Iterator[tuple[str, float, float | None, float, float]]:
    run = upgrade(own_scripts)
    bound = run.critical_path
    yield "OSEM from nothing / critical path", run.seconds, bound, run.seconds / bound, UNFOLDED_LIMIT
    run = upgrade(own_scripts, fold=True)
    yield "OSEM folded, seconds", run.lanes, run.longest_lane, run.lanes, FOLDED_LIMIT
    bound = run.critical_path
    yield "OSEM folded, history table too / crit. path", run.seconds, bound, run.seconds / bound, MANY_LIMIT
    run = upgrade(one_backfill, durations=Durations(index_build=exactly(BACKFILL)))
    described = run.described["osem-dev-Teams"]
    yield f"DescribeTable in a {BACKFILL:,.0f} s backfill, calls", run.seconds, None, described, BACKFILL_LIMIT
    run = upgrade(many_scripts)
    bound = max(run.critical_path, len(run.plan.steps) / MUTATIONS.per_second)
    yield f"{MANY} tables with 2 indexes each / bound", run.seconds, bound, run.seconds / bound, MANY_LIMIT
    # By then every lane is under way; from there on memory must not grow.
    early = run.memory[len(run.memory) // 4]
    yield "the same: peak of memory / a quarter through", run.seconds, None, max(run.memory) / early, MEMORY_LIMIT


def _report(name: str, seconds: float, bound: float | None, found: float, limit: float) -> bool:
    shown = f"{bound:>9.1f}" if bound is not None else f"{'-':>9}"
    mark = " " if found <= limit else " ✗ missed"
    print(f"{name:<44} {seconds:>12.1f} {shown} {found:>7.3f} {limit:>7g}{mark}", flush=True)
    return found <= limit


def _lane(lane: Lane, durations: Durations) -> float:
    """What the calls of a lane take by themselves, one after the other."""
    table, total = f"osem-dev-{lane.table}", 0.0
    for planned in lane.operations:
        if isinstance(planned.operation, CreateTable):
            indexed = "GlobalSecondaryIndexes" in planned.calls[0].parameters
            total += durations.draw("create_table_with_indexes" if indexed else "create_table", table)
        elif isinstance(planned.operation, AddIndex) and not planned.folded:
            total += durations.draw("index_build", table, planned.operation.name)
    return total


def _write(folder: Path, operations: Sequence[str]) -> None:
    for number, operation in enumerate(operations, 1):
        source = f'"""Number {number}."""\n\nfrom osem_migrate import AddIndex, CreateTable, S\n\n'
        (folder / f"{number:04}_script.py").write_text(f"{source}operations = [{operation}]\n", encoding="utf-8")


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


if __name__ == "__main__":
    sys.exit(main())
