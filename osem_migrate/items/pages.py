"""Pages of items, of which a table may have any number."""


class Starts:
    """Where pages begin: notices when they lead in a circle, in memory that does not grow (Brent's cycle detection)."""

    def __init__(self) -> None:
        self._kept: object = None
        self._since = 0
        self._most = 1

    def repeat(self, start: object) -> bool:
        """Whether a page began there before; a circle is noticed before it is gone through three times."""
        if start == self._kept:
            return True
        self._since += 1
        if self._since == self._most:
            self._kept, self._since, self._most = start, 0, self._most * 2
        return False
