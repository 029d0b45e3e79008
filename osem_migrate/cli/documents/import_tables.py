"""The document of ``import``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.import_file import FileImportDocument
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.script import ScriptDocument, script_documents
from osem_migrate.commands.import_tables import ImportPlan, ImportResult
from osem_migrate.config import Environment


class SkippedDocument(TypedDict):
    """A table that is left out."""

    physical_name: str
    """In DynamoDB."""
    reason: str


class ImportCounts(TypedDict):
    """How many there are."""

    scripts: int
    recorded: int
    skipped: int


class ImportDocument(TypedDict):
    """Existing tables, and their scripts."""

    dry_run: bool
    counts: ImportCounts
    scripts: list[ScriptDocument]
    recorded: list[str]
    """The ids of what was recorded as applied."""
    skipped: list[SkippedDocument]
    warnings: list[str]
    """What the scripts cannot say of the tables."""


PRINTED = {"import": Printed((ImportDocument, FileImportDocument))}


def import_document(plan: ImportPlan, environment: Environment, imported: ImportResult | None = None) -> ImportDocument:
    """What there is to import, and what became of it; None where it was only looked at."""
    drafts = imported.drafts if imported is not None else plan.drafts
    recorded = imported.recorded if imported is not None else ()
    return {
        "dry_run": imported is None,
        "counts": {"scripts": len(drafts), "recorded": len(recorded), "skipped": len(plan.skipped)},
        "scripts": script_documents(drafts, plan.creations, environment.physical_name),
        "recorded": list(recorded),
        "skipped": [{"physical_name": name, "reason": reason} for name, reason in plan.skipped.items()],
        "warnings": list(plan.warnings),
    }
