"""LockSnapshot: the lock exactly as somebody saw it, and the write that clears it only while it is still so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from osem_migrate.aws import history_items
from osem_migrate.errors import HistoryUnreadable
from osem_migrate.history import Holder

_FENCE = "fence"
_WHO = ("owner", _FENCE)  # what never changes while one run holds the lock


@dataclass(frozen=True, slots=True)
class LockSnapshot:
    """The lock at one moment.

    Attributes:
        item: what was read, in DynamoDB's typed JSON; empty where there was nothing.
        holder: who holds it; None when it is free, or when nobody can say.
        fence: of the newest acquisition; None when nobody can say.
        unreadable: why nobody can say; None when all is well.
    """

    item: Mapping[str, Any] = field(repr=False)
    holder: Holder | None
    fence: int | None
    unreadable: HistoryUnreadable | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """What the lock's item says; an item that nobody can read is no error yet."""
        try:
            return cls(item, history_items.read_holder(item), history_items.read_fence(item))
        except HistoryUnreadable as unreadable:
            return cls(item, None, None, unreadable)

    @property
    def is_free(self) -> bool:
        """Whether nobody holds the lock."""
        return self.holder is None and self.unreadable is None

    def clearing(self, *, still: bool, fence: int) -> dict[str, Any]:
        """Condition and update that remove the holder and leave its fence, so that it can never write again.

        Args:
            still: every attribute must be what was seen; otherwise owner and fence must, and the heartbeat may move.
            fence: written where the one that was seen cannot be read; higher than any there was.
        """
        everything = (*history_items.HOLDER_ATTRIBUTES, _FENCE)
        expected = everything if still or self.holder is None else _WHO
        conditions = [
            f"#{name} = :{name}" if name in self.item else f"attribute_not_exists(#{name})" for name in expected
        ]
        values = {f":{name}": self.item[name] for name in expected if name in self.item}
        update = "REMOVE " + ", ".join(f"#{name}" for name in history_items.HOLDER_ATTRIBUTES)
        if self.fence is None:
            update += f" SET #{_FENCE} = :new"
            values |= history_items.serialize({":new": fence})
        return {
            "UpdateExpression": update,
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": name for name in everything},
            "ExpressionAttributeValues": values,
        }
