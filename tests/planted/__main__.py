"""Plants every bug, one at a time, in a copy of this repository, and prints the test that catches it.

    python -m tests.planted [--only NAME]... [--revision REV] [--workers N]

Exits with 1 where a bug survives all tests, or does not apply any more.
"""

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path

from tests.planted.bug import read_bugs
from tests.planted.trial import Trial, copied, false_alarms, try_bug

ROOT = Path(__file__).parents[2]


def main(words: list[str]) -> int:
    """The exit code."""
    bugs = {bug.name: bug for bug in read_bugs()}
    parser = ArgumentParser(prog="python -m tests.planted", description="Plant bugs and see which test catches each.")
    parser.add_argument("--only", action="append", metavar="NAME", choices=bugs, help="this bug; may be repeated")
    parser.add_argument("--revision", metavar="REV", help="try the files of that commit instead of those in the folder")
    parser.add_argument("--workers", type=int, default=4, help="of all tests, where the near ones notice nothing")
    options = parser.parse_args(words)
    width = max(map(len, bugs))
    with copied(ROOT, options.revision) as tree:
        trials = []
        for name in options.only or bugs:
            trial = try_bug(bugs[name], tree, workers=options.workers)
            trials.append(trial)
            print(row(trial, width), flush=True)  # noqa: T201 - its table
        alarms = false_alarms(tree, [trial.caught_by for trial in trials if trial.caught_by is not None])
    missed = [trial.bug.name for trial in trials if trial.caught_by is None or trial.caught_by in alarms]
    for test in sorted(alarms):
        print(f"{test} fails without any bug, too")  # noqa: T201
    print(f"{len(trials) - len(missed)} of {len(trials)} caught; not caught: {', '.join(missed) or 'none'}")  # noqa: T201
    return 1 if missed else 0


def row(trial: Trial, width: int) -> str:
    """One line of the table: bug, file, test, seconds."""
    test = trial.caught_by or f"NOT CAUGHT{f' ({trial.trouble})' if trial.trouble else ''}"
    return f"{trial.bug.name:<{width}}  {trial.bug.file:<32}  {trial.seconds:6.1f} s  {test}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the copy goes, and so do the tests in it
    sys.exit(main(sys.argv[1:]))
