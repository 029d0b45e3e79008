"""The whole sweep: ``python -m tests.torture``, about ten minutes on two cores; every case has to be survived."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.torture.boundaries import Case, Disturbance, Verdict, cases, live_through_all
from tests.torture.child import children
from tests.torture.scenarios import NAMES, Scenario, scenario

WORKERS = 4  # more than cores, because a run that waits for a dead one's lease has nothing to do
PORTION = 40  # cases that share a warm process


def main(words: Sequence[str] | None = None) -> int:
    """Sweep, print the count survived of the count tried, and give 0 if that is all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Disturb every call of every run.")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"cases at once (default: {WORKERS})")
    parser.add_argument("--scenario", choices=NAMES, action="append", help="only this one; may be repeated")
    parser.add_argument("--call", type=int, help="only the call of this number")
    parser.add_argument("--every", type=int, default=1, help="only each so-many-th case (default: 1)")
    options = parser.parse_args(words)
    verdicts: list[Verdict] = []
    with (
        tempfile.TemporaryDirectory(prefix="osem-migrate-torture-") as folder,
        ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool,
    ):
        for name in options.scenario or NAMES:
            began = time.monotonic()
            scene = _rehearse(name, Path(folder, name))
            wanted = [case for case in cases(scene.calls) if options.call in (None, case.number)][:: options.every]
            found = _sweep(scene, wanted, pool)
            _report(f"{name}: {scene.calls} calls, {time.monotonic() - began:.0f} s", found)
            verdicts += found
    _report("all", verdicts)
    return 1 if any(verdict.complaints for verdict in verdicts) else 0


def _rehearse(name: str, folder: Path) -> Scenario:
    folder.mkdir()
    with children() as processes:
        return scenario(name, folder, processes)


def _sweep(scene: Scenario, wanted: Sequence[Case], pool: Executor) -> list[Verdict]:
    portions = -(-len(wanted) // PORTION)
    futures = [pool.submit(live_through_all, scene, wanted[place::portions]) for place in range(portions)]
    return [verdict for future in futures for verdict in future.result()]


def _report(title: str, verdicts: Sequence[Verdict]) -> None:
    _say(title)
    for disturbance in Disturbance:
        tried = [verdict for verdict in verdicts if verdict.case.disturbance is disturbance]
        struck = [verdict for verdict in tried if verdict.struck is not None]
        survived = sum(not verdict.complaints for verdict in struck)
        # How often a run looks whether something has settled differs a little from run to run.
        late = f" ({len(tried) - len(struck)} runs ended before that call)" if len(struck) < len(tried) else ""
        _say(f"  {disturbance:15} survived {survived:4} of {len(struck):4}{late}")
    if title == "all":
        return
    for verdict in sorted(verdicts, key=lambda verdict: verdict.case.number):
        for complaint in verdict.complaints:
            _say(f"  ! {verdict.case.disturbance}, call {verdict.case.number} ({verdict.struck}): {complaint}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
