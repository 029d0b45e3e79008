"""Passes over items on DynamoDB Local, beside scripts made for just that: python benchmarks/bench_items.py.

The scripts are what a good engineer would write with boto3 and threads: as many segments at a time as ours, each item
written on the same condition. They take no lock, record nothing and would begin anew after a kill. Each side is a
process of its own; the two take turns, and the ratio of throughputs is the median over the rounds. Wall-clock time is
what counts; the processor's time of the client is told beside it, because the machine may be busy with other things.

Exits 1 when a limit is missed.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402 - a script finds its repository by itself
from botocore.config import Config  # noqa: E402

from osem_migrate import UpgradeOptions  # noqa: E402
from osem_migrate.config import Project  # noqa: E402
from osem_migrate.events import OperationFinished, OperationStarted, RunEvent  # noqa: E402
from osem_migrate.migrator import Migrator  # noqa: E402
from tests.engines import dynamodb_local  # noqa: E402
from tests.engines.engine import Engine  # noqa: E402
from tests.engines.package import fetch  # noqa: E402

UPDATES, UPDATES_TARGET = 10_000, 0.9
SCANNED, SCAN_TARGET = 40_000, 0.95
FILTERED = 160_000  # of which nothing is sent: with fewer, a dozen calls of the history weigh as much as the scan's
CHANGED = 5  # one in so many of those of bench_items_memory.py
CHECKPOINT_LIMIT = 0.03  # of all calls
ROUNDS = 5
THREADS, SEGMENTS = 4, 16
TABLES = {"ours": "osem-dev-Users", "bare": "Bare"}
HISTORY = "osem-dev-SchemaMigrations"

OPERATIONS = {
    "update": "UpdateItems('Users', numbered, segments=16, verify=False)",
    "scan": "UpdateItems('Users', as_it_is, segments=16, verify=False)",
    "filter": "UpdateItems('Users', as_it_is, where=\"attribute_not_exists(id)\", segments=16, verify=False)",
    "memory": "UpdateItems('Users', some, segments=16, verify=False)",
}
SCRIPT = """
from osem_migrate import UpdateItems

def numbered(item):
    return {{"label": f"{{item['first']}} {{item['last']}} {round}"}}

def as_it_is(item):
    return {{"first": item["first"], "last": item["last"]}}

def some(item):
    return {{"label": "{round}"}} if item["number"] % {changed} == 0 else None

operations = [{operation}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one side took: seconds on the wall and of its processor, peak memory in MB, and its calls."""

    wall: float
    cpu: float
    memory: float
    calls: int
    checkpoints: int


def item(number: int) -> dict[str, Any]:
    """Some 300 bytes, of several types."""
    return {
        "id": {"S": f"u{number:07}"},
        "first": {"S": "Ada"},
        "last": {"S": f"Lovelace-{number}"},
        "number": {"N": str(number)},
        "email": {"S": f"ada.lovelace.{number}@example.org"},
        "tags": {"SS": ["a", "b", "c"]},
        "address": {"M": {"street": {"S": "St James's Square 12"}, "floor": {"N": "2"}}},
        "note": {"S": "x" * 120},
    }


def fill(client: Any, table: str, count: int) -> None:
    """Make the table, and so many items."""
    client.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    add(client, table, 0, count)


def add(client: Any, table: str, begin: int, end: int) -> None:
    """Items of these numbers."""

    def put(first: int) -> None:
        puts = [{"PutRequest": {"Item": item(number)}} for number in range(first, min(end, first + 25))]
        assert not client.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(put, range(begin, end, 25)))


def bare(work: str, label: str) -> Run:
    """The script: as many threads, each with a segment."""
    client = boto3.client("dynamodb", config=Config(max_pool_connections=20))
    table, calls = TABLES["bare"], [0]

    condition: Any = {"FilterExpression": "attribute_not_exists(id)"} if work == "filter" else {}

    def pages(segment: int) -> Iterator[list[dict[str, Any]]]:
        start: dict[str, Any] = {}
        while True:
            answer: Any = client.scan(TableName=table, Segment=segment, TotalSegments=SEGMENTS, **condition, **start)
            calls[0] += 1
            yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def update(found: Mapping[str, Any]) -> None:
        old = found.get("label")
        values = {
            ":label": {"S": f"{found['first']['S']} {found['last']['S']} {label}"},
            ":first": found["first"],
            ":last": found["last"],
            **({":old": old} if old is not None else {}),
        }
        client.update_item(
            TableName=table,
            Key={"id": found["id"]},
            UpdateExpression="SET #label = :label",
            ConditionExpression="attribute_exists(#id) AND #first = :first AND #last = :last AND "
            + ("attribute_not_exists(#label)" if old is None else "#label = :old"),
            ExpressionAttributeNames={"#label": "label", "#id": "id", "#first": "first", "#last": "last"},
            ExpressionAttributeValues=values,
        )
        calls[0] += 1

    def segment(number: int) -> None:
        for page in pages(number):
            for found in page if work == "update" else ():
                update(found)

    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        list(pool.map(segment, range(SEGMENTS)))
    return _run(time.perf_counter() - wall, time.process_time() - cpu, calls[0], 0)


def ours(folder: Path, work: str, label: str) -> Run:
    """A migration, from the beginning of its operation to its end."""
    scripts = folder / "migrations"
    name = f"{len(list(scripts.glob('*.py'))) + 1:04}_{work}"
    text = SCRIPT.format(round=label, changed=CHANGED, operation=OPERATIONS[work])
    (scripts / f"{name}.py").write_text(text, encoding="utf-8")
    moments: dict[type[RunEvent], tuple[float, float]] = {}

    def note(event: RunEvent) -> None:
        moments[type(event)] = (time.perf_counter(), time.process_time())

    migrator = Migrator.open("dev", project=Project.find(folder, environ={}), on_event=note)
    calls, checkpoints = [0], [0]

    def count(call: Any) -> None:
        calls[0] += call.table != HISTORY
        checkpoints[0] += call.table == HISTORY and call.action == "dynamodb:UpdateItem"

    migrator.session.on_call(count)
    migrator.upgrade(UpgradeOptions(allow_data_loss=True))
    began, ended = moments[OperationStarted], moments[OperationFinished]
    return _run(ended[0] - began[0], ended[1] - began[1], calls[0], checkpoints[0])


def _run(wall: float, cpu: float, calls: int, checkpoints: int) -> Run:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(wall=wall, cpu=cpu, memory=memory, calls=calls, checkpoints=checkpoints)


def child(side: str, work: str, label: str, folder: Path, environ: Mapping[str, str]) -> Run:
    """One side in a process of its own."""
    command = [sys.executable, __file__, "--child", side, work, label, str(folder)]
    done = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    return Run(**json.loads(done.stdout))


@contextmanager
def engine_in(folder: Path) -> Iterator[tuple[Any, dict[str, str]]]:
    """A client of DynamoDB Local, and the variables that lead a process there."""
    server = dynamodb_local.start(fetch(), folder / "engine.log", watch=os.getpid())
    try:
        engine = Engine(server.endpoint_url)
        surroundings = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "OSEM_"))}
        yield engine.client(), {**surroundings, **engine.environ()}
    finally:
        server.stop()


def project_in(folder: Path, environ: Mapping[str, str]) -> None:
    """A project that has made its table."""
    (folder / "migrations").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[tool.osem-migrate]\napplication = "osem"\n[tool.osem-migrate.environments.dev]\n', encoding="utf-8"
    )
    script = 'from osem_migrate import CreateTable, S\n\noperations = [CreateTable("Users", S("id"))]\n'
    (folder / "migrations" / "0001_users.py").write_text(script, encoding="utf-8")
    subprocess.run([sys.executable, __file__, "--child", "begin", "", "", str(folder)], env=environ, check=True)


def race(work: str, folder: Path, environ: Mapping[str, str]) -> list[tuple[Run, Run]]:
    """Rounds of the two sides, which take turns; the first one warms the engine up."""
    sides = {"ours": ours.__name__, "bare": bare.__name__}
    rounds = []
    for number in range(ROUNDS + 1):
        found = {
            side: child(side, work, f"{work}{number}", folder, environ)
            for side in sorted(sides, reverse=number % 2 > 0)
        }
        rounds.append((found["ours"], found["bare"]))
    return rounds[1:]


def _races(folder: Path) -> bool:
    kept = True
    print(f"{'DynamoDB Local':<34} {'bare s':>8} {'ours s':>8} {'ratio':>6} {'target':>7} {'of cpu':>7}")
    with engine_in(folder) as (client, environ):
        project_in(folder / "project", environ)
        fill(client, TABLES["bare"], UPDATES)
        add(client, TABLES["ours"], 0, UPDATES)
        updates = race("update", folder / "project", environ)
        kept &= _told("conditional updates", updates, UPDATES_TARGET)
        add(client, TABLES["bare"], UPDATES, SCANNED)
        add(client, TABLES["ours"], UPDATES, SCANNED)
        kept &= _told("scan, nothing to change", race("scan", folder / "project", environ), SCAN_TARGET)
        add(client, TABLES["bare"], SCANNED, FILTERED)
        add(client, TABLES["ours"], SCANNED, FILTERED)
        kept &= _told("scan, all of it filtered out", race("filter", folder / "project", environ), SCAN_TARGET)
    share = statistics.median(run.checkpoints / run.calls for run, _ in updates)
    kept &= share < CHECKPOINT_LIMIT
    print(f"checkpoints and heartbeats are {share:.1%} of the calls (limit {CHECKPOINT_LIMIT:.0%})")
    return kept


def _told(title: str, rounds: Sequence[tuple[Run, Run]], target: float) -> bool:
    wall, cpu = (
        statistics.median(getattr(other, name) / getattr(mine, name) for mine, other in rounds)
        for name in ("wall", "cpu")
    )
    mine, other = (statistics.median(pair[place].wall for pair in rounds) for place in (0, 1))
    mark = "" if wall >= target else "  ✗ missed"
    print(f"{title:<34} {other:>8.2f} {mine:>8.2f} {wall:>6.2f} {target:>7.2f} {cpu:>7.2f}{mark}", flush=True)
    return bool(wall >= target)


def main() -> int:
    """Print the table; the exit code says whether the limits are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        side, work, label, folder = options.child
        made: dict[str, Callable[[], Run | None]] = {
            "begin": lambda: _begin(Path(folder)),
            "ours": lambda: ours(Path(folder), work, label),
            "bare": lambda: bare(work, label),
        }
        found = made[side]()
        if found is not None:
            print(json.dumps({name: getattr(found, name) for name in Run.__slots__}))
        return 0
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        return 0 if _races(Path(folder)) else 1


def _begin(folder: Path) -> None:
    Migrator.open("dev", project=Project.find(folder, environ={})).upgrade()


if __name__ == "__main__":
    sys.exit(main())
