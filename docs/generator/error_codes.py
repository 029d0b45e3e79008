"""The tables of error codes, written from ``errors.py`` into docs/troubleshooting.md."""

import inspect
import re
from collections.abc import Sequence
from pathlib import Path

import osem_migrate
from osem_migrate.errors import AwsError, OsemMigrateError, error_classes

# The docstrings of the base classes are for readers of the code.
_CAUSES = {
    "ERROR": "A file cannot be read or written, or the tool itself has a bug; the message says which.",
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


def problem_codes() -> set[str]:
    """The codes of the findings that ``status`` reports, wherever the package writes one."""
    package = Path(inspect.getfile(osem_migrate)).parent
    written = "".join(file.read_text(encoding="utf-8") for file in package.rglob("*.py"))
    return set(re.findall('"((?:DRIFT|MIGRATION)_[A-Z_]+)"', written))


def _rows(classes: Sequence[type[OsemMigrateError]]) -> str:
    return _TABLE + "".join(
        f"| `{kind.code}` | {int(kind.exit_code)} | {_cause(kind)} | {_cell(kind.remedy)} |\n" for kind in classes
    )


def _cause(kind: type[OsemMigrateError]) -> str:
    first = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return _CAUSES.get(kind.code) or _cell(first)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|").replace("<", "&lt;")
