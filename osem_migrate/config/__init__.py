"""Environments and names: what pyproject.toml, or osem-migrate.toml, says of a project."""

from osem_migrate.config.environment import Environment as Environment
from osem_migrate.config.names import HISTORY_ENTITY as HISTORY_ENTITY
from osem_migrate.config.project import LOCAL as LOCAL
from osem_migrate.config.project import PREFIX_VARIABLE as PREFIX_VARIABLE
from osem_migrate.config.project import STATE_FOLDER as STATE_FOLDER
from osem_migrate.config.project import Project as Project
from osem_migrate.config.settings import Capacity as Capacity
from osem_migrate.config.settings import EnvironmentSettings as EnvironmentSettings
from osem_migrate.config.settings import LocalSettings as LocalSettings
from osem_migrate.config.settings import ProjectSettings as ProjectSettings
