"""An example in a temporary folder, as a project of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.documentation.checkout import BIN
from tests.documentation.shown import ROOT

EXAMPLES = ROOT / "examples"
LEFT_OVER = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info", "build", "dist")


def copied(name: str, folder: Path) -> Path:
    """Copy the files of an example, but not what its tests and tools left behind."""
    return Path(shutil.copytree(EXAMPLES / name, folder / name, ignore=LEFT_OVER))


def run_tests(project: Path, *options: str, environ: Mapping[str, str] | None = None) -> str:
    """What pytest prints of a project's tests, all of which have to pass; its osem-migrate is that of this folder."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or each worker would compile all that it imports anew
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.engines.service_files", *options],
        cwd=project,
        env={**kept, "PATH": path, "PYTHONPATH": str(ROOT), **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
