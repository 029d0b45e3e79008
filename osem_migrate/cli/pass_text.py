"""How far a pass over items has come, in words."""

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.events import PassProgress, PassSteered
from osem_migrate.live_table import size_text
from osem_migrate.pass_state import PassOrder


def brief(event: PassProgress) -> str:
    """For a row of a terminal, which has room for the first words only."""
    if event.paused is not None:
        return f"paused by {event.paused.by}"
    failed = f"{event.failed:,} failed, " if event.failed else ""
    checking = ", checking" if event.scan else ""
    return (
        f"{failed}{event.examined:,} examined, {event.changed:,} changed{checking}, {speed(event.read, event.written)}"
    )


def line(event: PassProgress) -> str:
    """For a line of its own."""
    if event.paused is not None:
        said, resume = event.paused, advice.command("items", "resume")
        since = f"since {output.moment(said.at)}"
        return f"{event.physical_name}: paused by {said.by} {since}; let it go on with: {resume}"
    parts = [f"{event.examined:,} examined", f"{event.changed:,} changed"]
    if event.failed:
        parts.append(output.counted(event.failed, "failure"))
    if event.bytes_examined is not None and event.size_bytes is not None:
        parts.append(f"about {size_text(event.bytes_examined)} of {size_text(event.size_bytes)}")
    parts.append(speed(event.read, event.written))
    if event.left is not None:
        parts.append(f"about {output.roughly(event.left)} left")
    checking = " (checking that nothing is left)" if event.scan else ""
    return f"{event.physical_name}: {', '.join(parts)}{checking}"


def steered(event: PassSteered) -> str:
    """That an order is obeyed, and what takes it back."""
    by, resume = f"by {event.said.by}", advice.command("items", "resume")
    what = {
        PassOrder.RATE: f"{event.rate} units a second from now on, set {by}",
        PassOrder.PAUSE: f"paused {by}; it keeps the lock, and goes on after: {resume}",
        PassOrder.RESUME: f"resumed {by}",
        PassOrder.RETRY: f"what failed is tried again, asked for {by}",
    }[event.order]
    return f"{event.physical_name}: {what}"


def speed(read: float, written: float) -> str:
    """``12 read, 50 written units/s``."""
    return f"{read:,.0f} read, {written:,.0f} written units/s"
