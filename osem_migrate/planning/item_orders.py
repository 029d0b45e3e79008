"""Item orders: which passes over items an order is for, and whether it is obeyed already."""

from collections.abc import Sequence

from osem_migrate.advice import command
from osem_migrate.errors import PassNotFound, PassNotRunning, PassOver
from osem_migrate.migration import Migration
from osem_migrate.pass_state import PassOrder
from osem_migrate.planning.items import PassStatus, chosen

_CORRECT = (
    f"See which with: {command('items', 'failures')} — correct them by hand, or by a new script: "
    f"{command('new', 'TITLE')}"
)


def addressees(
    passes: Sequence[PassStatus], migrations: Sequence[Migration], order: PassOrder, version: str | None
) -> Sequence[PassStatus]:
    """The passes that an order is for: all that are not over, or those of a version.

    Raises:
        TargetUnknown: there is no such version.
        PassNotFound: there is none.
        PassOver: there was one.
        PassNotRunning: no run would obey.
    """
    named = chosen(passes, migrations, version)
    under_way = [one for one in named if not one.condition.is_over]
    if not under_way:
        raise _nothing(named, order, version)
    # A pass that is paused stays so for the next run; another that nobody is at work on would surprise that run.
    obeying = [one for one in under_way if one.is_attended or order is not PassOrder.PAUSE or one.is_paused]
    if not obeying:
        names = ", ".join(f"that of {one.key.migration}" for one in under_way)
        raise PassNotRunning(
            f"no run is at work on a pass over items ({names} is {under_way[0].condition}), so there is none to pause",
            remediation=f"Go on with it: {under_way[0].resume}",
            migration=under_way[0].key.migration,
        )
    return obeying


def is_obeyed(status: PassStatus, order: PassOrder, rate: int | None) -> bool:
    """Whether there is no need for an order to a pass."""
    control = status.state.control
    if order is PassOrder.RATE:
        # A run that was given a rate of its own keeps it until somebody orders another one while it is at work.
        report = status.state.report
        is_kept = not status.is_attended or (report is not None and report.rate == rate)
        return control.rate == rate and is_kept
    if order is PassOrder.RETRY:
        # The next run tries again what was set aside before it does anything else.
        return not (status.is_attended and status.state.failures)
    return control.is_paused is (order is PassOrder.PAUSE)


def _nothing(named: Sequence[PassStatus], order: PassOrder, version: str | None) -> PassNotFound | PassOver:
    what = {PassOrder.RATE: "whose rate could be set"}.get(order, f"to {order}")
    if not named:
        of = f" of {version}" if version is not None else ""
        return PassNotFound(f"there is no pass over items{of} {what}: none was ever begun")
    last = max(named, key=lambda status: status.state.generation.begun_at)
    left = len(last.state.failures)
    kept = f", and left {left} item{'s' if left > 1 else ''} as {'they are' if left > 1 else 'it is'}" if left else ""
    return PassOver(
        f"there is no pass over items {what}: that of {last.key.migration} is {last.condition}{kept}",
        remediation=_CORRECT if left else None,
        migration=last.key.migration,
    )
