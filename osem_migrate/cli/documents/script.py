"""A script that an import writes."""

import os
from collections.abc import Callable, Sequence

from typing_extensions import TypedDict

from osem_migrate.files.writer import Draft
from osem_migrate.operations import CreateTable


class ScriptDocument(TypedDict):
    """A script that was written, or would be."""

    path: str
    table: str
    """In the scripts."""
    physical_name: str
    """Of the table, in DynamoDB."""
    source: str


def script_documents(
    drafts: Sequence[Draft], creations: Sequence[CreateTable], physical_name: Callable[[str], str]
) -> list[ScriptDocument]:
    """One for each draft, which creates the table of the same position."""
    return [
        {
            "path": os.path.relpath(draft.path),
            "table": create.table,
            "physical_name": physical_name(create.table),
            "source": draft.source,
        }
        for draft, create in zip(drafts, creations, strict=True)
    ]
