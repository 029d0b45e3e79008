"""Aspect: what of a table a difference is about, for an operation to say whether it is concerned."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from osem_migrate.schema import Key

if TYPE_CHECKING:
    from osem_migrate.operations.base import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """Something that can differ by itself: an index, the throughput of one, or a setting.

    The keys of a table and its local indexes are none: they can never change, so a table that differs there is another
    table, and concerns every operation.

    Attributes:
        index: the name of the global index that it is about; None where it is about the table.
        keys: the key attributes that this index has, where it is there; empty for its throughput.
        declared: the setting as declared, which is the billing for the throughput of an index; None for an index.
        found: the same as it is live.
    """

    index: str | None = None
    keys: tuple[Key, ...] = ()
    declared: "Setting | None" = None
    found: "Setting | None" = None

    @property
    def is_lost_index(self) -> bool:
        """Whether it is an index that is not there."""
        return self.declared is None and not self.keys
