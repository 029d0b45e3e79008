"""Contract: a file that says which items an application has, and the repositories that follow it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from osem_migrate.access.attempts import Retries
from osem_migrate.access.codec import Codec
from osem_migrate.access.given import check, wrong
from osem_migrate.access.repository import Repository
from osem_migrate.access.session import LazySession
from osem_migrate.access.tables import configured, named
from osem_migrate.advice import did_you_mean
from osem_migrate.errors import EntityUnknown
from osem_migrate.formats.contract import Contracted, read_entities
from osem_migrate.formats.file_text import file_text

if TYPE_CHECKING:
    from osem_migrate.formats.entities import Entity


class Contract:
    """A migration contract: tables, the entities in them, and how their keys are made.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, tables: tuple[Contracted, ...]) -> None:
        """Use ``Contract.load`` instead."""
        self.path = path
        self._tables = tables
        self._sessions: dict[tuple[str | None, ...], LazySession] = {}

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a contract; makes no call.

        Raises:
            ArgumentInvalid: ``path`` is no path.
            FormatError: it cannot be read, contradicts itself, or has a template that makes no key; with its place.
        """
        check("Contract.load", (str | os.PathLike, path, "path"))
        file = Path(path)
        return cls(file, read_entities(file_text(file, os.fspath(path)), file=os.fspath(path)))

    @property
    def entities(self) -> tuple[str, ...]:
        """The names that ``repository`` takes: of entities, and of tables that have none; in the order of the file."""
        return tuple(entity.name for table in self._tables for entity in table.entities)

    def repository(  # noqa: PLR0913 - one argument for each thing that an application may choose
        self,
        entity: str,
        *,
        env: str | None = None,
        table: str | None = None,
        table_name: str | None = None,
        tables: Mapping[str, str] | None = None,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        forms: Mapping[str, type] | None = None,
        retries: Retries | None = None,
    ) -> Repository:
        """The data access of one entity; makes no call.

        Without ``table_name`` and ``tables``, everything that is not given is as ``[tool.osem-migrate]`` says in the
        nearest pyproject.toml above the contract: the physical names, the region, the profile and the endpoint of the
        environment, which are those that ``upgrade`` uses. With one of them, no configuration is read.

        Args:
            entity: its name, or that of a table without entities.
            env: the environment; OSEM_ENV if None, else dev.
            table: which table of the contract, where several have an entity of that name.
            table_name: a pattern of physical names, such as ``"shop-{env}-{entity}"``.
            tables: physical names by those of the contract; they go before ``table_name``.
            region: goes before the configuration, and before AWS_REGION and AWS_DEFAULT_REGION.
            profile: of the AWS files.
            endpoint_url: instead of AWS's own.
            forms: in what form values of type S and N are got: int, Decimal, UUID or str, by their names. A text is
                got as a str, and a number as an int, or as a Decimal if it is not whole, where nothing is said.
            retries: how often a request is tried, and how fast.

        Raises:
            EntityUnknown: there is no such entity, or it is not clear which.
            ConfigurationError: there is no configuration, or no such environment, or no name for the table.
            ArgumentInvalid: an argument is of another type, ``env`` is empty, or ``forms`` has a value or a form that
                there is not.
        """
        text = str | None
        check(
            "Contract.repository",
            *((str, entity, "entity"), (text, env, "env"), (text, table, "table"), (text, table_name, "table_name")),
            *((Mapping[str, str] | None, tables, "tables"), (text, region, "region"), (text, profile, "profile")),
            *((text, endpoint_url, "endpoint_url"), (Mapping[str, Any] | None, forms, "forms")),
            (Retries | None, retries, "retries"),
        )
        if env == "":
            raise wrong("Contract.repository", "env takes the name of an environment, not ''", "env")
        found, kind = self._find(entity, table)
        others = [other for other in found.entities if other is not kind]
        codec = Codec(kind, others, forms)
        if table_name is not None or tables is not None:
            place = named(kind.table.name, env, table_name, tables or {})
        else:
            place = configured(self.path, kind.table.name, env, endpoint_url)
        session = self._session(region or place.region, endpoint_url or place.endpoint_url, profile or place.profile)
        return Repository(codec, place.table, session, retries or Retries())

    def close(self) -> None:
        """Close the connections of all its repositories; the next call opens new ones."""
        for session in list(self._sessions.values()):
            session.close()

    def __repr__(self) -> str:
        return f"<Contract {self.path}: {', '.join(self.entities)}>"

    def _find(self, name: str, table: str | None) -> tuple[Contracted, Entity]:
        found = [
            (contracted, entity)
            for contracted in self._tables
            for entity in contracted.entities
            if entity.name == name and table in (None, entity.table.name)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            where = " and ".join(repr(entity.table.name) for _, entity in found)
            raise EntityUnknown(f"{self.path}: tables {where} have an entity {name!r}", file=str(self.path))
        known = ", ".join(self.entities)
        within = f" in table {table!r}" if table is not None else ""
        hint = did_you_mean(name, [entity for entity in self.entities if entity != name])
        raise EntityUnknown(
            f"{self.path} has no entity {name!r}{within}{hint} (there are: {known})", file=str(self.path)
        )

    def _session(self, region: str | None, endpoint_url: str | None, profile: str | None) -> LazySession:
        """One for each place, whichever repositories are there."""
        # A request is sent once; whether and when again is for the repository's own retries.
        made = LazySession(region=region, endpoint_url=endpoint_url, profile=profile, attempts=1)
        return self._sessions.setdefault((region, endpoint_url, profile), made)
