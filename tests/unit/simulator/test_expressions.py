"""Expressions: conditions and updates, on one item."""

from typing import Any

import pytest

from tests.simulator.conditions import read_condition
from tests.simulator.errors import SimulatedError
from tests.simulator.expressions import Scope, reserved_words
from tests.simulator.paths import project, read_paths
from tests.simulator.updates import Update
from tests.simulator.values import comparable, item_size

ITEM: dict[str, Any] = {
    "pk": {"S": "p"},
    "n": {"N": "10"},
    "s": {"S": "hello"},
    "b": {"B": "aGVsbG8="},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["x", "y"]},
    "numbers": {"NS": ["1", "2.0"]},
    "l": {"L": [{"S": "one"}, {"N": "2"}, {"M": {"deep": {"S": "d"}}}]},
    "m": {"M": {"k": {"N": "1"}, "l": {"L": [{"S": "z"}]}}},
}
VALUES: dict[str, Any] = {
    ":ten": {"N": "10.0"},
    ":two": {"N": "2"},
    ":five": {"N": "5"},
    ":twenty": {"N": "20"},
    ":hello": {"S": "hello"},
    ":he": {"S": "he"},
    ":x": {"S": "x"},
    ":type": {"S": "SS"},
    ":tags": {"SS": ["y", "x"]},
    ":bytes": {"B": "aGU="},
    ":more": {"SS": ["y", "z"]},
    ":list": {"L": [{"S": "three"}]},
    ":map": {"M": {"l": {"L": [{"S": "z"}]}, "k": {"N": "1.0"}}},
}


def scope() -> Scope:
    """All values, and a name that is a word of the language."""
    return Scope({"#n": "n", "#m": "m", "#absent": "absent"}, VALUES)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n = :ten", True),
        ("n <> :ten", False),
        ("absent <> :ten", True),
        ("absent = :ten", False),
        ("#n > :five AND #n < :twenty", True),
        ("n <= :five or n >= :ten", True),
        ("n BETWEEN :five AND :twenty", True),
        ("n between :two and :five", False),
        ("n IN (:five, :ten)", True),
        ("n IN (:five)", False),
        ("NOT n = :ten", False),
        ("contains(b, :bytes)", True),
        ("contains(b, :he)", False),
        ("NOT (n = :five OR n = :twenty)", True),
        ("(n = :ten AND (s = :hello))", True),
        ("n = :five AND n = :five OR s = :hello", True),
        ("n > :hello", False),
        ("yes > :hello", False),
        ("attribute_exists(m.k)", True),
        ("attribute_exists(#m.l[0])", True),
        ("attribute_exists(l[2].deep)", True),
        ("attribute_not_exists(l[7])", True),
        ("attribute_not_exists(s.k)", True),
        ("attribute_not_exists(#absent) AND attribute_not_exists(m.k.x)", True),
        ("attribute_type(tags, :type)", True),
        ("attribute_type(s, :type)", False),
        ("begins_with(s, :he)", True),
        ("begins_with(b, :bytes)", True),
        ("begins_with(n, :he)", False),
        ("begins_with(absent, :he)", False),
        ("contains(s, :he)", True),
        ("contains(tags, :x)", True),
        ("contains(numbers, :two)", True),
        ("contains(l, :two)", True),
        ("contains(l, :x)", False),
        ("contains(m, :x)", False),
        ("contains(absent, :x)", False),
        ("size(s) = :five", True),
        ("size(l) > :two", True),
        ("size(tags) = :two", True),
        ("size(absent) = :two", False),
        ("size(yes) = :two", False),
        ("tags = :tags", True),
        ("m = :map", True),
        (":hello = s", True),
    ],
)
def test_conditions(condition: str, *, expected: bool) -> None:
    """Operators, functions and precedence, as DynamoDB evaluates them; absent attributes equal nothing."""
    assert read_condition("ConditionExpression", condition, scope())(ITEM) is expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "The expression can not be empty;"),
        ("n = :unknown", "attribute value: :unknown"),
        ("#unknown = :ten", "attribute name: #unknown"),
        ("n = ", "<EOF>"),
        ("n :ten", 'Syntax error; token: ":ten"'),
        ("n = :ten )", 'Syntax error; token: ")"'),
        ("(n = :ten", "Syntax error"),
        ("n = :ten !", 'Syntax error; token: "!"'),
        ("n = .", "Syntax error"),
        ("n IS :ten", 'Syntax error; token: "IS"'),
        ("reverse(n)", "Invalid function name; function: reverse"),
        ("reverse(n, :ten)", "Invalid function name; function: reverse"),
        ("n = begins_with(s, :he)", "The function is not allowed"),
        ("size(n)", "Syntax error"),
        ("l[x] = :ten", 'Syntax error; token: "x"'),
        ("status = :ten", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("m.Status = :ten", "Attribute name is a reserved keyword; reserved keyword: Status"),
        ("((n = :ten))", "The expression has redundant parentheses;"),
        ("s = :he OR ((n = :ten) )", "The expression has redundant parentheses;"),
        ("n = n", "The first operand must be distinct from the remaining operands for this operator or function; "),
        ("contains(m.l, m.l)", "operator: contains, first operand: [m, l]"),
        ("n < :tags", "Incorrect operand type for operator or function; operator or function: <, operand type: SS"),
        ("begins_with(s, :ten)", "operator or function: begins_with, operand type: N"),
        ("size(:ten) = :ten", "operator or function: size, operand type: N"),
        ("attribute_type(n, :he)", "Invalid attribute type name found; type: he, valid types: {B,NULL,SS,"),
        ("attribute_exists(:ten)", "requires a document path; operator or function: attribute_exists"),
        ("attribute_exists(n, s)", "operator or function: attribute_exists, number of operands: 2"),
        ("n BETWEEN :twenty AND :five", "requires upper bound to be greater than or equal to lower bound; lower bound"),
        ("n BETWEEN :five AND :he", "requires same data type for lower and upper bounds; lower bound operand"),
        (f"n IN ({', '.join([':ten'] * 101)})", "provided with too many operands; number of operands: 101"),
        (" OR ".join(["n = :ten"] * 151), "contains too many operators; operator count: 301"),
        (" OR ".join(["NOT n = :ten"] * 101), "contains too many operators; operator count: 301"),
        ("n = :ten" + " " * 4086 + "OR n = :ten", "has exceeded the maximum allowed size; expression size: 4105"),
    ],
)
def test_conditions_that_cannot_be_read(condition: str, message: str) -> None:
    """Each is a ValidationException that names its expression."""
    with pytest.raises(SimulatedError) as caught:
        read_condition("ConditionExpression", condition, scope())
    assert caught.value.message.startswith("Invalid ConditionExpression: ")
    assert message in caught.value.message


def test_the_reserved_words_are_those_of_dynamodb() -> None:
    """All 573 of D ReservedWords, in any case; what expressions themselves say is among them."""
    assert len(reserved_words()) == 573
    assert {"STATUS", "NAME", "TTL", "OWNER", "SCOPE", "AND", "BETWEEN", "SET"} <= reserved_words()


def apply(update: str, item: dict[str, Any] | None = None) -> dict[str, Any]:
    """The item after an update."""
    return Update(update, scope(), ("pk",), ("a",)).apply(ITEM if item is None else item)


@pytest.mark.parametrize(
    ("update", "attribute", "expected"),
    [
        ("SET n = n + :two", "n", {"N": "12"}),
        ("set n = n - :twenty", "n", {"N": "-10"}),
        ("SET x = n", "x", {"N": "10"}),
        ("SET x = if_not_exists(absent, :five)", "x", {"N": "5"}),
        ("SET x = if_not_exists(n, :five) + :two", "x", {"N": "12"}),
        ("SET l = list_append(l, :list)", "l", {"L": [*ITEM["l"]["L"], {"S": "three"}]}),
        ("SET l[0] = :x", "l", {"L": [{"S": "x"}, *ITEM["l"]["L"][1:]]}),
        ("SET l[9] = :x", "l", {"L": [*ITEM["l"]["L"], {"S": "x"}]}),
        ("SET m.k = :x", "m", {"M": {"k": {"S": "x"}, "l": {"L": [{"S": "z"}]}}}),
        ("SET l[2].deep = :x", "l", {"L": [*ITEM["l"]["L"][:2], {"M": {"deep": {"S": "x"}}}]}),
        ("REMOVE n", "n", None),
        ("REMOVE absent", "absent", None),
        ("REMOVE l[0], l[9]", "l", {"L": ITEM["l"]["L"][1:]}),
        ("REMOVE l[0], l[1]", "l", {"L": ITEM["l"]["L"][2:]}),
        ("SET l[9] = :x, l[7] = :two REMOVE l[0]", "l", {"L": [*ITEM["l"]["L"][1:], {"N": "2"}, {"S": "x"}]}),
        ("SET x = (n + :two)", "x", {"N": "12"}),
        ("REMOVE m.k", "m", {"M": {"l": {"L": [{"S": "z"}]}}}),
        ("ADD n :two", "n", {"N": "12"}),
        ("ADD absent :two", "absent", {"N": "2"}),
        ("ADD tags :more", "tags", {"SS": ["x", "y", "z"]}),
        ("DELETE tags :more", "tags", {"SS": ["x"]}),
        ("DELETE tags :tags", "tags", None),
        ("DELETE absent :tags", "absent", None),
        ("SET x = :x REMOVE n ADD y :two", "y", {"N": "2"}),
    ],
)
def test_updates(update: str, attribute: str, expected: dict[str, Any] | None) -> None:
    """All four sections, at any depth; the item itself is left alone."""
    assert apply(update).get(attribute) == expected
    assert ITEM["n"] == {"N": "10"}


def test_every_part_of_an_update_sees_the_item_of_before() -> None:
    """Two attributes can be swapped."""
    assert apply("SET n = s, s = n")["s"] == {"N": "10"}


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ("SET n = absent + :two", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET n = s + :two", "incorrect data type"),
        ("ADD s :two", "incorrect data type"),
        ("ADD s :tags", "incorrect data type"),
        ("DELETE numbers :tags", "incorrect data type"),
        ("DELETE absent.x :tags", "The document path provided in the update expression is invalid for update"),
        ("SET n = s - n", "incorrect data type"),
        ("DELETE s :tags", "incorrect data type"),
        ("SET absent.x = :two", "The document path provided in the update expression is invalid for update"),
        ("REMOVE absent.x", "The document path provided in the update expression is invalid for update"),
        ("SET pk = :two", "Cannot update attribute pk. This attribute is part of the key"),
        ("SET m.k = :two REMOVE m", "Two document paths overlap"),
        ("SET n = :two SET s = :two", 'The "SET" section can only be used once in an update expression;'),
        ("MOVE n", "Syntax error"),
        ("SET n :two", "Syntax error"),
        ("SET m.k = :two, m[0] = :two", "Two document paths conflict with each other"),
        (
            "SET a.x = :two",
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed",
        ),
        ("SET n = list_append(n, l)", "An operand in the update expression has an incorrect data type"),
        ("SET n = list_append(:two, l)", "operator or function: list_append, operand type: N"),
        ("SET n = n + :x", "operator or function: +, operand type: S"),
        ("ADD n :x", "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("DELETE tags :two", "operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"),
        ("SET n = reverse(n)", "Invalid function name; function: reverse"),
    ],
)
def test_updates_that_cannot_be(update: str, message: str) -> None:
    """Each is a ValidationException."""
    with pytest.raises(SimulatedError) as caught:
        apply(update)
    assert caught.value.code == "ValidationException"
    assert message in caught.value.message


def test_unused_placeholders_are_refused() -> None:
    """As AWS does, and moto does not always."""
    for unused in (Scope({"#x": "x"}, {}), Scope({}, {":x": {"S": "x"}})):
        with pytest.raises(SimulatedError, match="unused in expressions"):
            unused.check_all_used()


def test_projections_keep_the_shape_of_documents() -> None:
    """Maps stay maps; lists close up; what is not there is left out."""
    paths = read_paths("ProjectionExpression", "n, m.l[0], l[2].deep, absent.x", scope())
    assert project(ITEM, paths) == {
        "n": {"N": "10"},
        "m": {"M": {"l": {"L": [{"S": "z"}]}}},
        "l": {"L": [{"M": {"deep": {"S": "d"}}}]},
    }


def test_values_are_equal_by_meaning() -> None:
    """1 and 1.00 are one number, and sets have no order."""
    assert comparable({"N": "1"}) == comparable({"N": "1.00"})
    assert comparable({"NS": ["1", "2"]}) == comparable({"NS": ["2.0", "1"]})
    assert comparable({"S": "1"}) != comparable({"N": "1"})


def test_sizes_grow_with_what_is_stored() -> None:
    """Names and values count, of every type."""
    sizes = [item_size({name: value}) for name, value in ITEM.items()]
    assert all(size > 1 for size in sizes)
    assert item_size(ITEM) == sum(sizes)
