"""Answers in pages end, or say why they do not."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from osem_migrate.aws import paging
from osem_migrate.aws.autoscaling import Autoscaling
from osem_migrate.aws.describe import Describer
from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.item_calls import Probe
from osem_migrate.aws.session import Session
from osem_migrate.clock import Clock
from osem_migrate.errors import AnswerEndless
from osem_migrate.operations import SetTags
from tests.doubles.simulated_aws import _response

URL = "http://127.0.0.1:9"
DESCRIBED = {"Table": {"TableName": "T", "TableStatus": "ACTIVE", "TableArn": "arn:aws:dynamodb:eu-west-1:1:table/T"}}
KEY = {"scope": {"S": "osem"}, "item": {"S": "event#7"}}


def _tags(client: Any) -> object:
    describer = Describer(client, lambda name: name, emulated=True, sleep=lambda _: None)
    return describer.describe("T", [SetTags])


def _tables(client: Any) -> object:
    return Gateway(client, lambda name: name, emulated=True, sleep=lambda _: None).list_tables()


def _history(client: Any) -> object:
    return HistoryTable(client, "T", "osem", Clock()).read()


def _others(client: Any) -> object:
    return HistoryTable(client, "T", "osem", Clock()).others()


def _probe(client: Any) -> object:
    return Probe(client).find("T", "by-a", {"a": {"S": "1"}}, {"id": {"S": "1"}}, consistent=False)


PLACES = [
    (_tags, paging.TAGS, {"Tags": [{"Key": "a", "Value": "b"}]}, lambda n: f"token {n}"),
    (_tables, paging.TABLES, {"TableNames": ["T"]}, lambda n: f"table {n}"),
    (_history, paging.QUERY, {"Items": []}, lambda n: {**KEY, "item": {"S": f"event#{n}"}}),
    (_others, paging.SCAN, {"Items": []}, lambda n: {**KEY, "item": {"S": f"event#{n}"}}),
    (_probe, paging.QUERY, {"Items": []}, lambda n: {"id": {"S": str(n)}}),
]


def answering(page: dict[str, Any], token: str, number: Callable[[], int], make: Callable[[int], Any]) -> Any:
    """A client of a server that always has one more page, and the list of the calls that it got."""
    client = Session.open(endpoint_url=URL).dynamodb()
    calls: list[str] = []

    def answer(request: Any, **_: object) -> Any:
        target = request.headers["X-Amz-Target"]
        name = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        calls.append(name)
        body = DESCRIBED if name == "DescribeTable" else {**page, token: make(number())}
        return _response(200, "application/x-amz-json-1.0", json.dumps(body).encode())

    client.meta.events.register("before-send", answer)
    return client, calls


@pytest.mark.parametrize(("read", "how", "page", "make"), PLACES)
def test_a_token_that_repeats_is_told_and_not_followed(
    read: Callable[[Any], object], how: paging.Paging, page: dict[str, Any], make: Callable[[int], Any]
) -> None:
    """Followed, it would lead in a circle for ever; who answered, and to which call, is told."""
    numbers = count()
    client, calls = answering(page, how.token, lambda: next(numbers) % 3, make)
    with pytest.raises(AnswerEndless, match=f"{how.token} repeats") as caught:
        read(client)
    assert (caught.value.details["endpoint_url"], caught.value.details["action"]) == (URL, how.action)
    assert calls.count(how.action.partition(":")[2]) == 4


@pytest.mark.parametrize(("read", "how", "page", "make"), PLACES)
def test_pages_without_an_end_are_told(
    read: Callable[[Any], object],
    how: paging.Paging,
    page: dict[str, Any],
    make: Callable[[int], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that always has another token is left once there are more pages than the service can have."""
    short = paging.Paging(how.action, how.token, how.start, most=7)
    for module in ("describe", "gateway", "history_table", "item_calls"):
        for name in ("TAGS", "TABLES", "QUERY", "SCAN"):
            if getattr(paging, name) is how:
                monkeypatch.setattr(f"osem_migrate.aws.{module}.{name}", short, raising=False)
    numbers = count()
    client, calls = answering(page, how.token, lambda: next(numbers), make)
    with pytest.raises(AnswerEndless, match="more than 7"):
        read(client)
    assert calls.count(how.action.partition(":")[2]) == 7


def test_targets_whose_pages_repeat_are_no_answer() -> None:
    """An autoscaler that cannot be read is one that may not be asked: its refusal is kept."""

    class Client:
        meta = type("Meta", (), {"endpoint_url": URL})

        @staticmethod
        def describe_scalable_targets(**_: object) -> dict[str, Any]:
            return {"ScalableTargets": [], "NextToken": "again"}

    autoscaling = Autoscaling(Client)
    assert autoscaling.owned("T", []) == frozenset()
    assert isinstance(autoscaling.refusal, AnswerEndless)


def test_pages_are_read_to_the_last_one() -> None:
    """Each is asked for with what the one before it ended with; an empty token is none."""
    answers = iter(({"Items": [1], "LastEvaluatedKey": {"id": 1}}, {"Items": [2], "LastEvaluatedKey": {}}))
    begins: list[object] = []

    def ask(begin: Any) -> Any:
        begins.append(begin)
        return next(answers)

    assert [page["Items"] for page in paging.QUERY.pages(ask, client=None)] == [[1], [2]]
    assert begins == [{}, {"ExclusiveStartKey": {"id": 1}}]
