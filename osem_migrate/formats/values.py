"""What is read from a file and what is written to one, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from osem_migrate.formats.document import Node
from osem_migrate.operations.expressible import EVERYTHING, Expressible
from osem_migrate.schema import Schema, Table


@dataclass(frozen=True, slots=True)
class Note:
    """What one side cannot say; ``place`` is a JSON pointer with its line or file, or the name of a table."""

    place: str
    text: str

    def describe(self) -> str:
        """``template.yml:12: /Resources/Orders/…: no script can declare it``."""
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a reader may know beside the file.

    Attributes:
        values: of parameters, and of whatever else only a deployment would know, by name.
        stages: what a parameter for the environment may be meant to be, the likeliest first.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    stages: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """One table of a file.

    Attributes:
        table: under the name that the file gives it, with no more settings than the file has.
        physical_name: what it is called in DynamoDB; None where the file leaves that open.
        node: where the file says so.
    """

    table: Table
    physical_name: str | None
    node: Node

    @property
    def place(self) -> str:
        """The same for people."""
        return self.node.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read.

    Attributes:
        tables: in the order of the file.
        notes: what of the file no schema can say.
        says: what the format can express.
    """

    tables: tuple[FoundTable, ...]
    notes: tuple[Note, ...] = ()
    says: Expressible = EVERYTHING

    @property
    def schema(self) -> Schema:
        """The tables under the names of the file."""
        return Schema({found.table.name: found.table for found in self.tables})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEnvironment:
    """The tables as one environment has them, and what they are called there, by logical name."""

    name: str
    schema: Schema
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStanding:
    """How one table stands: its status, the items and bytes that AWS last counted, and what is wrong with it."""

    status: str
    items: int = 0
    size_bytes: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an environment stands.

    Attributes:
        place: its region or address.
        is_in_sync: whether nothing is pending and nothing drifted.
        migrations: the state of every migration, by its id.
        tables: by logical name.
        problems: what is wrong beside the tables.
    """

    place: str
    is_in_sync: bool
    migrations: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, TableStanding] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is to be written.

    Attributes:
        application: its name.
        environments: at least one; formats of one environment take the first.
        standing: where the first one stands, where somebody asked.
    """

    application: str
    environments: Sequence[ExportedEnvironment]
    standing: Standing | None = None

    @property
    def first(self) -> ExportedEnvironment:
        """The environment that formats of one take."""
        return self.environments[0]


@dataclass(frozen=True, slots=True)
class Writing:
    """The text of a file, and what of the schema it cannot say."""

    text: str
    notes: tuple[Note, ...] = ()
