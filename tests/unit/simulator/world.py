"""A simulated account in virtual time, for one test."""

from typing import Any

import pytest

from tests.simulator import Durations, SimulatedError, Simulator, VirtualClock

Parameters = dict[str, Any]


def definitions(*names: str, **kinds: str) -> list[Parameters]:
    """AttributeDefinitions: strings, except those named with a type."""
    types = dict.fromkeys(names, "S") | kinds
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def keys(partition: str = "pk", sort: str | None = None) -> list[Parameters]:
    """A KeySchema."""
    schema = [{"AttributeName": partition, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])


def index(name: str = "a-index", attribute: str = "a", **more: Any) -> Parameters:
    """A global index of everything, as it is asked for."""
    return {"IndexName": name, "KeySchema": keys(attribute), "Projection": {"ProjectionType": "ALL"}, **more}


def throughput(read: int = 1, write: int = 1) -> Parameters:
    """ProvisionedThroughput."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def table(name: str = "Teams", **more: Any) -> Parameters:
    """A CreateTable request; on demand and without a sort key, unless told otherwise."""
    request = {"TableName": name, "AttributeDefinitions": definitions("pk"), "KeySchema": keys()}
    if "ProvisionedThroughput" not in more:
        request["BillingMode"] = "PAY_PER_REQUEST"
    return {**request, **more}


class World:
    """A simulator whose time moves when it is told to.

    Args:
        durations: AWS's own unless given.
    """

    def __init__(self, durations: Durations | None = None) -> None:
        self.clock = VirtualClock()
        self.simulator = Simulator(clock=self.clock, durations=durations)

    def call(self, action: str, **parameters: Any) -> Parameters:
        """One call, which must succeed."""
        return self.simulator.call(action, parameters)

    def refusal(self, action: str, **parameters: Any) -> SimulatedError:
        """The refusal of a call, which must be refused."""
        with pytest.raises(SimulatedError) as caught:
            self.simulator.call(action, parameters)
        return caught.value

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def create(self, name: str = "Teams", **more: Any) -> None:
        """A table that is ACTIVE, and its backups available."""
        self.call("CreateTable", **table(name, **more))
        self.advance(30)

    def add_index(self, name: str = "a-index", attribute: str = "a", table: str = "Teams", **more: Any) -> Parameters:
        """Begin to add an index."""
        updates = [{"Create": index(name, attribute, **more)}]
        return self.call(
            "UpdateTable",
            TableName=table,
            AttributeDefinitions=definitions(attribute),
            GlobalSecondaryIndexUpdates=updates,
        )

    def describe(self, name: str = "Teams") -> Parameters:
        """The Table that DescribeTable shows."""
        described: Parameters = self.call("DescribeTable", TableName=name)["Table"]
        return described

    def index(self, name: str = "a-index") -> Parameters:
        """One index of Teams, as DescribeTable shows it."""
        found: Parameters = next(i for i in self.describe()["GlobalSecondaryIndexes"] if i["IndexName"] == name)
        return found

    def until(self, status: str, name: str = "Teams", *, most: float = 2000.0) -> float:
        """Seconds until the table and all its indexes have that status, looking every tenth of a second."""
        waited = 0.0
        while waited < most:
            described = self.describe(name)
            statuses = {described["TableStatus"]}
            statuses |= {index["IndexStatus"] for index in described.get("GlobalSecondaryIndexes", ())}
            if statuses == {status}:
                return waited
            self.advance(0.1)
            waited += 0.1
        raise AssertionError(f"{name} is not {status} after {most} s")
