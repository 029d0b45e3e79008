"""The tree of errors: what it draws, what each class owes, and what machines read."""

import ast
import copy
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from osem_migrate import errors
from osem_migrate.errors import (
    AccessDenied,
    AwsError,
    ConfigurationError,
    DefinitionError,
    DriftFound,
    ExitCode,
    HistoryError,
    Interrupted,
    LockError,
    LockHeld,
    OsemMigrateError,
    PartialError,
    RunError,
    ScriptError,
    ScriptNotLoadable,
    Termination,
    UsageError,
    error_classes,
)

CLASSES = tuple(error_classes())
DEEPEST = 8  # characters before the branch of a grandchild
every_class = pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)


def drawn() -> dict[str, str | None]:
    """Parent of every class by name, as the drawing at the top of the module says."""
    parents: dict[str, str | None] = {"OsemMigrateError": None}
    branches: dict[int, str] = {0: "OsemMigrateError"}
    for line in (errors.__doc__ or "").splitlines():
        for branch in re.finditer(r"[├└]── (\w+)", line):
            # The last branch is drawn in two columns; what hangs in the second hangs on the first one's parent.
            depth = branch.start() // 4 if branch.start() <= DEEPEST else 1
            parents[branch[1]] = branches[depth]
            if branch.start() <= DEEPEST:
                branches[depth + 1] = branch[1]
    return parents


def test_the_drawing_is_the_tree() -> None:
    """What people read at the top of the file is what the classes are, no more and no less."""
    assert drawn() == {
        error.__name__: error.__mro__[1].__name__ if error is not OsemMigrateError else None for error in CLASSES
    }


def test_every_class_of_the_module_is_in_the_tree() -> None:
    """An exception beside the tree would end in a traceback; SIGTERM is the one that means to, like Ctrl-C."""
    defined = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, BaseException)}
    assert defined == {*CLASSES, Termination}
    assert issubclass(Termination, KeyboardInterrupt)
    assert CLASSES[0] is OsemMigrateError
    assert len(CLASSES) == len(set(CLASSES))


@every_class
def test_a_class_owns_its_code_and_says_what_to_do(error: type[OsemMigrateError]) -> None:
    """A stable code of its own in capitals, a docstring, and a remedy that ends where one can type."""
    assert "code" in vars(error)
    assert re.fullmatch(r"[A-Z][A-Z_]+[A-Z]", error.code)
    assert error.__doc__
    assert error.remedy.strip() == error.remedy != ""
    assert isinstance(error.exit_code, ExitCode)


def test_codes_are_distinct() -> None:
    """Scripts and CI match on a code, so it means one thing."""
    assert len({error.code for error in CLASSES}) == len(CLASSES)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (OsemMigrateError, 1),
        (UsageError, 64),
        (ConfigurationError, 1),
        (DefinitionError, 1),
        (ScriptError, 1),
        (HistoryError, 1),
        (LockError, 6),
        (LockHeld, 6),
        (RunError, 1),
        (PartialError, 2),
        (AwsError, 1),
    ],
)
def test_exit_codes(kind: type[OsemMigrateError], exit_code: int) -> None:
    """The numbers that the manual promises."""
    assert kind.exit_code == exit_code


def test_exit_codes_are_the_documented_ones() -> None:
    """Each number has one name, and the shell's own for signals are kept."""
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "ERROR": 1,
        "PARTIAL": 2,
        "PENDING": 3,
        "HISTORY": 4,
        "DRIFT": 5,
        "LOCKED": 6,
        "USAGE": 64,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def test_an_error_for_machines() -> None:
    """Code, message, remediation and details; a fact that is not known is left out."""
    error = AccessDenied("not allowed", action="dynamodb:UpdateTable", resource=None)
    assert error.as_dict() == {
        "code": "AWS_ACCESS_DENIED",
        "message": "not allowed",
        "remediation": AccessDenied.remedy,
        "details": {"action": "dynamodb:UpdateTable"},
    }
    assert json.loads(json.dumps(error.as_dict())) == error.as_dict()
    assert str(error) == "not allowed"


def test_a_place_may_know_a_better_remedy() -> None:
    """Even an empty one, where nothing can be typed."""
    assert DefinitionError("x", remediation="Do this").remediation == "Do this"
    assert DefinitionError("x", remediation="").remediation == ""


@pytest.mark.parametrize(("line", "where"), [(7, "migrations/0001_a.py:7: no"), (None, "migrations/0001_a.py: no")])
def test_a_script_error_says_file_and_line(line: int | None, where: str) -> None:
    """In the form that editors open, and as facts."""
    error = ScriptNotLoadable("no", file="migrations/0001_a.py", line=line, remediation="Fix it", operation=1)
    assert error.message == where
    assert error.remediation == "Fix it"
    facts = {"file": "migrations/0001_a.py", "line": line, "operation": 1}
    assert error.details == {name: fact for name, fact in facts.items() if fact is not None}


def test_a_partial_error_carries_what_succeeded() -> None:
    """What was applied, why it stopped, and the command that resumes."""
    cause = DriftFound("Teams is not as expected")
    error = PartialError(("0001_a", "0002_b"), cause, resume="osem-migrate upgrade")
    assert error.message == "2 applied (0001_a, 0002_b), then: Teams is not as expected"
    assert error.advice == f"{DriftFound.remedy}\nThen continue with: osem-migrate upgrade"
    assert (error.applied, error.cause, error.exit_code) == (("0001_a", "0002_b"), cause, ExitCode.PARTIAL)
    assert error.details == {"cause": cause.as_dict()}


CAUSE = AccessDenied("no", action="dynamodb:PutItem")


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("no", remediation="Ask.", action="dynamodb:PutItem"),
        ScriptError("wrong", file="0001_a.py", line=3),
        LockHeld("held", parts=("one", "two")),
        PartialError(("0001_a",), CAUSE, resume="again"),
        errors.DestructionIncomplete(("Orders",), CAUSE, resume="again"),
        errors.SampleLeft("Orders", CAUSE, again="again"),
        errors.ConditionNotMet("other", table="t", failed=("status",), found={"status": "sent"}),
        errors.BatchIncomplete("t", 1, [{"id": 1}], CAUSE),
    ],
)
@pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])  # noqa: S301 - our own
def test_an_error_crosses_from_one_process_to_another(
    error: OsemMigrateError, copied: Callable[[OsemMigrateError], OsemMigrateError]
) -> None:
    """As it is: a pool whose worker raises what cannot be read back is broken, or waits for ever."""
    found = copied(error)
    assert (type(found), str(found), found.as_dict()) == (type(error), str(error), error.as_dict())
    assert vars(found).keys() == vars(error).keys()
    assert found.remediation == error.remediation


def test_part_of_a_migration_is_partial_too() -> None:
    """Nothing finished, but something was changed."""
    error = PartialError((), DriftFound("stop"), resume="osem-migrate upgrade")
    assert error.message == "part of a migration applied, then: stop"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "part of a migration reverted, then: stop"),
        (("0002_b", "0001_a"), "2 reverted (0002_b, 0001_a), then: stop"),
    ],
)
def test_what_a_downgrade_has_done_is_not_called_applied(names: tuple[str, ...], message: str) -> None:
    """The word is that of the direction."""
    assert PartialError(names, DriftFound("stop"), resume="again", done="reverted").message == message


def test_a_resuming_command_is_named_once() -> None:
    """A cause whose own remedy is to run the command again needs no second line that says so."""
    cause = DriftFound("stop", remediation="Run: osem-migrate upgrade")
    assert PartialError((), cause, resume="osem-migrate upgrade").remediation == "Run: osem-migrate upgrade"


@pytest.mark.parametrize(
    ("stop", "message", "exit_code"),
    [
        (KeyboardInterrupt(), "stopped by Ctrl-C", ExitCode.INTERRUPTED),
        (Termination(), "stopped by SIGTERM", ExitCode.TERMINATED),
    ],
)
def test_an_interrupted_run_exits_as_the_shell_expects(
    stop: KeyboardInterrupt, message: str, exit_code: ExitCode
) -> None:
    """Ctrl-C is 130 and SIGTERM 143 wherever they come, also around what was applied; the classes stay as they are."""
    interrupted = Interrupted.by(stop, resume="osem-migrate upgrade")
    assert (interrupted.message, interrupted.exit_code) == (message, exit_code)
    assert interrupted.remediation == "Continue with: osem-migrate upgrade"
    assert Interrupted.by(stop).remediation == Interrupted.remedy
    assert PartialError(("0001_a",), interrupted, resume="osem-migrate upgrade").exit_code is exit_code
    assert (PartialError.exit_code, Interrupted.exit_code) == (ExitCode.PARTIAL, ExitCode.INTERRUPTED)


def test_the_module_imports_nothing_of_the_package_but_texts_and_types() -> None:
    """It stands at the bottom, so that everything may raise its errors."""
    tree = ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {module for module in imported if module is None or module.startswith("osem_migrate")}
    assert ours == {"osem_migrate.advice", "osem_migrate.details", "osem_migrate.listing"}
