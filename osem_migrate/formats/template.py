"""Templates of keys, such as ``ORDER#{created_at}#{order_id}``: a key from its fields, and the fields from a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Self

from osem_migrate.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class Template:
    """Static texts with a field between each two of them; the first and the last may be empty.

    Attributes:
        fields: the names in braces, in order.
        texts: what stands before, between and behind them; one more than there are fields.
    """

    fields: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def parse(cls, template: str) -> Self:
        """Read a template.

        Raises:
            DefinitionError: a brace is open, a field has no plain name or stands there twice, or nothing separates two.
        """
        fields: list[str] = []
        texts: list[str] = [""]
        try:
            parts = list(Formatter().parse(template))
        except ValueError as malformed:
            raise DefinitionError(f"template {template!r}: {malformed}") from None
        for text, name, form, conversion in parts:
            texts[-1] += text
            if name is None:
                continue
            if not name or form or conversion:
                raise DefinitionError(f"template {template!r}: a field is a name in braces, such as {{order_id}}")
            if name in fields:
                raise DefinitionError(f"template {template!r}: field {name!r} stands in it twice")
            if fields and not texts[-1]:
                raise DefinitionError(
                    f"template {template!r}: nothing separates {fields[-1]!r} and {name!r}, so that two pairs of "
                    "values would have the same key"
                )
            fields.append(name)
            texts.append("")
        if not template:
            raise DefinitionError("a template is not empty: a key has at least one character")
        return cls(tuple(fields), tuple(texts))

    @classmethod
    def of(cls, field: str) -> Self:
        """The template that is one field and nothing else."""
        return cls((field,), ("", ""))

    @property
    def is_one_field(self) -> bool:
        """Whether the key is the value of a field as it is."""
        return self.texts == ("", "")

    @property
    def static(self) -> int:
        """How many characters of a key are always the same; of two templates that fit it, more of them is nearer."""
        return sum(map(len, self.texts))

    def build(self, values: Sequence[str]) -> str | None:
        """The key of these values, one for each field; None where another row of values would have the same key."""
        key = self.beginning(values)
        return key if self.values(key) == tuple(values) else None

    def beginning(self, values: Sequence[str]) -> str:
        """What all keys of these values begin with, which are those of the first fields."""
        return self.texts[0] + "".join(value + text for value, text in zip(values, self.texts[1:], strict=False))

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a key, none of them empty; None for a key that is none of this template's."""
        if not self.fields:
            return () if key == self.texts[0] else None
        if not key.startswith(self.texts[0]):
            return None
        found, start = [], len(self.texts[0])
        for text in self.texts[1:-1]:
            end = key.find(text, start + 1)
            if end < 0:
                return None
            found.append(key[start:end])
            start = end + len(text)
        end = len(key) - len(self.texts[-1])
        if end <= start or not key.endswith(self.texts[-1]):
            return None
        return (*found, key[start:end])
