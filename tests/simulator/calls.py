"""Calls: the log that tests assert on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OK = "ok"
CUT_BEFORE = "cut, not applied"
CUT_AFTER = "applied, answer lost"
UNDER_WAY = "under way"

READS = ("Get", "Describe", "List", "Query", "Scan", "BatchGet", "TransactGet")
ITEM_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


@dataclass(slots=True)
class Call:
    """One call, logged when it arrives; ``outcome`` follows.

    Attributes:
        number: from 1, in the order of arrival.
        action: such as ``UpdateTable``, of DynamoDB or STS.
        table: the one table it names; None for several, or none.
        members: the names of its parameters, sorted; never their values.
        at: simulated Unix seconds.
        outcome: ``ok``, an error code, or what became of the connection.
        access_key: who asked.
    """

    number: int
    action: str
    table: str | None
    members: tuple[str, ...]
    at: float
    outcome: str = UNDER_WAY
    access_key: str = field(default="", compare=False)

    @property
    def reads(self) -> bool:
        """Whether it only looks; a transaction that merely checks counts as a write."""
        return self.action.startswith(READS)

    @property
    def mutates(self) -> bool:
        """Whether it may change a table or its settings; writes of items do not count."""
        return not self.reads and self.action not in ITEM_WRITES

    @property
    def applied(self) -> bool:
        """Whether it was carried out, answered or not."""
        return self.outcome in {OK, CUT_AFTER}


def table_of(parameters: Mapping[str, Any]) -> str | None:
    """The name of the only table that parameters name, wherever the call puts it."""
    names = {parameters["TableName"]} if "TableName" in parameters else set()
    names |= set(parameters.get("RequestItems", ()))
    for item in parameters.get("TransactItems", ()):
        names |= {action.get("TableName") for action in item.values()}
    if "ResourceArn" in parameters:
        names.add(parameters["ResourceArn"])
    return str(names.pop()).rpartition(":table/")[2] if len(names) == 1 else None
