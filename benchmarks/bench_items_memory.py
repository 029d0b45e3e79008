"""What a pass over very many items holds in memory: python benchmarks/bench_items_memory.py.

The items of the table are made up page by page, of a megabyte each as DynamoDB's are, by a server that forwards all
else to DynamoDB Local: that takes seconds for each page of a million items. One item in five is changed. Memory is the
peak of the process, from its start. Exits 1 when it is more than the limit.
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))

from bench_items import CHANGED, TABLES, child, engine_in, item, project_in

MANY, ALL = 200_000, 1_000_000
LIMIT = 150.0  # MB
PAGE = 3_000  # items, which are a megabyte


class Server(ThreadingHTTPServer):
    """So many items in the table of users, and DynamoDB Local for everything else."""

    def __init__(self, upstream: str, count: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.count = count

    def scan(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A page of a segment, which is a stretch of numbers."""
        segment, total = asked["Segment"], asked["TotalSegments"]
        begin, end = (self.count * part // total for part in (segment, segment + 1))
        if "ExclusiveStartKey" in asked:
            begin = int(asked["ExclusiveStartKey"]["id"]["S"].removeprefix("u")) + 1
        items = [item(number) for number in range(begin, min(end, begin + PAGE))]
        more = {"LastEvaluatedKey": {"id": items[-1]["id"]}} if begin + PAGE < end else {}
        return {"Items": items, "Count": len(items), "ScannedCount": len(items), **more}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        """Answer what is about the items, and forward the rest."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action, asked = self.headers["X-Amz-Target"].partition(".")[2], json.loads(body)
        made: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "Scan": self.server.scan,
            "UpdateItem": lambda _: {},
        }
        if asked.get("TableName") == TABLES["ours"] and action in made:
            status, answer = 200, json.dumps(made[action](asked), separators=(",", ":")).encode()
        else:
            connection = http.client.HTTPConnection(self.server.upstream)
            connection.request("POST", "/", body, dict(self.headers))
            forwarded = connection.getresponse()
            status, answer = forwarded.status, forwarded.read()
            connection.close()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amz-crc32", str(zlib.crc32(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@contextmanager
def served(upstream: str, count: int) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, __file__, "--serve", upstream, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def main() -> int:
    """Print a line; the exit code says whether the limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=MANY, help=f"how many (default: {MANY:,}; the goal is {ALL:,})")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        server = Server(options.serve[0], int(options.serve[1]))
        print(server.server_port, flush=True)
        server.serve_forever()
    with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as name, engine_in(Path(name)) as (_, environ):
        folder = Path(name, "project")
        project_in(folder, environ)
        with served(environ["AWS_ENDPOINT_URL_DYNAMODB"], options.items) as url:
            found = child("ours", "memory", "memory", folder, {**environ, "AWS_ENDPOINT_URL_DYNAMODB": url})
    kept = found.memory < LIMIT
    changed = options.items // CHANGED
    print(
        f"{options.items:,} items, {changed:,} changed: {found.memory:.0f} MB (limit {LIMIT:.0f}); {found.wall:.0f} s "
        f"({found.cpu:.0f} s of the processor); {found.checkpoints / found.calls:.1%} of the calls were checkpoints"
        f"{'' if kept else '  ✗ missed'}"
    )
    assert found.calls > changed
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
