"""Conditional writes: one that collides with a transaction is sent again, one whose condition failed tells so."""

from collections.abc import Callable

from osem_migrate.aws.failures.classify import REFUSALS, Verdict, classify
from osem_migrate.errors import ConditionFailed

CONFLICT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds; a heartbeat holds the lock item for some milliseconds


def refused(
    send: Callable[[], object], *, action: str, resource: str, sleep: Callable[[float], object]
) -> Exception | None:
    """Send a write, and give the refusal of botocore's that says that its condition failed; None once it was taken.

    Args:
        send: the write; called again after a collision, which is a ConditionFailed, too, but one that passes.
        action: such as ``dynamodb:UpdateItem``.
        resource: the table.
        sleep: waits seconds between two attempts.

    Raises:
        AwsError: whatever else was refused, or not answered.
    """
    for pause in (*CONFLICT_PAUSES, None):
        try:
            send()
        except REFUSALS as refusal:
            failure = classify(refusal, action=action, resource=resource)
            if failure.verdict is Verdict.WAIT and pause is not None:
                sleep(pause)
                continue
            if failure.verdict is not Verdict.WAIT and isinstance(failure.error, ConditionFailed):
                return refusal
            raise failure.error from refusal
        break
    return None
