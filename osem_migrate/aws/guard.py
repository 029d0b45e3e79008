"""Guard: asks before every request of a client whether it may still be sent.

The SDK's own repetitions are among them: a process may be stopped between two of them for longer than its lock lasts.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Guard:
    """Of one client; threads have questions of their own.

    Args:
        client: boto3's client.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._asked = threading.local()
        client.meta.events.register("before-send.dynamodb", self._before_send)

    @contextmanager
    def asking(self, check: Callable[[], None]) -> Iterator[None]:
        """Within, ``check`` is called before each request of this thread; what it raises keeps the request back."""
        self._asked.check = check
        try:
            yield
        finally:
            del self._asked.check

    def _before_send(self, **_request: object) -> None:
        """Called by botocore in the thread that sends."""
        check: Callable[[], None] | None = getattr(self._asked, "check", None)
        if check is not None:
            check()
