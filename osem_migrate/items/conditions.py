"""Conditions: the parts of a condition expression, each of which renders itself and can be evaluated in memory.

What is true of an item is what DynamoDB finds: a comparison with what is not there is false, but for ``<>``; what is of
another type is neither equal, nor less, nor greater.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any, ClassVar

from osem_migrate.items.placeholders import Placeholders
from osem_migrate.items.values import AttributeValue, Item, same

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Part(ABC):
    """A part of a condition."""

    __slots__ = ()

    counts: ClassVar[int] = 1
    """How many operators and functions it is itself."""

    @property
    def parts(self) -> tuple["Part", ...]:
        """What it is made of."""
        return ()

    @property
    def names(self) -> frozenset[str]:
        """The attributes of the item that it is about."""
        return frozenset[str]().union(*(part.names for part in self.parts))

    @property
    def operators(self) -> int:
        """How many operators and functions it counts for."""
        return self.counts + sum(part.operators for part in self.parts)

    @abstractmethod
    def render(self, placeholders: Placeholders) -> str:
        """As DynamoDB's text."""


class Condition(Part):
    """Something that is true of an item, or not."""

    __slots__ = ()

    @abstractmethod
    def holds(self, item: Item) -> bool:
        """Whether it is true of the item."""


class Operand(Part):
    """Something that is compared."""

    __slots__ = ()

    @abstractmethod
    def find(self, item: Item) -> AttributeValue | None:
        """Its value, of an item; None where there is none."""


@dataclass(frozen=True, slots=True)
class Path(Operand):
    """Where a value is: ``a``, ``a.b[0]``; texts are names, numbers positions in a list."""

    steps: tuple[str | int, ...]

    counts: ClassVar[int] = 0

    @property
    def names(self) -> frozenset[str]:
        """The attribute that it leads into."""
        return frozenset({str(self.steps[0])})

    def find(self, item: Item) -> AttributeValue | None:
        """What is there; None where nothing is."""
        found: AttributeValue | None = item.get(str(self.steps[0]))
        for step in self.steps[1:]:
            if found is None:
                return None
            if isinstance(step, str):
                found = found.get("M", {}).get(step)
            else:
                elements = found.get("L", ())
                found = elements[step] if step < len(elements) else None
        return found

    def render(self, placeholders: Placeholders) -> str:
        """``#0.#1[0]``."""
        first, *rest = self.steps
        parts = (f".{placeholders.name(step)}" if isinstance(step, str) else f"[{step}]" for step in rest)
        return placeholders.name(str(first)) + "".join(parts)


@dataclass(frozen=True, slots=True)
class Literal(Operand):
    """A value that stands in the condition."""

    value: AttributeValue

    counts: ClassVar[int] = 0

    def find(self, item: Item) -> AttributeValue | None:
        """The value, of whichever item."""
        del item
        return self.value

    def render(self, placeholders: Placeholders) -> str:
        """``:0``."""
        return placeholders.value(self.value)


@dataclass(frozen=True, slots=True)
class Size(Operand):
    """How long a text or binary is, or how many elements there are."""

    path: Path

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its path."""
        return (self.path,)

    def find(self, item: Item) -> AttributeValue | None:
        """A number; None where nothing is, or something that has no size."""
        for kind, value in (self.path.find(item) or {}).items():
            if kind not in {"N", "BOOL", "NULL"}:
                return {"N": str(len(value))}
        return None

    def render(self, placeholders: Placeholders) -> str:
        """``size(#0)``."""
        return f"size({self.path.render(placeholders)})"


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """Two operands, and one of ``= <> < <= > >=`` between them."""

    left: Operand
    sign: str
    right: Operand

    @property
    def parts(self) -> tuple[Part, ...]:
        """Both sides."""
        return (self.left, self.right)

    def holds(self, item: Item) -> bool:
        """Whether the two stand so."""
        return _compare(self.left.find(item), self.sign, self.right.find(item))

    def render(self, placeholders: Placeholders) -> str:
        """``#0 = :0``."""
        return f"{self.left.render(placeholders)} {self.sign} {self.right.render(placeholders)}"


@dataclass(frozen=True, slots=True)
class Between(Condition):
    """Whether a value is in a range, its ends included."""

    value: Operand
    low: Operand
    high: Operand

    @property
    def parts(self) -> tuple[Part, ...]:
        """All three."""
        return (self.value, self.low, self.high)

    def holds(self, item: Item) -> bool:
        """Whether it is neither below nor above."""
        value = self.value.find(item)
        return _compare(value, ">=", self.low.find(item)) and _compare(value, "<=", self.high.find(item))

    def render(self, placeholders: Placeholders) -> str:
        """``#0 BETWEEN :0 AND :1``."""
        value, low, high = (part.render(placeholders) for part in (self.value, self.low, self.high))
        return f"{value} BETWEEN {low} AND {high}"


@dataclass(frozen=True, slots=True)
class In(Condition):
    """Whether a value is one of several."""

    value: Operand
    choices: tuple[Operand, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of them."""
        return (self.value, *self.choices)

    def holds(self, item: Item) -> bool:
        """Whether it equals one."""
        value = self.value.find(item)
        return any(_compare(value, "=", choice.find(item)) for choice in self.choices)

    def render(self, placeholders: Placeholders) -> str:
        """``#0 IN (:0, :1)``."""
        value = self.value.render(placeholders)
        return f"{value} IN ({', '.join(choice.render(placeholders) for choice in self.choices)})"


@dataclass(frozen=True, slots=True)
class Exists(Condition):
    """Whether there is anything, or nothing."""

    path: Path
    there: bool = True

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its path."""
        return (self.path,)

    def holds(self, item: Item) -> bool:
        """Whether anything is there, NULL included."""
        return (self.path.find(item) is not None) == self.there

    def render(self, placeholders: Placeholders) -> str:
        """``attribute_exists(#0)``."""
        return f"{'attribute_exists' if self.there else 'attribute_not_exists'}({self.path.render(placeholders)})"


@dataclass(frozen=True, slots=True)
class HasType(Condition):
    """Whether a value is of a type, such as ``S``."""

    path: Path
    type: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its path."""
        return (self.path,)

    def holds(self, item: Item) -> bool:
        """Whether one is there that is."""
        return self.type in (self.path.find(item) or {})

    def render(self, placeholders: Placeholders) -> str:
        """``attribute_type(#0, :0)``."""
        return f"attribute_type({self.path.render(placeholders)}, {placeholders.value({'S': self.type})})"


@dataclass(frozen=True, slots=True)
class StartsWith(Condition):
    """Whether a text, or a binary, begins with another."""

    path: Path
    part: Operand

    @property
    def parts(self) -> tuple[Part, ...]:
        """Both."""
        return (self.path, self.part)

    def holds(self, item: Item) -> bool:
        """Whether both are of one type, and it does."""
        whole, part = self.path.find(item) or {}, self.part.find(item) or {}
        return any(kind in part and whole[kind].startswith(part[kind]) for kind in whole.keys() & {"S", "B"})

    def render(self, placeholders: Placeholders) -> str:
        """``begins_with(#0, :0)``."""
        return f"begins_with({self.path.render(placeholders)}, {self.part.render(placeholders)})"


@dataclass(frozen=True, slots=True)
class Contains(Condition):
    """Whether a text has a part, or a set or list an element."""

    path: Path
    part: Operand

    @property
    def parts(self) -> tuple[Part, ...]:
        """Both."""
        return (self.path, self.part)

    def holds(self, item: Item) -> bool:
        """Whether it is in there."""
        whole, part = self.path.find(item), self.part.find(item)
        if whole is None or part is None:
            return False
        ((kind, value),) = whole.items()
        if kind in {"S", "B"}:
            return kind in part and part[kind] in value
        if kind in {"SS", "NS", "BS"}:
            return any(same({kind[0]: one}, part) for one in value)
        return kind == "L" and any(same(one, part) for one in value)

    def render(self, placeholders: Placeholders) -> str:
        """``contains(#0, :0)``."""
        return f"contains({self.path.render(placeholders)}, {self.part.render(placeholders)})"


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The opposite."""

    condition: Condition

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it denies."""
        return (self.condition,)

    def holds(self, item: Item) -> bool:
        """Whether the other does not."""
        return not self.condition.holds(item)

    def render(self, placeholders: Placeholders) -> str:
        """``NOT (…)``."""
        return f"NOT ({self.condition.render(placeholders)})"


@dataclass(frozen=True, slots=True)
class _Several(Condition):
    """Several conditions, and a word between them."""

    conditions: tuple[Condition, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The conditions."""
        return self.conditions

    @property
    def operators(self) -> int:
        """Those of all, and the words between them."""
        return sum(part.operators for part in self.conditions) + len(self.conditions) - 1


class AllOf(_Several):
    """Each of several."""

    __slots__ = ()

    def holds(self, item: Item) -> bool:
        """Whether each does."""
        return all(part.holds(item) for part in self.conditions)

    def render(self, placeholders: Placeholders) -> str:
        """``… AND …``."""
        return " AND ".join(_enclosed(part, placeholders) for part in self.conditions)


class AnyOf(_Several):
    """One of several."""

    __slots__ = ()

    def holds(self, item: Item) -> bool:
        """Whether one does."""
        return any(part.holds(item) for part in self.conditions)

    def render(self, placeholders: Placeholders) -> str:
        """``… OR …``."""
        return " OR ".join(_enclosed(part, placeholders) for part in self.conditions)


def _enclosed(part: Condition, placeholders: Placeholders) -> str:
    text = part.render(placeholders)
    return f"({text})" if isinstance(part, _Several) else text


def _compare(left: AttributeValue | None, sign: str, right: AttributeValue | None) -> bool:
    if sign in {"=", "<>"}:
        equal = left is not None and right is not None and same(left, right)
        return equal == (sign == "=")
    if left is None or right is None or left.keys() != right.keys():
        return False
    ((kind, value),) = left.items()
    if kind not in {"S", "N", "B"}:
        return False
    one, other = _sortable(kind, value), _sortable(kind, right[kind])
    return _ORDERED[sign](one, other)


def _sortable(kind: str, value: Any) -> Any:
    """Texts are in the order of their bytes."""
    if kind == "N":
        return Decimal(value)
    return value.encode() if kind == "S" else value
