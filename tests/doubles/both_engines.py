"""The simulator and DynamoDB Local side by side: each call goes to both, and both outcomes are given to compare."""

import copy
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.simulator import Limiter, SimulatedError, Simulator, VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Request = dict[str, Any]
Step = tuple[str, Request]


class Both:
    """One table in both.

    Args:
        client: of DynamoDB Local.
        table: a CreateTable request.
        noise: the members of answers that are not compared.
    """

    def __init__(self, client: "DynamoDBClient", table: Request, noise: frozenset[str] = frozenset()) -> None:
        self.clock = VirtualClock()
        self.simulator = Simulator(clock=self.clock, limiter=Limiter(self.clock.now, None))
        self._client = client
        self._table = str(table["TableName"])
        self._noise = noise | {"ResponseMetadata"}
        client.create_table(**table)
        self.simulator.call("CreateTable", table)
        self.clock.advance(60)

    def call(self, action: str, request: Request) -> tuple[Request, Request]:
        """What the simulator answers or refuses, and what DynamoDB Local does."""
        several = action.startswith(("Batch", "Transact"))
        whole = request if several else {"TableName": self._table, **request}
        self.clock.advance(1)
        return self._ours(action, whole), self._theirs(action, whole)

    def empty(self, keys: Iterable[Request]) -> None:
        """Delete the items of these keys from both."""
        for key in keys:
            self.call("DeleteItem", {"Key": key})

    def _ours(self, action: str, request: Request) -> Request:
        try:
            return self._comparable(self.simulator.call(action, copy.deepcopy(request)))
        except SimulatedError as refusal:
            return _refusal(refusal.code, refusal.details)

    def _theirs(self, action: str, request: Request) -> Request:
        method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in action).lstrip("_")
        try:
            return self._comparable(getattr(self._client, method)(**_decoded(request)))
        except ClientError as refusal:
            return _refusal(str(refusal.response["Error"]["Code"]), dict(refusal.response))

    def _comparable(self, answer: Request) -> Request:
        """Without what Local adds of its own, with sets in one order and numbers in one spelling."""
        return {name: _sorted(value) for name, value in answer.items() if name not in self._noise}


def _refusal(code: str, answer: Mapping[str, Any]) -> Request:
    reasons = [
        {"Code": reason["Code"], "Item": _sorted(reason.get("Item"))}
        for reason in answer.get("CancellationReasons", ())
    ]
    return {"code": code, "item": _sorted(answer.get("Item")), "reasons": reasons}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        shown = {name: _sorted(member) for name, member in value.items()}
        return {name: _spelled(name, member) for name, member in shown.items()}
    if isinstance(value, list):
        return [_sorted(member) for member in value]
    return "aGVsbG8=" if value == b"hello" else value


def _spelled(name: str, value: Any) -> Any:
    if name == "N" and isinstance(value, str):
        return Decimal(value)
    return sorted(value) if name in {"SS", "NS"} else value


def _decoded(request: Any) -> Any:
    """Boto3 takes bytes where the protocol has base64."""
    if isinstance(request, dict):
        return {name: b"hello" if name == "B" else _decoded(value) for name, value in request.items()}
    return [_decoded(value) for value in request] if isinstance(request, list) else request
