"""How fast a pass over items may read and write, in units a second."""

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetBilling

ON_DEMAND = 1000.0
"""Units a second of an on-demand table, which has 250 for each of four segments: a partition takes 1,000."""
PORTION = 0.25
"""Of what is provisioned; the rest is the application's."""
PROCESS_WRITES, PROCESS_ITEMS = 1000.0, 25_000.0
"""Items a second that one process writes, and looks at, at most, whatever the rate: what a core does with Python and
botocore, by benchmarks/bench_items.py."""


def rate_limit(said: int | None, live: LiveTable, side: str, index: str | None) -> float | None:
    """Of a table, or of one of its indexes; None without a limit, as on an engine on this machine.

    Args:
        said: what somebody asked for; None lets the table decide: a quarter of what it, or the index, has provisioned
            or may take at most, so that the application keeps most of it.
        live: the table.
        side: ``read`` or ``write``.
        index: by its name; None for the table itself.
    """
    if said is not None:
        return float(said)
    if live.emulated or live.table is None:
        return None
    if index is None:
        throughput = SetBilling.of(live.table).throughput
    else:
        found = next((one for one in live.table.indexes if one.name == index), None)
        throughput = found.throughput if found is not None else None
    units: int | None = getattr(throughput, side, None)
    return ON_DEMAND if units is None else max(1.0, units * PORTION)
