"""OSEM from nothing on DynamoDB Local, beside a script made for just that: python benchmarks/bench_engine.py.

The script is what a good engineer would write with boto3 and threads, knowing the plan: a thread a table, the same
CreateTable and UpdateTable calls in the same order, each followed by DescribeTable until it has settled. It takes no
lock, writes no history and decides nothing. Both start with a client and with the scripts read; rounds of the two
alternate, each in an account of its own, and the medians are compared.

Exits 1 when ours takes more than ``LIMIT`` times as long.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from osem_migrate.config import Project  # noqa: E402 - a script finds its repository by itself
from osem_migrate.migrator import Migrator  # noqa: E402
from osem_migrate.planning.plan import Plan  # noqa: E402
from tests.engines import dynamodb_local  # noqa: E402
from tests.engines.engine import Engine  # noqa: E402
from tests.engines.package import fetch  # noqa: E402

ROUNDS = 9
LIMIT = 1.15
GLANCE = 0.01  # seconds between two looks of the script

Calls = Sequence[tuple[str, dict[str, Any]]]


def by_script(client: Any, lanes: Sequence[Calls]) -> None:
    """A thread a table, each of its calls followed by its wait."""

    def lane(calls: Calls) -> None:
        for method, parameters in calls:
            getattr(client, method)(**parameters)
            while not _settled(client.describe_table(TableName=parameters["TableName"])["Table"]):
                time.sleep(GLANCE)

    with ThreadPoolExecutor(max_workers=len(lanes)) as pool:
        list(pool.map(lane, lanes))


def by_tool(migrator: Migrator) -> None:
    """The same through osem-migrate: with lock, history and intents."""
    assert len(migrator.upgrade().applied) == len(migrator.scripts.migrations)


def lanes_of(plan: Plan, physical_name: Callable[[str], str]) -> list[Calls]:
    """The calls of the plan, table by table."""
    return [
        [(step.method, step.call(physical_name(lane.table))) for planned in lane.operations for step in planned.calls]
        for lane in plan.lanes
    ]


def main() -> int:
    """Print both medians and their ratio; the exit code says whether the limit is kept."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        project = _project(Path(folder))
        server = dynamodb_local.start(fetch(), Path(folder, "engine.log"), watch=os.getpid())
        try:
            script, tool = _race(server.endpoint_url, project)
        finally:
            server.stop()
    ratio = statistics.median(tool) / statistics.median(script)
    print(f"{'OSEM from nothing, DynamoDB Local':<34} {'median s':>9} {'best s':>7}")
    for name, rounds in (("boto3 script with threads", script), ("osem-migrate upgrade", tool)):
        print(f"{name:<34} {statistics.median(rounds):>9.3f} {min(rounds):>7.3f}")
    mark = "" if ratio <= LIMIT else "  ✗ missed"
    print(f"{'ratio':<34} {ratio:>9.3f}   (limit {LIMIT:g}, {ROUNDS} rounds each){mark}")
    return 0 if ratio <= LIMIT else 1


def _race(endpoint_url: str, project: Project) -> tuple[list[float], list[float]]:
    engine = Engine(endpoint_url)
    migrator = _open(engine, project)
    lanes = lanes_of(migrator.plan(), migrator.environment.physical_name)
    script: list[float] = []
    tool: list[float] = []
    for number in range(ROUNDS + 1):
        client, migrator = Engine(endpoint_url).client(), _open(Engine(endpoint_url), project)
        first = _timed(partial(by_script, client, lanes))
        second = _timed(partial(by_tool, migrator))
        if number:  # the first round warms both, and the engine, up
            script.append(first)
            tool.append(second)
    return script, tool


def _open(engine: Engine, project: Project) -> Migrator:
    with mock.patch.dict(os.environ, engine.environ()):
        migrator = Migrator.open("dev", project=project)
        migrator.session.dynamodb()
    assert migrator.scripts.migrations
    return migrator


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _settled(table: dict[str, Any]) -> bool:
    indexes = table.get("GlobalSecondaryIndexes", [])
    return table["TableStatus"] == "ACTIVE" and all(
        index["IndexStatus"] == "ACTIVE" and not index.get("Backfilling") for index in indexes
    )


def _project(folder: Path) -> Project:
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(
        '[tool.osem-migrate]\napplication = "osem"\n[tool.osem-migrate.environments.dev]\n', encoding="utf-8"
    )
    return Project.find(folder, environ={})


if __name__ == "__main__":
    sys.exit(main())
