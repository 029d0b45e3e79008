"""Repositories in a simulated account where answers are lost, requests throttled, and items left unprocessed."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.access import Contract, Repository, Retries
from osem_migrate.errors import (
    AnswerEndless,
    BatchIncomplete,
    ConditionFailed,
    ConditionNotMet,
    QueryInvalid,
    ServiceFailed,
    Throttled,
)
from tests.doubles.contract_tables import create_tables
from tests.doubles.simulated_aws import NOWHERE, SimulatedAws, client_answered_by
from tests.simulator import INTERNAL, Drop, Fail, Hook, LoseResponse
from tests.simulator.calls import Call
from tests.unit.access.builders import document

Make = Callable[..., Repository]
ORDER = {"email": "a@b", "created_at": "2026-01-02", "order_id": 7, "total": 1}
KEY = {name: ORDER[name] for name in ("email", "created_at", "order_id")}
BUSY = Fail("ProvisionedThroughputExceededException", "The level of configured provisioned throughput was exceeded")
PAUSES: list[float] = []


@pytest.fixture
def repository(aws: SimulatedAws, tmp_path: Path) -> Iterator[Make]:
    """Gives the repository of an entity, whose table is there; its pauses are the longest that there may be."""
    (tmp_path / "contract.json").write_text(json.dumps(document()))
    contract = Contract.load(tmp_path / "contract.json")
    create_tables(client_answered_by(aws.answer), document(), "shop-test-{}")
    aws.clock.sleep(600)
    retries = Retries(clock=aws.clock.clock, random=lambda: 1.0)

    def made(entity: str, **options: Any) -> Repository:
        found = contract.repository(
            entity,
            env="test",
            table_name="shop-{env}-{entity}",
            endpoint_url=NOWHERE,
            **{"retries": retries, **options},
        )
        if found._session._session is None:
            aws.take(found._session)
        return found

    yield made
    contract.close()


WRITES: dict[str, tuple[str, Callable[[Repository], object], dict[str, Any] | None]] = {
    "put": ("PutItem", lambda orders: orders.put({**ORDER, "total": 2}), {**ORDER, "total": 2}),
    "put, expected": (
        "PutItem", lambda orders: orders.put({**ORDER, "total": 2}, expected={"total": 1}), {**ORDER, "total": 2}
    ),
    "update": ("UpdateItem", lambda orders: orders.update(KEY, {"total": None}), KEY),
    "update, expected": (
        "UpdateItem", lambda orders: orders.update(KEY, {"total": 2}, expected={"total": 1}), {**ORDER, "total": 2}
    ),
    "delete": ("DeleteItem", lambda orders: orders.delete(KEY), None),
    "delete, expected": ("DeleteItem", lambda orders: orders.delete(KEY, expected={"total": 1}), None),
}  # fmt: skip


@pytest.mark.parametrize("fault", [LoseResponse(), Drop(), INTERNAL, BUSY], ids=["lost", "cut", "failed", "throttled"])
@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_done_once(aws: SimulatedAws, repository: Make, fault: Any, name: str) -> None:
    """Twice in a row the answer is lost, or the request: the write succeeds, and meets no condition of its own."""
    action, write, after = WRITES[name]
    orders = repository("ORDER")
    orders.put(ORDER)
    planned = aws.simulator.faults.plan(fault, action=action, times=2)
    write(orders)
    assert len(planned.struck) == 2
    assert orders.get(KEY, consistent=True) == after


def test_a_lost_answer_to_the_first_put(aws: SimulatedAws, repository: Make) -> None:
    """``if_absent`` finds its own item, and knows it."""
    orders = repository("ORDER")
    aws.simulator.faults.plan(LoseResponse(), action="PutItem")
    orders.put(ORDER, if_absent=True)
    assert orders.get(KEY) == ORDER


@pytest.mark.parametrize("fault", [Drop(), LoseResponse()], ids=["cut", "lost"])
def test_what_somebody_else_wrote_meanwhile_is_not_taken_for_ours(
    aws: SimulatedAws, repository: Make, fault: Any
) -> None:
    """While the answer is lost somebody else writes: the condition has failed, and it says so."""
    orders, others = repository("ORDER"), repository("ORDER")
    planned = aws.simulator.faults.plan(fault, action="PutItem")

    def interfere(_call: Call) -> None:
        others.put({**ORDER, "total": 99})

    aws.simulator.faults.plan(Hook(before=interfere), action="PutItem", nth=2)
    with pytest.raises(ConditionNotMet, match="there is one of that key already") as refused:
        orders.put(ORDER, if_absent=True)
    assert len(planned.struck) == 1
    assert refused.value.found == {**ORDER, "total": 99}


def test_a_condition_that_fails_at_once_is_nobodys_success(aws: SimulatedAws, repository: Make) -> None:
    """An equal item that was there before is not ours, if every request of ours was answered; nor after throttling."""
    orders = repository("ORDER")
    orders.put(ORDER)
    with pytest.raises(ConditionNotMet):
        orders.put(ORDER, if_absent=True)
    aws.simulator.faults.plan(BUSY, action="PutItem")
    with pytest.raises(ConditionNotMet):
        orders.put(ORDER, if_absent=True)


def test_throttling_ends_after_growing_pauses(
    aws: SimulatedAws, repository: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Each pause may be twice as long as the one before, up to the cap; then the refusal is told as it is."""
    orders = repository(
        "ORDER", retries=Retries(attempts=5, base=1.0, cap=5.0, random=lambda: 1.0, clock=aws.clock.clock)
    )
    planned = aws.simulator.faults.plan(BUSY, action="GetItem", times=None)
    with pytest.raises(Throttled) as refused:
        orders.get(KEY)
    assert len(planned.struck) == 5
    assert [vars(record)["pause"] for record in caplog.records if "pause" in vars(record)] == [1.0, 2.0, 4.0, 5.0]
    assert "AWS_THROTTLED" in caplog.text
    assert refused.value.remediation == "Wait, then call it again; or give the table more capacity."


@pytest.mark.parametrize("name", WRITES)
def test_a_transaction_on_the_item_that_does_not_end_says_nothing_of_the_item(
    aws: SimulatedAws, repository: Make, name: str
) -> None:
    """It is told as it is: nobody has seen whether the item is as expected."""
    action, write, _ = WRITES[name]
    orders = repository("ORDER", retries=Retries(attempts=3, clock=aws.clock.clock))
    orders.put(ORDER)
    busy = Fail("TransactionConflictException", "Transaction is ongoing for the item")
    planned = aws.simulator.faults.plan(busy, action=action, times=None)
    with pytest.raises(ConditionFailed, match="Transaction is ongoing for the item"):
        write(orders)
    assert len(planned.struck) == 3
    assert orders.get(KEY) == ORDER


@pytest.mark.parametrize("key", [["b@c", "ORDER#2026#1"], ["a@b", "CART#1"]])
def test_a_cursor_of_other_conditions_is_refused(repository: Make, key: list[str]) -> None:
    """As one of another table is, with what to do about it."""
    cursor = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    with pytest.raises(QueryInvalid, match="the cursor is of a query with other conditions") as refused:
        repository("ORDER").page({"email": "a@b"}, cursor=cursor)
    assert refused.value.remediation.startswith("Begin again without a cursor")


def test_what_does_not_pass_is_not_repeated(aws: SimulatedAws, repository: Make) -> None:
    """A refusal for good comes from the first request; an internal error from as many as there may be."""
    orders = repository("ORDER", retries=Retries(attempts=3, clock=aws.clock.clock))
    planned = aws.simulator.faults.plan(INTERNAL, action="GetItem", times=None)
    with pytest.raises(ServiceFailed):
        orders.get(KEY)
    assert len(planned.struck) == 3


CARTS = [{"email": "a", "product_id": number, "quantity": number} for number in range(60)]


def _leave(aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch, *counts: int) -> list[int]:
    """Let the next batches leave that many of their items; the answer grows with what each request held."""
    held: list[int] = []
    waiting = list(counts)
    call = aws.simulator.call

    def short(action: str, parameters: Any, **options: Any) -> Any:
        if not action.startswith("Batch"):
            return call(action, parameters, **options)
        ((table, asked),) = parameters["RequestItems"].items()
        items = asked["Keys"] if action == "BatchGetItem" else asked
        held.append(len(items))
        left = items[: waiting.pop(0)] if waiting else []
        taken = items[len(left) :]
        name = "UnprocessedKeys" if action == "BatchGetItem" else "UnprocessedItems"

        def asking(part: Any) -> Any:
            return {table: {**asked, "Keys": part} if action == "BatchGetItem" else part}

        answer = call(action, {**parameters, "RequestItems": asking(taken)}, **options) if taken else {"Responses": {}}
        return {**answer, name: asking(left) if left else {}}

    monkeypatch.setattr(aws.simulator, "call", short)
    return held


def test_unprocessed_items_are_sent_again(aws: SimulatedAws, repository: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those, after a pause, until all are written; so are keys that were not read."""
    carts = repository("CART")
    held = _leave(aws, monkeypatch, 25, 10, 3)
    carts.batch_put(CARTS)
    assert held == [25, 25, 10, 3, 25, 10]
    held = _leave(aws, monkeypatch, 50)
    assert carts.batch_get([{"email": "a", "product_id": number} for number in range(60)]) == CARTS
    assert held == [60, 50]


def test_a_batch_that_never_ends(aws: SimulatedAws, repository: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how many are written, and gives back the others, which can be written later."""
    carts = repository("CART", retries=Retries(attempts=3, clock=aws.clock.clock))
    _leave(aws, monkeypatch, 0, 20, 20, 20)
    with pytest.raises(BatchIncomplete, match="30 of 60 items are in shop-test-Shop, then: ") as stopped:
        carts.batch_put(CARTS)
    assert isinstance(stopped.value.cause, Throttled)
    assert stopped.value.remediation.endswith("repository.batch_put(error.unwritten)")
    carts.batch_put(stopped.value.unwritten)
    assert len(list(carts.query({"email": "a"}))) == 60
    _leave(aws, monkeypatch, *[9] * 9)
    with pytest.raises(Throttled, match="dynamodb:BatchGetItem on shop-test-Shop leaves 9 items unprocessed"):
        carts.batch_get([{"email": "a", "product_id": number} for number in range(60)])


def test_a_lost_answer_to_a_batch(aws: SimulatedAws, repository: Make) -> None:
    """It is sent again as it is."""
    carts = repository("CART")
    aws.simulator.faults.plan(LoseResponse(), action="BatchWriteItem")
    carts.batch_put(CARTS)
    assert len(list(carts.query({"email": "a"}))) == 60


def test_a_batch_of_which_more_is_left_than_was_sent(
    aws: SimulatedAws, repository: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers so is left after as many requests as for a batch of which nothing gets through."""
    carts = repository("CART", retries=Retries(attempts=3, clock=aws.clock.clock))
    call, sent = aws.simulator.call, 0

    def more(action: str, parameters: Any, **given: Any) -> dict[str, Any]:
        nonlocal sent
        if action != "BatchWriteItem":
            return call(action, parameters, **given)
        sent += 1
        assert sent < 50, "for ever"
        return {"UnprocessedItems": {name: [*puts, puts[0]] for name, puts in parameters["RequestItems"].items()}}

    monkeypatch.setattr(aws.simulator, "call", more)
    with pytest.raises(Throttled, match="leaves 28 items unprocessed"):
        carts.batch_put(CARTS)
    assert sent == 3


@pytest.mark.parametrize("period", [1, 2, 3])
@pytest.mark.parametrize("ask", [
    lambda carts: [*carts.query({"email": "a"})],
    lambda carts: carts.page({"email": "a"}, limit=1000),
], ids=["query", "page"])  # fmt: skip
def test_pages_that_lead_in_a_circle(
    aws: SimulatedAws,
    repository: Make,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Repository], object],
    period: int,
) -> None:
    """A key to go on after that came before is told with operation and table, and not followed for ever."""
    carts = repository("CART")
    carts.batch_put(CARTS)
    call, asked = aws.simulator.call, 0

    def again(action: str, parameters: Any, **given: Any) -> dict[str, Any]:
        nonlocal asked
        if action != "Query":
            return call(action, parameters, **given)
        asked += 1
        assert asked < 50, "for ever"
        begun = {name: member for name, member in parameters.items() if name != "ExclusiveStartKey"}
        return {**call(action, {**begun, "Limit": asked % period + 1}, **given), "Items": []}

    monkeypatch.setattr(aws.simulator, "call", again)
    with pytest.raises(AnswerEndless, match="dynamodb:Query on shop-test-Shop got pages without an end"):
        ask(carts)
