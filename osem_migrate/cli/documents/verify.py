"""The document of ``verify``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.unfinished_pass import UnfinishedPassDocument, unfinished_pass_documents
from osem_migrate.commands.verify import Verification
from osem_migrate.planning.verify import Check, Checklist


class CheckDocument(TypedDict):
    """One point of a checklist."""

    name: str
    """Such as status, keys or index managerId-index."""
    passed: bool
    expected: str
    found: str


class ChecklistDocument(TypedDict):
    """A table and what was checked of it."""

    name: str
    """In the scripts, or in the contract."""
    physical_name: str
    """In DynamoDB."""
    entity: str | None
    """Of the contract; null where the table is checked for all its items."""
    passed: bool
    checked: bool
    probed: bool
    """Whether a sample item went through it."""
    checks: list[CheckDocument]
    notes: list[str]
    """Why something was not checked, or not probed."""


class VerifyCounts(TypedDict):
    """How many there are."""

    tables: int
    checked: int
    probed: int
    checks: int
    failed: int
    """Of the checks."""


class VerifyDocument(TypedDict):
    """Every table that the applied scripts build, or every entity of a contract, point by point."""

    passed: bool
    counts: VerifyCounts
    tables: list[ChecklistDocument]
    passes: list[UnfinishedPassDocument]
    """Over items, which are not over: the tables that they go through are not checked; none with --contract."""


PRINTED = {"verify": Printed((VerifyDocument,))}


def verify_document(verification: Verification) -> VerifyDocument:
    """What was found."""
    checks = [check for checklist in verification.tables for check in checklist.checks]
    return {
        "passed": verification.passed,
        "counts": {
            "tables": verification.table_count,
            "checked": len({checklist.table for checklist in verification.tables if checklist.was_checked}),
            "probed": len(verification.probed),
            "checks": len(checks),
            "failed": sum(not check.passed for check in checks),
        },
        "tables": [
            _checklist(checklist, probed=checklist.table in verification.probed) for checklist in verification.tables
        ],
        "passes": unfinished_pass_documents(verification.passes),
    }


def _checklist(checklist: Checklist, *, probed: bool) -> ChecklistDocument:
    return {
        "name": checklist.table,
        "physical_name": checklist.physical_name,
        "entity": checklist.entity,
        "passed": checklist.passed,
        "checked": checklist.was_checked,
        "probed": probed,
        "checks": [_check(check) for check in checklist.checks],
        "notes": list(checklist.notes),
    }


def _check(check: Check) -> CheckDocument:
    return {"name": check.name, "passed": check.passed, "expected": check.expected, "found": check.found}
