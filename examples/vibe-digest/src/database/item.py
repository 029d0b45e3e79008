"""One entry of a day's digest, and how it stands in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """What somebody posted, and how it felt.

    Attributes:
        day: of the digest.
        item_id: unique within the day, and what its items are sorted by.
        title: never empty.
        source: where it was found, a URL.
        vibe: from -1 (bad) to 1 (good).
        tags: in no order; there may be none.
    """

    day: date
    item_id: str
    title: str
    source: str
    vibe: Decimal = Decimal(0)
    tags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raise ValueError for what the digest cannot show."""
        if not self.item_id or not self.title:
            raise ValueError("an item has an id and a title")
        if not -1 <= self.vibe <= 1:
            raise ValueError(f"a vibe is from -1 to 1, not {self.vibe}")

    @property
    def key(self) -> dict[str, str]:
        """Its primary key."""
        return key(self.day, self.item_id)

    def stored(self) -> dict[str, Any]:
        """The item as boto3's table takes it. DynamoDB has no empty set: without tags there is no attribute of them."""
        tags = {"tags": set(self.tags)} if self.tags else {}
        return {**self.key, "title": self.title, "source": self.source, "vibe": self.vibe, **tags}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """The item from what boto3's table gives; attributes that a newer version wrote are left out."""
        return cls(
            day=date.fromisoformat(stored["digest_date"]),
            item_id=stored["item_id"],
            title=stored["title"],
            source=stored["source"],
            vibe=stored.get("vibe", Decimal(0)),
            tags=frozenset(stored.get("tags", ())),
        )


def key(day: date, item_id: str) -> dict[str, str]:
    """The primary key of an item; days are ISO dates, so that they sort as they follow each other."""
    return {"digest_date": day.isoformat(), "item_id": item_id}
