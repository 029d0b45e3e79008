"""Attempts: which refusals are tried again, how long the pauses are, and what gives up at once."""

from typing import Any

import pytest

from osem_migrate.access.attempts import Retries, is_transient, may_be_applied
from osem_migrate.errors import (
    AccessDenied,
    AnswerUnreadable,
    ArgumentInvalid,
    AwsError,
    ConditionFailed,
    EndpointUnreachable,
    RequestInvalid,
    ServiceFailed,
    Throttled,
)

CONFLICT, CONDITION = "TransactionConflictException", "ConditionalCheckFailedException"


@pytest.mark.parametrize(
    ("error", "transient", "applied"),
    [
        (Throttled(""), True, False),
        (ServiceFailed(""), True, True),
        (AnswerUnreadable(""), True, True),
        (EndpointUnreachable("", sdk_error="ReadTimeoutError"), True, True),
        (EndpointUnreachable("", sdk_error="ConnectionClosedError"), True, True),
        (EndpointUnreachable("", sdk_error="ConnectTimeoutError"), True, False),
        (EndpointUnreachable("", sdk_error="EndpointConnectionError"), True, False),
        (EndpointUnreachable("", sdk_error="SSLError"), False, True),
        (EndpointUnreachable("", sdk_error="ProxyConnectionError"), False, True),
        (ConditionFailed("", aws_code=CONFLICT), True, False),
        (ConditionFailed("", aws_code=CONDITION), False, False),
        (AccessDenied(""), False, False),
        (RequestInvalid(""), False, False),
    ],
)
def test_which_are_tried_again(error: AwsError, transient: bool, applied: bool) -> None:  # noqa: FBT001 - a table's columns
    """What passes by itself; and of those, what may have taken effect."""
    assert (is_transient(error), may_be_applied(error)) == (transient, applied)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"attempts": 0}, "attempts takes 1 or more, not 0"),
        ({"attempts": 1.5}, "attempts takes a whole number"),
        ({"base": -1}, "base takes seconds from 0 on, not -1"),
        ({"base": "x"}, "base takes a number"),
        ({"cap": float("nan")}, "cap takes seconds from 0 on, not nan"),
        ({"cap": float("inf")}, "cap takes seconds from 0 on, not inf"),
        ({"clock": None}, "clock takes Clock"),
    ],
)
def test_retries_that_could_not_be_carried_out(arguments: dict[str, Any], says: str) -> None:
    """They are refused when they are made, and not when a request is first throttled."""
    with pytest.raises(ArgumentInvalid, match=f"^Retries: {says}"):
        Retries(**arguments)


def test_pauses_after_very_many_requests() -> None:
    """No number overflows."""
    assert Retries(cap=5.0, random=lambda: 1.0).pause(5000) == 5.0


def test_pauses_grow_up_to_a_cap_and_are_random_from_nothing_on() -> None:
    """Full jitter: anything between none and twice the last longest one."""
    longest = Retries(base=0.1, cap=1.0, random=lambda: 1.0)
    assert [longest.pause(attempt) for attempt in (1, 2, 3, 4, 5, 90)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert Retries(random=lambda: 0.0).pause(5) == 0.0
    assert len({Retries().pause(4) for _ in range(9)}) > 1
