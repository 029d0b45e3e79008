"""The tables of error codes, written from ``errors.py`` into docs/troubleshooting.md."""

import inspect
from collections.abc import Sequence

from osem_migrate.advice import as_typed, shown, typed_in
from osem_migrate.errors import AwsError, OsemMigrateError, error_classes
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.status.migrations import MIGRATION_NEWER_TOOL, PROBLEM_OF_STATE
from osem_migrate.planning.status.problem import NoteCode

# The docstrings of the base classes are for readers of the code.
_CAUSES = {
    "ERROR": "The tool itself has a bug, or a part of it is missing; the message says which.",
    "LOCK_FAILED": "The upgrade lock could not be used.",
    "LOCAL_ENGINE_FAILED": "The embedded engine behind `--env local` failed.",
    "AWS_FAILED": "DynamoDB, STS or the SDK refused the call.",
}
_TABLE = "| code | exit | cause | remedy |\n|---|---|---|---|\n"


def error_table() -> str:
    """A row for every error of the tool, those of AWS in a table of their own."""
    classes = sorted(error_classes(), key=lambda kind: kind.code)
    ours = [kind for kind in classes if not issubclass(kind, AwsError)]
    theirs = [kind for kind in classes if issubclass(kind, AwsError)]
    return f"{_rows(ours)}\n### From AWS and the way there\n\n{_rows(theirs)}"


def finding_table() -> str:
    """A row for every kind of drift, and for every note."""
    rows = [f"| `{code}` | {_cell(code.text)} | {_cell(_typed(code.advice))} |" for code in DriftCode]
    rows += [f"| `{code}` | {_cell(code.text)} | Nothing; it is for information. |" for code in NoteCode]
    return "| code | cause | remedy |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def problem_codes() -> set[str]:
    """The codes of the findings that ``status`` reports."""
    history = {code for code, _ in PROBLEM_OF_STATE.values()} | {MIGRATION_NEWER_TOOL}
    return history | {str(code) for code in (*DriftCode, *NoteCode)}


def _typed(advice: str) -> str:
    """Advice with its commands as they are typed about ``dev``."""
    return shown(advice, lambda words: f"`{typed_in('dev', ())(words)}`").removesuffix(":") + "."


def _rows(classes: Sequence[type[OsemMigrateError]]) -> str:
    return _TABLE + "".join(
        f"| `{kind.code}` | {int(kind.exit_code)} | {_cause(kind)} | {_cell(shown(kind.remedy, as_typed))} |\n"
        for kind in classes
    )


def _cause(kind: type[OsemMigrateError]) -> str:
    first = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return _CAUSES.get(kind.code) or _cell(first)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|").replace("<", "&lt;")
