"""PassCalls: a request that is sent again is held back meanwhile, whatever for."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.aws.pass_calls import PassCalls
from tests.simulator.clock import VirtualClock


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalServerError"])
def test_what_is_sent_again_is_not_slow_for_want_of_threads(code: str) -> None:
    """More of them would be throttled more."""
    clock, asked = VirtualClock(), list[float]()
    rate = ItemRate(clock.clock, lambda _side, _index: 100.0)

    def get_item(**_: object) -> dict[str, Any]:
        asked.append(clock.monotonic())
        if len(asked) < 4:
            raise ClientError({"Error": {"Code": code, "Message": "later"}}, "GetItem")
        return {"Item": {"id": {"S": "u1"}}}

    calls = PassCalls(
        cast("Any", SimpleNamespace(get_item=get_item)),
        cast("Any", SimpleNamespace(asking=nullcontext)),
        check=lambda: None,
        physical_name=str,
        clock=clock.clock,
        rate=rate,
    )
    assert calls.get("Users", {"id": {"S": "u1"}}) == {"id": {"S": "u1"}}
    assert asked[-1] - asked[0] == pytest.approx(0.1 + 0.2 + 0.4)
    assert rate.waited == pytest.approx(asked[-1] - asked[0])
    assert rate.taken(Side.READ) == 0
