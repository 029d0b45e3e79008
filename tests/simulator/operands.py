"""Operands of conditions: a path, a value or a size, and what AWS refuses of them before it looks at any item."""

import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tests.simulator.expressions import Path, Reader
from tests.simulator.paths import find, shown
from tests.simulator.values import Item, Value, kind, size

ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
SORTABLE = frozenset({"S", "N", "B"})
MEASURED = frozenset({"S", "B", "SS", "NS", "BS", "L", "M"})
TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")


@dataclass(frozen=True, slots=True)
class Operand:
    """Something to compare.

    Attributes:
        of: its value in an item; None where there is none.
        path: where it is, of an operand that is a path.
        value: what it is, of one that is a placeholder.
        type: what is known of its type before any item is seen.
    """

    of: Callable[[Item], Value | None]
    path: Path | None = None
    value: Value | None = None
    type: str | None = None

    @classmethod
    def just(cls, value: Value) -> "Operand":
        """A placeholder's value."""
        return cls(lambda _: value, value=value, type=kind(value))

    @classmethod
    def at(cls, path: Path) -> "Operand":
        """What a path leads to."""
        return cls(lambda item: find(item, path), path=path)


def read_operand(reader: Reader) -> Operand:
    """The operand that is next: ``:value``, ``a.path[0]`` or ``size(…)``."""
    if reader.peek().startswith(":"):
        return Operand.just(reader.value())
    if not reader.opens_function():
        return Operand.at(reader.path())
    name = reader.next()
    if name != "size":
        raise reader.error(f"The function is not allowed to be used this way in an expression; function: {name}")
    reader.count()
    (measured,) = read_arguments(reader, name, 1)
    check_types(reader, name, MEASURED, [measured])
    return Operand(lambda item: _size(measured.of(item)), type="N")


def read_arguments(reader: Reader, name: str, number: int) -> list[Operand]:
    """The operands of a function, in parentheses; just so many."""
    reader.expect("(")
    operands = [read_operand(reader)]
    while reader.take(","):
        operands.append(read_operand(reader))
    reader.expect(")")
    if len(operands) != number:
        raise reader.error(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {name}, number of operands: {len(operands)}"
        )
    return operands


def check_distinct(reader: Reader, name: str, operands: Sequence[Operand]) -> None:
    """An attribute cannot be compared with itself."""
    first, *others = operands
    if first.path is not None and any(first.path == other.path for other in others):
        raise reader.error(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {name}, first operand: {shown(first.path)}"
        )


def check_types(reader: Reader, name: str, allowed: Collection[str], operands: Sequence[Operand]) -> None:
    """A value of the request that can never be right is refused, whatever the item."""
    for one in operands:
        if one.type is not None and one.type not in allowed:
            raise reader.error(
                "Incorrect operand type for operator or function; "
                f"operator or function: {name}, operand type: {one.type}"
            )


def _size(value: Value | None) -> Value | None:
    if value is None or kind(value) not in MEASURED:
        return None
    return {"N": str(size(value) if kind(value) in {"S", "B"} else len(value[kind(value)]))}
