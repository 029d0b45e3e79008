"""Fixtures of the command line: a project around the working folder, engines, and a way to run commands."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from osem_migrate.cli.main import run as run_words
from tests.cli.command_line import (
    ACCESS_KEY,
    REGION,
    SECRET_KEY,
    Applied,
    Project,
    Result,
    Run,
    Tables,
    create_project,
    tables_at,
)
from tests.engines import moto_server as moto


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of two tables and an index; the working folder."""
    project = create_project(tmp_path / "project")
    monkeypatch.chdir(project.folder)
    return project


@pytest.fixture
def tables(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """An empty moto server that every command of the test reaches."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", moto_server)
    return tables_at(moto_server)


@pytest.fixture
def run(project: Project, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line in this process, in the project's folder."""

    def run_once(*words: str) -> Result:
        capsys.readouterr()
        code = run_words(list(words))
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return run_once


@pytest.fixture(scope="session")
def _left() -> dict[object, moto.Contents]:
    return {}


@pytest.fixture
def applied(project: Project, run: Run, tables: Tables, _left: dict[object, moto.Contents]) -> Applied:
    """Upgrades where nothing but that was done before; what the same left in an earlier test is only put back."""
    begun: list[object] = []

    def apply(*words: str) -> None:
        assert begun or not tables.names()
        begun.append((words, project.texts))
        if tuple(begun) in _left:
            moto.put_back(_left[tuple(begun)])
            return
        assert run("upgrade", "-q", *words).code == 0
        _left[tuple(begun)] = moto.contents()

    return apply


@pytest.fixture
def keyboard() -> Iterator[tuple[int, int]]:
    """A terminal: the end that a person types at, and the one that is a program's standard input."""
    hand, program = os.openpty()
    yield hand, program
    os.close(hand)
    os.close(program)


@pytest.fixture
def typing(keyboard: tuple[int, int], run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command line in this process, whose standard input is a terminal at which the first word is typed."""
    hand, program = keyboard

    def run_once(typed: str, *words: str) -> Result:
        os.write(hand, typed.encode())
        with open(program, closefd=False) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            return run(*words)

    return run_once


class _Refusing(BaseHTTPRequestHandler):
    """Answers every request as AWS refuses: with the code that the first part of the path names."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        code = self.path.strip("/") or "InternalServerError"
        body = json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": f"refused: {code}"}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Keep the test's stderr to the command."""


@pytest.fixture
def refusing() -> Iterator[Callable[[str], str]]:
    """Gives the URL of an endpoint that refuses every call with an error code of AWS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield lambda code: f"http://127.0.0.1:{server.server_port}/{code}"
        server.shutdown()
        thread.join()
