"""Schema: the tables of an application."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from osem_migrate.advice import did_you_mean
from osem_migrate.errors import InapplicableOperation
from osem_migrate.schema.table import Table


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables by logical name, and the settings that every new table gets unless its script says otherwise.

    A plain dataclass: it is copied for every operation of a plan, and its parts have validated themselves already.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    defaults: tuple[Any, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name; raises InapplicableOperation, with the nearest name, when nobody created it."""
        found = self.tables.get(name)
        if found is None:
            near = did_you_mean(name, self.tables.keys())
            raise InapplicableOperation(f"table {name!r} does not exist at this point{near}", table=name)
        return found

    def with_table(self, table: Table) -> "Schema":
        """This schema with one table added or replaced."""
        return replace(self, tables={**self.tables, table.name: table})

    def without_table(self, name: str) -> "Schema":
        """This schema without one table."""
        return replace(self, tables={known: table for known, table in self.tables.items() if known != name})
