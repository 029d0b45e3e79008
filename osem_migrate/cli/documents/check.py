"""The document of ``check``."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.check import CheckResult, Outcome
from osem_migrate.details import ErrorDocument


class CheckResultDocument(TypedDict):
    """One check."""

    name: str
    outcome: Literal["passed", "failed", "skipped"]
    """Skipped where the scripts do not load, which the others need."""
    message: str
    """What holds, where it has passed; what was to hold, where it has not."""
    errors: list[ErrorDocument]
    warnings: list[str]


class ChecksDocument(TypedDict):
    """Whether the scripts are in order."""

    passed: bool
    checks: list[CheckResultDocument]


PRINTED = {"check": Printed((ChecksDocument,))}


def check_document(results: Sequence[CheckResult]) -> ChecksDocument:
    """Every check, in the order in which they were made."""
    return {
        "passed": all(result.outcome is Outcome.PASSED for result in results),
        "checks": [
            {
                "name": result.name,
                "outcome": result.outcome.value,
                "message": result.says,
                "errors": [error.as_dict() for error in result.errors],
                "warnings": list(result.warnings),
            }
            for result in results
        ],
    }
