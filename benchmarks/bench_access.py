"""What applications import, against bare boto3 doing the same: python benchmarks/bench_access.py.

Imports and first uses are fresh processes, with their modules compiled before, as an installed package has them. Calls
are made in one process, to a server in another that answers at once. Processor time is counted, user's and system's;
the two sides of a pair take turns, and the ratio is that of their medians. Exits 1 when a ratio is above its target.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from bench_cli import Pair, environment, measure
from botocore.config import Config

from osem_migrate.access import DynamoDBClient

IMPORT_TARGET = 1.1
CALL_TARGET = 1.15
TURNS = 151
CALLS = 10
"""Calls of one turn: few, so that what else the machine does meanwhile strikes both sides alike."""

ITEM = {"digest_date": "2026-11-28", "item_id": "0800", "title": "A dog learned to skate", "tags": {"dog", "sun"}}
KEY = {"digest_date": ITEM["digest_date"], "item_id": ITEM["item_id"]}
TYPED = {name: {"SS": sorted(value)} if isinstance(value, set) else {"S": value} for name, value in ITEM.items()}
ANSWERS = {"GetItem": {"Item": TYPED}, "PutItem": {}, "Query": {"Items": [TYPED] * 100, "Count": 100}}

SERVER = """
import json, sys, zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {name: json.dumps(answer).encode() for name, answer in json.loads(sys.argv[1]).items()}

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = ANSWERS[self.headers["X-Amz-Target"].partition(".")[2]]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-crc32", str(zlib.crc32(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def answering(answers: Mapping[str, Any] = ANSWERS) -> Iterator[str]:
    """The URL of a server that has one answer for each action."""
    command = [sys.executable, "-c", SERVER, json.dumps(answers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def told(title: str, ours: float, other: float, target: float) -> bool:
    """Print a line; tell whether the ratio keeps to the target."""
    kept = round(ours / other, 2) <= target
    print(
        f"{title:<34} {ours * 1000:>7.2f} ms {other * 1000:>7.2f} ms {ours / other:>6.2f} {target:>7.2f}"
        f"   {'✓ kept' if kept else '✗ missed'}",
        flush=True,
    )
    return kept


def started(url: str) -> Iterator[bool]:
    """Whether imports and first uses keep to their targets."""
    bare = f"import boto3; boto3.resource('dynamodb', endpoint_url={url!r}).Table('T').get_item(Key={KEY!r})"
    ours = f"DynamoDBClient('T', endpoint_url={url!r}).table.get_item(Key={KEY!r})"
    use = "from osem_migrate.access import DynamoDBClient"
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as bytecode:
        environ = environment(bytecode)
        for title, code, other, target in (
            ("import osem_migrate.access", "import osem_migrate.access", "import boto3", IMPORT_TARGET),
            ("… import DynamoDBClient", use, "import boto3", IMPORT_TARGET),
            ("import and the first item", f"{use}; {ours}", bare, CALL_TARGET),
        ):
            pair = Pair(title, [sys.executable, "-c", code], [sys.executable, "-c", other], target)
            ours_took, bare_took = measure(pair, environ)
            yield told(title, ours_took, bare_took, target)


def called(url: str) -> Iterator[bool]:
    """Whether calls keep to their target."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=20)
    bare = boto3.resource("dynamodb", endpoint_url=url, config=config).Table("T")
    ours = DynamoDBClient("T", endpoint_url=url)
    query = {
        "KeyConditionExpression": "digest_date = :day",
        "ExpressionAttributeValues": {":day": ITEM["digest_date"]},
    }
    calls: dict[str, Callable[[Any], Any]] = {
        "get": lambda table: table.get_item(Key=KEY)["Item"],
        "put": lambda table: table.put_item(Item=ITEM),
        "query, 100 items": lambda table: table.query(**query)["Items"],
    }
    assert calls["get"](ours.table) == calls["get"](bare) == ITEM
    for title, call in calls.items():
        turns = [(turn(lambda: call(ours.table)), turn(lambda: call(bare))) for _ in range(TURNS)]  # noqa: B023 - it is called here
        mine, other = (statistics.median(side) for side in zip(*turns[1:], strict=True))
        yield told(title, mine / CALLS, other / CALLS, CALL_TARGET)


def turn(call: Callable[[], Any]) -> float:
    """Seconds of the processor for ``CALLS`` calls in a row."""
    gc.collect()
    before = time.process_time()
    for _ in range(CALLS):
        call()
    return time.process_time() - before


def main() -> int:
    """The exit code says whether every ratio keeps to its target."""
    print(f"{'':<34} {'ours':>10} {'boto3':>10} {'ratio':>6} {'target':>7}   medians")
    with answering() as url, tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        os.environ.update({name: text for name, text in environment(folder).items() if name.startswith("AWS_")})
        return 0 if all([*started(url), *called(url)]) else 1


if __name__ == "__main__":
    sys.exit(main())
