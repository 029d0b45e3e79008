"""Key conditions: which part of a table or an index a Query reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulator.conditions import Condition, begins, between, compare
from tests.simulator.errors import invalid, refused
from tests.simulator.expressions import Reader, Scope
from tests.simulator.operands import ORDERED, Operand
from tests.simulator.values import Value, kind
from tests.simulator.views import View


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """One part of a key condition: an attribute; ``=``, ``<``, ``BETWEEN`` or ``begins_with`` …; and the values."""

    attribute: str
    operator: str
    values: tuple[Value, ...]
    holds: Condition


def read_key_condition(text: str, scope: Scope) -> list[KeyTerm]:
    """The parts of a KeyConditionExpression, which only AND can join."""
    reader = Reader("KeyConditionExpression", text, scope)
    terms = [_key_term(reader)]
    while reader.take("AND"):
        terms.append(_key_term(reader))
    reader.end()
    return terms


def check_terms(view: View, terms: Sequence[KeyTerm]) -> None:
    """Every partition key with ``=``; sort keys from the left, only the last of them with something else."""
    given = {term.attribute: term for term in terms}
    for name in view.hash_names:
        if name not in given:
            raise refused(f"Query condition missed key schema element: {name}")
        if given[name].operator != "=":
            raise refused("Query key condition not supported")
    allowed = view.hash_names + view.range_names[: len(terms) - len(view.hash_names)]
    absent = [name for name in allowed if name not in given]
    if absent or len(terms) > len(allowed):
        raise refused(f"Query condition missed key schema element: {(absent or ['null'])[0]}")
    for term in terms:
        expected = view.table.attributes[term.attribute]
        if any(kind(value) != expected for value in term.values):
            raise invalid("Condition parameter type does not match schema type")


def _key_term(reader: Reader) -> KeyTerm:
    if reader.take("("):
        term = _key_term(reader)
        reader.expect(")")
        return term
    if reader.opens_function():
        name = reader.next()
        if name != "begins_with":
            raise reader.error(f"Invalid operator used in KeyConditionExpression: {name}")
        reader.expect("(")
        path = Operand.at(reader.path())
        reader.expect(",")
        prefix = Operand.just(reader.value())
        reader.expect(")")
        return _term(name, path, (prefix,), begins(path, prefix))
    path = Operand.at(reader.path())
    if reader.take("BETWEEN"):
        low = Operand.just(reader.value())
        reader.expect("AND")
        high = Operand.just(reader.value())
        return _term("BETWEEN", path, (low, high), between(path, low, high))
    sign = reader.next()
    if sign != "=" and sign not in ORDERED:
        raise reader.error(f"Invalid operator used in KeyConditionExpression: {sign}")
    value = Operand.just(reader.value())
    return _term(sign, path, (value,), compare(sign, path, value))


def _term(sign: str, path: Operand, operands: tuple[Operand, ...], holds: Condition) -> KeyTerm:
    values = tuple(operand.value for operand in operands if operand.value is not None)
    return KeyTerm(str((path.path or ("",))[0]), sign, values, holds)
