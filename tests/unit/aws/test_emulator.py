"""Emulators, recognised by their answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from osem_migrate.aws import emulator
from osem_migrate.aws.emulator import recognise

NO_TOKEN = b'{"__type":"com.amazonaws.dynamodb.v20120810#MissingAuthenticationToken","Message":"..."}'


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes, pages: int = 404) -> Iterator[str]:
    """The address of a server that gives this answer to GET /, and a status to every other path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status if self.path == "/" else pages)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_engines_that_can_be_run_here_are_recognised(dynamodb_local: str, moto_server: str) -> None:
    """By what they really answer."""
    assert recognise(dynamodb_local) == "DynamoDB Local"
    assert recognise(f"{moto_server}/") == "moto"


@pytest.mark.parametrize(
    ("status", "headers", "body", "pages", "engine"),
    [
        (200, {"x-localstack": "2026.3.1", "Server": "TwistedWeb/24.3.0"}, b"", 404, "LocalStack"),
        (200, {"Server": "Server"}, b"healthy: dynamodb.us-east-1.amazonaws.com ", 404, None),
        (400, {"Server": "Jetty(12.1)"}, NO_TOKEN, 404, "DynamoDB Local"),
        (400, {"Server": "Jetty(12.1)"}, b"nothing here", 404, None),
        (400, {"Server": "nginx"}, NO_TOKEN, 404, None),
        (200, {"Server": "amazon.com"}, b"{}", 200, "moto"),
        (200, {"Server": "amazon.com"}, b"{}", 404, None),
        (200, {"Server": "amazon.com"}, b"<html>", 200, None),
    ],
)
def test_only_an_answer_without_doubt_counts(
    status: int, headers: dict[str, str], body: bytes, pages: int, engine: str | None
) -> None:
    """Whatever may lead to AWS is treated as AWS."""
    with answering(status, headers, body, pages) as url:
        assert recognise(url) == engine


def test_nobody_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is left to the first call, which explains it; a host of AWS is not even asked."""
    with answering(200, {}, b"") as url:
        pass
    assert recognise(url) is None
    monkeypatch.setattr(emulator, "_get", lambda _url: pytest.fail("asked"))
    assert recognise("https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com") is None
