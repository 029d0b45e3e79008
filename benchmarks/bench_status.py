"""What ``status`` costs when there are many tables: python benchmarks/bench_status.py.

``osem-migrate status`` against a bare boto3 script that makes the same calls, at the same concurrency, and does
nothing with the answers: of 1,000 tables in twenty scripts, and of six. Every measurement is a fresh process; the two
sides take turns, and the ratio is that of their medians. What status asks is taken from its own log, so that the bare
script asks the same. The answers come from the simulator, kept ready by a server in a process of its own: what is
measured is the side of the client. Memory is the peak of the whole process. Of six tables most is the start of Python,
for which benchmarks/bench_cli.py has a limit; here the ratio is only shown.

Exits 1 when a limit is missed.
"""

import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from osem_migrate.aws.history_items import record_item  # noqa: E402 - a script finds its repository by itself
from osem_migrate.config import Project  # noqa: E402
from osem_migrate.files.loader import load  # noqa: E402
from osem_migrate.files.writer import script_source  # noqa: E402
from osem_migrate.history import Record, RecordedState  # noqa: E402
from osem_migrate.operations import CreateTable, SetTags  # noqa: E402
from osem_migrate.schema import Index, N, S, Schema  # noqa: E402
from tests.doubles.skipping_clock import SkippingClock  # noqa: E402
from tests.simulator import Limiter, Simulator, VirtualClock  # noqa: E402

MANY, MANY_LIMIT = 1000, 1.3
FEW, FEW_LIMIT = 6, math.inf
MEMORY_LIMIT = 150.0  # MB
ROUNDS = 5
A_SCRIPT = 50  # tables in each
PREFIX = "osem-dev-"
HISTORY = f"{PREFIX}SchemaMigrations"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
PROJECT = """
[tool.osem-migrate]
application = "osem"
[tool.osem-migrate.environments.dev]
endpoint_url = "{url}"
local = false
"""
BARE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config
url, count, concurrency, *actions = sys.argv[1:]
client = boto3.client("dynamodb", endpoint_url=url, config=Config(max_pool_connections=20))
def table(name):
    described = client.describe_table(TableName=name)["Table"]
    if "DescribeTimeToLive" in actions:
        client.describe_time_to_live(TableName=name)
    if "DescribeContinuousBackups" in actions:
        client.describe_continuous_backups(TableName=name)
    if "ListTagsOfResource" in actions:
        client.list_tags_of_resource(ResourceArn=described["TableArn"])
    return described
query = {
    "TableName": "osem-dev-SchemaMigrations",
    "KeyConditionExpression": "#scope = :scope",
    "ExpressionAttributeNames": {"#scope": "scope"},
    "ExpressionAttributeValues": {":scope": {"S": "osem"}},
    "ConsistentRead": True,
}
while "LastEvaluatedKey" in (page := client.query(**query)):
    query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
if "ListTables" in actions:
    list(client.get_paginator("list_tables").paginate())
with ThreadPoolExecutor(int(concurrency)) as pool:
    found = list(pool.map(table, [f"osem-dev-Table{number:04}" for number in range(int(count))]))
"""
# What is asked once for each table.
A_TABLE = ("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource")
CONCURRENCY = 10  # of osem_migrate.aws.gateway, which this script must not import for it to be worth anything


@dataclass(frozen=True)
class Cost:
    """Wall seconds and peak memory (MB) of one process."""

    seconds: float
    memory: float


def tables(count: int) -> list[CreateTable]:
    """Tables with two indexes, a sort key and a declared tag each."""
    return [
        CreateTable(
            f"Table{number:04}",
            S("id"),
            N("createdAt"),
            indexes=[Index("owner-index", S("ownerId")), Index("status-index", S("status"), N("createdAt"))],
            settings=[SetTags(f"Table{number:04}", {"Team": "core"})],
        )
        for number in range(count)
    ]


def write_project(folder: Path, count: int, url: str) -> Project:
    """A project with A_SCRIPT tables a script."""
    (folder / "migrations").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT.format(url=url), encoding="utf-8")
    every = tables(count)
    for number, start in enumerate(range(0, count, A_SCRIPT), 1):
        source = script_source(f"Part {number}", every[start : start + A_SCRIPT])
        (folder / "migrations" / f"{number:04}_part.py").write_text(source, encoding="utf-8")
    return Project.find(folder, environ={})


def account(project: Project, count: int, clock: SkippingClock | VirtualClock | None = None) -> Simulator:
    """AWS with these tables, and a history in which the project's scripts are applied."""
    clock = VirtualClock() if clock is None else clock
    simulator = Simulator(clock=clock, limiter=Limiter(clock.now, mutations=None))
    keys = {"scope": "HASH", "item": "RANGE"}
    simulator.call(
        "CreateTable",
        {
            "TableName": HISTORY,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        },
    )
    for create in tables(count):
        for step in create.steps(Schema()):
            simulator.call("CreateTable", step.call(f"{PREFIX}{create.table}"))
    clock.advance(60)
    for migration in load(project.migrations).migrations:
        record = Record(
            migration=migration.id,
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
        )
        simulator.call("PutItem", {"TableName": HISTORY, "Item": record_item("osem", record)})
    return simulator


class _Answers(asyncio.Protocol):
    """HTTP, as far as botocore speaks it; every answer is worked out once."""

    def __init__(self, simulator: Simulator, ready: dict[bytes, bytes]) -> None:
        self._simulator, self._ready, self._received = simulator, ready, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of a request, or all of it."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            lines = self._received[:end].split(b"\r\n")[1:]
            headers = {name.lower(): text.strip() for name, _, text in (line.partition(b":") for line in lines)}
            whole = end + 4 + int(headers[b"content-length"])
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            self._transport.write(self._answer(headers[b"x-amz-target"].rpartition(b".")[2], body))

    def _answer(self, action: bytes, body: bytes) -> bytes:
        asked = action + body
        if asked not in self._ready:
            content = json.dumps(self._simulator.call(action.decode(), json.loads(body))).encode()
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            self._ready[asked] = head.encode() + content
        return self._ready[asked]


async def answer(count: int) -> None:
    """Serve the account of so many tables; the port goes to standard output, the end comes by SIGTERM."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        simulator = account(write_project(Path(folder, "project"), count, "http://127.0.0.1:9"), count)
    ready: dict[bytes, bytes] = {}
    server = await asyncio.get_running_loop().create_server(lambda: _Answers(simulator, ready), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def served(count: int) -> Iterator[str]:
    """The endpoint of such an account, in a process of its own."""
    command = [sys.executable, __file__, "--serve", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def cost(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Cost:
    """What a fresh process costs, which has to succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    scale = 1 if sys.platform == "darwin" else 1024
    return Cost(time.perf_counter() - started, usage.ru_maxrss * scale / 1e6)


def calls_of(status: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Counter[str]:
    """What status asks of DynamoDB."""
    log = folder / "log"
    cost([*status, "--log-file", str(log)], folder, environ)
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    log.unlink()
    return Counter(entry["action"].partition(":")[2] for entry in entries if entry["event"] == "call")


def measure(count: int) -> tuple[Cost, Cost, Counter[str]]:
    """Medians of ``status`` and of the bare script, and the calls that both make."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as scratch, served(count) as url:
        folder = Path(scratch, "project")
        write_project(folder, count, url)
        ours = ("AWS_", "OSEM_", "PYTHONDONTWRITEBYTECODE")
        surroundings = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        environ = {**surroundings, **CREDENTIALS, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": scratch}
        status = [sys.executable, "-c", "from osem_migrate.cli.main import main; main()", "status"]
        calls = calls_of(status, folder, environ)
        assert calls["DescribeTable"] == count, calls
        assert all(calls[action] in {0, count} for action in A_TABLE), calls
        asked = [action for action in calls if calls[action]]
        bare = [sys.executable, "-c", BARE, url, str(count), str(CONCURRENCY), *asked]
        turns = [(cost(status, folder, environ), cost(bare, folder, environ)) for _ in range(ROUNDS + 1)]
    sides = [Cost(statistics.median(one.seconds for one in side), max(one.memory for one in side))
             for side in zip(*turns[1:], strict=True)]  # fmt: skip
    return sides[0], sides[1], calls


def main() -> int:
    """Print a line a measurement; the exit code says whether the limits are kept."""
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(answer(int(sys.argv[2])))
    print(f"{'':<22} {'ours':>9} {'bare':>9} {'ratio':>6} {'limit':>6} {'memory':>9} {'limit':>6}")
    kept = [_report(count, limit) for count, limit in ((MANY, MANY_LIMIT), (FEW, FEW_LIMIT))]
    return 0 if all(kept) else 1


def _report(count: int, limit: float) -> bool:
    ours, bare, calls = measure(count)
    ratio = ours.seconds / bare.seconds
    kept = ratio <= limit and ours.memory <= MEMORY_LIMIT
    print(
        f"{f'status, {count} tables':<22} {ours.seconds * 1000:>6.0f} ms {bare.seconds * 1000:>6.0f} ms {ratio:>6.2f} "
        f"{limit:>6.2f} {ours.memory:>6.0f} MB {MEMORY_LIMIT:>6.0f}  {'✓ kept' if kept else '✗ missed'}   "
        + ", ".join(f"{times} {action}" for action, times in sorted(calls.items())),
        flush=True,
    )
    return kept


if __name__ == "__main__":
    sys.exit(main())
