"""The document of ``completion``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed


class CompletionDocument(TypedDict):
    """What a shell needs to complete what is typed."""

    shell: str
    """bash, zsh or fish."""
    script: str
    """To be read by that shell."""


PRINTED = {"completion": Printed((CompletionDocument,))}


def completion_document(shell: str, script: str) -> CompletionDocument:
    """The script of a shell."""
    return {"shell": shell, "script": script}
