"""The calls of a probe: conditional, exact, and with our errors."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from osem_migrate.aws.item_calls import Probe, was_never_applied
from osem_migrate.errors import AccessDenied, AwsError, ConditionFailed, ResourceNotFound
from tests.doubles.probed import ProbedTables
from tests.simulator import Deny, Drop

TABLE, KEY = "osem-dev-Users", {"userId": {"B": b"x"}}
SAMPLE = {**KEY, "mark": {"S": "run-1"}}


@pytest.fixture
def tables() -> Iterator[ProbedTables]:
    """Teams and Users."""
    with ProbedTables.standing() as tables:
        yield tables


@pytest.fixture
def probe(tables: ProbedTables) -> Probe:
    """Its calls."""
    return Probe(tables.client)


def put(probe: Probe, run: str = "run-1", instead_of: str | None = None) -> bool:
    """Write a sample."""
    item = {**SAMPLE, "mark": {"S": run}}
    return probe.put(TABLE, item, marker="mark", key="userId", instead_of=instead_of)


def test_an_item_is_written_only_where_there_is_none(probe: Probe) -> None:
    """Nobody's item is overwritten, nor another run's sample."""
    assert put(probe)
    assert not put(probe, "run-2")
    assert probe.get(TABLE, KEY) == SAMPLE


def test_only_the_sample_that_was_seen_is_replaced(probe: Probe) -> None:
    """A run that was faster is left alone."""
    assert not put(probe, "run-2", instead_of="run-1")
    put(probe)
    assert not put(probe, "run-3", instead_of="run-2")
    assert put(probe, "run-3", instead_of="run-1")
    assert probe.get(TABLE, KEY) == {**KEY, "mark": {"S": "run-3"}}


def test_only_the_own_sample_is_removed(probe: Probe) -> None:
    """Another run's, and what is gone already, are left as they are."""
    put(probe)
    assert not probe.delete(TABLE, KEY, marker="mark", run="run-2")
    assert probe.get(TABLE, KEY) == SAMPLE
    assert probe.delete(TABLE, KEY, marker="mark", run="run-1")
    assert probe.get(TABLE, KEY) is None
    assert not probe.delete(TABLE, KEY, marker="mark", run="run-1")


def test_a_refusal_passes_the_door(tables: ProbedTables, probe: Probe) -> None:
    """Our errors, with the action and the table."""
    with pytest.raises(ResourceNotFound) as missing:
        probe.get("osem-dev-Nothing", KEY)
    assert missing.value.details["resource"] == "osem-dev-Nothing"
    tables.simulator.faults.deny("PutItem", "DeleteItem", "Query")
    with pytest.raises(AccessDenied, match="PutItem"):
        put(probe)
    with pytest.raises(AccessDenied, match="DeleteItem"):
        probe.delete(TABLE, KEY, marker="mark", run="run-1")
    with pytest.raises(AccessDenied, match="Query"):
        probe.find(TABLE, "x-index", KEY, KEY, consistent=False)


def test_a_write_that_was_repeated_may_have_been_applied(tables: ProbedTables, probe: Probe) -> None:
    """A denial of the first request had no effect; one of the second says nothing of the first."""
    tables.simulator.faults.plan(Deny(), action="PutItem")
    with pytest.raises(AccessDenied) as outright:
        put(probe)
    assert was_never_applied(outright.value)
    tables.simulator.faults.clear()
    tables.simulator.faults.plan(Drop(), action="PutItem")
    tables.simulator.faults.plan(Deny(), action="PutItem", nth=2)
    with pytest.raises(AccessDenied) as repeated:
        put(probe)
    assert not was_never_applied(repeated.value)


@pytest.mark.parametrize("error", [ConditionFailed("x"), AccessDenied("x")])
def test_what_is_no_answer_of_aws_proves_nothing(error: AwsError) -> None:
    """An error of another kind, or without the answer behind it."""
    assert not was_never_applied(error)


def test_an_index_is_read_to_its_end() -> None:
    """The item may be on a later page, behind others with the same key in the index."""
    asked: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = [
        {"Items": [{"id": {"S": "other"}}], "LastEvaluatedKey": {"id": {"S": "other"}}},
        {"Items": [{"id": {"S": "more"}}, {"id": {"S": "mine"}, "a": {"N": "1"}}], "LastEvaluatedKey": {"id": "x"}},
    ]

    def query(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return pages[len(asked) - 1]

    probe = Probe(cast("Any", SimpleNamespace(query=query)))
    key = {"id": {"S": "mine"}}
    found = probe.find("T", "a-index", {"a": {"N": "1"}, "b": {"S": "x"}}, key, consistent=True)
    assert found == {"id": {"S": "mine"}, "a": {"N": "1"}}
    assert [request.get("ExclusiveStartKey") for request in asked] == [None, {"id": {"S": "other"}}]
    assert asked[0]["KeyConditionExpression"] == "#k0 = :v0 AND #k1 = :v1"
    assert asked[0]["ConsistentRead"] is True


def test_an_item_that_the_index_does_not_show() -> None:
    """None, after the last page."""
    probe = Probe(cast("Any", SimpleNamespace(query=lambda **_: {"Items": [{"id": {"S": "other"}}]})))
    assert probe.find("T", "a-index", {"a": {"N": "1"}}, {"id": {"S": "mine"}}, consistent=False) is None
