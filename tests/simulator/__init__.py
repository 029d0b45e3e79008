"""A simulator of AWS: DynamoDB with its states, durations, refusals and noise, and the one call of STS that we make.

    simulator = Simulator(clock=VirtualClock())        # the state machine, in this process
    simulator.call("CreateTable", {...})

    with serve(Simulator(clock=ScaledClock(600))) as server:   # the same behind HTTP, an hour in six seconds
        boto3.client("dynamodb", endpoint_url=server.endpoint_url, ...)
        server.faults.plan(LoseResponse(), action="CreateTable")
        assert server.simulator.unknown == []

    simulator.faults.plan(Hook(during=...), action="TransactWriteItems")   # what others do while it is under way
    with simulator.transaction_on("Teams", key): ...                       # somebody else's transaction on an item
    Simulator(throttles=Throttles(clock.now, burst_seconds=1))             # no capacity is kept for later

Everything but the server works without a network. Capacity is what AWS gives: what is provisioned, the on-demand
maxima, and 1,000 write and 3,000 read units a second of each partition; time that stands still brings none back. What
it claims of AWS is cited where it is claimed: ``Q-n`` is DDB-TABLE-n in docs/api-quirks of
aws-controllers-k8s/dynamodb-controller, probed on live tables in October 2026; ``M`` the service model of botocore;
``D`` a page of the developer guide.
"""

from tests.simulator.calls import Call
from tests.simulator.clock import ScaledClock, SimulatedClock, VirtualClock
from tests.simulator.durations import Durations, Spread, exactly
from tests.simulator.errors import ConnectionCut, SimulatedError
from tests.simulator.faults import (
    INTERNAL,
    THROTTLED,
    Deny,
    Drop,
    Expire,
    Fail,
    Fault,
    Faults,
    Hang,
    Hook,
    LoseResponse,
    Planned,
)
from tests.simulator.limits import Limiter, Rate
from tests.simulator.server import SimulatorServer, serve
from tests.simulator.simulator import Simulator
from tests.simulator.throttles import Throttles

__all__ = [
    "INTERNAL",
    "THROTTLED",
    "Call",
    "ConnectionCut",
    "Deny",
    "Drop",
    "Durations",
    "Expire",
    "Fail",
    "Fault",
    "Faults",
    "Hang",
    "Hook",
    "Limiter",
    "LoseResponse",
    "Planned",
    "Rate",
    "ScaledClock",
    "SimulatedClock",
    "SimulatedError",
    "Simulator",
    "SimulatorServer",
    "Spread",
    "Throttles",
    "VirtualClock",
    "exactly",
    "serve",
]
