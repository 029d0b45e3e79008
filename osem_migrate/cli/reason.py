"""The option ``--reason``: why somebody repairs by hand, in one line of the log."""

from typing import Any

import click
from click.types import StringParamType

MAX_REASON = 1000


class Reason(StringParamType):
    """A sentence; line breaks become blanks, and what a terminal would obey is refused."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The sentence, or fail as click does."""
        text = " ".join(str(value).split())
        if not text or not text.isprintable():
            self.fail("a sentence is needed, without control characters.", param, ctx)
        if len(text) > MAX_REASON:
            self.fail(f"it has {len(text)} characters; there is room for {MAX_REASON}.", param, ctx)
        return text


reason_option = click.option("--reason", type=Reason(), metavar="TEXT", help="Why, for the log (osem-migrate history).")
