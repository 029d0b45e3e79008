"""``osem-migrate lint`` over 14 and 1,000 scripts, with git and without: python benchmarks/bench_lint.py.

Each measurement is a process of its own, with the start of Python and with git; the best of three counts, because
whatever else the machine does can only add to it. The scripts are those of ``bench_loading``.

Exits 1 when 1,000 scripts take more than ``LIMIT`` seconds.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench_loading import write_scripts

PROGRAM = Path(sys.executable).with_name("osem-migrate")
ROUNDS = 3
LIMIT_SIZE, LIMIT = 1_000, 3.0
CONFIGURATION = """
[tool.osem-migrate]
application = "bench"
[tool.osem-migrate.environments.dev]
[tool.osem-migrate.environments.staging]
[tool.osem-migrate.environments.prod]
protected = true
"""
IDENTITY = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def create_project(folder: Path, count: int) -> None:
    """A repository with one commit, which has none of the scripts."""
    (folder / "migrations").mkdir()
    (folder / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "pyproject.toml"], ["commit", "--quiet", "--message", "begin"]):
        subprocess.run(["git", *words], cwd=folder, env=os.environ | IDENTITY, check=True)  # noqa: S607
    write_scripts(folder / "migrations", count)


def measured(folder: Path, words: Sequence[str], count: int) -> float:
    """Seconds of the best of ``ROUNDS``."""
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        done = subprocess.run([PROGRAM, "lint", *words], cwd=folder, capture_output=True, text=True, check=False)
        found.append(time.perf_counter() - begun)
        assert f"in {count} scripts." in done.stdout, done.stdout + done.stderr
    return min(found)


def main() -> int:
    """Print a line a measurement; the exit code says whether the limit is kept."""
    complaints = []
    print(f"{'scripts':>8} {'seconds':>8}  options")
    for count, words in ((14, ()), (14, ("--git-base", "HEAD")), (1_000, ()), (1_000, ("--git-base", "HEAD"))):
        with tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
            create_project(Path(folder), count)
            taken = measured(Path(folder), words, count)
        print(f"{count:>8,} {taken:>8.3f}  {' '.join(words)}", flush=True)
        if count == LIMIT_SIZE and taken > LIMIT:
            complaints.append(f"{count:,} scripts take {taken:.2f} s; the limit is {LIMIT:g} s")
    for complaint in complaints:
        print(f"✗ {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
