"""The document of ``doctor``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.planning.doctor import DoctorReport, Health


class FindingDocument(TypedDict):
    """One thing that was looked at."""

    check: str
    """Such as credentials."""
    health: str
    """ok, warning, failed or skipped."""
    message: str
    remediation: str | None
    code: str | None
    """Of the error, where one was met."""


class DoctorCounts(TypedDict):
    """How many findings there are, and how many of each health."""

    findings: int
    ok: int
    warning: int
    failed: int
    skipped: int


class DoctorDocument(TypedDict):
    """Everything that a run depends on."""

    passed: bool
    """Whether nothing has failed."""
    role: str
    """Whose permissions were tried."""
    counts: DoctorCounts
    findings: list[FindingDocument]


PRINTED = {"doctor": Printed((DoctorDocument,))}


def doctor_document(report: DoctorReport, role: str) -> DoctorDocument:
    """What was found."""
    return {
        "passed": report.count(Health.FAILED) == 0,
        "role": role,
        "counts": {
            "findings": len(report.findings),
            "ok": report.count(Health.OK),
            "warning": report.count(Health.WARNING),
            "failed": report.count(Health.FAILED),
            "skipped": report.count(Health.SKIPPED),
        },
        "findings": [
            {
                "check": finding.check,
                "health": finding.health.value,
                "message": finding.message,
                "remediation": finding.advice,
                "code": finding.code,
            }
            for finding in report.findings
        ],
    }
