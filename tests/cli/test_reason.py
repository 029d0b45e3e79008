"""``--reason``: one readable line of the log."""

import pytest

from tests.cli.command_line import Run, Tables


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (" \n ", "a sentence is needed"),
        ("red \x1b[31malert", "without control characters"),
        ("\udcff", "without control characters"),
        ("x" * 1001, "it has 1001 characters; there is room for 1000"),
    ],
    ids=["nothing", "a command for the terminal", "no text", "a novel"],
)
def test_what_is_no_sentence_is_refused(text: str, complaint: str, run: Run, tables: Tables) -> None:
    """Before anything is asked or written."""
    said = run("resolve", "1", "--applied", "--no-verify", "--reason", text)
    assert said.code == 64
    assert complaint in said.err
    assert tables.names() == []


def test_line_breaks_become_blanks(run: Run, tables: Tables) -> None:
    """One event is one line of the log, whatever was pasted."""
    assert run("resolve", "1", "--applied", "--no-verify", "--reason", " by\n hand\tin the  console ").code == 0
    (event,) = run("history", "--json").document["data"]["events"]
    assert event["reason"] == "by hand in the console"
