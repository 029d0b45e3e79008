"""Records of a newer tool; the states themselves are tested with the status that they are part of."""

import pytest

from osem_migrate.errors import ExitCode
from osem_migrate.planning.status.migrations import is_newer
from osem_migrate.planning.status.status import assess, expect
from tests.unit.planning.builders import CALLER, history, migration, record

ONE = migration(1)


@pytest.mark.parametrize(
    ("theirs", "ours", "newer"),
    [
        ("0.2.0", "0.1.0", True),
        ("1.0.0", "0.9.5", True),
        ("0.10.0", "0.9.0", True),
        ("0.1.9", "0.1.0", False),
        ("0.1.0", "0.1.0", False),
        ("0.1.0", "0.2.0", False),
        ("0.2.0.dev1+g123", "0.1.0", True),
        ("nightly", "0.1.0", False),
        ("", "0.1.0", False),
        ("0.2.0", "nightly", False),
    ],
)
def test_a_later_release_is_newer(theirs: str, ours: str, *, newer: bool) -> None:
    """By number, not by text; a correction of the same release changes no record."""
    assert is_newer(record(ONE, tool_version=theirs), ours) is newer


def test_a_record_of_a_newer_tool_is_a_history_problem() -> None:
    """Its migration keeps its state; the word for --ignore is its own."""
    past = history(record(ONE, tool_version="0.7.0"))
    expectation = expect((ONE,), past)
    found = assess((ONE,), past, expectation, (), lock_alive=False, caller=CALLER, tool_version="0.1.0")
    (problem,) = found.problems
    assert found.migrations[0].state.value == "applied"
    assert (problem.code, problem.state, problem.subject) == ("MIGRATION_NEWER_TOOL", "newer_tool", ONE.id)
    assert problem.message == "recorded by osem-migrate 0.7.0, which is newer than this 0.1.0"
    assert problem.remedy == "Install osem-migrate 0.7.0 or later, as this one was installed."
    assert (problem.file, problem.line) == (ONE.file, 5)
    assert found.exit_code() is ExitCode.HISTORY
    assert found.exit_code({"newer_tool"}) is ExitCode.OK
    assert assess((ONE,), past, expectation, (), lock_alive=False, caller=CALLER).in_sync
