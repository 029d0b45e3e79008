"""Queries: what a table or an index is asked for, by the values that its keys are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NoReturn

from osem_migrate.access.codec import Codec, Values, parts_of
from osem_migrate.errors import QueryInvalid
from osem_migrate.formats.entities import KeyRule
from osem_migrate.schema.item import Item

if TYPE_CHECKING:
    from osem_migrate.schema import Index

_LAST = chr(0x10FFFF)
_SURROGATES = range(0xD800, 0xE000)

_COMPARE: Mapping[str, Callable[[str, tuple[str, ...]], bool]] = {
    "begins_with": lambda text, bounds: text.startswith(bounds[0]),
    "between": lambda text, bounds: bounds[0] <= text <= bounds[1],
    "<": lambda text, bounds: text < bounds[0],
    "<=": lambda text, bounds: text <= bounds[0],
    ">": lambda text, bounds: text > bounds[0],
    ">=": lambda text, bounds: text >= bounds[0],
}
"""Texts in Python's order, by code points, are in that of their UTF-8 bytes, which is DynamoDB's."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the value of a sort key has to be like; made by ``begins_with``, ``between``, ``lt`` and so on."""

    operator: str
    bounds: tuple[Any, ...] = field(repr=False)


def begins_with(beginning: Any) -> Condition:
    """A text, or bytes, with that beginning."""
    return Condition("begins_with", (beginning,))


def between(low: Any, high: Any) -> Condition:
    """From ``low`` to ``high``, both included."""
    return Condition("between", (low, high))


def lt(bound: Any) -> Condition:
    """Less than."""
    return Condition("<", (bound,))


def lte(bound: Any) -> Condition:
    """Less than, or equal."""
    return Condition("<=", (bound,))


def gt(bound: Any) -> Condition:
    """Greater than."""
    return Condition(">", (bound,))


def gte(bound: Any) -> Condition:
    """Greater than, or equal."""
    return Condition(">=", (bound,))


@dataclass(slots=True)
class KeyCondition:
    """A KeyConditionExpression, and what of an answer is not meant although it fits.

    Attributes:
        parts: of the expression.
        names: of attributes, by placeholder.
        values: typed, by placeholder.
        tests: of values within a key of several, by name.
    """

    parts: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    tests: dict[str, Callable[[str], bool]] = field(default_factory=dict)

    @property
    def expression(self) -> str:
        """All parts."""
        return " AND ".join(self.parts)

    def add(self, attribute: str, operator: str, *values: dict[str, Any]) -> None:
        """One more part: ``=``, ``begins_with`` and so on."""
        name = f"#k{len(self.names)}"
        self.names[name] = attribute
        held = [f":v{len(self.values) + position}" for position in range(len(values))]
        self.values.update(zip(held, values, strict=True))
        if operator == "begins_with":
            self.parts.append(f"begins_with({name}, {held[0]})")
        elif operator == "between":
            self.parts.append(f"{name} BETWEEN {held[0]} AND {held[1]}")
        else:
            self.parts.append(f"{name} {operator} {held[0]}")

    def is_met(self, codec: Codec, item: Item) -> bool:
        """Whether an item of the answer is one of the entity's, and one that was asked for."""
        if not codec.belongs(item):
            return False
        if not self.tests:
            return True
        parts = parts_of(codec.entity, item) or {}
        return all(test(parts[name][1]) for name, test in self.tests.items())


def key_condition(codec: Codec, conditions: Values, index: str | None = None) -> KeyCondition:
    """What to ask for.

    Args:
        codec: of the entity.
        conditions: by name, a value that has to be equal or a Condition: all values of the partition key, and those of
            the sort key from its beginning, of which the last may have a Condition.
        index: the name of an index; None for the table.

    Raises:
        QueryInvalid: the keys cannot answer that.
        ValueInvalid, KeyIncomplete: a value is not of its type, or empty.
    """
    return _Builder(codec, conditions, index).build()


class _Builder:
    def __init__(self, codec: Codec, conditions: Values, index: str | None) -> None:
        self.codec = codec
        self.conditions = conditions
        self.where = f"index {index!r}" if index is not None else f"table {codec.entity.table.name!r}"
        self.partition, self.sort = _rules(codec, index, self._fail)
        self.made = KeyCondition()

    def build(self) -> KeyCondition:
        """Both keys."""
        values = list(dict.fromkeys(name for rule in (*self.partition, *self.sort) for name in rule.values))
        for name in self.conditions:
            if name not in values:
                self._fail(f"{name} is no part of its key, which is made of {', '.join(values)}")
        for rule in self.partition:
            for name in rule.values:
                if not self._is_equal(name):
                    self._fail(f"{name} is part of the partition key and has to be given, as one value")
            self.made.add(rule.key.name, "=", self.codec.made(rule, self.conditions))
        for rule in self.sort:
            self._sort(rule)
        return self.made

    def _sort(self, rule: KeyRule) -> None:
        """The condition on a sort key: the values that are given from its beginning on."""
        given = list(takewhile(self._is_equal, rule.values))
        rest = rule.values[len(given) :]
        if not rest:
            self.made.add(rule.key.name, "=", self.codec.made(rule, self.conditions))
            return
        shared = {name for one in self.partition for name in one.values}
        for name in rest[1:]:
            if name in self.conditions and name not in shared:
                self._fail(f"{name} can be given once {', '.join(rest[: rest.index(name)])} is, as one value")
        condition = self.conditions.get(rest[0])
        if rule.template.is_one_field:
            if condition is not None:
                self._plain(rule, condition)
            return
        texts = [self.codec.text(name, self.conditions[name]) for name in given]
        for name, text in zip(given, texts, strict=True):
            self.made.tests[name] = text.__eq__
        beginning = rule.template.beginning(texts)
        if condition is not None:
            self._within(rule, condition, beginning, len(given))
        elif beginning:
            self.made.add(rule.key.name, "begins_with", {"S": beginning})

    def _is_equal(self, name: str) -> bool:
        """Whether one value is given."""
        return name in self.conditions and not isinstance(self.conditions[name], Condition)

    def _plain(self, rule: KeyRule, condition: Condition) -> None:
        """A condition on a key that is a value as it is, which DynamoDB compares as its type does."""
        (name,) = rule.values
        if condition.operator == "begins_with" and rule.key.type == "N":
            self._fail(f"{name} is a number, which begins with nothing")
        self._require_order(rule, name)
        self.made.add(rule.key.name, condition.operator, *(self.codec.plain(rule, one) for one in condition.bounds))

    def _within(self, rule: KeyRule, condition: Condition, beginning: str, position: int) -> None:
        """A condition on a value within a text: a range of texts that holds all that are meant, and a test of each."""
        name = rule.values[position]
        self._require_order(rule, name)
        bounds = tuple(self.codec.text(name, bound) for bound in condition.bounds)
        if condition.operator == "between" and bounds[0] > bounds[1]:
            self._fail(f"nothing is between these two values of {name}, of which the second comes first")
        compare = _COMPARE[condition.operator]
        self.made.tests[name] = lambda text: compare(text, bounds)
        if condition.operator == "begins_with":
            self.made.add(rule.key.name, "begins_with", {"S": beginning + bounds[0]})
            return
        behind = rule.template.texts[position + 1]
        low = beginning + bounds[0] if condition.operator in {">", ">=", "between"} else beginning
        high = (
            _beyond(beginning, bounds[-1], behind)
            if condition.operator in {"<", "<=", "between"}
            else successor(beginning)
        )
        if low and high:
            self.made.add(rule.key.name, "between", {"S": low}, {"S": high})
        elif low:
            self.made.add(rule.key.name, ">=", {"S": low})
        elif high:
            self.made.add(rule.key.name, "<=", {"S": high})

    def _require_order(self, rule: KeyRule, name: str) -> None:
        if rule.key.type == "S" and self.codec.types[name] == "N":
            self._fail(f"{name} is a number within a text, where 10 comes before 9; it can only be given as one value")

    def _fail(self, why: str) -> NoReturn:
        raise QueryInvalid(f"{self.codec.entity.name} by {self.where}: {why}", table=self.codec.entity.table.name)


def _rules(
    codec: Codec, index: str | None, fail: Callable[[str], NoReturn]
) -> tuple[tuple[KeyRule, ...], tuple[KeyRule, ...]]:
    """How the partition key and the sort key are made."""
    if index is None:
        return codec.entity.rules[:1], codec.entity.rules[1:]
    found: Index | None = codec.entity.table.index(index)
    if found is None:
        there = ", ".join(one.name for one in codec.entity.table.indexes) or "none"
        fail(f"the contract has no such index (there are: {there})")
    rules = []
    for key in found.keys:
        rule = codec.entity.rule(key)
        if rule is None:
            fail(f"it holds no {codec.entity.name}, which has no attribute {key.name!r}")
        rules.append(rule)
    count = len(found.partition_keys)
    return tuple(rules[:count]), tuple(rules[count:])


def successor(text: str) -> str | None:
    """The least text that is greater than all that begin with this one; None where there is none."""
    text = text.rstrip(_LAST)
    if not text:
        return None
    code = ord(text[-1]) + 1
    return text[:-1] + chr(code if code not in _SURROGATES else _SURROGATES.stop)


def _beyond(beginning: str, bound: str, behind: str) -> str | None:
    """A text that no key exceeds in which a value up to ``bound`` stands after ``beginning`` and before ``behind``.

    A value that is shorter than the bound is followed by ``behind`` where the bound goes on, perhaps with less.
    """
    if not behind:
        return beginning + bound
    cut = next((position for position, letter in enumerate(bound) if letter <= behind[0]), len(bound))
    return successor(beginning + bound[:cut] + behind[0])
