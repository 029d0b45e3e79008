"""ItemHandler: one item at a time: decides, writes, and decides anew where somebody else was faster."""

from collections.abc import Sequence
from enum import StrEnum

from osem_migrate.aws.pass_calls import PassCalls, Refused
from osem_migrate.errors import ItemError, OsemMigrateError, RequestInvalid
from osem_migrate.items.change import canonical_item
from osem_migrate.items.values import Item
from osem_migrate.items.work import ItemWrite, WriteKind
from osem_migrate.operations.item_pass import Pass

LONGEST_MESSAGE = 1000  # characters: an exception may hold the whole item, and an item holds 400 KB
AGAIN = 3  # times that an item is decided about anew, after a refused write


class Outcome(StrEnum):
    """What became of an item. LEFT: others wrote it again and again, so that a later scan has to come to it."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    GONE = "gone"
    LEFT = "left"


class ItemRefused(Exception):
    """The item is to be set aside; ``code`` and ``message`` say why, the latter no longer than people read."""

    def __init__(self, cause: OsemMigrateError) -> None:
        said = cause.message
        self.code = cause.code
        self.message = said if len(said) <= LONGEST_MESSAGE else f"{said[:LONGEST_MESSAGE]}…"
        super().__init__(self.message)


class ItemHandler:
    """Of one thread: what it looked up it knows until ``forget``.

    Args:
        step: the pass.
        calls: reads and writes.
    """

    def __init__(self, step: Pass, calls: PassCalls) -> None:
        self._step = step
        self._calls = calls
        self._fetched: dict[str, Sequence[Item]] = {}

    def forget(self) -> None:
        """Read anew what is looked up from now on."""
        self._fetched.clear()

    def handle(self, item: Item) -> Outcome:
        """Bring one item about, as it was scanned; raises ItemRefused."""
        for _ in range(1 + AGAIN):
            write = self.decide(item)
            if write is None:
                return Outcome.UNCHANGED
            answer = self._write(write)
            if not isinstance(answer, Refused):
                return Outcome.CHANGED
            outcome = _after_refusal(write, answer)
            if outcome is not None:
                return outcome
            if self._step.work.given is not None:
                return Outcome.UNCHANGED  # an item that is not as the script has it is somebody else's
            self.forget()
            item = answer.found if answer.own and answer.found is not None else item
        return Outcome.LEFT

    def decide(self, item: Item) -> ItemWrite | None:
        """What is to be written of it, by what is looked up as of now; raises ItemRefused."""
        try:
            return self._step.decide(item, self._fetch)
        except ItemError as unfit:
            raise ItemRefused(unfit) from unfit

    def _write(self, write: ItemWrite) -> object:
        try:
            return self._calls.write(write)
        except RequestInvalid as unfit:
            # Sizes and key rules are forecasts of ours: the service decides.
            raise ItemRefused(unfit) from unfit

    def _fetch(self, table: str, index: str | None, key: Item) -> Sequence[Item]:
        name = repr((table, index, canonical_item(key)))
        if name not in self._fetched:
            if index is not None:
                self._fetched[name] = self._calls.find(table, index, key)
            else:
                found = self._calls.get(table, key)
                self._fetched[name] = () if found is None else (found,)
        return self._fetched[name]


def _after_refusal(write: ItemWrite, refused: Refused) -> Outcome | None:
    """What a refusal says; None where the item is to be decided about anew."""
    if not refused.own:
        return None
    if write.kind is WriteKind.DELETE and refused.found is None:
        return Outcome.CHANGED if refused.repeated else Outcome.GONE
    if write.is_done(refused.found):
        return Outcome.CHANGED
    return Outcome.GONE if refused.found is None else None
