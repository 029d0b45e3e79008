"""The document of ``lint``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.lint import LintReport
from osem_migrate.planning.lint.lint import Finding
from osem_migrate.planning.status.problem import Severity


class FindingDocument(TypedDict):
    """What a rule finds in a script."""

    code: str
    """Stable, such as IDX02; docs/lint.md has all of them."""
    severity: str
    """error or warning."""
    migration: str
    """The script's id."""
    operation: int | None
    """Position in the script, from 0; null where it is about a comment."""
    table: str | None
    """In the scripts; null where it is about a comment."""
    message: str
    remediation: str
    """What to do instead."""
    environments: list[str]
    """Where it is so; empty where it is so in all of them."""
    file: str
    line: int | None
    """Where the operation begins, from 1."""
    column: int | None
    """In characters, from 1."""


class LintCounts(TypedDict):
    """How many there are."""

    scripts: int
    """That were looked at."""
    errors: int
    warnings: int


class LintDocument(TypedDict):
    """What is risky in the scripts."""

    passed: bool
    """Whether nothing counts for the exit code."""
    counts: LintCounts
    findings: list[FindingDocument]


PRINTED = {"lint": Printed((LintDocument,))}


def lint_document(report: LintReport) -> LintDocument:
    """What was found."""
    return {
        "passed": report.passed,
        "counts": {
            "scripts": len(report.scripts),
            "errors": report.count(Severity.ERROR),
            "warnings": report.count(Severity.WARNING),
        },
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> FindingDocument:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "migration": finding.migration,
        "operation": finding.position,
        "table": finding.table,
        "message": finding.message,
        "remediation": finding.recipe,
        "environments": list(finding.environments),
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
    }
