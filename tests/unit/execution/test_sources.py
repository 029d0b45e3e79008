"""Sources of items end, whatever the pages that they come in say."""

from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

from osem_migrate.aws.pass_calls import PassCalls, ScanPage
from osem_migrate.errors import AnswerEndless
from osem_migrate.execution.passes.page_size import PageSize
from osem_migrate.execution.passes.sources import ScannedItems
from osem_migrate.items.pages import Starts
from osem_migrate.schema import S, Table


@pytest.mark.parametrize("period", range(1, 9))
@pytest.mark.parametrize("before", [0, 1, 5])
def test_a_circle_of_pages_is_noticed_soon(period: int, before: int) -> None:
    """Whatever leads into it; and none is seen where there is none."""
    starts = Starts()
    asked = 0
    for asked in range(100):
        if starts.repeat(asked if asked < before else before + (asked - before) % period):
            break
    assert before + period <= asked <= 3 * (before + period)
    straight = Starts()
    assert not any(straight.repeat(number) for number in range(5000))


def test_a_scan_that_leads_in_a_circle_is_told() -> None:
    """With the endpoint, the call and the table: what answers so would let a pass go on for ever."""
    meta = SimpleNamespace(endpoint_url="http://me:secret@127.0.0.1:9")
    given: dict[str, Any] = {"guard": None, "check": None, "clock": None, "rate": None}
    calls = PassCalls(SimpleNamespace(meta=meta), physical_name="shop-dev-{}".format, **given)  # type: ignore[arg-type]
    asked: list[object] = []

    def scan(_table: str, *, start: object, **_: object) -> ScanPage:
        asked.append(start)
        return ScanPage([], 0, 0, {"id": {"S": str(len(asked) % 2)}})

    calls.scan = scan  # type: ignore[method-assign, assignment]
    step: Any = SimpleNamespace(table="Carts", after=Table("Carts", S("id")), work=SimpleNamespace(where=None))
    source = ScannedItems(
        step, calls, segments=1, consistent=True, size=PageSize(lambda: None, seconds=5, pages=lambda: 1)
    )
    with pytest.raises(AnswerEndless, match="dynamodb:Scan on shop-dev-Carts got pages without an end") as caught:
        assert len([*islice(source.pages(0, None), 50)]) < 50
    assert len(asked) < 6
    assert caught.value.details["endpoint_url"].endswith("127.0.0.1:9")
    assert "secret" not in caught.value.details["endpoint_url"]
