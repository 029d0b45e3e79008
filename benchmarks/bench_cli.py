"""What the command line costs beside what it stands on: python benchmarks/bench_cli.py.

* ``osem-migrate --help`` and ``osem-migrate upgrade --help`` against ``python -c "import click, pydantic"``;
* ``osem-migrate status`` of the six OSEM tables against a bare boto3 script that makes the same calls one after the
  other: a Query of the history table, a ListTables, and for each table DescribeTable, DescribeTimeToLive,
  DescribeContinuousBackups and ListTagsOfResource, on a moto server of its own;
* the same against that script when it also imports the libraries that this tool stands on (click, pydantic and
  yoyo-migrations): what remains is what this package itself costs.

Every measurement is a fresh process, with its modules compiled before, as an installed tool has them. Processor
time is counted, user's and system's. The two sides of a pair take turns; the ratio is that of their medians.
Exits 1 when a ratio is above its target.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 15
HELP_TARGET = 1.0
STATUS_TARGET = 1.2

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
TABLES = ("AssessmentPlans", "AssessmentReports", "Assessments", "ConfigVersions", "Teams", "Users")
SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
BARE = """
import sys
import boto3
client = boto3.client("dynamodb", endpoint_url=sys.argv[1])
records = client.query(
    TableName="osem-dev-SchemaMigrations",
    KeyConditionExpression="#scope = :scope",
    ExpressionAttributeNames={"#scope": "scope"},
    ExpressionAttributeValues={":scope": {"S": "osem-ladders"}},
    ConsistentRead=True,
)
client.list_tables()
for name in sys.argv[2:]:
    table = client.describe_table(TableName=f"osem-dev-{name}")["Table"]
    client.describe_time_to_live(TableName=f"osem-dev-{name}")
    client.describe_continuous_backups(TableName=f"osem-dev-{name}")
    client.list_tags_of_resource(ResourceArn=table["TableArn"])
"""


@dataclass(frozen=True)
class Pair:
    """What is measured, and what it is measured against; two command lines."""

    title: str
    ours: Sequence[str]
    bare: Sequence[str]
    target: float


def seconds(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """The processor time of one fresh process that has to succeed: what others do meanwhile is left out of it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(pair: Pair, environ: Mapping[str, str]) -> tuple[float, float]:
    """Median seconds of both sides, taken in turns; one turn before them compiles the modules."""
    turns = [(seconds(pair.ours, environ), seconds(pair.bare, environ)) for _ in range(ROUNDS + 1)]
    ours, bare = zip(*turns[1:], strict=True)
    return statistics.median(ours), statistics.median(bare)


@contextmanager
def moto_server() -> Iterator[str]:
    """A moto server in a process of its own, so that it competes with neither side for Python's lock."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def same_calls(status: Sequence[str], environ: Mapping[str, str]) -> None:
    """Make sure that ``status`` makes exactly the calls of the bare script, and finds everything in sync."""
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        log = Path(folder) / "log"
        seconds([*status, "--log-file", str(log)], environ)
        entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    actions = sorted(entry["action"].partition(":")[2] for entry in entries if entry["event"] == "call")
    each = ("DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "ListTagsOfResource")
    assert actions == sorted([*each * len(TABLES), "ListTables", "Query"]), actions


def main() -> int:
    """The exit code says whether every ratio keeps to the target."""
    program = shutil.which("osem-migrate", path=str(Path(sys.executable).parent))
    assert program is not None, "osem-migrate is not installed beside this Python"
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as bytecode, moto_server() as url:
        return run(program, url, environment(bytecode))


def environment(bytecode: str) -> dict[str, str]:
    """What both sides are given; ``bytecode`` is the folder of their compiled modules."""
    ours = ("AWS_", "OSEM_", "PYTHONDONTWRITEBYTECODE")
    surroundings = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return {**surroundings, **CREDENTIALS, "PYTHONPYCACHEPREFIX": bytecode}


def run(program: str, url: str, environ: Mapping[str, str]) -> int:
    """Fill the server at ``url``, measure every pair and print it."""
    status = [program, "status", "--endpoint-url", url]
    seconds([program, "upgrade", "-q", "--endpoint-url", url], environ)
    same_calls(status, environ)
    missed = False
    imports = [sys.executable, "-c", "import click, pydantic"]
    libraries = f"import click, pydantic.dataclasses, yoyo.migrations\n{BARE}"
    print(f"{'':<34} {'ours':>9} {'other':>9} {'ratio':>6} {'target':>7}   medians of {ROUNDS} fresh processes each")
    for pair in (
        Pair("osem-migrate --help", [program, "--help"], imports, HELP_TARGET),
        Pair("osem-migrate upgrade --help", [program, "upgrade", "--help"], imports, HELP_TARGET),
        Pair("status, against boto3", status, [sys.executable, "-c", BARE, url, *TABLES], STATUS_TARGET),
        Pair("status, against all libraries", status, [sys.executable, "-c", libraries, url, *TABLES], STATUS_TARGET),
    ):
        ours, other = measure(pair, environ)
        kept = round(ours / other, 2) <= pair.target
        missed = missed or not kept
        print(
            f"{pair.title:<34} {ours * 1000:>6.0f} ms {other * 1000:>6.0f} ms {ours / other:>6.2f} {pair.target:>7.2f}"
            f"   {'✓ kept' if kept else '✗ missed'}",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
