"""Throughput: capacity of a provisioned table or index, or the maximum of an on-demand one."""

from typing import ClassVar

from typing_extensions import TypedDict

from osem_migrate.errors import DefinitionError
from osem_migrate.schema.value import value


class ThroughputData(TypedDict):
    """Units a second."""

    read: int | None
    write: int | None


@value
class Throughput:
    """Read and write capacity units a second, or request units a second where they cap an on-demand table.

    Attributes:
        read: units to read, from 1; ``None`` for no maximum, where the table is on-demand.
        write: units to write, likewise.

    Example:
        SetBilling.on_demand("Orders", indexes={"by-status": Throughput(read=None, write=500)})
    """

    read: int | None
    write: int | None

    form: ClassVar[str] = "a throughput such as Throughput(5, 5)"

    def __post_init__(self) -> None:
        """Check that each side is a positive number."""
        for side, units in (("read", self.read), ("write", self.write)):
            if units is not None and units < 1:
                raise DefinitionError(f"throughput: {side} must be at least 1, not {units}")

    def data(self) -> ThroughputData:
        """For machines."""
        return {"read": self.read, "write": self.write}

    @property
    def text(self) -> str:
        """``5 read and 5 write units``; a side without a maximum is ``∞``."""
        return f"{self.read or '∞'} read and {self.write or '∞'} write units"


def as_throughput(throughput: Throughput | None) -> Throughput | None:
    """The canonical spelling: None for a throughput that says nothing of either side."""
    return None if throughput == Throughput(None, None) else throughput
