"""What grows for years, measured at several sizes: python benchmarks/bench_limits.py.

Deciding from the scripts (plan, status, destroy, quotas) for up to 4,000 scripts; what authors of up to 10,000 scripts
run without AWS (loading, lint, check, show, new --from); against the simulator: status, list,
verify and inventory of destroy with up to 2,000 tables; status and history with up to 50,000 entries of a log.
Each is measured at sizes that double, in one process; seconds are the processor's, those of the simulator among them,
and what is judged is the growth: of twice as much, twice the time, with room for what grows by itself. Calls are those
that DynamoDB got; items are what it read for them. Memory is what Python allocates, and the simulator's answers, too.

Exits 1 when a limit is missed.
"""

import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import bench_loading  # noqa: E402 - a script finds its repository by itself
import bench_status  # noqa: E402

from osem_migrate.aws import history_items  # noqa: E402
from osem_migrate.commands.autogenerate import AutogenerateOptions, plan_autogenerate  # noqa: E402
from osem_migrate.commands.check import check  # noqa: E402
from osem_migrate.commands.history import HistoryOptions  # noqa: E402
from osem_migrate.commands.lint import LintOptions, lint  # noqa: E402
from osem_migrate.commands.show import show  # noqa: E402
from osem_migrate.config import Project  # noqa: E402
from osem_migrate.files.loader import load  # noqa: E402
from osem_migrate.files.quota import beyond_quota  # noqa: E402
from osem_migrate.history import History, LogEntry, Record, RecordedState  # noqa: E402
from osem_migrate.planning.destroy import managed  # noqa: E402
from osem_migrate.planning.ownership import known_tables, recorded_tables  # noqa: E402
from osem_migrate.planning.status.migrations import migration_statuses  # noqa: E402
from osem_migrate.planning.status.status import expect  # noqa: E402
from osem_migrate.planning.upgrade import make_plan  # noqa: E402
from tests.doubles.simulated_aws import SimulatedAws  # noqa: E402
from tests.simulator.clock import VirtualClock  # noqa: E402

GROWTH = 3.0  # of twice as much; what is quadratic takes four times as long
SCRIPTS = (1_000, 2_000, 4_000)
AUTHORED = (2_500, 5_000, 10_000)
TABLES = (500, 1_000, 2_000)
ENTRIES = (12_500, 25_000, 50_000)
SHOWN = 20  # entries of --limit


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor, peak of what Python allocated (MB), calls, and items that they answered with."""

    seconds: float
    memory: float
    calls: int = 0
    items: int = 0


def measured(work: Callable[[], object], simulator: Any = None, *, quick: bool = False) -> Cost:
    """What one call costs; ``quick`` leaves out the memory."""
    counts: Counter[str] = Counter()
    with mock.patch.object(simulator, "call", _counting(simulator, counts)) if simulator else nullcontext():
        begun = time.process_time()
        work()
        seconds = time.process_time() - begun
    return Cost(seconds, 0.0 if quick else _peak(work), counts["calls"], counts["items"])


def _peak(work: Callable[[], object]) -> float:
    """Megabytes that Python allocates meanwhile, in a run of its own: to count them takes longer than the work."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _counting(simulator: Any, counts: Counter[str]) -> Callable[..., Any]:
    call = simulator.call

    def counted(action: str, parameters: Any, **more: Any) -> Any:
        answer = call(action, parameters, **more)
        counts["calls"] += 1
        counts["items"] += answer.get("ScannedCount", 0)
        return answer

    return counted


def applied(migration: Any, prefix: str = "") -> Record:
    """The record of a script that is applied."""
    return Record(
        migration=prefix + migration.id,
        state=RecordedState.APPLIED,
        checksum=migration.checksum,
        operations_total=len(migration.operations),
        done=tuple(range(len(migration.operations))),
        operation_hashes=migration.operation_hashes,
        started_at=1,
        finished_at=1,
        applied_by="benchmark",
        tool_version="0.1.0",
        fence=1,
        created_at=1,
        updated_at=1,
        created_by="benchmark",
        tables=recorded_tables(migration, {}),
    )


def deciding(count: int) -> Iterator[tuple[str, Cost]]:
    """What is decided from so many scripts."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        bench_loading.write_scripts(Path(folder), count)
        scripts = load(Path(folder)).migrations
    history = History(records={one.id: applied(one) for one in scripts}, exists=True)
    renamed = History(records={f"9{one.id}": applied(one, "9") for one in scripts}, exists=True)
    yield "plan, nothing applied", measured(lambda: make_plan(scripts, History()))
    yield "plan, all applied", measured(lambda: make_plan(scripts, history))
    yield (
        "status, all applied",
        measured(lambda: (expect(scripts, history), migration_statuses(scripts, history, lock_alive=False))),
    )
    yield "status, all renamed", measured(lambda: migration_statuses(scripts, renamed, lock_alive=False))
    yield "destroy, what is ours", measured(lambda: (managed(scripts, history), known_tables(scripts, history)))
    yield "quotas", measured(lambda: [*beyond_quota(scripts)])


def authoring(count: int) -> Iterator[tuple[str, Cost]]:
    """Commands of a project with so many scripts, without AWS."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        Path(folder, "pyproject.toml").write_text('[tool.osem-migrate]\napplication = "bench"\n', encoding="utf-8")
        project = Project.find(Path(folder))
        project.migrations.mkdir()
        bench_loading.write_scripts(project.migrations, count)
        schema = Path(folder, "schema.py")
        schema.write_text('from osem_migrate import S, Table\norders = Table("Orders", S("id"))\n', encoding="utf-8")
        yield "load", measured(lambda: load(project.migrations), quick=True)
        scripts = load(project.migrations).migrations
        yield "lint", measured(lambda: lint(project, scripts, LintOptions()), quick=True)
        yield "check", measured(lambda: check(project), quick=True)
        yield "show", measured(lambda: show(project.environment("local"), scripts, "head"), quick=True)
        options = AutogenerateOptions(source=str(schema))
        yield "new --from schema.py", measured(lambda: plan_autogenerate(project, options, _unasked), quick=True)


def _unasked(name: str) -> Any:
    raise AssertionError(name)


def asking(count: int) -> Iterator[tuple[str, Cost]]:
    """Commands on an account of so many tables."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        project = bench_status.write_project(Path(folder, "project"), count, "http://127.0.0.1:9")
        simulator = bench_status.account(project, count)
        aws = SimulatedAws(VirtualClock(beat=0.01), simulator)
        with aws.surroundings(), mock.patch.object(simulator.account.limiter, "read"):
            yield "status", measured(lambda: aws.migrator(project).status(), simulator, quick=True)
            yield "list", measured(lambda: aws.migrator(project).tables(), simulator, quick=True)
            yield "verify", measured(lambda: aws.migrator(project).verify(), simulator, quick=True)
            yield "destroy --dry-run", measured(lambda: aws.migrator(project).inventory(), simulator, quick=True)


def remembering(count: int) -> Iterator[tuple[str, Cost]]:
    """Commands on a history with so many entries of ours, and as many of another application."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        project = bench_status.write_project(Path(folder, "project"), 2, "http://127.0.0.1:9")
        simulator = bench_status.account(project, 2)
        history = simulator.account.tables[bench_status.HISTORY]
        for application in ("osem", "other"):
            for number in range(count):
                entry = LogEntry(at=1_700_000_000_000 + number, what="advanced", migration=None, by="a" * 40)
                history.items.put(history_items.log_item(application, entry, fence=1, number=number))
        aws = SimulatedAws(VirtualClock(beat=0.01), simulator)
        with aws.surroundings(), mock.patch.object(simulator.account.throttles, "spend"):
            yield "status", measured(lambda: aws.migrator(project).status(), simulator)
            yield "other applications", measured(aws.migrator(project).deployment.history.others, simulator)
            limited = HistoryOptions(limit=SHOWN)
            yield f"history --limit {SHOWN}", measured(lambda: aws.migrator(project).history(limited), simulator)
            yield "history", measured(lambda: aws.migrator(project).history(), simulator)


def main() -> int:
    """Print a line a measurement; the exit code says whether the limits are kept."""
    kept = True
    for noun, sizes, commands in (
        ("scripts", SCRIPTS, deciding),
        ("scripts", AUTHORED, authoring),
        ("tables", TABLES, asking),
        ("log entries", ENTRIES, remembering),
    ):
        print(f"{noun:<24} {'size':>7} {'seconds':>8} {'growth':>7} {'memory':>8} {'calls':>7} {'items':>8}")
        earlier: dict[str, Cost] = {}
        for size in sizes:
            for name, cost in commands(size):
                before = earlier.get(name)
                growth = cost.seconds / before.seconds if before is not None and before.seconds > 0 else 0.0
                missed = growth > GROWTH and cost.seconds > 0.2  # noqa: PLR2004 - below that it is the machine's noise
                kept = kept and not missed
                memory = f"{cost.memory:.0f} MB" if cost.memory else "-"
                print(
                    f"{name:<24} {size:>7,} {cost.seconds:>8.2f} {growth:>7.2f} {memory:>8} "
                    f"{cost.calls:>7,} {cost.items:>8,}  {'✗ missed' if missed else '✓ kept'}",
                    flush=True,
                )
                earlier[name] = cost
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
