"""RunProgress: where a run stands, as rows for a terminal: one for each lane in work, and a last one for the whole."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from osem_migrate.cli import output, terminal
from osem_migrate.operations.estimate import Estimate
from osem_migrate.planning.estimate import estimate_all
from osem_migrate.planning.plan import Plan, PlannedOperation

FRAMES_PER_SECOND = 8

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES = "|/-\\"
_GAP = "  "

Key = tuple[str, int]


@dataclass(slots=True)
class _Lane:
    planned: PlannedOperation
    began: float
    waited: float = 0.0
    phases: dict[str, str] = field(default_factory=dict)
    left: float | None = None
    goes_on: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What it does, from the longest text to the shortest that still tells it from the others."""
        number, subject = f"{self.planned.migration.number:04}", self._subject
        whole = f"{number} {self.planned.operation.describe()}"
        return (whole,) if subject == self.planned.table else (whole, f"{number} {subject} of {self.planned.table}")

    @property
    def phase(self) -> str:
        """What is going on: of its own subject, which its name tells, or else of whatever it waits for."""
        own = [phase for subject, phase in self.phases.items() if subject == self._subject]
        return ", ".join(own or [f"{subject} {phase}" for subject, phase in self.phases.items()])

    @property
    def _subject(self) -> str:
        steps = self.planned.steps
        return steps[0].subject if steps else self.planned.table


class RunProgress:
    """What the lanes tell, from any thread, and what is to be seen of it.

    Args:
        monotonic: seconds on a clock that never jumps.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._frames = _FRAMES if terminal.can_show(_FRAMES, err=True) else _PLAIN_FRAMES
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._lanes: dict[Key, _Lane] = {}
        self._done: set[Key] = set()
        self._ended: dict[Key, str] = {}  # those that stopped on their way, with how

    def start(self, plan: Plan) -> None:
        """Begin with a plan that is final."""
        with self._lock:
            self._plan = plan

    def begin(self, planned: PlannedOperation) -> None:
        """An operation begins."""
        with self._lock:
            self._lanes[planned.key] = _Lane(planned, self._monotonic())

    def wait(self, planned: PlannedOperation, subject: str, phase: str, *, waited: float, elapsed: float) -> None:
        """What a subject of it is doing, ``elapsed`` seconds after it began on AWS.

        Subjects that are told of at the same moment of the wait, ``waited``, stand side by side.
        """
        with self._lock:
            lane = self._lanes.get(planned.key)
            if lane is None:
                return
            if waited != lane.waited:
                lane.waited, lane.phases = waited, {}
            lane.phases[subject] = phase
            lane.began = self._monotonic() - elapsed

    def goes_on(self, planned: PlannedOperation, phase: str, *, left: float | None) -> None:
        """How far an operation has come that goes on by itself, and how many seconds it takes yet, if that is known."""
        with self._lock:
            lane = self._lanes.get(planned.key)
            if lane is not None:
                lane.phases, lane.left, lane.goes_on = {planned.table: phase}, left, True

    def end(self, planned: PlannedOperation) -> None:
        """An operation is live and recorded."""
        with self._lock:
            self._lanes.pop(planned.key, None)
            self._done.add(planned.key)

    def fail(self, planned: PlannedOperation, how: str = "failed") -> None:
        """An operation stopped on its way; nothing that is queued begins any more."""
        with self._lock:
            self._lanes.pop(planned.key, None)
            self._ended[planned.key] = how

    def rows(self, room: os.terminal_size) -> list[Text]:
        """As many rows as there is room for: the lanes, in the order in which they began, and the whole run below."""
        with self._lock:
            lanes = list(self._lanes.values())
            shown = lanes[: max(0, room.lines - 1)]
            cells = [self._cells(lane, room.columns // 3) for lane in shown]
            summary = self._summary(hidden=len(lanes) - len(shown)) if lanes else []
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        left = room.columns - 2 - sum(len(_GAP) + width for width in widths)
        names = [next((name for name in lane.names if cell_len(name) <= left), lane.names[-1]) for lane in shown]
        width = min(max(map(cell_len, names), default=0), max(left, 0))
        return [self._row(name, width, row, widths) for name, row in zip(names, cells, strict=True)] + summary

    def _cells(self, lane: _Lane, most: int) -> tuple[str, str, str]:
        """Phase, elapsed time and usual time; a phase may be a whole sentence, of which there is room for a part."""
        phase = Text(lane.phase)
        phase.truncate(most, overflow="ellipsis")
        usual = output.usual(estimate_all(lane.planned.steps))
        if lane.goes_on:
            usual = f"{output.roughly(lane.left)} left" if lane.left is not None else ""
        return phase.plain, output.duration(self._elapsed(lane)), usual

    def _row(self, name: str, width: int, cells: Sequence[str], widths: Sequence[int]) -> Text:
        what = Text(name)
        what.truncate(width, overflow="ellipsis", pad=True)
        rest = "".join(f"{_GAP}{set_cell_size(cell, room)}" for cell, room in zip(cells, widths, strict=True))
        return Text.assemble((self._frame(), "cyan"), " ", what, (rest.rstrip(), "dim"))

    def _summary(self, hidden: int) -> list[Text]:
        """``6 of 14 done, 5 in work; 17 to 50 min left on AWS; 3 queued: 0009 0011 …``; the least useful is last.

        After a failure what is in work is carried to its end, and nothing else begins.
        """
        plan = self._plan
        if plan is None:
            return []
        over = self._done | self._ended.keys() | self._lanes.keys()
        queued = [planned for planned in plan.operations if planned.key not in over and not self._ended]
        begun = {key: self._elapsed(lane) for key, lane in self._lanes.items()}
        passing = {key: lane.left for key, lane in self._lanes.items() if lane.goes_on}
        known = {key: seconds for key, seconds in passing.items() if seconds is not None}
        waited_for = {planned.key for planned in queued} | begun.keys()
        left = plan.remaining({planned.key for planned in plan.operations} - waited_for, begun, known)
        unseen = f" ({hidden} hidden)" if hidden else ""
        parts = [
            f"{len(self._done)} of {len(plan.operations)} done, {len(self._lanes)} in work{unseen}",
            _left(left, is_known=len(known) == len(passing)),
        ]
        if queued:
            numbers = dict.fromkeys(f"{planned.migration.number:04}" for planned in queued)
            parts.append(f"{len(queued)} queued: {' '.join(numbers)}")
        for how, number in Counter(self._ended.values()).items():
            parts[0] += f", {number} {how}"
        return [Text(f"  {'; '.join(parts)}", style="dim")]

    def _elapsed(self, lane: _Lane) -> float:
        return max(0.0, self._monotonic() - lane.began)

    def _frame(self) -> str:
        return self._frames[int(self._monotonic() * FRAMES_PER_SECOND) % len(self._frames)]


def _left(left: Estimate, *, is_known: bool) -> str:
    if not is_known:
        return "how long yet is not known"
    return f"{output.span(left)} left on AWS" if left.high else "longer than usual"
