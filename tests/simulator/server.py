"""SimulatorServer: the simulator behind HTTP, for any AWS SDK with an endpoint URL.

DynamoDB is spoken as JSON 1.0, STS as a form that is answered in XML; connections are kept alive.
"""

import json
import re
import socket
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from tests.simulator.calls import Call
from tests.simulator.errors import ConnectionCut, SimulatedError
from tests.simulator.faults import Faults
from tests.simulator.simulator import IDENTITY, Simulator

JSON = "application/x-amz-json-1.0"
XML = "text/xml"
TARGET = "DynamoDB_20120810."
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
VALIDATION = "com.amazon.coral.validate#"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


class SimulatorServer(ThreadingHTTPServer):
    """Serves one simulator on a loopback port."""

    daemon_threads = True
    request_queue_size = 256
    # A client that hangs on to its connection must not hold up the end of a test.
    block_on_close = False

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.simulator = simulator

    @property
    def endpoint_url(self) -> str:
        """The address for DynamoDB and for STS."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def calls(self) -> list[Call]:
        """The simulator's log."""
        return self.simulator.calls

    @property
    def faults(self) -> Faults:
        """The simulator's faults."""
        return self.simulator.faults

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        """A client that went away, killed perhaps, is nothing to write about; anything else is our own defect."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.simulator.unknown.append(f"the server failed: {error!r}")


@contextmanager
def serve(simulator: Simulator, port: int = 0) -> Iterator[SimulatorServer]:
    """Serve on a loopback port, a free one unless given, until the block is left."""
    with SimulatorServer(simulator, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="simulator", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: SimulatorServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """One call."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # its sender was killed before the end of the request
            return
        target = self.headers.get("X-Amz-Target")
        answer = self._dynamodb if target is not None else self._sts
        try:
            status, content_type, content = answer(target or "", body)
        except ConnectionCut:
            self._cut()
            return
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-amzn-RequestId", uuid4().hex)
        self.send_header("x-amz-crc32", str(zlib.crc32(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Write nothing; the simulator has its own log."""

    def _dynamodb(self, target: str, body: bytes) -> tuple[int, str, bytes]:
        try:
            answer = self._call(target.removeprefix(TARGET), json.loads(body))
        except SimulatedError as refusal:
            space = VALIDATION if refusal.code == "ValidationException" else DYNAMODB
            answer = {"__type": space + refusal.code, "message": refusal.message, **refusal.details}
            return refusal.status, JSON, json.dumps(answer).encode()
        return 200, JSON, json.dumps(answer).encode()

    def _sts(self, _target: str, body: bytes) -> tuple[int, str, bytes]:
        form = parse_qs(body.decode())
        action = form.get("Action", ["a request without an action"])[0]
        try:
            found = self._call(action if action == IDENTITY else f"sts:{action}", {})
        except SimulatedError as refusal:
            kind, code, message = ("Sender", escape(refusal.code), escape(refusal.message))
            error = f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            return refusal.status, XML, _xml("ErrorResponse", error)
        members = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in found.items())
        return 200, XML, _xml(f"{IDENTITY}Response", f"<{IDENTITY}Result>{members}</{IDENTITY}Result>")

    def _call(self, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        credential = CREDENTIAL.search(self.headers.get("Authorization", ""))
        if credential is None:
            raise SimulatedError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
        return self.server.simulator.call(action, parameters, access_key=credential[1], connection=self.client_address)

    def _cut(self) -> None:
        """Close without an answer."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _xml(name: str, content: str) -> bytes:
    metadata = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    space = "https://sts.amazonaws.com/doc/2011-06-15/"
    return f'<{name} xmlns="{space}">{content}{metadata}</{name}>'.encode()
