"""What lint finds as SARIF 2.1.0, which code scanning and editors read."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from osem_migrate import __version__
from osem_migrate.planning.lint.nolint import COMMENT_FINDINGS, FORM
from osem_migrate.planning.lint.rule import Rule
from osem_migrate.planning.lint.rules import RULES

if TYPE_CHECKING:
    from osem_migrate.commands.lint import LintReport
    from osem_migrate.planning.lint.lint import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(report: "LintReport") -> dict[str, Any]:
    """One run with every rule, and a result for each finding."""
    rules = [*map(_rule, RULES), *(_comment_rule(code, meaning) for code, meaning in COMMENT_FINDINGS.items())]
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "osem-migrate", "version": __version__, "rules": rules}
    results = [_result(finding, numbers[finding.code]) for finding in report.findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": _sentence(rule.finds)},
        "fullDescription": {"text": rule.reason},
        "help": {"text": rule.recipe},
        "helpUri": rule.source,
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _comment_rule(code: str, meaning: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": _sentence(meaning)},
        "help": {"text": f"Write: {FORM}"},
        "defaultConfiguration": {"level": "warning"},
    }


def _result(finding: "Finding", number: int) -> dict[str, Any]:
    # A path that is not below the working folder is absolute, and then a URI needs its scheme.
    path = quote(finding.file)
    place: dict[str, Any] = {"artifactLocation": {"uri": f"file://{path}" if path.startswith("/") else path}}
    if finding.line is not None and finding.column is not None:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": finding.severity.value,
        "message": {"text": f"{_sentence(finding.text)} {finding.recipe}"},
        "locations": [{"physicalLocation": place}],
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
