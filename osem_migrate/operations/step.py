"""Step: one thing asked of DynamoDB, as plain data that can be printed, compared, resumed and performed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from osem_migrate.schema import Table


class Description(StrEnum):
    """The client method that describes one side of a table. A step says which of them shows its effect."""

    TABLE = "describe_table"
    TIME_TO_LIVE = "describe_time_to_live"
    CONTINUOUS_BACKUPS = "describe_continuous_backups"
    TAGS = "list_tags_of_resource"

    @property
    def permission(self) -> str:
        """The IAM action, such as ``dynamodb:DescribeTable``."""
        return f"dynamodb:{_action(self.value)}"


# The members that name the table in a call; the sub-resource calls for tags take the ARN instead.
TABLE_NAME = "TableName"
RESOURCE_ARN = "ResourceArn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One control-plane call.

    Attributes:
        table: logical name of the table.
        method: boto3 client method, such as ``update_table``.
        parameters: its parameters without the member that names the table.
        after: the table once the step has settled; None when the table is gone.
        settles: the description that shows the effect and when it has settled.
        named_by: the member that names the table, ``TableName`` or ``ResourceArn``.
        subject: what people see the step work on: the table, or an index of it.
    """

    table: str
    method: str
    parameters: Mapping[str, Any]
    after: Table | None
    settles: Description = Description.TABLE
    named_by: str = TABLE_NAME
    subject: str

    @property
    def action(self) -> str:
        """The API's own name of the call, such as ``UpdateTable``."""
        return _action(self.method)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that the call is authorised through; tags that a new table brings along need their own."""
        needed = (f"dynamodb:{self.action}",)
        brings_tags = self.method == "create_table" and "Tags" in self.parameters
        return (*needed, "dynamodb:TagResource") if brings_tags else needed

    def call(self, physical_name: str) -> dict[str, Any]:
        """The whole parameters, addressed to a physical table name (or ARN, for calls that take one)."""
        return {self.named_by: physical_name, **self.parameters}


def _action(method: str) -> str:
    """``DescribeTable`` for ``describe_table``."""
    return "".join(part.capitalize() for part in method.split("_"))
