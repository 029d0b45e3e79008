"""Where the tables of a contract are: what they are called, by which environment, and how to get there.

This is the one place where what applications import reads the tool's configuration: there is no other way to reach the
tables that ``upgrade`` made under whatever names.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from osem_migrate.advice import command
from osem_migrate.config import LOCAL, Project
from osem_migrate.config.names import ENTITY, Names, Pattern
from osem_migrate.config.project import DEFAULT_ENVIRONMENT, ENVIRONMENT_VARIABLE
from osem_migrate.errors import ConfigurationError, DefinitionError

_ENDPOINTS = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A table: its physical name, and what the configuration says of the way there; None leaves it to the AWS files."""

    table: str
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None


def named(table: str, env: str | None, table_name: str | None, tables: Mapping[str, str]) -> Place:
    """A table by a pattern, or by a map of names.

    Raises:
        ConfigurationError: neither has a name that DynamoDB accepts.
    """
    if table_name is None and table not in tables:
        raise ConfigurationError(
            f"tables has no name for {table!r}", remediation=f'Add it to tables, or give table_name="…-{{{ENTITY}}}".'
        )
    stage = (os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT) if env is None else env
    try:
        pattern = Pattern.parse(f"{{{ENTITY}}}" if table_name is None else table_name, {"env": stage})
        return Place(table=Names(pattern, tables).physical(table))
    except DefinitionError as refused:
        raise ConfigurationError(refused.message, remediation="Correct table_name or tables in the call.") from refused


def configured(contract: Path, table: str, env: str | None, endpoint_url: str | None) -> Place:
    """A table as the project around the contract has it.

    Args:
        contract: its file.
        table: its name there.
        env: the environment; that of OSEM_ENV, or dev, if None.
        endpoint_url: as an application gave it.

    Raises:
        ConfigurationError: there is no project, no such environment, or no name that DynamoDB accepts.
    """
    project = Project.find(contract.parent)
    environment = project.environment(project.default_environment if env is None else env)
    settings = environment.settings
    known = endpoint_url or settings.endpoint_url or any(os.environ.get(name) for name in _ENDPOINTS)
    if environment.name == LOCAL and not known:
        raise ConfigurationError(
            f"environment {LOCAL!r} is an engine on this machine, and nothing says at which address",
            remediation=f"Give endpoint_url= the address that this tells: {command('local', 'status')}",
            environment=LOCAL,
        )
    try:
        name = environment.physical_name(table)
    except DefinitionError as refused:
        raise ConfigurationError(refused.message, environment=environment.name) from refused
    return Place(table=name, region=settings.region, profile=settings.profile, endpoint_url=settings.endpoint_url)
