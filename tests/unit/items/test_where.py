"""Where: what it takes, how it is rendered, and that it means in memory what the simulator finds."""

import pytest
from hypothesis import given

from osem_migrate.errors import DefinitionError
from osem_migrate.items.placeholders import Placeholders
from osem_migrate.items.values import Item, encode_item
from osem_migrate.items.where import Where
from tests.simulator.conditions import read_condition
from tests.simulator.errors import SimulatedError
from tests.simulator.expressions import Scope
from tests.unit.items.generated import conditions, matchable

ITEM = encode_item({"status": "old", "tags": ["a"], "n": 2, "a.b": {"x": [1]}, "it's": "'", "true": 1})
TRUE = [
    "attribute_not_exists(fullName)",
    "status = 'old' AND size(tags) > 0",
    "status IN ('new', 'old')",
    "n BETWEEN 1 AND 3 and not n = 3",
    "NOT (status = 'new' OR n > 2)",
    '"a.b".x[0] = 1',
    "\"it's\" = ''''",
    'attribute_exists("true") AND "true" = 1',
    "begins_with(status, 'o') AND contains(tags, 'a')",
    "attribute_type(n, 'N')",
    "n = 2.0 or n = -1e3",
    "gone <> 1",
    "status <> null",
]
WRONG = {
    "": "the name of an attribute is expected at its end",
    "status": "a comparison is expected, such as status = 'old' at its end",
    "status = 'old": 'nothing that is known at "\'old"',
    "status == 1": "the name of an attribute is expected at '= 1'",
    "exists(a)": "there is no function exists; there are",
    "a = 1 b": "AND, OR or the end is expected at 'b'",
    "(a = 1": ") is expected at its end",
    "a BETWEEN 1, 2": "AND is expected at ', 2'",
    "a IN 1": "( is expected",
    "a[x] = 1": "the position of an element is expected",
    "a[": "the position of an element is expected at its end",
    "a = 1e99999999999999999999": "the number is out of range",
    "a[0 = 1": "] is expected",
    "attribute_exists(a": ") is expected",
    "attribute_type(a, 'X')": "a type is expected",
    "attribute_type(a, b)": "a type is expected",
    "begins_with(a)": ", is expected",
    "size(a": ") is expected",
    "a = " + "1" * 39: "39 digits",
    'a = ""': "the name of an attribute is expected",
    "#a = :b": "nothing that is known at '#a = :b'",
}


@pytest.mark.parametrize("text", TRUE)
def test_what_is_true_of_an_item_is_found_to_be(text: str) -> None:
    """Names and values stand in the text as they are; a reserved word is a name like any other."""
    where = Where.parse(text)
    assert where.text == text
    assert where.holds(ITEM)
    assert not Where.parse(f"NOT ({text})").holds(ITEM)


@pytest.mark.parametrize(("text", "words"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_said_where_it_is(text: str, words: str) -> None:
    """The text, what was expected, and where; and an example of what is right."""
    with pytest.raises(DefinitionError) as caught:
        Where.parse(text)
    assert caught.value.message.startswith(f"where {text!r}: ")
    assert words in caught.value.message
    assert "attribute_not_exists(fullName)" in caught.value.remediation


@pytest.mark.parametrize("text", ["NOT " * 3000 + "a = 1", "(" * 3000])
def test_what_is_nested_beyond_reason_is_refused(text: str) -> None:
    """In a message that is not as long as the condition."""
    with pytest.raises(DefinitionError, match="it is nested too deeply") as caught:
        Where.parse(text)
    assert len(caught.value.message) < 200


def test_what_belongs_together_is_rendered_so() -> None:
    """AND binds before OR, so an OR within an AND keeps its parentheses."""
    rendered = Where.parse("(a = 1 OR b[0].c = 2) AND NOT (d = 3 AND e = 4) or f in (5, 6)").render(Placeholders())
    assert rendered == ("((#0 = :0 OR #1[0].#2 = :1) AND NOT (#3 = :2 AND #4 = :3)) OR #5 IN (:4, :5)")


def test_names_values_and_operators_are_known() -> None:
    """The attributes that it is about, and what it takes of the 300 operators."""
    where = Where.parse("size(a.b) > 1 AND (c IN ('x', d) OR NOT begins_with(\"e.f\", g)) AND h BETWEEN 1 AND size(i)")
    assert where.names == {"a", "c", "d", "e.f", "g", "h", "i"}
    assert where.operators == 2 + 1 + (1 + 1 + 2) + 1 + 2
    assert Where.parse("attribute_type(a, 'S') AND contains(b, c)").names == {"a", "b", "c"}
    assert Where.parse("attribute_type(a, 'S') AND contains(b, c)").operators == 3


@given(matchable, conditions)
def test_it_means_in_memory_what_it_means_to_dynamodb(item: Item, text: str) -> None:
    """Rendered and read by the simulator, which is held against DynamoDB Local, it says the same of every item."""
    where, placeholders = Where.parse(text), Placeholders()
    rendered = where.render(placeholders)
    scope = Scope.of(placeholders.members())
    try:
        condition = read_condition("FilterExpression", rendered, scope)
        found = condition(dict(item))
    except SimulatedError:
        return  # such as BETWEEN with its ends the wrong way round
    assert found == where.holds(item), (text, rendered)
