"""Sources: the values that an update expression sets, from placeholders, paths, sums and functions."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from tests.simulator.canonical import checked_number
from tests.simulator.errors import SimulatedError, item_refused
from tests.simulator.expressions import Reader
from tests.simulator.paths import find
from tests.simulator.values import NUMBERS, Item, Value, kind

ABSENT = "The provided expression refers to an attribute that does not exist in the item"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"


@dataclass(frozen=True, slots=True)
class Source:
    """A value to set: ``of`` the item as it was; its ``type``, where that is known without an item."""

    of: Callable[[Item], Value]
    type: str | None = None


def read_source(reader: Reader) -> Source:
    """The value that is next, or a sum or difference of two."""
    left = _source(reader)
    sign = reader.peek()
    if not reader.take("+", "-"):
        return left
    reader.count()
    right = _source(reader)
    _check_source(reader, sign, "N", left, right)
    return Source(lambda item: computed(left.of(item), sign, right.of(item)), "N")


def _source(reader: Reader) -> Source:
    if reader.peek().startswith(":"):
        value = reader.value()
        return Source(lambda _: value, kind(value))
    if reader.peek() == "(":
        return reader.group(read_source)
    if reader.opens_function():
        return _function(reader)
    path = reader.path()

    def current(item: Item) -> Value:
        found = find(item, path)
        if found is None:
            raise item_refused(ABSENT)
        return found

    return Source(current)


def _function(reader: Reader) -> Source:
    name = reader.next()
    if name not in {"if_not_exists", "list_append"}:
        raise reader.error(f"Invalid function name; function: {name}")
    reader.count()
    reader.expect("(")
    if name == "if_not_exists":
        path = reader.path()
        reader.expect(",")
        otherwise = _source(reader)
        reader.expect(")")
        return Source(lambda item: find(item, path) or otherwise.of(item))
    first = _source(reader)
    reader.expect(",")
    second = _source(reader)
    reader.expect(")")
    _check_source(reader, name, "L", first, second)

    def appended(item: Item) -> Value:
        one, two = first.of(item), second.of(item)
        if kind(one) != "L" or kind(two) != "L":
            raise item_refused(WRONG_TYPE)
        return {"L": [*one["L"], *two["L"]]}

    return Source(appended, "L")


def _check_source(reader: Reader, name: str, wanted: str, *sources: Source) -> None:
    for source in sources:
        if source.type not in (None, wanted):
            raise reader.error(
                "Incorrect operand type for operator or function; "
                f"operator or function: {name}, operand type: {source.type}"
            )


def computed(left: Value, sign: str, right: Value) -> Value:
    """A sum or difference, exact or refused."""
    if kind(left) != "N" or kind(right) != "N":
        raise item_refused(WRONG_TYPE)
    one, two = Decimal(left["N"]), Decimal(right["N"])
    try:
        exact = NUMBERS.add(one, two) if sign == "+" else NUMBERS.subtract(one, two)
        return {"N": checked_number(exact)}
    except DecimalException as error:
        raise item_refused("Attempting to store more than 38 significant digits in a Number") from error
    except SimulatedError as refusal:
        raise item_refused(refusal.message) from refusal
