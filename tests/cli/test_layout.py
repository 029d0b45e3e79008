"""Lines that end at words, for a terminal of so many columns."""

import io

import click
import pytest

from osem_migrate.cli import layout

BLANK = layout.UNBROKEN


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("short enough", ["short enough"]),
        ("✓ one two three four five six seven", ["✓ one two three four five", "  six seven"]),
        ("hint: one two three four five six", ["hint: one two three four", "      five six"]),
        ("  - one two three four five six", ["  - one two three four", "    five six"]),
        ("    one two three four five six", ["    one two three four", "    five six"]),
        ("ℹ one two three four five six seven", ["ℹ one two three four five", "  six seven"]),  # noqa: RUF001
        ("i see one two three four five six", ["i see one two three four", "  five six"]),
        ("one a-word-that-is-longer-than-all-of-it two", ["one", "a-word-that-is-longer-than-all-of-it", "two"]),
        (
            f"go on with: osem{BLANK}migrate{BLANK}--to{BLANK}7",
            ["go on with:", f"osem{BLANK}migrate{BLANK}--to{BLANK}7"],
        ),
        ("    aws dynamodb list-tables --region here", ["    aws dynamodb list-tables --region here"]),
        ("表 表表 表表 表表 表表 表表", ["表 表表 表表 表表 表表", "  表表"]),
    ],
)
def test_a_line_ends_at_a_word(line: str, lines: list[str]) -> None:
    """Set in as far as its own text; a command stays in one piece, so that it can be copied."""
    assert layout.wrapped(line, 25).split("\n") == lines


def test_escape_codes_take_no_room() -> None:
    """Colours change nothing."""
    line = click.style("✓", fg="green") + " one two three four " + click.style("five", bold=True)
    assert layout.wrapped(line, 25) == line


def test_what_goes_on_below_a_column_is_set_in() -> None:
    """As far as the column, unless hardly any room were left."""
    assert layout.wrapped("name  one two three four five six seven", 30, 6) == (
        "name  one two three four five\n      six seven"
    )
    assert layout.wrapped("name  one two three four", 15, 6) == "name  one two\n    three four"


def test_a_stream_without_a_terminal_is_of_the_usual_size() -> None:
    """Neither a file nor a closed one is an error."""
    assert tuple(layout.size_of(io.StringIO())) == (80, 24)
