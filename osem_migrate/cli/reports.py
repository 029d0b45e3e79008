"""A Status for continuous integration: GitHub annotations and JUnit test reports."""

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from osem_migrate.planning.status import Problem, Status

# What XML 1.0 has no way to write, not even as a reference.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def github(status: "Status") -> str:
    """Workflow commands, one a line: errors for history problems and drift, warnings for what is pending."""
    lines = [_annotation(problem) for problem in status.problems]
    lines += [f"::notice::{_escaped(note)}" for note in status.notes]
    return "\n".join(lines) if lines else "::notice::in sync"


def junit(status: "Status") -> str:
    """An XML report with a case for each migration and each table; a problem is a failure of its case."""
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
            texts = [f"{problem.code}: {problem.message}\n{problem.remedy}" for problem in problems]
            failure.text = _printable("\n".join(texts))
    suite.set("failures", str(failures))
    # References for everything beyond ASCII: right whatever encoding the file or terminal has.
    document: bytes = ET.tostring(suite, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii")


def _annotation(problem: "Problem") -> str:
    level = "warning" if problem.kind == "pending" else "error"
    file = f"file={_escaped(problem.file, value=True)}," if problem.file is not None else ""
    title = _escaped(problem.code, value=True)
    return f"::{level} {file}title={title}::{_escaped(f'{problem.subject}: {problem.message}. {problem.remedy}')}"


def _escaped(text: str, *, value: bool = False) -> str:
    """GitHub's escapes for messages, and for property values."""
    escapes = {"%": "%25", "\r": "%0D", "\n": "%0A"} | ({":": "%3A", ",": "%2C"} if value else {})
    for plain, escaped in escapes.items():
        text = text.replace(plain, escaped)
    return text


def _printable(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
