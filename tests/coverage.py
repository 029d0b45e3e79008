"""Coverage of the package by SlipCover, as a plugin of pytest: ``-p tests.coverage``, on as many workers as there are.

A tracer doubles what a test takes; SlipCover takes its probes out again once they have been seen. It is started here
and not by its own command, because that one instruments the tests as well.
"""

import argparse
import json
import os
import pkgutil
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import slipcover

from tests import preinstrumented
from tests.workers import begun_elsewhere, worker_of

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["slipcover"]
(PACKAGE,) = SETTINGS["source"]

# How often a probe is met before it is taken out: for that, SlipCover searches the whole package, which takes longer.
MET = 2000

_measured = slipcover.Slipcover(
    branch=True, source=SETTINGS["source"], exclude_also=SETTINGS["exclude-also"], d_miss_threshold=MET
)
_of_all: list[dict[str, Any]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Measure from here on, before a conftest imports the package, and only where tests run."""
    if not _is_controller(early_config.known_args_namespace):
        preinstrumented.measure(_measured, PACKAGE)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import the whole package where tests run: what a module runs once counts, whoever needs it first."""
    if _is_controller(session.config.option):
        return
    package = import_module(PACKAGE)
    names = [module.name for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
    preinstrumented.compile_share(names, *worker_of(session.config))
    for name in begun_elsewhere(names, session.config):
        import_module(name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker saw to its controller; fail the session if too little of the package ran."""
    handed: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if handed is not None:
        handed["coverage"] = json.dumps(_measured.get_coverage())
    elif session.exitstatus == pytest.ExitCode.OK and _percent(_merged()) < SETTINGS["fail-under"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist saw; one that was killed has nothing to give."""
    if text := getattr(node, "workeroutput", {}).get("coverage"):
        _of_all.append(json.loads(text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the files of which something did not run; what a worker would print, nobody reads."""
    if hasattr(terminalreporter.config, "workeroutput"):
        return
    merged = _merged()
    slipcover.print_coverage(merged, outfile=terminalreporter._tw._file, missing_width=60, skip_covered=True)
    percent, wanted = _percent(merged), SETTINGS["fail-under"]
    terminalreporter.line(f"coverage: {percent:.2f} % of lines and branches; {wanted} % are required")


def _is_controller(options: argparse.Namespace) -> bool:
    """Whether this process leaves the tests to workers of xdist, who are started with the same arguments."""
    return bool(getattr(options, "numprocesses", None)) and "PYTEST_XDIST_WORKER" not in os.environ


@cache
def _merged() -> dict[str, Any]:
    """Of all workers, or of this process where there is none; at the end of the session, for it takes seconds."""
    merged, *others = _of_all or [_measured.get_coverage()]
    for seen in others:
        slipcover.merge_coverage(merged, seen)
    return merged


def _percent(coverage: dict[str, Any]) -> float:
    return float(coverage["summary"]["percent_covered"])
