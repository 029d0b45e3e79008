"""The document of ``new``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed


class NewDocument(TypedDict):
    """The script that was written."""

    path: str


PRINTED = {"new": Printed((NewDocument,))}


def new_document(path: str) -> NewDocument:
    """By the path as it is shown."""
    return {"path": path}
