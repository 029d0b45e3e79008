"""Comments that answer findings: which they answer, and what is said of those that answer nothing."""

from collections.abc import Mapping

import pytest

from osem_migrate.migration import Comment, Extent
from osem_migrate.planning.lint.lint import Finding
from osem_migrate.planning.lint.nolint import FORM, settle
from osem_migrate.planning.status.problem import Severity
from tests.unit.planning.builders import migration

SCRIPT = migration(9)
EXTENTS = {0: Extent(line=5, end_line=8, column=5), 1: Extent(line=9, end_line=9, column=7)}
ALL = frozenset({"IDX01", "IDX02", "IDX03"})


def _finding(code: str, position: int = 0) -> Finding:
    return Finding(
        code=code,
        severity=Severity.ERROR,
        migration=SCRIPT.id,
        position=position,
        file=SCRIPT.file,
        table="Orders",
        message="wrong",
        recipe="mend it",
    )


def _settled(
    *findings: Finding, said: Mapping[int, str], judged: frozenset[str] = ALL
) -> list[tuple[str, int | None, int | None]]:
    """Code and place of what is left beside the comments on these lines."""
    comments = [Comment(line, 20, text) for line, text in said.items()]
    left = settle(findings, comments, EXTENTS, judged=judged, script=SCRIPT)
    return [(one.code, one.line, one.column) for one in left]


@pytest.mark.parametrize("line", [5, 6, 8])
def test_a_comment_on_any_line_of_the_operation_answers(line: int) -> None:
    """A long call has several lines, and the comment stands where it belongs."""
    assert _settled(_finding("IDX01"), said={line: "# nolint: IDX01 few items"}) == []


@pytest.mark.parametrize("line", [4, 9])
def test_a_comment_on_another_line_answers_nothing(line: int) -> None:
    """Neither above the operation, nor on the next one; then both are told."""
    left = _settled(_finding("IDX01"), said={line: "# nolint: IDX01 few items"})
    assert left == [("IDX01", 5, 5), ("NOL02", line, 20)]


def test_a_comment_answers_the_rules_that_it_names() -> None:
    """Several, separated by commas; others are told as before, in their place."""
    both = "# nolint: IDX01, IDX02 few items"
    assert _settled(_finding("IDX01"), _finding("IDX02"), _finding("IDX03"), said={5: both}) == [("IDX03", 5, 5)]
    assert _settled(_finding("IDX02", 1), said={9: "# noqa: E501  # nolint: IDX02 x"}) == [("IDX02", 9, 7)]
    assert _settled(_finding("IDX02", 1), said={9: "#NoLint:IDX02 - x"}) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# nolint", "it names no rule"),
        ("# nolint: because", "it names no rule"),
        ("# nolint: IDX01", "it gives no reason for IDX01"),
        ("# nolint: IDX01, IDX02 -", "it gives no reason for IDX01, IDX02"),
        ("# nolint: IDX99 few items", "there is no rule IDX99; did you mean 'IDX0"),
    ],
)
def test_a_comment_without_rule_or_reason_answers_nothing(text: str, says: str) -> None:
    """It is told itself, and so is what it would have answered."""
    left = list(settle([_finding("IDX01")], [Comment(5, 20, text)], EXTENTS, judged=ALL, script=SCRIPT))
    assert [(one.code, one.line) for one in left] == [("NOL01", 5), ("IDX01", 5)]
    assert left[0].message.startswith(f"nolint: {says}")
    assert left[0].recipe == f"Write: {FORM}"


def test_a_comment_that_is_no_nolint_is_nobody_s_business() -> None:
    """Though the word may stand in it."""
    assert _settled(said={5: "# see nolint below", 6: "# nolinting"}) == []


def test_an_unused_comment_is_told_only_where_its_rule_could_have_fired() -> None:
    """Without a release, rules of releases find less; nobody shall remove their comments for that."""
    assert _settled(said={5: "# nolint: IDX02 x"}) == [("NOL02", 5, 20)]
    assert _settled(said={5: "# nolint: IDX02 x"}, judged=ALL - {"IDX02"}) == []
    left = _settled(_finding("IDX01"), said={5: "# nolint: IDX01, IDX02 x"})
    assert left == [("NOL02", 5, 20)]


@pytest.mark.parametrize(
    ("line", "recipe"),
    [(5, "Remove it."), (3, "Move it to a line of the operation that it is about, or remove it.")],
    ids=["within an operation", "in a function above it"],
)
def test_a_comment_that_stands_elsewhere_is_not_only_to_be_removed(line: int, recipe: str) -> None:
    """It may be about a function whose operation is found fault with: there it would answer."""
    said = [Comment(line, 20, "# nolint: IDX02 x")]
    (unused,) = settle([], said, EXTENTS, judged=ALL, script=SCRIPT)
    assert (unused.code, unused.recipe) == ("NOL02", recipe)


def test_a_finding_whose_place_nobody_knows_is_told_without_one() -> None:
    """As where a script builds its operations in a way that nothing can follow."""
    assert _settled(_finding("IDX01", 7), said={5: "# nolint: IDX01 x"}) == [("IDX01", None, None), ("NOL02", 5, 20)]
