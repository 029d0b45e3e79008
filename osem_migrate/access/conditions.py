"""What a write expects of the item that is there, as a ConditionExpression; and in what an item is other than that."""

from collections.abc import Mapping
from typing import Any

from osem_migrate.access import given
from osem_migrate.access.codec import Codec, Values
from osem_migrate.access.values import decoded
from osem_migrate.errors import ConditionNotMet
from osem_migrate.schema.item import Item


class Expectation:
    """The condition of one write.

    Args:
        codec: of the entity.
        exists: whether there has to be an item of that key; None where it does not matter.
        expected: what attributes have to be, by name; None of one that must not be there.

    Raises:
        ArgumentInvalid: ``expected`` is no mapping.
        ValueInvalid: there is no such attribute, or a value is not of its type.
    """

    def __init__(self, codec: Codec, *, exists: bool | None = None, expected: Values | None = None) -> None:
        if expected is not None:
            given.values("Repository", expected, "expected")
        self.codec = codec
        self.exists = exists
        self.expected = codec.attributes({} if expected is None else expected)

    def parameters(self) -> dict[str, Any]:
        """The parameters of a call that say so, to which others may be added; empty where nothing is expected."""
        parts: list[str] = []
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        if self.exists is not None:
            names["#key"] = self.codec.entity.rules[0].key.name
            parts.append("attribute_exists(#key)" if self.exists else "attribute_not_exists(#key)")
        for position, (name, value) in enumerate(self.expected.items()):
            names[f"#e{position}"] = name
            if value is None:
                parts.append(f"attribute_not_exists(#e{position})")
            else:
                values[f":e{position}"] = value
                parts.append(f"#e{position} = :e{position}")
        if not parts:
            return {}
        found: dict[str, Any] = {
            "ConditionExpression": " AND ".join(parts),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeNames": names,
        }
        return {**found, "ExpressionAttributeValues": values} if values else found

    def not_met(self, found: Item | None, table: str) -> ConditionNotMet:
        """Which part of it does not hold for what is there."""
        entity = self.codec.entity.name
        if found is None:
            return ConditionNotMet(f"{entity} in {table}: there is none of that key", table=table)
        values = self.codec.values(found)
        if self.exists is False:
            return ConditionNotMet(f"{entity} in {table}: there is one of that key already", table=table, found=values)
        failed = tuple(name for name, value in self.expected.items() if not same(found.get(name), value))
        names = ", ".join(failed)
        return ConditionNotMet(
            f"{entity} in {table}: not as expected: {names}", table=table, failed=failed, found=values
        )


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two typed values are equal: in sets no order counts, and a number has many spellings."""
    if one is None or other is None:
        return one is other
    return one.keys() == other.keys() and decoded(one) == decoded(other)


def holds(item: Item, values: Mapping[str, Mapping[str, Any] | None]) -> bool:
    """Whether an item has all of these attributes, and none of those that are None."""
    return all(same(item.get(name), value) for name, value in values.items())


def is_all_of(item: Item, other: Item) -> bool:
    """Whether two items are equal."""
    return item.keys() == other.keys() and holds(item, other)
