"""The body of an answer to botocore that came through no socket."""

import io
from collections.abc import Iterator
from typing import Any


class RawAnswer(io.BytesIO):
    """Bytes as urllib3 would stream them."""

    def stream(self, **_options: Any) -> Iterator[bytes]:
        """All at once."""
        yield self.read()
