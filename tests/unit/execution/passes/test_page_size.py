"""Pages take no longer to read than the rate allows for, whatever the size of items."""

import pytest

from osem_migrate.execution.passes.page_size import BYTES_PER_UNIT, IN_MEMORY, PageSize

SECONDS, PAGES = 5.0, 4


def sizes(rate: float | None) -> PageSize:
    """Of four pages at a time, which are to take five seconds together."""
    return PageSize(lambda: rate, seconds=SECONDS, pages=lambda: PAGES)


@pytest.mark.parametrize("rate", [1, 40, 1000, 100_000])
@pytest.mark.parametrize("units", [0.01, 0.125, 1, 50])
def test_pages_fit_the_rate(rate: float, units: float) -> None:
    """From the first one on, which knows nothing of the items; unless one item alone takes longer."""
    size = sizes(rate)
    for _ in range(30):
        limit = size.limit()
        assert limit is not None
        assert limit == 1 or limit * units * PAGES <= rate * SECONDS * 1.01
        size.learn(limit, limit * units)
    assert limit == pytest.approx(max(1, int(rate * SECONDS / PAGES / units)), abs=1)


def test_many_pages_share_the_memory_of_a_few() -> None:
    """However high the rate: each may have 1 MB while there are four, a fourth of that with sixteen."""
    count = 16
    size = PageSize(lambda: 1_000_000, seconds=SECONDS, pages=lambda: count)
    for _ in range(10):
        size.learn(1, 1)
    assert size.limit() == IN_MEMORY / 16
    count = 4
    limit = size.limit()
    assert limit is not None
    assert limit * BYTES_PER_UNIT > 1 << 20


def test_larger_items_further_on_make_pages_smaller() -> None:
    """What was learnt is not for ever."""
    size = sizes(100)
    for units, wanted in ((0.1, 1250), (10, 12)):
        for _ in range(4):
            size.learn(10, 10 * units)
        assert size.limit() == pytest.approx(wanted, rel=0.01)


def test_small_items_are_no_promise() -> None:
    """A page grows eightfold at most, for those behind it may be large."""
    size = sizes(100)
    limits = [size.limit()]
    for _ in range(3):
        size.learn(1, 0.005)
        limits.append(size.limit())
    assert limits == [2, 20, 160, 1280]


def test_without_a_rate_a_page_is_as_long_as_may_be() -> None:
    """As on an engine on this machine, which may not say either what a page took."""
    size = sizes(None)
    size.learn(10, 0.0)
    assert size.limit() is None
    assert sizes(100).limit() == 2, "each might be of 400 KB"
