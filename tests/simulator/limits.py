"""How often AWS takes a call: token buckets in simulated time.

Two limiters were measured (Q-434, Q-403). That of the account charges only calls that start work on a table: of ten at
once five to seven were taken, and one retry a second later sufficed. The other is that of DescribeTimeToLive and
DescribeContinuousBackups, for each connection. Every other read, and changes without work (deletion protection, time to
live, no-ops), are never throttled.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulator.errors import throttled

TOO_FAST = "The rate of control plane requests made by this account is too high"


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` calls at once, and one more every ``1 / per_second`` seconds."""

    burst: float
    per_second: float


MUTATIONS = Rate(burst=6, per_second=3)
READS = {"DescribeTimeToLive": Rate(burst=4, per_second=0.5), "DescribeContinuousBackups": Rate(burst=11, per_second=3)}


@dataclass(slots=True)
class Bucket:
    """The tokens of one limiter, by the clock ``now`` (seconds)."""

    rate: Rate
    now: Callable[[], float]
    tokens: float = field(init=False)
    filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin full."""
        self.tokens, self.filled_at = self.rate.burst, self.now()

    def take(self) -> bool:
        """Whether there was a token left."""
        self._fill()
        if self.tokens < 1:
            return False
        self.charge(1)
        return True

    def is_empty(self) -> bool:
        """Whether nothing at all is left, or less than nothing."""
        self._fill()
        return self.tokens <= 0

    def charge(self, tokens: float) -> None:
        """Take so many, into debt if need be."""
        self.tokens -= tokens

    def _fill(self) -> None:
        now = self.now()
        self.tokens = min(self.rate.burst, self.tokens + (now - self.filled_at) * self.rate.per_second)
        self.filled_at = now


class Limiter:
    """All limiters of an account.

    Args:
        now: seconds of simulated time; or of real time, where clients must meet the limit in spite of a high scale.
        mutations: of the account, or None for no limit.
    """

    def __init__(self, now: Callable[[], float], mutations: Rate | None = MUTATIONS) -> None:
        self._now = now
        self._mutations = Bucket(mutations, now) if mutations is not None else None
        self._reads: dict[tuple[str, object], Bucket] = {}

    def mutate(self) -> None:
        """Charge a call that is about to start work; raises ThrottlingException."""
        if self._mutations is not None and not self._mutations.take():
            raise throttled(TOO_FAST)

    def read(self, action: str, connection: object) -> None:
        """Charge a read to its connection, if that kind of read is limited; raises ThrottlingException."""
        if action not in READS or connection is None:
            return
        bucket = self._reads.setdefault((action, connection), Bucket(READS[action], self._now))
        if not bucket.take():
            raise throttled("Rate exceeded")
