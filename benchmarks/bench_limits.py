"""What grows for years, measured at several sizes: python benchmarks/bench_limits.py [--scripts N] [--tables N] ...

Deciding from the scripts (check, lint, new --from, plan, status, show, destroy, quotas) for up to 10,000 of them;
against the simulator: status, list, verify, import, doctor and destroy with up to 2,000 tables; status, history and
destroy with up to 50,000 entries of a log, and as many of another application beside them.

Each is measured at a quarter of the size, at half of it and at all of it, in one process; seconds are the processor's,
those of the simulator among them, and what is judged is the growth: of twice as much, twice the time, with room for
what grows by itself. Calls are those that DynamoDB got, and bounded; items are what it read for them. Memory is what
Python allocates at once, the simulator's answers among it; that of whole logs must not grow with them.

Takes about five minutes on two cores, smaller sizes less. Exits 1 when a limit is missed.
"""

import argparse
import gc
import sys
import tempfile
import time
import tracemalloc
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import bench_loading  # noqa: E402 - a script finds its repository by itself
import bench_status  # noqa: E402

from osem_migrate import DestroyOptions, DoctorOptions  # noqa: E402
from osem_migrate.aws import history_items  # noqa: E402
from osem_migrate.cli.main import GARBAGE_THRESHOLD  # noqa: E402
from osem_migrate.commands.autogenerate import AutogenerateOptions, plan_autogenerate  # noqa: E402
from osem_migrate.commands.check import check  # noqa: E402
from osem_migrate.commands.history import HistoryOptions  # noqa: E402
from osem_migrate.commands.lint import LintOptions, lint  # noqa: E402
from osem_migrate.commands.list_tables import ListOptions  # noqa: E402
from osem_migrate.commands.show import show  # noqa: E402
from osem_migrate.deployment.connection import Connection  # noqa: E402
from osem_migrate.files.loader import load  # noqa: E402
from osem_migrate.files.quota import beyond_quota  # noqa: E402
from osem_migrate.history import History, LogEntry, Record, RecordedState  # noqa: E402
from osem_migrate.planning.destroy import managed  # noqa: E402
from osem_migrate.planning.ownership import known_tables, recorded_tables  # noqa: E402
from osem_migrate.planning.status.migrations import migration_statuses  # noqa: E402
from osem_migrate.planning.status.status import expect  # noqa: E402
from osem_migrate.planning.upgrade import make_plan  # noqa: E402
from tests.doubles.simulated_aws import NOWHERE, TUNNEL, SimulatedAws, project_of  # noqa: E402
from tests.doubles.skipping_clock import SkippingClock  # noqa: E402

SIZES = {"scripts": 10_000, "tables": 2_000, "entries": 50_000}
GROWTH = 3.0  # of twice as much; what is quadratic takes four times as long
NOISE = 0.4  # seconds below which the growth is the machine's
FLAT = 1.3  # times the memory of half the size, where memory must not grow
TWO_PAGES = 60.0  # MB that one page takes while the next one is made of its text, and what the simulator sorts for it
SHOWN = 20  # entries of --limit
CONNECTION = Connection(endpoint_url=NOWHERE)
FEW = 20  # calls whatever the size
PAGE = 100  # names that a page of ListTables has
BATCH = 99  # items that a transaction deletes


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor, peak of what Python allocated (MB), calls, and items that they answered with.

    ``most`` is how many calls there may be, and ``flat`` whether the memory must not grow with the size.
    """

    seconds: float
    memory: float
    calls: int = 0
    items: int = 0
    most: int = 0
    flat: bool = False


def measured(
    work: Callable[[], object], simulator: Any = None, *, most: int = 0, quick: bool = False, flat: bool = False
) -> Cost:
    """What one call costs; ``quick`` leaves out the memory, which takes the work once more.

    What asks nobody is done twice, and the faster one counts: whatever else the machine does can only add to it.
    """
    counts: Counter[str] = Counter()
    with mock.patch.object(simulator, "call", _counting(simulator, counts)) if simulator else nullcontext():
        seconds = _seconds(work)
    if simulator is None:
        seconds = min(seconds, _seconds(work))
    return Cost(seconds, 0.0 if quick else _peak(work), counts["calls"], counts["items"], most, flat)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


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
        project = project_of(Path(folder))
        bench_loading.write_scripts(project.migrations, count)
        yield "load", measured(lambda: load(project.migrations))
        yield "check", measured(lambda: check(project), quick=True)
        scripts = load(project.migrations).migrations
        yield "show", measured(lambda: show(project.environment("dev"), scripts, "head"))
        yield "lint", measured(lambda: lint(project, scripts, LintOptions()), quick=True)
        schema = Path(folder, "schema.py")
        schema.write_text('from osem_migrate import S, Table\norders = Table("Orders", S("id"))\n', encoding="utf-8")
        drafting = AutogenerateOptions(source=str(schema))
        yield "new --from schema.py", measured(lambda: plan_autogenerate(project, drafting, _unasked), quick=True)
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


def _unasked(name: str) -> Any:
    raise AssertionError(name)


def asking(count: int) -> Iterator[tuple[str, Cost]]:
    """Commands on an account of so many tables."""
    pages = count // PAGE + FEW
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder, SkippingClock() as clock:
        project = bench_status.write_project(Path(folder, "project"), count, NOWHERE)
        simulator = bench_status.account(project, count, clock)
        aws = SimulatedAws(clock, simulator)
        strange = project_of(Path(folder, "strange"), f'history_table = "osem-dev-Other"\n{TUNNEL}')

        asked = DoctorOptions(
            environment="dev", start=project.root, connection=CONNECTION, tool_version="0.1.0", clock=aws.clock.clock
        )

        with aws.surroundings(), mock.patch.object(simulator.account.limiter, "read"):
            for name, work, most in (
                ("status", lambda: aws.migrator(project).status(), 4 * count + pages),
                ("list", lambda: aws.migrator(project).tables(), count + pages),
                ("list --details", lambda: aws.migrator(project).tables(ListOptions(details=True)), 6 * count + pages),
                ("verify", lambda: aws.migrator(project).verify(), 2 * count + pages),
                ("import", lambda: aws.migrator(strange).plan_import(), 8 * count + pages),
                ("doctor", lambda: aws.migrator(project).doctor(asked), pages),
                ("destroy --dry-run", lambda: aws.migrator(project).inventory(), count + pages),
            ):
                yield name, measured(work, simulator, most=most, quick=True)
            everything = DestroyOptions(allow_data_loss=True)
            yield (
                "destroy",
                measured(lambda: aws.migrator(project).destroy(everything), simulator, most=12 * count, quick=True),
            )


def remembering(count: int) -> Iterator[tuple[str, Cost]]:
    """Commands on a history with so many entries of ours, and as many of another application."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder, SkippingClock() as clock:
        project = bench_status.write_project(Path(folder, "project"), 2, NOWHERE)
        simulator = bench_status.account(project, 2, clock)
        history = simulator.account.tables[bench_status.HISTORY]
        for application in ("osem", "other"):
            for number in range(count):
                entry = LogEntry(at=1_700_000_000_000 + number, what="advanced", migration=None, by="a" * 40)
                history.items.put(history_items.log_item(application, entry, fence=1, number=number))
        aws = SimulatedAws(clock, simulator)
        with aws.surroundings(), mock.patch.object(simulator.account.throttles, "spend"):
            yield "status", measured(lambda: aws.migrator(project).status(), simulator, most=FEW)
            others = aws.migrator(project).deployment.history.others
            yield "other applications", measured(others, simulator, most=FEW)
            limited = HistoryOptions(limit=SHOWN)
            yield (
                f"history --limit {SHOWN}",
                measured(lambda: aws.migrator(project).history(limited), simulator, most=1),
            )
            yield (
                "history",
                measured(
                    lambda: deque(aws.migrator(project).entries(), maxlen=0),
                    simulator,
                    most=count // 2_000 + FEW,
                    flat=True,
                ),
            )
            everything = DestroyOptions(allow_data_loss=True)
            yield (
                "destroy, shared history",
                measured(
                    lambda: aws.migrator(project).destroy(everything), simulator, most=count // BATCH + 80, quick=True
                ),
            )


MEASURED = {"scripts": deciding, "tables": asking, "entries": remembering}


def main(words: Sequence[str] | None = None) -> int:
    """Print a line a measurement; the exit code says whether the limits are kept."""
    parser = argparse.ArgumentParser(description="What grows for years, at a quarter, half and all of each size.")
    for noun, size in SIZES.items():
        parser.add_argument(f"--{noun}", type=int, default=size, metavar="N", help=f"0 for none (default: {size})")
    sizes = vars(parser.parse_args(words))
    gc.set_threshold(GARBAGE_THRESHOLD)
    kept = [_kept(noun, sizes[noun]) for noun in SIZES if sizes[noun]]
    return 0 if all(kept) else 1


def _kept(noun: str, largest: int) -> bool:
    print(f"{noun:<24} {'size':>7} {'seconds':>8} {'growth':>7} {'limit':>6} {'memory':>8} {'calls':>7} {'limit':>7} "
          f"{'items':>8}")  # fmt: skip
    kept = True
    earlier: dict[str, Cost] = {}
    for size in (largest // 4, largest // 2, largest):
        for name, cost in MEASURED[noun](size):
            before = earlier.get(name, Cost(0.0, 0.0))
            growth = cost.seconds / before.seconds if before.seconds > 0 else 0.0
            missed = [
                *(["time"] if growth > GROWTH and cost.seconds > NOISE else []),
                *(["calls"] if cost.calls > cost.most else []),
                *(
                    ["memory"]
                    if cost.flat and before.memory and cost.memory > max(TWO_PAGES, before.memory * FLAT)
                    else []
                ),
            ]
            kept = kept and not missed
            memory = f"{cost.memory:.0f} MB" if cost.memory else "-"
            print(
                f"{name:<24} {size:>7,} {cost.seconds:>8.2f} {growth:>7.2f} {GROWTH:>6.2f} {memory:>8} "
                f"{cost.calls:>7,} {cost.most:>7,} {cost.items:>8,}  "
                f"{'✗ missed: ' + ', '.join(missed) if missed else '✓ kept'}",
                flush=True,
            )
            earlier[name] = cost
    return kept


if __name__ == "__main__":
    sys.exit(main())
