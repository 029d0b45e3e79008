"""Guard: asks of every request of a client whether it may still be sent, first of all and once more at the last moment.

The SDK's own repetitions are among them: a process may be stopped between two of them for longer than its lock lasts.
It may be stopped anywhere else, too: from the beginning of a request to the moment at which the socket takes it
threads wait for each other for milliseconds, so that to ask once before that is not enough.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
        # botocore has no event for what follows; its session keeps the classes of its connections.
        session: Any = client._endpoint.http_session  # type: ignore[attr-defined]  # noqa: SLF001
        pools: dict[str, Any] = session._pool_classes_by_scheme  # noqa: SLF001
        pools.update({scheme: _guarded(pool, self._ask) for scheme, pool in pools.items()})

    @contextmanager
    def asking(self, check: Callable[[], None]) -> Iterator[None]:
        """Within, ``check`` is called before each request of this thread; what it raises keeps the request back."""
        self._asked.check, self._asked.refusal = check, None
        try:
            yield
        except Exception:
            if self._asked.refusal is not None:
                raise self._asked.refusal from None  # botocore takes it for trouble with the connection
            raise
        finally:
            del self._asked.check, self._asked.refusal

    def _before_send(self, **_request: object) -> None:
        """Called by botocore in the thread that sends."""
        self._ask()

    def _ask(self) -> None:
        check: Callable[[], None] | None = getattr(self._asked, "check", None)
        if check is not None:
            try:
                check()
            except Exception as refusal:
                self._asked.refusal = refusal
                raise


def _guarded(pool: Any, ask: Callable[[], None]) -> Any:
    """The class of a pool whose connections ask before they hand anything over to their socket."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        def send(self, data: Any) -> Any:
            if self.sock is None:
                self.connect()  # which takes its time
            ask()
            return super().send(data)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
