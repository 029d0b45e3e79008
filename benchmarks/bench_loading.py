"""Loading and planning of 100, 1,000 and 10,000 scripts: python benchmarks/bench_loading.py.

Each measurement runs in a process of its own, so that no size profits from what another has warmed up. The seconds
are those of ``load`` and ``make_plan`` over an empty history, without the start of Python; the best of three counts,
because whatever else the machine does can only add to them.

Exits 1 when 1,000 scripts take more than ``LIMIT`` seconds, or when growth is worse than linear: among ten times the
scripts each may take at most ``GROWTH`` times the processor's time. Twice is far from the ten times that a quadratic
step would cost, and leaves room for what grows by itself: dictionaries that outgrow the processor's caches, and a
larger heap to collect. Growth is judged by the processor's time, because a busy machine stretches long runs most.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

SIZES = (100, 1_000, 10_000)
ROUNDS = 3
LIMIT_SIZE, LIMIT = 1_000, 2.0
GROWTH = 2.0


def write_scripts(folder: Path, count: int) -> None:
    """Write scripts as a project collects them: of ten, three create tables, five add indexes, two change settings."""
    for number, (slug, names, operation) in zip(range(1, count + 1), _scripts(), strict=False):
        source = f'"""{slug}."""\n\nfrom osem_migrate import {names}\n\noperations = [\n    {operation},\n]\n'
        (folder / f"{number:04}_{slug}.py").write_text(source, encoding="utf-8")


def _scripts() -> Iterator[tuple[str, str, str]]:
    """Endlessly: slug, imported names and operation; every script fits what those before it have built."""
    group = 0
    while True:
        group += 1
        first, second, third = (f"{entity}{group}" for entity in ("Plans", "Reports", "Sessions"))
        for table in (first, second, third):
            yield f"create_{table.lower()}", "CreateTable, S", f'CreateTable("{table}", partition_key=S("id"))'
        for table, partition, sort in (
            (first, "teamId", None),
            (first, "status", None),
            (second, "planId", "memberId"),
            (second, "memberId", "createdBy"),
            (third, "userId", None),
        ):
            name = "-".join(filter(None, (partition, sort, "index")))
            keys = f'partition_key=S("{partition}")' + (f', sort_key=S("{sort}")' if sort is not None else "")
            slug = f"add_{name.replace('-', '_').lower()}_to_{table.lower()}"
            yield slug, "AddIndex, S", f'AddIndex("{table}", "{name}", {keys})'
        yield f"expire_{third.lower()}", "SetTimeToLive", f'SetTimeToLive("{third}", attribute="expiresAt")'
        yield f"tag_{first.lower()}", "SetTags", f'SetTags("{first}", tags={{"Team": "core"}})'


class Seconds(NamedTuple):
    """What one measurement took: by the clock on the wall, and of the processor."""

    wall: float
    cpu: float


def measure(folder: Path, count: int) -> Seconds:
    """Load and plan in this process."""
    from osem_migrate.files.loader import load  # noqa: PLC0415 - the parent process measures, it does not load
    from osem_migrate.history import History  # noqa: PLC0415
    from osem_migrate.planning.upgrade import make_plan  # noqa: PLC0415

    wall, cpu = time.perf_counter(), time.process_time()
    plan = make_plan(load(folder).migrations, History())
    seconds = Seconds(time.perf_counter() - wall, time.process_time() - cpu)
    assert len(plan.migrations) == count
    assert len(plan.steps) == count
    return seconds


def measured_alone(folder: Path, count: int) -> Seconds:
    """The same in fresh processes; the best of ``ROUNDS``."""
    command = [sys.executable, __file__, str(folder), str(count)]
    rounds = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(ROUNDS)]
    return Seconds(min(float(wall) for wall, _ in rounds), min(float(cpu) for _, cpu in rounds))


def main() -> int:
    """Print a line a size as it is measured; the exit code says whether the limits are kept."""
    print(f"{'scripts':>8} {'seconds':>8} {'cpu':>8} {'cpu ms/script':>14} {'ratio':>6}")
    found: dict[int, Seconds] = {}
    previous: Seconds | None = None
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
            write_scripts(Path(folder), size)
            taken = found[size] = measured_alone(Path(folder), size)
        ratio = f"{taken.cpu / previous.cpu:.1f}" if previous is not None else "-"
        each = taken.cpu / size * 1000
        print(f"{size:>8,} {taken.wall:>8.3f} {taken.cpu:>8.3f} {each:>14.3f} {ratio:>6}", flush=True)
        previous = taken
    complaints = list(_complaints(found))
    for complaint in complaints:
        print(f"✗ {complaint}")
    return 1 if complaints else 0


def _complaints(found: dict[int, Seconds]) -> Iterator[str]:
    if found[LIMIT_SIZE].wall > LIMIT:
        yield f"{LIMIT_SIZE:,} scripts take {found[LIMIT_SIZE].wall:.2f} s; the limit is {LIMIT:g} s"
    for smaller, larger in pairwise(found):
        growth = found[larger].cpu / found[smaller].cpu / (larger / smaller)
        if growth > GROWTH:
            yield f"{larger:,} scripts take {growth:.1f} times as long, each, as {smaller:,}; the limit is {GROWTH:g}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*measure(Path(sys.argv[1]), int(sys.argv[2])))
        sys.exit()
    sys.exit(main())
