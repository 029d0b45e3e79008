"""Placeholders: names and values of an expression, kept out of its text, so that no word of theirs is reserved."""

from typing import Any

from osem_migrate.items.values import AttributeValue


class Placeholders:
    """Those of one request; each name has one, however often it occurs."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, AttributeValue] = {}

    def name(self, name: str) -> str:
        """``#0`` for a name, whatever is in it."""
        return self._names.setdefault(name, f"#{len(self._names)}")

    def value(self, value: AttributeValue) -> str:
        """``:0`` for a value."""
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = value
        return placeholder

    def members(self) -> dict[str, Any]:
        """ExpressionAttributeNames and ExpressionAttributeValues; DynamoDB takes no empty ones."""
        names = {placeholder: name for name, placeholder in self._names.items()}
        return {
            **({"ExpressionAttributeNames": names} if names else {}),
            **({"ExpressionAttributeValues": dict(self._values)} if self._values else {}),
        }
