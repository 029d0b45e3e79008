"""Resolution: what somebody says of a migration, by what, and what follows from it, as values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from osem_migrate.errors import ScriptOperationInapplicable
from osem_migrate.history import History, Record
from osem_migrate.migration import Migration
from osem_migrate.planning.replay import apply, operations_done
from osem_migrate.schema import Index, Schema, Table

LivePositions = dict[str, Collection[int]]
"""Positions of the operations that are live, by migration."""


class Resolution(StrEnum):
    """What somebody says of a migration."""

    APPLIED = "applied"
    REVERTED = "reverted"
    ACCEPT_CHECKSUM = "accept-checksum"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class AcceptableStates:
    """The states in which a table may be found, likeliest first; None is no table.

    An index of ``ahead`` belongs to a migration that is not applied: one that is there already is no surprise.
    """

    states: tuple[Table | None, ...]
    ahead: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A resolution that may be recorded.

    Attributes:
        migration: its id.
        resolution: what is said of it.
        script: None where the folder has none.
        earlier: what is recorded of it so far, or None; for RENAMED under another name.
        needed: whether anything is to be recorded; the history may say so already.
        tables: how each table has to be found, by logical name.
        unknowable: why nobody can know that, or None.
        unreadable: whether something is recorded of it that nobody can read.
        renamed_from: the name under which it is recorded, where the record is to follow the script.
    """

    migration: str
    resolution: Resolution
    script: Migration | None
    earlier: Record | None
    needed: bool = True
    tables: Mapping[str, AcceptableStates] = field(default_factory=dict)
    unknowable: str | None = None
    unreadable: bool = False
    renamed_from: str | None = None

    @property
    def forgets(self) -> bool:
        """Whether what is recorded goes without anything in its place: it cannot be read, and there is no script."""
        return self.unreadable and self.script is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveContext:
    """Scripts and history, and what every new table gets."""

    migrations: Sequence[Migration]
    history: History
    defaults: tuple[object, ...] = ()

    def live(self) -> LivePositions:
        """What is surely live of the scripts as they are now."""
        records = self.history.records
        return {one.id: operations_done(one, records) & positions(one) for one in self.migrations}

    def build(self, live: LivePositions) -> tuple[Schema, dict[str, ScriptOperationInapplicable]]:
        """The schema of what is live, and by id the migrations that do not fit into it, which are left out."""
        schema, unfitting = Schema(defaults=self.defaults), {}
        for migration in self.migrations:
            built = schema
            try:
                for position in sorted(live[migration.id]):
                    built = apply(migration.operations[position], built, migration, position)
            except ScriptOperationInapplicable as error:
                unfitting[migration.id] = error
            else:
                schema = built
        return schema, unfitting


def positions(migration: Migration) -> frozenset[int]:
    """Of all operations of a script."""
    return frozenset(range(len(migration.operations)))
