"""Amazon's DynamoDB Local as a process that ends with whoever asked for it.

By hand: ``python -m tests.engines.dynamodb_local fetch``.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.engines.package import JAR, EngineMissing, cache_folder, fetch, is_cached
from tests.engines.ports import free_port

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
ATTEMPTS = 3


@dataclass(frozen=True)
class Server:
    """A running DynamoDB Local, behind the watcher that ends it.

    Args:
        endpoint_url: ``http://127.0.0.1:PORT``.
        pid: of the watcher; SIGTERM to it ends both.
    """

    endpoint_url: str
    pid: int

    def stop(self) -> None:
        """End the server; one that is gone already is fine."""
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            return


def start(folder: Path, log: Path, *, watch: int, options: tuple[str, ...] = ()) -> Server:
    """Start a server on a free port and return once it answers; every access key and region has its own database.

    Args:
        folder: what ``fetch`` returned.
        log: where the server's own output goes.
        watch: the process whose end also ends the server.
        options: further ones of DynamoDB Local, such as ``-delayTransientStatuses``.

    Raises:
        EngineMissing: it did not come up; the message ends with its log.
    """
    for _ in range(ATTEMPTS):
        port = free_port()
        command = [sys.executable, "-m", __name__, "serve", str(folder), str(port), str(watch), "--", *options]
        with log.open("ab") as sink:
            process = subprocess.Popen(
                command,
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        server = Server(f"http://127.0.0.1:{port}", process.pid)
        if _answers(server, process):
            # It outlives this function on purpose; without this, Popen warns when it is collected.
            process.returncode = 0
            return server
        server.stop()
        process.wait()
    raise EngineMissing(f"DynamoDB Local did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _answers(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server speaks DynamoDB before it ends or START_TIMEOUT passes."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(server.endpoint_url, timeout=5).close()  # noqa: S310 - always http to loopback
        except urllib.error.HTTPError as refusal:
            # An unsigned request is refused; the refusal's type tells DynamoDB from another server on the port.
            with refusal:
                return b"dynamodb" in refusal.read()
        except OSError:
            time.sleep(0.05)
    return False


def serve(folder: Path, port: int, watch: int, options: tuple[str, ...]) -> int:
    """Run Java until it ends, SIGTERM comes or the process ``watch`` is gone; returns Java's exit code.

    Without a watcher, a test session that is killed would leave its server behind for ever.
    """
    signal.signal(signal.SIGTERM, _exit)
    java = shutil.which("java") or "java"
    # Its compiler for programs that run for hours takes more of the processor than it saves within minutes.
    brief = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    command = [java, *brief, "-Djava.library.path=DynamoDBLocal_lib", "-jar", JAR, "-inMemory", "-disableTelemetry"]
    engine = subprocess.Popen([*command, "-port", str(port), *options], cwd=folder)
    try:
        while _alive(watch):
            try:
                return engine.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue
    finally:
        _end(engine)
    return engine.returncode


def _exit(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


def _end(engine: subprocess.Popen[bytes]) -> None:
    engine.terminate()
    try:
        engine.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def required() -> bool:
    """Whether tests must not be skipped for want of an engine: continuous integration sets CI."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def main() -> int:
    """``fetch`` fills the cache; ``serve`` is what ``start`` runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.engines.dynamodb_local")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch")
    server = commands.add_parser("serve")
    server.add_argument("folder", type=Path)
    server.add_argument("port", type=int)
    server.add_argument("watch", type=int)
    server.add_argument("options", nargs="*")
    asked = parser.parse_args()
    if asked.command == "serve":
        return serve(asked.folder, asked.port, asked.watch, tuple(asked.options))
    try:
        if shutil.which("java") and not is_cached():
            sys.stderr.write(f"Fetching DynamoDB Local into {cache_folder()}, once ...\n")
        fetch()
    except EngineMissing as reason:
        sys.stderr.write(f"{reason}; {'CI requires it' if required() else 'the tests that need it will be skipped'}.\n")
        return 1 if required() else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
