"""Quarantine: the items of a pass that could not be handled; each is tried again by the next run, or on demand."""

import threading
from collections.abc import Callable

from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_calls import PassCalls
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.clock import Clock
from osem_migrate.errors import ItemsFailed
from osem_migrate.execution.passes.item_handler import ItemHandler, ItemRefused, Outcome
from osem_migrate.items.change import canonical_item
from osem_migrate.items.keys import key_of
from osem_migrate.items.values import Item
from osem_migrate.operations.item_pass import Pass
from osem_migrate.pass_state import PassState, SetAside, key_text

SHOWN = 10
"""Failures that an error tells one by one."""


class Quarantine:
    """Safe to use from several threads.

    Args:
        table: where it is kept.
        state: of the pass, with what earlier runs have set aside.
        step: the pass.
        lease: the lock.
        clock: time of day.
    """

    def __init__(self, table: PassTable, state: PassState, step: Pass, lease: Lease, clock: Clock) -> None:
        self._table = table
        self._generation = state.generation.number
        self._step = step
        self._lease = lease
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = {_name(failure.key): failure for failure in state.failures}

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._failures)

    def set_aside(self, item: Item, refused: ItemRefused, write: Callable[[SetAside], None]) -> None:
        """One more; ``write`` records it, or raises where the segment that it is in is somebody else's by now."""
        failure = self._failure(item, refused)
        write(failure)
        with self._lock:
            self._failures[_name(failure.key)] = failure

    def retry(self, calls: PassCalls, wait: Callable[[], None]) -> int:
        """Try all of them again, however many they are; gives how many were changed.

        Args:
            calls: reads and writes.
            wait: called between two items; raises where the pass is to end.
        """
        handler, changed = ItemHandler(self._step, calls), 0
        given = {_name(key_of(item, self._step.after)): item for item in self._step.work.given or ()}
        with self._lock:
            failures = list(self._failures.items())
        for name, failure in failures:
            wait()
            item = given.get(name) or calls.get(self._step.table, failure.key)
            handler.forget()
            try:
                outcome = handler.handle(item) if item is not None else Outcome.GONE
            except ItemRefused as refused:
                self._replace(name, failure, self._failure(item or failure.key, refused))
                continue
            if outcome is not Outcome.LEFT:
                self._replace(name, failure, None)
            changed += outcome is Outcome.CHANGED
        return changed

    def refuse(self, physical_name: str, *, more_than: int) -> None:
        """Raise ItemsFailed where there are more."""
        if len(self._failures) <= more_than:
            return
        with self._lock:
            failures = list(self._failures.values())
        shown = [f"{key_text(failure.key)}: {failure.message}" for failure in failures[:SHOWN]]
        more = f", the first {SHOWN} of them" if len(failures) > SHOWN else ""
        counted = f"{len(failures)} items" if len(failures) > 1 else "1 item"
        raise ItemsFailed(f"{counted} of {physical_name} could not be handled{more}", parts=shown, table=physical_name)

    def _failure(self, item: Item, refused: ItemRefused) -> SetAside:
        return SetAside(
            key=key_of(item, self._step.after),
            code=refused.code,
            message=refused.message,
            at=self._clock.milliseconds(),
            fence=self._lease.holder.fence,
        )

    def _replace(self, name: str, seen: SetAside, failure: SetAside | None) -> None:
        """Record what became of an item that is tried again; raises LockLost where somebody else has the lock."""
        fence = self._lease.holder.fence
        while True:
            self._lease.check_age()
            found = self._table.replace_failure(self._generation, seen, failure)
            if found is not None and found.fence > fence:
                raise self._lease.lost()
            if found is None or found.fence == fence:
                break
            seen = found  # a last line of who held the lock before has come between
        with self._lock:
            if found is None:
                self._failures.pop(name, None)
            else:
                self._failures[name] = found


def _name(key: Item) -> str:
    return repr(canonical_item(key))
