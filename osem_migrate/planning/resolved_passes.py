"""Resolved passes: what becomes of the passes of a migration over items once somebody has said what became of it."""

from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.advice import command
from osem_migrate.planning.items import PassCondition, PassStatus
from osem_migrate.planning.pass_advice import pass_advice, pass_stands
from osem_migrate.planning.resolution import Resolution


class PassFuture(StrEnum):
    """What the next run does with a pass: nothing, as it is over or was given up; all of it; or the rest of it."""

    DONE = "done"
    ABANDONED = "abandoned"
    ANEW = "begins anew"
    GOES_ON = "goes on"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPass:
    """A pass of a migration that was resolved. No item was looked at, and none was written.

    Attributes:
        status: how it stood before.
        resolution: what was said of the migration.
        is_declared: whether its script goes through the items by itself: ``--check-items`` may have asked for it.
    """

    status: PassStatus
    resolution: Resolution
    is_declared: bool

    @property
    def future(self) -> PassFuture:
        """What the next run does with it."""
        condition = self.status.condition
        if self.resolution is Resolution.REVERTED:
            return PassFuture.ANEW if self.is_declared else PassFuture.ABANDONED
        if condition is PassCondition.DONE:
            return PassFuture.DONE
        gives_up = self.resolution is Resolution.APPLIED or condition is PassCondition.ABANDONED
        return PassFuture.ABANDONED if gives_up else PassFuture.GOES_ON

    @property
    def failures_forgotten(self) -> int:
        """How many items that it has set aside no command names any more, once the next run has begun it anew."""
        return len(self.status.state.failures) if self.future is PassFuture.ANEW else 0

    @property
    def before(self) -> str:
        """``the pass of 0002_full_name over the items of osem-dev-Users is over; 20 examined, 20 changed``."""
        status = self.status
        least = "at least " if status.is_short else ""
        return f"{pass_stands(status)}; {status.examined:,} examined, {least}{status.changed:,} changed"

    @property
    def after(self) -> str:
        """What stays, what is forgotten, and what to type, a line each."""
        return "\n".join(filter(None, [self._items(), self._failures(), self._next()]))

    def _items(self) -> str:
        count = self.status.changed
        if not count and not self.status.is_short:
            return "No item was changed by it."
        least = "at least " if self.status.is_short else ""
        text = (
            f"{least}{count:,} {'item' if count == 1 else 'items'} changed by it {'stays' if count == 1 else 'stay'} so"
        )
        note = {
            Resolution.REVERTED: "; nothing takes that back",
            Resolution.ACCEPT_CHECKSUM: ", by the script as it was",
        }.get(self.resolution, "")
        return f"{text[0].upper()}{text[1:]}{note}."

    def _failures(self) -> str:
        count = len(self.status.state.failures)
        if not count or self.future is PassFuture.GOES_ON:
            return ""
        forgotten = self.future is PassFuture.ANEW
        fate = "the next run forgets that" if forgotten else "no run tries that again"
        look = f"See what failed{', before that,' if forgotten else ''} with: {command('items', 'failures')}"
        return f"{count:,} {'item is' if count == 1 else 'items are'} set aside; {fate}. {look}"

    def _next(self) -> str:
        if self.future is PassFuture.ANEW:
            return f"The next run goes through all items again: {command('upgrade')}"
        if self.future is PassFuture.GOES_ON:
            return pass_advice(self.status)
        if self.future is PassFuture.DONE or self.resolution is not Resolution.APPLIED:
            return ""
        return f"No run goes on with it. Change what it has left by a new script: {command('new', 'TITLE')}"
