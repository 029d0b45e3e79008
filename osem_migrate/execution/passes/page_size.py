"""PageSize: how many items one page of a scan may look at, so that it takes no longer than a checkpoint lasts."""

from collections.abc import Callable

from osem_migrate.schema.item_size import MAX_ITEM_BYTES

BYTES_PER_UNIT = 8192  # of a scan that need not see every write of before
FULL = 4  # pages at a time that may have the 1 MB at which DynamoDB ends a page; more of them share its 4 MB of memory
IN_MEMORY = FULL * (1 << 20) / BYTES_PER_UNIT  # units
GROWTH = 8  # small items may be followed by large ones


class PageSize:
    """Shared by the segments of a pass; what items take is learnt from the pages that were read.

    Until then each might be as large as an item can be: what DynamoDB says of a table's size may be hours old.

    Args:
        rate: units a second of the table that may be read at present; None without a limit.
        seconds: that a page may take, of all that the pass reads.
        pages: gives how many are read at a time.
    """

    def __init__(self, rate: Callable[[], float | None], *, seconds: float, pages: Callable[[], int]) -> None:
        self._rate = rate
        self._seconds = seconds
        self._pages = pages
        self._units = MAX_ITEM_BYTES / BYTES_PER_UNIT  # of an item

    def limit(self) -> int | None:
        """Items of the next page; None where nothing limits it."""
        rate = self._rate()
        if rate is None:
            return None
        pages = self._pages()
        units = rate * self._seconds if pages <= FULL else min(rate * self._seconds, IN_MEMORY)
        return max(1, int(units / pages / self._units))

    def learn(self, items: int, units: float) -> None:
        """So many items took so much; the next page expects as much of each, but grows no more than ``GROWTH`` fold."""
        if items and units:
            self._units = max(units / items, self._units / GROWTH)
