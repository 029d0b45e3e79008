"""Lock: one upgrade at a time for an application and environment, with a fence that rises at every acquisition.

The design is that of Amazon's lock client: the lease is stored, no wall clock is compared, and a contender takes over
only after it has watched the holder's heartbeat stand still for one whole lease on its own monotonic clock.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from osem_migrate.aws import history_items
from osem_migrate.aws.failures.classify import REFUSALS, Failure, Verdict, classify, door
from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.clock import Clock
from osem_migrate.errors import AwsError, ConditionFailed, LockHeld, LockLost
from osem_migrate.history import Holder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_SECONDS = 20.0
HEARTBEAT_SECONDS = 2.0
AGAIN_SECONDS = 0.5  # after a heartbeat that was refused or not answered
OUTAGE_SECONDS = 60.0
"""Beyond its lease, that a lock may stay unrenewed before its run gives up; until then it sends nothing, and waits."""
GLANCE_SECONDS = 0.1  # between two looks at whether it is renewed
ASK_SECONDS = 0.5
MISSES = 20  # writes that took no lock although it had just been free
PAUSE_SECONDS = 0.1  # more after each of them but the first


class Lock:
    """The lock item of one history table.

    Args:
        client: boto3's client.
        table: physical name of the history table.
        scope: the application.
        clock: ``monotonic`` measures leases, ``now`` is only written for people.
        beats: makes the client of the heartbeats, once somebody needs it: one that gives a request up long before a
            lease is over, and repeats none. None for the same one.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        scope: str,
        clock: Clock,
        beats: "Callable[[], DynamoDBClient] | None" = None,
    ) -> None:
        self._client = client
        self._beats = beats if beats is not None else lambda: client
        self._table = table
        self._key = history_items.serialize(
            {history_items.PARTITION_KEY: scope, history_items.SORT_KEY: history_items.LOCK_ITEM}
        )
        self._clock = clock

    def acquire(self, me: Holder, *, timeout: float, on_wait: Callable[[Holder, float], None]) -> "Lease":
        """Take the lock, waiting up to ``timeout`` seconds; raises LockHeld with the holder, where one is known.

        Args:
            me: who is asking; its fence is decided here.
            timeout: how long to wait for somebody else, dead or alive; 0 looks once. A dead holder is replaced once its
                lease has passed, so a shorter timeout never replaces one.
            on_wait: told the holder and the seconds waited so far.
        """
        started = self._clock.monotonic()
        seen: Holder | None = None
        seen_since = started
        missed = 0
        while True:
            fence, holder = self._read()
            now = self._clock.monotonic()
            if holder is None or holder != seen:
                seen, seen_since = holder, now
            stale = holder is not None and now - seen_since >= holder.lease_ms / 1000
            if holder is None or stale:
                lease = self._take(me, fence, holder, since=seen_since if stale else None)
                if lease is not None:
                    return lease
                missed += 1
                if missed >= MISSES:
                    raise _snatched()
                self._clock.sleep(PAUSE_SECONDS * (missed - 1))
                continue
            if now - started >= timeout:
                raise _held(holder)
            on_wait(holder, now - started)
            self._clock.sleep(min(ASK_SECONDS, timeout - (now - started)))

    def is_alive(self, holder: Holder, *, patience: float = 2.5 * HEARTBEAT_SECONDS) -> bool:
        """Whether this holder's heartbeat moves while one watches for ``patience`` seconds; reads only."""
        until = self._clock.monotonic() + patience
        while self._clock.monotonic() < until:
            self._clock.sleep(ASK_SECONDS)
            current = self._read()[1]
            if current is None or current.owner != holder.owner:
                return False
            if current.heartbeat != holder.heartbeat:
                return True
        return False

    def look(self) -> LockSnapshot:
        """The lock as it is now, by a consistent read; raises ResourceNotFound before there is a history table."""
        return LockSnapshot.of(self._item())

    def clearing(self, seen: LockSnapshot, *, still: bool) -> dict[str, Any]:
        """An Update that takes the lock away from whom it was seen with, for a transaction of the history table."""
        # Where the fence is lost: acquisitions are counted, and there is less than one in a second.
        clearing = seen.clearing(still=still, fence=self._clock.milliseconds() // 1000)
        return {"Update": {"TableName": self._table, "Key": self._key, **clearing}}

    def renew(self, holder: Holder) -> None:
        """One heartbeat; raises LockLost when somebody else has taken over."""
        self._update(self._beats(), holder, "SET heartbeat = heartbeat + :one", {":one": 1})

    def release(self, holder: Holder) -> None:
        """Let go, leaving the fence where it is; raises LockLost when it was not ours any more."""
        gone = history_items.HOLDER_ATTRIBUTES
        self._update(self._client, holder, "REMOVE " + ", ".join(f"#{name}" for name in gone), {}, gone)

    def condition(self, holder: Holder) -> dict[str, Any]:
        """A ConditionCheck on owner and fence, for the transactions of the history table."""
        return {"ConditionCheck": {"TableName": self._table, "Key": self._key, **self._ours(holder, {})}}

    def verify(self, holder: Holder) -> None:
        """Raise LockLost unless owner and fence are still the holder's, by a consistent read."""
        fence, current = self._read()
        if current is None or (current.owner, fence) != (holder.owner, holder.fence):
            raise _lost(holder, fence, current)

    def _read(self) -> tuple[int, Holder | None]:
        item = self._item()
        return history_items.read_fence(item), history_items.read_holder(item)

    def _item(self) -> Mapping[str, Any]:
        with door("dynamodb:GetItem", self._table):
            response = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        return response.get("Item", {})

    def _take(self, me: Holder, fence: int, dead: Holder | None, *, since: float | None) -> "Lease | None":
        """One conditional write; None when somebody else was faster. ``since`` is how long a dead one stood still."""
        mine = replace(me, fence=fence + 1)
        values = {name: value for name, value in history_items.holder_values(mine).items() if value is not None}
        condition = "attribute_not_exists(#owner)"
        expected: dict[str, Any] = {}
        if dead is not None:
            condition = "#owner = :dead_owner AND heartbeat = :dead_heartbeat"
            expected = {":dead_owner": dead.owner, ":dead_heartbeat": dead.heartbeat}
        condition += " AND (attribute_not_exists(fence) OR fence = :seen)"
        assignments = ", ".join(f"#{name} = :{name}" for name in values)
        gone = "".join(f" REMOVE #{name}" for name in history_items.HOLDER_ATTRIBUTES if name not in values)
        asked = self._clock.monotonic()
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression=f"SET {assignments}, fence = :fence{gone}",
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in history_items.HOLDER_ATTRIBUTES},
                ExpressionAttributeValues=history_items.serialize(
                    {**{f":{name}": value for name, value in values.items()}, **expected}
                    | {":fence": mine.fence, ":seen": fence}
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except REFUSALS as refusal:
            failure = self._refused(refusal)
            if not isinstance(failure.error, ConditionFailed):
                raise failure.error from refusal
            return self._if_won(mine, since) if _owner(refusal) == mine.owner else None
        return Lease(self, mine, self._clock, renewed=asked, alone_since=since)

    def _if_won(self, mine: Holder, since: float | None) -> "Lease | None":
        """A won write whose response was lost is repeated by the SDK, and then fails: the owner tells.

        The win may be a lease old by then, so it counts only if one more heartbeat succeeds.
        """
        asked = self._clock.monotonic()
        try:
            self.renew(mine)
        except LockLost:
            return None
        return Lease(self, mine, self._clock, renewed=asked, alone_since=since)

    def _ours(self, holder: Holder, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "ConditionExpression": "#owner = :owner AND fence = :fence",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": history_items.serialize(
                {":owner": holder.owner, ":fence": holder.fence, **values}
            ),
        }

    def _update(
        self,
        client: "DynamoDBClient",
        holder: Holder,
        update: str,
        values: Mapping[str, Any],
        names: tuple[str, ...] = (),
    ) -> None:
        ours = self._ours(holder, values)
        ours["ExpressionAttributeNames"] |= {f"#{name}": name for name in names}
        try:
            client.update_item(TableName=self._table, Key=self._key, UpdateExpression=update, **ours)
        except REFUSALS as refusal:
            failure = self._refused(refusal)
            # A collision with a transaction of ours is a ConditionFailed, too, but one that passes.
            if isinstance(failure.error, ConditionFailed) and failure.verdict is not Verdict.WAIT:
                raise self.lost(holder) from refusal
            raise failure.error from refusal

    def _refused(self, refusal: Exception) -> Failure:
        return classify(refusal, action="dynamodb:UpdateItem", resource=self._table)

    def lost(self, holder: Holder) -> LockLost:
        """The error of a lock that is not this holder's any more, naming who took it."""
        return _lost(holder, *self._read())


class Lease:
    """A lock that is held: a thread sends its heartbeats until ``release``.

    Args:
        lock: the lock.
        holder: this run, with its fence.
        clock: measures how long ago the last heartbeat was.
        renewed: when the write that took the lock was sent, by that clock.
        alone_since: the moment from which on nobody has renewed it before; None for that at which it was taken.
    """

    def __init__(
        self, lock: Lock, holder: Holder, clock: Clock, *, renewed: float, alone_since: float | None = None
    ) -> None:
        self.holder = holder
        self._alone_since = clock.monotonic() if alone_since is None else alone_since
        self._lock = lock
        self._clock = clock
        self._lost: AwsError | LockLost | None = None
        self._renewed = renewed
        self._stop = threading.Event()
        self._check_stop: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._beat, name="osem-migrate-heartbeat", daemon=True)

    def start(self, check_stop: Callable[[], None] = lambda: None) -> None:
        """Begin the heartbeat; ``check_stop`` raises once nobody is to wait any more for one that succeeds."""
        self._check_stop = check_stop
        self._thread.start()

    def check(self) -> None:
        """Raise LockLost unless this run surely still holds the lock; asked before every mutation."""
        try:
            self.check_age()
        except LockLost:
            with suppress(AwsError):
                self._lock.verify(self.holder)  # which knows who took it
            raise
        self._lock.verify(self.holder)

    def check_age(self, *, spare: float = 0.0) -> None:
        """Wait until the last heartbeat is younger than a lease; asks nobody, so it may stand before every request.

        Where it is older, the lock is ours as long as nobody takes it, and may be taken any moment: the next heartbeat
        tells, and is waited for. A run that was stopped, or whose service was slow, goes on behind it.

        Args:
            spare: seconds of the lease that have to be left, for what goes on after this.

        Raises:
            LockLost: somebody else has the lock, or no heartbeat has succeeded for long.
            Interrupted: somebody asked to stop while it was waited for.
        """
        lease = self.holder.lease_ms / 1000
        while (age := self._age()) >= lease - spare:
            if age >= lease + OUTAGE_SECONDS:
                cause = f": {self._lost.message}" if self._lost is not None else ""
                raise LockLost(f"the upgrade lock could not be renewed for {age:.0f} seconds{cause}")
            self._check_stop()
            self._clock.sleep(GLANCE_SECONDS)

    def _age(self) -> float:
        """Seconds since the last heartbeat was sent that was taken; raises LockLost once one was refused."""
        if isinstance(self._lost, LockLost):
            raise self._lost
        return self._clock.monotonic() - self._renewed

    def alone_in(self) -> float:
        """Seconds until nobody who held the lock before can believe any more that it is theirs; 0 once that is so.

        Nobody has renewed it since it was taken: a heartbeat needs the owner and the fence. Where it was taken from one
        who stood still, nobody has since that was first seen, or taking it would have failed. Whoever renewed it before
        that, or held it earlier still, gives up when a lease has passed since then.
        """
        lease = max(LEASE_SECONDS, self.holder.lease_ms / 1000)
        return max(0.0, self._alone_since + lease - self._clock.monotonic())

    def condition(self) -> dict[str, Any]:
        """A ConditionCheck that holds as long as nobody took over."""
        return self._lock.condition(self.holder)

    def lost(self) -> LockLost:
        """The error to raise once that condition has failed."""
        return self._lock.lost(self.holder)

    def release(self) -> None:
        """Stop the heartbeat and let go; somebody who took over keeps the lock, and a second call changes nothing.

        Where it cannot be written, the lock falls to the next run after its lease: nothing to fail a run over.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with suppress(AwsError, LockLost):
            self._lock.release(self.holder)

    def _beat(self) -> None:
        pause = HEARTBEAT_SECONDS
        while not self._clock.wait(self._stop, pause):
            before = self._clock.monotonic()
            try:
                self._lock.renew(self.holder)
            except LockLost as lost:
                self._lost = lost
                return
            except AwsError as trouble:
                self._lost, pause = trouble, min(AGAIN_SECONDS, HEARTBEAT_SECONDS)
            else:
                self._renewed, self._lost = before, None
                # The lease counts from when this one was sent, however long it took.
                took = self._clock.monotonic() - before
                pause = max(min(AGAIN_SECONDS, HEARTBEAT_SECONDS), HEARTBEAT_SECONDS - took)


def _held(holder: Holder) -> LockHeld:
    return LockHeld(f"another run holds the upgrade lock: {holder.describe()}", holder=holder.document())


def _snatched() -> LockHeld:
    return LockHeld(f"the upgrade lock was free {MISSES} times, and each time somebody else was faster")


def _lost(mine: Holder, fence: int, current: Holder | None) -> LockLost:
    if current is not None:
        return LockLost(f"the upgrade lock was taken over by {current.describe()}")
    if fence > mine.fence:
        return LockLost("the upgrade lock was taken over by a run that has ended since")
    return LockLost("the upgrade lock was released by somebody else")


def _owner(refusal: Exception) -> str | None:
    item: Mapping[str, Any] = getattr(refusal, "response", {}).get("Item", {})
    return history_items.deserialize(item).get("owner")
