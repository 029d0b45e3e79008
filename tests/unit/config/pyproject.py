"""How the tests of configuration write a project."""

from pathlib import Path

from osem_migrate.config import Project

HEAD = '[tool.osem-migrate]\napplication = "shop"\n'


def project(folder: Path, text: str, **environ: str) -> Project:
    """The project of a pyproject.toml that says this below its first two lines."""
    (folder / "pyproject.toml").write_text(HEAD + text, encoding="utf-8")
    return Project.find(folder, environ)
