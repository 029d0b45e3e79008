"""Run the simulator by hand: ``python -m tests.simulator --scale 60``, then point a client at the address it prints."""

import argparse
import sys
import threading

from tests.simulator.clock import ScaledClock
from tests.simulator.server import serve
from tests.simulator.simulator import REGION, Simulator


def main(arguments: list[str] | None = None, until: threading.Event | None = None) -> None:
    """Serve until interrupted, or until the event is set."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description="AWS's DynamoDB, simulated.")
    parser.add_argument("--scale", type=float, default=60.0, help="simulated seconds per second (default: 60)")
    parser.add_argument("--port", type=int, default=0, help="port on the loopback interface (default: a free one)")
    parser.add_argument("--region", default=REGION, help=f"region of the ARNs (default: {REGION})")
    options = parser.parse_args(arguments)
    simulator = Simulator(clock=ScaledClock(options.scale), region=options.region)
    with serve(simulator, options.port) as server:
        sys.stdout.write(f"{server.endpoint_url}\n")
        sys.stdout.flush()
        try:
            (until or threading.Event()).wait()
        except KeyboardInterrupt:
            sys.stderr.write(f"{len(server.calls)} calls\n")


if __name__ == "__main__":
    main()
