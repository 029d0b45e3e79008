"""Nodes: what counts as a text, a number or a boolean, and how a place is written."""

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats.document import Node, Source


def node(value: object) -> Node:
    """A value in some place."""
    return Node(value, "/a", Source("f"))


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), ("-12", -12), (5.0, 5), (-1, -1)])
def test_numbers(value: object, number: int) -> None:
    """In quotes or not, as long as they are whole."""
    assert node(value).integer() == number


@pytest.mark.parametrize("value", [True, "--5", "5.0", "", "x", 5.5, None, [], "9" * 30, "٣"])
def test_no_numbers(value: object) -> None:
    """Everything else is refused with its place."""
    with pytest.raises(FormatError, match=r"^f: /a: a number is wanted here, not "):
        node(value).integer()


@pytest.mark.parametrize(("value", "truth"), [(True, True), ("true", True), ("False", False), (False, False)])
def test_booleans(value: object, truth: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """In quotes or not."""
    assert node(value).boolean() is truth


@pytest.mark.parametrize("value", [1, 0, "yes", "", None, {}])
def test_no_booleans(value: object) -> None:
    """Neither 1 nor yes is one."""
    with pytest.raises(FormatError, match="true or false is wanted here, not "):
        node(value).boolean()


def test_places() -> None:
    """A pointer escapes what means something in it; a member that is null is missing; long values are cut off."""
    inner = node({"b/c~d": [1, None], "e": None})
    assert inner.need("b/c~d").elements()[0].place == "f: /a/b~1c~0d/0"
    assert inner.get("e") is None
    with pytest.raises(FormatError, match=r"^f: /a: e is missing$"):
        inner.need("e")
    with pytest.raises(FormatError, match="an object is wanted here, not a list"):
        node([]).get("x")
    with pytest.raises(FormatError) as refused:
        node("x" * 500).one_of("a", "b")
    assert len(refused.value.message) < 120
    assert refused.value.details == {"file": "f", "pointer": "/a"}
