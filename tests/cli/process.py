"""The command line as a process of its own, as people and pipelines start it, and whatever a test does to it."""

import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.cli.command_line import Result
from tests.doubles.warm import WARM

PROGRAM = Path(sys.executable).with_name("osem-migrate")
PATIENCE = 120.0


@dataclass(frozen=True)
class Loaded(Result):
    """The same, and the modules that the process had loaded by then."""

    modules: frozenset[str]


class Running:
    """A command line at work: the console script, in a process forked from one that has imported the package.

    It has its own working folder, environment, arguments, standard streams and signals like any other process. What
    an interpreter does itself when it starts and ends is not as in a real one; for that there is ``run_installed``.
    """

    def __init__(self, process: ForkServerProcess, out: Path, err: Path) -> None:
        """Use ``running`` instead."""
        self._process = process
        self._out = out
        self._err = err

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._process.exitcode is not None

    @property
    def told(self) -> str:
        """What it has said on standard error so far."""
        return self._err.read_text(encoding="utf-8", errors="replace")  # half a character may be on its way

    def wait_for(self, text: str) -> None:
        """Return once it has said that on standard error."""
        until = time.monotonic() + PATIENCE
        has_time = True
        while has_time:
            has_time = not self.has_ended and time.monotonic() < until
            if text in self.told:
                return
            time.sleep(0.01)
        raise AssertionError(f"it did not say {text!r}, but:\n{self.told}")

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is over."""
        if not self.has_ended:
            assert self._process.pid is not None
            os.kill(self._process.pid, number)

    def wait(self) -> Result:
        """What it said until its end; the code is negative when a signal ended it."""
        self._process.join(PATIENCE)
        code = self._process.exitcode
        assert code is not None, f"it does not end; it said:\n{self.told}"
        return Result(code, self._out.read_text(encoding="utf-8"), self.told)


@contextmanager
def running(
    *words: str, environ: Mapping[str, str] | None = None, stdin: int | None = None, stderr: int | None = None
) -> Iterator[Running]:
    """Start a command line, and leave nothing of it behind.

    Args:
        words: what is typed after ``osem-migrate``.
        environ: added to this process's own.
        stdin: the terminal that is its standard input, as this process has it open; without one, it is empty.
        stderr: the same of its standard error; without one, ``told`` has what it says there.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as files:
        out, err = Path(folder, "out"), Path(folder, "err")
        if stdin is None:
            stdin = files.enter_context(Path(os.devnull).open()).fileno()
        errors = files.enter_context(err.open("w")).fileno()
        numbers = (stdin, files.enter_context(out.open("w")).fileno(), errors if stderr is None else stderr)
        streams = [Connection(os.dup(number)) for number in numbers]
        process = WARM.Process(target=_live, args=(words, {**os.environ, **(environ or {})}, streams))
        process.start()
        for stream in streams:
            stream.close()
        try:
            yield Running(process, out, err)
        finally:
            process.kill()
            process.join()


def run_process(*words: str, environ: Mapping[str, str] | None = None, stdin: int | None = None) -> Result:
    """Run a command line to its end; see ``running``."""
    with running(*words, environ=environ, stdin=stdin) as process:
        return process.wait()


def run_installed(*words: str, environ: Mapping[str, str] | None = None, **options: Any) -> Result:
    """Run the console script to its end as it is installed, for what the interpreter has its part in: streams, locale.

    ``environ`` is added to this process's own; the ``options`` are those of ``subprocess.run``.
    """
    environment = {**os.environ, **(environ or {})}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        streams: dict[str, Any] = {"stdout": out, "stderr": err, "stdin": subprocess.DEVNULL, **options}
        done = subprocess.run([PROGRAM, *words], env=environment, check=False, timeout=120, **streams)
        out.seek(0)
        err.seek(0)
        return Result(done.returncode, out.read(), err.read())


_IN_TURN = """
import json, shlex, sys
from osem_migrate.cli.main import run
for line in sys.argv[1:]:
    code = run(shlex.split(line))
    print(end=f"\\x1e{json.dumps([code, *sys.modules])}\\x1e")
    print(end="\\x1e", file=sys.stderr, flush=True)
"""


def run_in_turn(*lines: str, environ: Mapping[str, str] | None = None) -> list[Loaded]:
    """Run several command lines in one new interpreter; ``environ`` is added to this process's own.

    For what only a new interpreter shows: the modules that a command loads, and how it begins in a locale.
    """
    environment = {**os.environ, **(environ or {})}
    command = [sys.executable, "-c", _IN_TURN, *lines]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    said = done.stdout.split("\x1e")
    told = zip(said[::2], said[1::2], done.stderr.split("\x1e"), strict=False)  # after the last one comes nothing
    ends = [(json.loads(end), out, err) for out, end, err in told]
    return [Loaded(code, out, err, frozenset(modules)) for (code, *modules), out, err in ends]


def _live(words: tuple[str, ...], environ: dict[str, str], streams: Sequence["Connection[Any, Any]"]) -> None:
    """What the process does."""
    os.environ.clear()
    os.environ.update(environ)
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    # As an interpreter opens them, for as long as the process lives.
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = [str(PROGRAM), *words]
    runpy.run_path(str(PROGRAM), run_name="__main__")
