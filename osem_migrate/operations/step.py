"""Step: one thing asked of DynamoDB, as plain data that can be printed, compared, resumed and performed."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from osem_migrate.operations.estimate import NO_TIME, UPDATE_TABLE, Estimate
from osem_migrate.schema import Key, Table
from osem_migrate.schema.key import keys_text


class Description(StrEnum):
    """The client method that describes one side of a table. A call says which of them shows its effect."""

    TABLE = "describe_table"
    TIME_TO_LIVE = "describe_time_to_live"
    CONTINUOUS_BACKUPS = "describe_continuous_backups"
    TAGS = "list_tags_of_resource"

    @property
    def permission(self) -> str:
        """The IAM action, such as ``dynamodb:DescribeTable``."""
        return f"dynamodb:{_action(self.value)}"


TRANSITIONS = frozenset({"ENABLING", "DISABLING", "UPDATING"})
"""Statuses of a setting that is on its way, in every description that has one."""

# The members that name the table in a call; the sub-resource calls for tags take the ARN instead.
TABLE_NAME = "TableName"
RESOURCE_ARN = "ResourceArn"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIndex:
    """An index that every item of a table has to fit, with the attributes of its key: those that partition and sort."""

    name: str
    partition: tuple[Key, ...]
    sort: tuple[Key, ...]

    @property
    def text(self) -> str:
        """``items must fit index by-plan: planId S / createdAt N``."""
        return f"items must fit index {self.name}: {keys_text(self.partition, self.sort)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(ABC):
    """One thing asked of DynamoDB. A kind of step is a class here and a driver in ``execution.drivers``.

    Attributes:
        table: logical name of the table.
        after: the table once the step has settled; None when the table is gone.
        subject: what people see the step work on: the table, or an index of it.
        usual: the usual time from the beginning until it has settled.
        again: how much longer it takes where the same was done shortly before, as in a cool-down of AWS's.
        part: what it does of an operation that takes several calls of one kind, such as ``off``.
    """

    table: str
    after: Table | None
    subject: str
    usual: Estimate = UPDATE_TABLE
    again: Estimate = NO_TIME
    part: str = ""

    @property
    @abstractmethod
    def is_described(self) -> bool:
        """Whether what DynamoDB describes shows the effect. What is not shown is done where the record says so."""

    @property
    def is_precaution(self) -> bool:
        """Whether it only finds out if the step after it may be done: where that one is seen done, it is not needed."""
        return False

    @property
    @abstractmethod
    def action(self) -> str:
        """What people call it: the API's own name of a call, such as ``UpdateTable``."""

    @property
    @abstractmethod
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that it is authorised through."""

    @property
    def index_permissions(self) -> tuple[str, ...]:
        """Those that are asked for an index, and not for its table."""
        return ()

    @property
    def checks(self) -> tuple[CheckedIndex, ...]:
        """The indexes that it holds the items of the table against; none for most steps."""
        return ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The ARNs of the keys of KMS that DynamoDB uses in the caller's name."""
        return ()

    @property
    def takes_arn(self) -> bool:
        """Whether it names the table by its ARN."""
        return False

    @abstractmethod
    def call(self, address: str) -> dict[str, Any]:
        """What is sent, for people and for JSON; ``address`` is the physical name of the table, or its ARN."""

    @abstractmethod
    def settled_when(self, name: str) -> str:
        """What is waited for, after the word *until*; ``name`` is the physical one of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    """One control-plane call.

    Attributes:
        method: boto3 client method, such as ``update_table``.
        parameters: its parameters without the member that names the table.
        settles: the description that shows the effect and when it has settled.
        named_by: the member that names the table, ``TableName`` or ``ResourceArn``.
        also_needs: IAM actions beside the call's own, such as ``dynamodb:TagResource`` for tags of a new table.
        kms_keys: the ARNs of the keys of KMS that it encrypts with.
    """

    method: str
    parameters: Mapping[str, Any]
    settles: Description = Description.TABLE
    named_by: str = TABLE_NAME
    also_needs: tuple[str, ...] = ()
    kms_keys: tuple[str, ...] = ()

    @property
    def is_described(self) -> bool:
        """Every control-plane call shows in a description."""
        return True

    @property
    def action(self) -> str:
        """The API's own name of the call, such as ``UpdateTable``."""
        return _action(self.method)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The call's own action, and what comes with it."""
        return (f"dynamodb:{self.action}", *self.also_needs)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the table is encrypted with."""
        return self.kms_keys

    @property
    def takes_arn(self) -> bool:
        """As ``named_by`` says."""
        return self.named_by == RESOURCE_ARN

    def settled_when(self, name: str) -> str:
        """``osem-dev-Teams and managerId-index are ACTIVE and no index is backfilling``."""
        if self.after is None:
            return f"{name} is gone"
        if self.method != "update_table" or self.subject == self.table:
            return f"{name} is ACTIVE"
        if self.after.index(self.subject) is None:
            return f"{self.subject} is gone"
        return f"{name} and {self.subject} are ACTIVE and no index is backfilling"

    def call(self, address: str) -> dict[str, Any]:
        """The whole parameters, addressed to a physical table name (or ARN, for calls that take one)."""
        return {self.named_by: address, **self.parameters}


def calls(steps: Iterable[Step]) -> tuple[Call, ...]:
    """The control-plane calls among the steps."""
    return tuple(step for step in steps if isinstance(step, Call))


def _action(method: str) -> str:
    """``DescribeTable`` for ``describe_table``."""
    return "".join(part.capitalize() for part in method.split("_"))
