"""Items: how passes over items stand, what they set aside, and orders to them, from any machine."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace

from osem_migrate.arguments import Arguments
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.passes import every_pass
from osem_migrate.errors import ArgumentInvalid
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.pass_state import PassKey, PassOrder, Said, SetAside
from osem_migrate.planning.item_orders import addressees, is_obeyed
from osem_migrate.planning.items import PassStatus, chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesOptions(Arguments):
    """Which passes: those of a migration, by its number or its id, or all of them where it is None."""

    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedPassesOptions(Arguments):
    """Whether to watch for a heartbeat of whoever holds the lock; where not, that run is taken to be alive."""

    watch: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresOptions(PassesOptions):
    """Whose failures, and how many at most; all of them where ``limit`` is None."""

    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SteerOptions(Arguments):
    """An order.

    Attributes:
        order: what to do.
        version: the migration whose passes are meant, by its number or its id; all that are under way when None.
        rate: units a second that a pass may read, and as many that it may write, for PassOrder.RATE.
    """

    order: PassOrder
    _: KW_ONLY
    version: str | None = None
    rate: int | None = None

    def __post_init__(self) -> None:
        """Raise ArgumentInvalid for a rate at which nothing would be done, and for one that nothing is done with."""
        Arguments.__post_init__(self)
        if (self.order is PassOrder.RATE) is not (self.rate is not None) or (self.rate is not None and self.rate < 1):
            takes = "a number of at least 1 with PassOrder.RATE, and None with others"
            raise ArgumentInvalid(f"{type(self).__name__}: rate takes {takes}, not {self.rate}", argument="rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """What became of an order to one pass.

    Attributes:
        status: the pass, as it was when the order was given.
        ordered: whether it was written; False where there was no need to.
    """

    status: PassStatus
    ordered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PassFailure:
    """An item that a pass could not handle."""

    key: PassKey
    physical_name: str | None
    item: SetAside


@dataclass(frozen=True, slots=True, kw_only=True)
class PassFailures:
    """Those that were asked for, the oldest first, how many there are in all, and of which passes these are."""

    failures: tuple[PassFailure, ...]
    total: int
    passes: tuple[PassStatus, ...]


def passes(deployment: Deployment, migrations: Sequence[Migration], options: PassesOptions) -> tuple[PassStatus, ...]:
    """How every pass stands; reads only, and works before the history table exists.

    Raises:
        TargetUnknown: there is no such version.
    """
    deployment.check_account()
    return tuple(chosen(_all(deployment, migrations), migrations, options.version))


def steer(deployment: Deployment, migrations: Sequence[Migration], options: SteerOptions) -> tuple[Steered, ...]:
    """Give an order to passes, outside the lock; a run takes notice of it within seconds.

    Raises:
        TargetUnknown: there is no such version.
        PassError: there is no pass that could obey, and nothing was written.
    """
    deployment.check_account()
    found = addressees(_all(deployment, migrations), migrations, options.order, options.version)
    needed = [not is_obeyed(status, options.order, options.rate) for status in found]
    if any(needed):
        said = Said(by=deployment.actor().identity, at=deployment.clock.milliseconds())
        for status, is_needed in zip(found, needed, strict=True):
            if is_needed:
                orders = deployment.pass_table(status.key).orders
                orders.give(status.state.generation.number, options.order, said, rate=options.rate)
    return tuple(Steered(status=status, ordered=is_needed) for status, is_needed in zip(found, needed, strict=True))


def failures(deployment: Deployment, migrations: Sequence[Migration], options: FailuresOptions) -> PassFailures:
    """What passes have set aside, and nobody has tried again with success since.

    Raises:
        TargetUnknown: there is no such version.
    """
    found = passes(deployment, migrations, PassesOptions(version=options.version))
    every = [
        PassFailure(key=status.key, physical_name=status.physical_name, item=item)
        for status in found
        for item in status.state.failures
    ]
    every.sort(key=lambda failure: failure.item.at)
    return PassFailures(
        failures=tuple(every[: options.limit]),
        total=len(every),
        passes=tuple(status for status in found if status.state.failures),
    )


def _all(deployment: Deployment, migrations: Sequence[Migration]) -> list[PassStatus]:
    found = every_pass(deployment, lambda: migrations)
    live = deployment.gateway.describe_all(
        {status.table: () for status in found if status.table is not None and not status.condition.is_over}
    )
    return [_with_table(status, {table.name: table for table in live}) for status in found]


def _with_table(status: PassStatus, live: Mapping[str, LiveTable]) -> PassStatus:
    """With the table that it goes through, where that was described."""
    return replace(status, live=live.get(status.table or ""))
