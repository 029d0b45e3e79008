"""Passes: what the passes of a run are given: a client, the history table, and how fast they may go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_calls import PassCalls
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.aws.session import REQUEST_SECONDS
from osem_migrate.clock import Clock
from osem_migrate.live_table import LiveTable
from osem_migrate.operations.item_pass import Pass
from osem_migrate.pass_state import PassKey
from osem_migrate.planning.item_rate import rate_limit
from osem_migrate.planning.plan import Direction, PlannedOperation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from osem_migrate.aws.guard import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """Shared by all passes of a run.

    Attributes:
        client: makes the client for items, and its guard, once somebody needs it.
        state: the state of a pass in the history table.
        physical_name: gives the physical name of a logical one.
        direction: of the run.
        note: writes an entry of the log about an operation: what was done, the detail, and by whom, where that is not
            whoever runs it.
        rate: units a second, whatever else says so; None where nobody said so for this run.
        configured: units a second of this environment, whatever the scripts say; None where nobody said so.
    """

    client: "Callable[[], tuple[DynamoDBClient, Guard]]"
    state: Callable[[PassKey], PassTable]
    physical_name: Callable[[str], str]
    direction: Direction
    note: Callable[[PlannedOperation, str, str, str | None], None]
    rate: int | None = None
    configured: int | None = None

    def calls(self, lease: Lease, clock: Clock, rate: ItemRate) -> PassCalls:
        """What a pass sends, as long as the lock is ours for longer than a request takes."""
        client, guard = self.client()
        return PassCalls(
            client,
            guard,
            check=lambda: lease.check_age(spare=REQUEST_SECONDS),
            physical_name=self.physical_name,
            clock=clock,
            rate=rate,
        )

    def rate_of(self, step: Pass, live: LiveTable, clock: Clock) -> ItemRate:
        """How fast a pass may go: as somebody said, else so that the application keeps most of the capacity."""
        said = self.rate or self.configured or step.rate
        return ItemRate(clock, lambda side, index: rate_limit(said, live, side.value, index))


def fixed(rate: int) -> Callable[[Side, str | None], float]:
    """The same limit of either side, of the table and of each index."""
    return lambda _side, _index: float(rate)
