"""The console script: takes note of signals before it imports anything, so that not even start-up ends by one."""

import signal
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Import the command line and run it; what was heard meanwhile stops it in its own way."""
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        del frame
        heard.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    from osem_migrate.cli.main import main as run

    run(heard)
