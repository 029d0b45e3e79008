"""ChildProcesses: runs in processes of their own, which may be killed at any moment; forked from one that is warm.

A child lives on a faster clock, the pauses of the SDK included, so that minutes are seconds.
"""

import gc
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint

from osem_migrate import DowngradeOptions, UpgradeOptions
from osem_migrate.aws import session
from osem_migrate.clock import Clock
from osem_migrate.config import Project
from osem_migrate.deployment import locked
from osem_migrate.errors import OsemMigrateError
from osem_migrate.migrator import Migrator
from tests.engines.service_files import read_once
from tests.simulator.simulator import REGION

PACE = 16.0
"""Seconds of a child, and of its AWS, in a real one."""

LEASE_SECONDS = 50.0
"""Of a child's lock: a busy machine may keep a heartbeat waiting for seconds, and those pass quickly here."""

DEFECT = 70
"""The exit code of a child that ended with an exception that is none of ours."""

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Command:
    """A method of Migrator with its arguments, as it would be typed."""

    method: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code, or the signal that killed it as a negative number, and its final message."""

    code: int
    words: str


class ChildProcesses:
    """Runs commands one after the other, each in a fresh process."""

    def __init__(self, processes: "subprocess.Popen[str]") -> None:
        """Use ``children`` instead."""
        self._processes = processes

    def run(self, command: Command, project: Path, endpoint_url: str, *, pid: "Future[int] | None" = None) -> Ended:
        """Run a command to its end, however that comes about; ``pid`` is told the process as soon as there is one."""
        order = {"method": command.method, "arguments": command.arguments, "project": str(project), "url": endpoint_url}
        assert self._processes.stdin is not None
        self._processes.stdin.write(json.dumps(order) + "\n")
        self._processes.stdin.flush()
        started = self._answer()
        if pid is not None:
            pid.set_result(started["pid"])
        ended = self._answer()
        return Ended(ended["code"], ended["words"])

    def _answer(self) -> dict[str, Any]:
        assert self._processes.stdout is not None
        answer: dict[str, Any] = json.loads(self._processes.stdout.readline() or '{"code": null}')
        return answer


@contextmanager
def children() -> Iterator[ChildProcesses]:
    """A warm process that forks children until the block is left."""
    # Coverage measures what the tests run themselves; in here it would only take time.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OSEM_", "COVERAGE_"))}
    words = [sys.executable, "-m", "tests.torture.child"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, cwd=ROOT, env=environ, text=True) as processes:
        yield ChildProcesses(processes)
        assert processes.stdin is not None
        processes.stdin.close()


def main() -> None:
    """Fork a child for each order that stdin brings; has no threads of its own, so that forking is safe."""
    _warm()
    for line in sys.stdin:
        order = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            os._exit(_live(order, writer))
        os.close(writer)
        _tell({"pid": pid})
        with os.fdopen(reader) as pipe:
            words = pipe.read()
        _tell({"code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "words": words})


def _tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _warm() -> None:
    """Read botocore's files, for which it needs a client of each kind, and pass its time at our pace."""
    read_once()
    opened = session.Session.open(region=REGION, environ={})
    for service in ("dynamodb", "sts"):
        opened._core.create_client(
            service, region_name=REGION, aws_access_key_id="AKIASIMULATED", aws_secret_access_key="simulated"
        )
    setattr(locked, "LEASE_SECONDS", LEASE_SECONDS)  # noqa: B010 - mypy knows it as a constant
    gc.freeze()  # what is shared stays shared
    clock = Clock.at_pace(PACE)
    setattr(botocore.endpoint, "time", SimpleNamespace(sleep=clock.sleep))  # noqa: B010 - the SDK's own pauses


def _live(order: dict[str, Any], writer: int) -> int:
    os.environ |= {
        "AWS_ENDPOINT_URL_DYNAMODB": order["url"],
        "AWS_ENDPOINT_URL_STS": order["url"],
        "AWS_ACCESS_KEY_ID": "AKIASIMULATED",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    words = ""
    try:
        project = Project.find(Path(order["project"]), environ={})
        migrator = Migrator.open("dev", project=project, clock=Clock.at_pace(PACE))
        options = {"upgrade": UpgradeOptions, "downgrade": DowngradeOptions}[order["method"]]
        getattr(migrator, order["method"])(options(**order["arguments"]))
        code = 0
    except OsemMigrateError as error:
        code, words = int(error.exit_code), f"{error.code}: {error.message}"
    except BaseException:  # noqa: BLE001 - whatever it is, the test has to hear of it
        code, words = DEFECT, traceback.format_exc()
    os.write(writer, words.encode()[:60_000])
    return code


if __name__ == "__main__":
    main()
