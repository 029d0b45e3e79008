"""The engine that a project's configuration asks for."""

from osem_migrate.config import Project
from osem_migrate.local.engine import LocalEngine
from osem_migrate.local.state import EngineKind


def configured_engine(project: Project, *, kind: EngineKind | None = None, port: int | None = None) -> LocalEngine:
    """The engine of ``[tool.osem-migrate.local]``; ``kind`` and ``port`` go before what is configured there."""
    settings = project.settings.local
    folder = settings.dynamodb_local_folder
    return LocalEngine(
        project.state_folder,
        kind=kind or EngineKind(settings.engine),
        port=port or settings.port,
        dynamodb_local_folder=project.root / folder if folder is not None else None,
    )
