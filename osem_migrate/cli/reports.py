"""A Status, a Verification or what lint finds, for CI: GitHub annotations and JUnit test reports."""

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from osem_migrate.cli.forecast import forecast_lines, item_text
from osem_migrate.planning.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osem_migrate.commands.lint import LintReport
    from osem_migrate.commands.verify import Verification
    from osem_migrate.planning.lint.lint import Finding
    from osem_migrate.planning.plan import Plan
    from osem_migrate.planning.status.status import Problem, Status

# What XML 1.0 has no way to write, not even as a reference.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def github(status: "Status") -> str:
    """Workflow commands, one a line: an error, a warning or a notice by the finding's severity."""
    lines = [_annotation(problem) for problem in (*status.problems, *status.remarks)]
    lines += [f"::notice::{_escaped(note)}" for note in status.notes]
    return "\n".join(lines if status.problems else [*lines, "::notice::in sync"])


def plan_github(plan: "Plan", losses: "Iterable[str]") -> str:
    """Workflow commands, one a line: what is pending, what passes take, a warning for what may be lost or differs.

    An item that a sample shows to be set aside is an error; values of items are in no line but for their keys.
    """
    files = {planned.migration.id: planned.migration.file or None for planned in plan.migrations}
    lines = [
        _command("info", {"file": file, "title": name}, f"{name} is {_pending(plan)}") for name, file in files.items()
    ]
    lines += [_command("warning", {"title": "HAZARD"}, loss) for loss in losses]
    lines += [_command("warning", {"title": drift.difference.code}, drift.describe()) for drift in plan.drift]
    lines += [f"::warning::{_escaped(warning)}" for warning in plan.warnings]
    for found in plan.forecasts:
        place = {"file": files[found.key[0]], "title": f"{found.action} {found.physical_name}"}
        lines.append(_command("info", place, "; ".join(forecast_lines(found))))
        for failure in found.sample.failures if found.sample is not None else ():
            text = f"{found.physical_name} {item_text(failure.key)}: {failure.message}"
            lines.append(_command("error", {**place, "title": failure.code}, text))
    return "\n".join(lines or ["::notice::up to date"])


def junit(status: "Status") -> str:
    """An XML report with a case for each migration and each table; a problem is a failure of its case.

    Its text begins with the severity; a remark is what its case says on standard output.
    """
    cases = [("migrations", migration.id) for migration in status.migrations]
    cases += [("tables", live.physical_name) for live in status.tables]
    suite = ET.Element("testsuite", name="osem-migrate status", tests=str(len(cases)))
    failures = 0
    for group, name in cases:
        case = ET.SubElement(suite, "testcase", classname=group, name=name)
        problems = [problem for problem in status.problems if problem.subject == name]
        failures += bool(problems)
        if problems:
            failure = ET.SubElement(case, "failure", message=_printable(problems[0].message), type=problems[0].code)
            failure.text = _printable("\n".join(_text(problem) for problem in problems))
        if remarks := [remark for remark in status.remarks if remark.subject == name]:
            ET.SubElement(case, "system-out").text = _printable("\n".join(_text(remark) for remark in remarks))
    suite.set("failures", str(failures))
    return _document(suite)


def verification_github(verification: "Verification") -> str:
    """Workflow commands, one a line: an error for each check that failed, a notice for what was left out."""
    lines: list[str] = []
    for checklist in verification.tables:
        subject = checklist.subject
        failed = (check.describe() for check in checklist.checks if not check.passed)
        lines += [f"::error title=VERIFY_FAILED::{_escaped(f'{subject}: {text}')}" for text in failed]
        lines += [f"::notice::{_escaped(f'{subject}: {note}')}" for note in checklist.notes]
    good = "verified" if verification.tables else "there is nothing to verify"
    return "\n".join(lines) if lines else f"::notice::{good}"


def verification_junit(verification: "Verification") -> str:
    """An XML report with a case for each check of each table; a table that was not checked is a case skipped."""
    suite = ET.Element("testsuite", name="osem-migrate verify")
    for checklist in verification.tables:
        for check in checklist.checks:
            case = ET.SubElement(
                suite, "testcase", classname=_printable(checklist.subject), name=_printable(check.name)
            )
            if not check.passed:
                ET.SubElement(case, "failure", message=_printable(check.describe()), type="VERIFY_FAILED")
        if not checklist.was_checked:
            case = ET.SubElement(suite, "testcase", classname=_printable(checklist.subject), name="table")
            ET.SubElement(case, "skipped", message=_printable("; ".join(checklist.notes)))
    for count, found in (("tests", "testcase"), ("failures", "testcase/failure"), ("skipped", "testcase/skipped")):
        suite.set(count, str(len(suite.findall(found))))
    return _document(suite)


def lint_github(report: "LintReport") -> str:
    """Workflow commands, one a line: an error or a warning for each finding, in its place."""
    lines = []
    for finding in report.findings:
        place = {"file": finding.file, "line": finding.line, "col": finding.column, "title": finding.code}
        lines.append(_command(finding.severity, place, f"{finding.text}. {finding.recipe}"))
    return "\n".join(lines or ["::notice::nothing found"])


def lint_junit(report: "LintReport") -> str:
    """An XML report with a case for each script; its findings are one failure."""
    suite = ET.Element("testsuite", name="osem-migrate lint", tests=str(len(report.scripts)))
    failures = 0
    for script in report.scripts:
        case = ET.SubElement(suite, "testcase", classname="migrations", name=_printable(script))
        found = [finding for finding in report.findings if finding.migration == script]
        failures += bool(found)
        if found:
            failure = ET.SubElement(case, "failure", message=_printable(found[0].text), type=found[0].code)
            failure.text = _printable("\n".join(_finding_text(finding) for finding in found))
    suite.set("failures", str(failures))
    return _document(suite)


def _document(suite: ET.Element) -> str:
    # References for everything beyond ASCII: right whatever encoding the file or terminal has.
    document: bytes = ET.tostring(suite, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii")


def _text(problem: "Problem") -> str:
    return f"{problem.severity} {problem.code}: {problem.message}\n{problem.advice}"


def _finding_text(finding: "Finding") -> str:
    return f"line {finding.line}: {finding.severity} {finding.code}: {finding.text}\n{finding.recipe}"


def _annotation(problem: "Problem") -> str:
    place = {"file": problem.file, "line": problem.line, "title": problem.code}
    return _command(problem.severity, place, f"{problem.subject}: {problem.message}. {problem.advice}")


def _pending(plan: "Plan") -> str:
    return "to be reversed" if plan.direction is Direction.DOWNGRADE else "pending"


def _command(severity: str, place: "Mapping[str, str | int | None]", message: str) -> str:
    """A workflow command; properties that are None are left out."""
    level = {"error": "error", "warning": "warning", "info": "notice"}[severity]
    given = [f"{name}={_escaped(str(value), value=True)}" for name, value in place.items() if value is not None]
    return f"::{level} {','.join(given)}::{_escaped(message)}"


def _escaped(text: str, *, value: bool = False) -> str:
    """GitHub's escapes for messages, and for property values."""
    escapes = {"%": "%25", "\r": "%0D", "\n": "%0A"} | ({":": "%3A", ",": "%2C"} if value else {})
    for plain, escaped in escapes.items():
        text = text.replace(plain, escaped)
    return text


def _printable(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
