"""A finding of ``status``: a problem, or a remark for information."""

from collections.abc import Collection

from typing_extensions import TypedDict

from osem_migrate.planning.status.problem import Problem


class ProblemDocument(TypedDict):
    """One finding."""

    code: str
    """Stable, such as DRIFT_INDEX_MISSING."""
    kind: str
    """note, pending, history or drift."""
    severity: str
    """error, warning or info."""
    state: str
    """The word that --ignore takes for it."""
    ignored: bool
    """Whether --ignore was given it, so that it does not count for the exit code."""
    subject: str
    """The migration's id, or the table's name in DynamoDB."""
    table: str | None
    """The table's name in the scripts."""
    index: str | None
    """That differs."""
    setting: str | None
    """That differs, as list calls it, such as time_to_live."""
    message: str
    remediation: str
    """The next thing to type."""
    expected: str | None
    found: str | None
    file: str | None
    line: int | None


def problem_document(problem: Problem, ignored: Collection[str]) -> ProblemDocument:
    """One problem or remark."""
    return {
        "code": str(problem.code),
        "kind": problem.kind.value,
        "severity": problem.severity.value,
        "state": problem.state,
        "ignored": problem.state in ignored,
        "subject": problem.subject,
        "table": problem.table,
        "index": problem.index,
        "setting": problem.setting,
        "message": problem.message,
        "remediation": problem.advice,
        "expected": problem.expected,
        "found": problem.found,
        "file": problem.file,
        "line": problem.line,
    }
