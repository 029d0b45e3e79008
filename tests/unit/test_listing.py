"""A message that ends with several things: on one line, and apart again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.listing import in_lines, one_line, parts_at, starts


@given(st.text(), st.lists(st.text(), max_size=5), st.integers(0, 40))
def test_what_is_listed_comes_apart_as_it_was(summary: str, parts: list[str], limit: int) -> None:
    """Whatever it says itself; cut off, as far as there is any of it."""
    message = one_line(summary, parts)
    if "".join(parts):
        assert parts_at(message, starts(message, parts, len(message) + 1)) == tuple(parts)
    begin = starts(message, parts, limit)
    assert [*parts_at(message[:limit], begin)][:-1] == parts[: max(len(begin) - 1, 0)]


def test_only_several_things_are_a_list() -> None:
    """One stands in the sentence, and what the message does not end with is not taken from it."""
    assert in_lines("2 failed: a; b", ["a", "b"]) == ("2 failed", ["a", "b"])
    assert in_lines("1 failed: a", ["a"]) == ("1 failed: a", ())
    assert in_lines("2 failed: a; b, and more", ["a", "b"]) == ("2 failed: a; b, and more", ())
    assert in_lines("it failed", []) == ("it failed", ())


@pytest.mark.parametrize("begin", [[-1], [9], [3, 2]])
def test_nothing_begins_where_there_is_no_message(begin: list[int]) -> None:
    """As nobody but a hand can write it."""
    with pytest.raises(ValueError, match="not where parts begin"):
        parts_at("abcdef", begin)
