"""The document of ``init``."""

import os

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.init import InitResult


class InitDocument(TypedDict):
    """The project, and what was written of it now."""

    configuration: str
    """The file that configures it."""
    application: str
    migrations: str
    """The folder of the scripts."""
    environments: list[str]
    script: str | None
    """The first script, where it was written now."""
    written: list[str]
    """The files and folders that are new or changed; none where nothing was left to do."""


PRINTED = {"init": Printed((InitDocument,))}


def init_document(done: InitResult) -> InitDocument:
    """By paths as they are shown."""
    project = done.project
    return {
        "configuration": os.path.relpath(project.file.path),
        "application": project.application,
        "migrations": os.path.relpath(project.migrations),
        "environments": list(project.environment_names),
        "script": os.path.relpath(done.script) if done.script is not None else None,
        "written": [os.path.relpath(path) for path in done.written],
    }
