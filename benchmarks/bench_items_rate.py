"""The rate of a pass, as an account sees it: python benchmarks/bench_items_rate.py.

The simulator answers in this process; its clock skips the time in which every thread sleeps. Counted are the units of
the writes that arrive from the tenth second on, as the simulator charges them. Exits 1 when they are further from the
rate than the limit.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.doubles.pass_site import FULL_NAME, USERS, PassSite  # noqa: E402 - a script finds its repository by itself

RATE, LIMIT = 100, 0.05
SETTLED, COUNTED = 10.0, 20.0  # seconds
ITEMS = int(RATE * (SETTLED + COUNTED) * 1.1)
SEGMENTS = (1, 8, 64)


def kept_rate(segments: int) -> float:
    """Units a second of writes, once the pass has found its pace."""
    with (
        tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder,
        PassSite.standing(Path(folder), ITEMS) as site,
    ):
        site.declare(FULL_NAME.replace("segments=4", f"segments={segments}, verify=False")).upgrade(item_rate=RATE)
        calls = [call for call in site.site.aws.simulator.calls if call.action == "UpdateItem" and call.table == USERS]
    assert len(calls) == ITEMS
    begin = calls[0].at + SETTLED
    return sum(begin <= call.at < begin + COUNTED for call in calls) / COUNTED


def main() -> int:
    """Print a line for each number of segments; the exit code says whether all keep the rate."""
    missed = False
    print(f"{'segments':>8} {'units/s':>8}   ({RATE} within {LIMIT:.0%}, from {SETTLED:.0f} s on)")
    for segments in SEGMENTS:
        found = kept_rate(segments)
        kept = abs(found - RATE) <= RATE * LIMIT
        missed = missed or not kept
        print(f"{segments:>8} {found:>8.1f}{'' if kept else '  ✗ missed'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
