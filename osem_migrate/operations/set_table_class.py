"""SetTableClass: the storage class that decides the price of storage against that of requests."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from typing_extensions import TypedDict

from osem_migrate.operations.base import Setting
from osem_migrate.schema.value import as_found, value

TableClass = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]


class TableClassData(TypedDict):
    """The storage class of a table."""

    storage: str
    """STANDARD or STANDARD_INFREQUENT_ACCESS."""


@value
class SetTableClass(Setting):
    """Choose the storage class, which decides the price of storage against that of requests.

    AWS accepts two changes in 30 days.

    Attributes:
        table: logical name of the table.
        storage: ``STANDARD_INFREQUENT_ACCESS`` stores for less, and charges more for a request.

    Example:
        SetTableClass("Orders", "STANDARD_INFREQUENT_ACCESS")
    """

    table: str
    storage: TableClass

    noun: ClassVar[str] = "table class"
    members: ClassVar[frozenset[str]] = frozenset({"TableClassSummary"})

    @classmethod
    def default(cls, table: str) -> Self:
        """STANDARD."""
        return cls(table, "STANDARD")

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """TableClassSummary is absent on tables that never left STANDARD."""
        summary = description.get("Table", {}).get("TableClassSummary", {})
        return as_found(cls, table, summary["TableClass"]) if "TableClass" in summary else None

    def create_parameters(self) -> dict[str, Any]:
        """TableClass."""
        return {"TableClass": self.storage}

    def data(self) -> TableClassData:
        """The storage class."""
        return {"storage": self.storage}

    @property
    def text(self) -> str:
        """``STANDARD`` or ``STANDARD_INFREQUENT_ACCESS``."""
        return self.storage
