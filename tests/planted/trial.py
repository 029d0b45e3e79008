"""Trial: which test catches a bug, found out in a copy of this repository."""

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.planted.bug import TESTS, Bug, NotApplicable

PATIENCE = 1800.0  # seconds for all tests; whatever takes longer hangs
_TRIED = {0, 1, 2, 5}  # how pytest ends once it has looked for tests: 2 is a file that cannot be read, 5 none at all


class NotTried(Exception):
    """The tests did not run to their end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of a bug.

    Attributes:
        caught_by: the first test that failed; None where none did.
        trouble: why nobody knows, such as a text that is no longer there.
    """

    bug: Bug
    seconds: float
    caught_by: str | None = None
    trouble: str | None = None


@contextmanager
def copied(root: Path, revision: str | None) -> Iterator[Path]:
    """A copy of a repository in a temporary folder: its files as they are, or as they were at a revision."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        tree = Path(folder).resolve()
        if revision is not None:
            with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", revision))) as archive:
                archive.extractall(tree, filter="data")
        else:
            listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
            for name in filter(None, listed.split("\0")):
                if (root / name).is_file():
                    (tree / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(root / name, tree / name)
        yield tree


def try_bug(bug: Bug, tree: Path, *, workers: int) -> Trial:
    """Plant the bug and run its near tests, then all others where these notice nothing."""
    began = time.monotonic()
    near = [f"{TESTS}/{name}" for name in bug.near if (tree / TESTS / name).exists()]
    # This folder's own test would catch every one of them: it looks for the texts that they replace.
    rest = [TESTS, *(f"--ignore={name}" for name in (*near, f"{TESTS}/planted"))]
    caught, trouble = None, None
    try:
        with bug.planted(tree):
            caught = first_failure(tree, near) if near else None
            caught = caught or first_failure(tree, [*rest, "-n", str(workers), "--dist", "worksteal"])
    except (NotApplicable, NotTried) as reason:
        trouble = str(reason)
    return Trial(bug=bug, seconds=time.monotonic() - began, caught_by=caught, trouble=trouble)


def false_alarms(tree: Path, tests: Iterable[str]) -> frozenset[str]:
    """Of these tests, those that fail without any bug as well, and so have caught nothing."""
    listed = sorted(set(tests))
    return frozenset(_failures(_run(tree, listed))) if listed else frozenset()


def first_failure(tree: Path, arguments: Iterable[str]) -> str | None:
    """The first test that fails; None where all pass. Raises NotTried."""
    return next(iter(_failures(_run(tree, ["--maxfail=1", *arguments]))), None)


def _run(tree: Path, arguments: Iterable[str]) -> str:
    """What pytest prints; every process of it is gone afterwards."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", *arguments]
    with subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},  # before the package that is installed, in every process
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=PATIENCE)
        except BaseException as ended:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(ended, subprocess.TimeoutExpired):
                raise NotTried(f"the tests hang: nothing was known after {PATIENCE:.0f} s") from ended
            raise
    if process.returncode not in _TRIED:
        raise NotTried(f"pytest ended with {process.returncode}: {printed.strip()[-300:]}")
    return printed


def _failures(printed: str) -> list[str]:
    """Ids of the tests, or names of the files, that pytest tells of as failed."""
    lines = (line.partition(" - ")[0] for line in printed.splitlines())
    return [line.partition(" ")[2] for line in lines if line.startswith(("FAILED tests", "ERROR tests"))]


def _git(root: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True).stdout  # noqa: S607
