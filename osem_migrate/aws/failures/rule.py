"""One kind of refusal as a value: how to recognise it, which of our errors it is, and what to do about it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.errors import AwsError


class Verdict(StrEnum):
    """What to do about a refusal.

    WAIT: transient, the same call may succeed later. DESCRIBE: possibly our own earlier success, or an equal
    change by another, so describe the table before failing. UNSUPPORTED: the endpoint does not know the call.
    GIVE_UP: permanent.
    """

    WAIT = "wait"
    DESCRIBE = "describe"
    UNSUPPORTED = "unsupported"
    GIVE_UP = "give-up"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of a table: any of ``codes``, with a text that begins like ``text``, in answer to any of ``calls``.

    Args:
        codes: error codes, HTTP statuses (``503``, ``5xx``) or names of SDK exception classes; ``*`` is every other.
        text: regular expression for the beginning of the text, in any case; empty fits all.
        error: the class it becomes.
        verdict: what to do about it.
        says: continues a sentence whose subject is the call.
        remedy: instead of the class's own; may name {action}, {resource}, {principal} and {reason}.
        calls: operations (``CreateTable``) it is limited to; empty means all.
    """

    codes: tuple[str, ...]
    text: str
    error: type[AwsError]
    verdict: Verdict
    says: str
    remedy: str | None = None
    calls: tuple[str, ...] = ()

    def fits(self, code: str, text: str, call: str) -> bool:
        """Whether this row speaks of ``code`` and ``text`` in answer to the operation ``call``."""
        if code not in self.codes or (self.calls and call not in self.calls):
            return False
        return re.match(self.text, text, re.IGNORECASE | re.DOTALL) is not None


def first_fit(table: tuple[Refusal, ...], codes: tuple[str, ...], text: str, call: str) -> Refusal:
    """The first row of ``table`` that fits the first of ``codes`` for which there is one.

    Raises:
        LookupError: the table has no row for any of them; every table of this package ends with one for ``*``.
    """
    for code in codes:
        for row in table:
            if row.fits(code, text, call):
                return row
    raise LookupError(codes)
