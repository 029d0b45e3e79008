"""What applications import, against bare boto3 doing the same: python benchmarks/bench_access.py.

Imports and first uses are measured in fresh processes, with their modules compiled before, as an installed package has
them. Reading and writing an item is measured in one process, against a server that answers at once and does nothing
else, so that the client is what takes the time. Processor time is counted, user's and system's. The two sides of a pair
take turns; the ratio is that of their medians. Exits 1 when a ratio is above its target.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench_cli import environment, seconds

ROUNDS = 15
IMPORT_TARGET = 1.1
USE_TARGET = 1.15

CALLS = 100
"""Of one turn of reading or writing."""

SERVER = """
import http.server, json, sys, zlib

ANSWERS = {name: json.dumps(answer).encode() for name, answer in json.loads(sys.argv[1]).items()}

class Handler(http.server.BaseHTTPRequestHandler):
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
        self.wfile.flush()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
