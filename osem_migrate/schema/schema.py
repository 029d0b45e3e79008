"""Schema: the tables of an application."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

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
            near = get_close_matches(name, self.tables, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InapplicableOperation(f"table {name!r} does not exist at this point{hint}", table=name)
        return found

    def with_table(self, table: Table) -> "Schema":
        """This schema with one table added or replaced."""
        return replace(self, tables={**self.tables, table.name: table})

    def without_table(self, name: str) -> "Schema":
        """This schema without one table."""
        return replace(self, tables={known: table for known, table in self.tables.items() if known != name})
