"""SetDeletionProtection: DynamoDB refuses DeleteTable while it is on. It does not protect indexes."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from typing_extensions import TypedDict

from osem_migrate.operations.base import Setting
from osem_migrate.schema.value import value


class DeletionProtectionData(TypedDict):
    """Deletion protection of a table."""

    enabled: bool


@value
class SetDeletionProtection(Setting):
    """Turn deletion protection on or off: while it is on, DynamoDB refuses to delete the table.

    Attributes:
        table: logical name of the table.
        enabled: on or off.

    Example:
        SetDeletionProtection("Orders", enabled=True)
    """

    table: str
    enabled: bool

    noun: ClassVar[str] = "deletion protection"
    spoken: ClassVar[tuple[str, ...]] = ("deletion protection",)
    members: ClassVar[frozenset[str]] = frozenset({"DeletionProtectionEnabled"})

    @classmethod
    def default(cls, table: str) -> Self:
        """Off."""
        return cls(table, enabled=False)

    @classmethod
    def asked(cls, table: str, value: str | None, known: Sequence[Self], *, on: bool) -> Self | None:
        """On or off."""
        del known
        return cls(table, enabled=on) if value in {None, "on"} else None

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """DeletionProtectionEnabled."""
        return cls(table, enabled=description.get("Table", {}).get("DeletionProtectionEnabled", False))

    def create_parameters(self) -> dict[str, Any]:
        """DeletionProtectionEnabled."""
        return {"DeletionProtectionEnabled": self.enabled}

    def data(self) -> DeletionProtectionData:
        """Whether it is on."""
        return {"enabled": self.enabled}

    @property
    def text(self) -> str:
        """``on`` or ``off``."""
        return "on" if self.enabled else "off"
