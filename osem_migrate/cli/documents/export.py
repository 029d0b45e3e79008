"""The document of ``export``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.formats import Writing


class NoteDocument(TypedDict):
    """Something that the format cannot say."""

    place: str
    """A table, or a part of it."""
    text: str


class ExportDocument(TypedDict):
    """The tables as a file of another tool."""

    format: str
    """Such as cloudformation."""
    path: str | None
    """Of the file; null where it went to standard output."""
    text: str
    """The whole file."""
    notes: list[NoteDocument]


PRINTED = {"export": Printed((ExportDocument,))}


def export_document(form: str, path: str | None, writing: Writing) -> ExportDocument:
    """What was written, and where."""
    notes: list[NoteDocument] = [{"place": note.place, "text": note.text} for note in writing.notes]
    return {"format": form, "path": path, "text": writing.text, "notes": notes}
