"""What capacity a table or index may ask for, at its creation and later."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.simulator.errors import SimulatedError, constraint, invalid, limit_exceeded, refused
from tests.simulator.tables import INITIAL_WARMTH, ON_DEMAND, PROVISIONED, Capacity

Parameters = Mapping[str, Any]

READ, WRITE = "ReadCapacityUnits", "WriteCapacityUnits"
MAXIMA = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
WARMTH = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")
FREE_DECREASES = 4
HOUR = 3600
MOMENT = "%A, %B %d, %Y at %I:%M:%S %p Coordinated Universal Time"


def new_capacity(billing: str, parameters: Parameters) -> Capacity:
    """The capacity of a table or index that is created; ``parameters`` are its own."""
    given = parameters.get("ProvisionedThroughput", {})
    capacity = Capacity(warmth=INITIAL_WARMTH if billing == ON_DEMAND else (0, 0))
    capacity.provision(given.get(READ, 0), given.get(WRITE, 0))
    capacity.maxima = {name: parameters.get("OnDemandThroughput", {}).get(name, -1) for name in MAXIMA}
    capacity.maxima = {name: value for name, value in capacity.maxima.items() if value > 0}
    warmth = parameters.get("WarmThroughput", {})
    capacity.warmth = (warmth.get(WARMTH[0], capacity.warmth[0]), warmth.get(WARMTH[1], capacity.warmth[1]))
    return capacity


def check_created(parameters: Parameters) -> None:
    """Table and indexes of CreateTable have what their billing mode asks for, and nothing else (Q-128)."""
    mode = parameters.get("BillingMode", PROVISIONED)
    if mode not in {ON_DEMAND, PROVISIONED}:
        raise constraint(mode, "billingMode", "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")
    given = parameters.get("ProvisionedThroughput")
    check_units(given)
    if mode == ON_DEMAND and given is not None:
        raise neither()
    if mode == PROVISIONED and given is None:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    if mode == PROVISIONED and parameters.get("OnDemandThroughput"):
        raise invalid(
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
        )
    for index in parameters.get("GlobalSecondaryIndexes", ()):
        check_new_index(mode, index, f"ProvisionedThroughput is not specified for index: {index['IndexName']}")


def check_new_index(mode: str, index: Parameters, absent: str) -> None:
    """The same for one index; ``absent`` is the text where a provisioned one has no capacity."""
    given = index.get("ProvisionedThroughput")
    check_units(given)
    if mode == ON_DEMAND and given is not None:
        raise invalid(
            f"ProvisionedThroughput should not be specified for index: {index['IndexName']} "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if mode == PROVISIONED and given is None:
        raise invalid(absent)


def check_units(given: Parameters | None) -> None:
    """Both members, and at least 1 of each."""
    for member in (READ, WRITE) if given is not None else ():
        value = (given or {}).get(member)
        where = f"provisionedThroughput.{member[0].lower()}{member[1:]}"
        if value is None:
            raise constraint(None, where, "not be null")
        if value < 1:
            raise constraint(value, where, "have value greater than or equal to 1")


def check_change(capacity: Capacity, given: Parameters, subject: str, of: str, now: float) -> None:
    """An identical capacity is refused (Q-164), and decreases are rationed (Q-184)."""
    read, write = given[READ], given[WRITE]
    if (read, write) == (capacity.read, capacity.write):
        raise refused(
            f"The provisioned throughput for {subject} will not change. The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned {of}: {read}. Requested ReadCapacityUnits: {read}. "
            f"Current WriteCapacityUnits provisioned {of}: {write}. Requested WriteCapacityUnits: {write}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        )
    if read >= capacity.read and write >= capacity.write:
        return
    today = capacity.decreases_on(now)
    if len(today) >= FREE_DECREASES and now - today[-1] < HOUR:
        last, following = (datetime.fromtimestamp(at, UTC).strftime(MOMENT) for at in (today[-1], today[-1] + HOUR))
        raise limit_exceeded(
            "Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each "
            "subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of "
            f"decreases today: {len(today)}. Last decrease at {last}. Next decrease can be made at {following}"
        )


def set_units(capacity: Capacity, given: Parameters, now: float) -> None:
    """Provision these units, and remember which way that was, and when."""
    read, write = given[READ], given[WRITE]
    if read < capacity.read or write < capacity.write:
        capacity.decreases = [*capacity.decreases_on(now), now]
        capacity.decreased_at = now
    if read > capacity.read or write > capacity.write:
        capacity.increased_at = now
    capacity.provision(read, write)


def neither() -> SimulatedError:
    """The refusal of units on demand."""
    return invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    )
