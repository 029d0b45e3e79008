"""Waiting: ask again and again, at intervals that suit a local engine's milliseconds and an index build's minutes."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from osem_migrate.clock import Clock
from osem_migrate.errors import AnswerUnreadable, EndpointUnreachable, ServiceFailed, Throttled, WaitTimeout

T = TypeVar("T")

SHORTEST = 1.0  # on AWS, where nothing settles sooner
SHORTEST_LOCALLY = 0.05  # where most things settle in milliseconds
LONGEST = 25.0
SHARE = 0.045  # of the time waited so far: with the jitter, an answer comes late by 5 % of the wait at the most
JITTER = 0.1  # so that the pollers of many tables do not ask in step

SILENCE = 60.0  # seconds without any answer after which there is no point in asking on
# A short outage must not end a wait of a quarter of an hour.
_PASSING = (AnswerUnreadable, EndpointUnreachable, ServiceFailed, Throttled)


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls with growing intervals, the first of ``shortest`` seconds; ``uniform`` draws the jitter."""

    clock: Clock
    shortest: float = SHORTEST
    uniform: Callable[[float, float], float] = random.uniform

    def until(
        self,
        ask: Callable[[], T],
        done: Callable[[T], bool],
        *,
        timeout: float,
        what: str,
        on_wait: Callable[[T, float], None] | None = None,
    ) -> T:
        """Ask until ``done`` says so, and give the last answer.

        Args:
            ask: asks once. Throttled, ServiceFailed, EndpointUnreachable and AnswerUnreadable are no answer for up to
                SILENCE seconds; whatever else it raises passes at once.
            done: whether that is what was waited for.
            timeout: seconds after which WaitTimeout is raised.
            what: what is waited for, for the message.
            on_wait: told each answer that is not done, with the seconds waited so far.
        """
        started = heard = self.clock.monotonic()
        while True:
            try:
                answer = ask()
            except _PASSING:
                now = self.clock.monotonic()
                if now - heard >= SILENCE or now - started >= timeout:
                    raise
            else:
                if done(answer):
                    return answer
                now = heard = self.clock.monotonic()
                if now - started >= timeout:
                    raise WaitTimeout(f"{what} has not settled in time", timeout_seconds=timeout)
                if on_wait is not None:
                    on_wait(answer, now - started)
            waited = now - started
            self.clock.sleep(min(self.interval(waited), timeout - waited))

    def interval(self, waited: float) -> float:
        """Seconds until the next look, after so many seconds of waiting."""
        interval = min(max(self.shortest, waited * SHARE), LONGEST)
        return interval * self.uniform(1 - JITTER, 1 + JITTER)
