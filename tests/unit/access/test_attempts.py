"""Attempts: which refusals are tried again, how long the pauses are, and what gives up at once."""

import pytest

from osem_migrate.access.attempts import Retries, is_transient, may_be_applied
from osem_migrate.errors import (
    AccessDenied,
    AnswerUnreadable,
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


def test_pauses_grow_up_to_a_cap_and_are_random_from_nothing_on() -> None:
    """Full jitter: anything between none and twice the last longest one."""
    longest = Retries(base=0.1, cap=1.0, random=lambda: 1.0)
    assert [longest.pause(attempt) for attempt in (1, 2, 3, 4, 5, 90)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert Retries(random=lambda: 0.0).pause(5) == 0.0
    assert len({Retries().pause(4) for _ in range(9)}) > 1
