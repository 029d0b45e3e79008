"""Tables from what a file says of them: one set of checks for all formats, each complaint in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from osem_migrate.errors import FormatTooLarge
from osem_migrate.formats.document import Node
from osem_migrate.operations import CreateTable, SetBilling, Setting
from osem_migrate.schema import AttributeType, Index, Key, LocalIndex, Projection, Schema, Table, Throughput

MAX_TABLES = 10_000
"""No account has more of them in a region (its quotas), and no file that is read."""

_TYPES = ("S", "N", "B")


def few(node: Node, found: list[Node]) -> list[Node]:
    """The tables of a file, unless there are more than there can be; ``node`` is where they stand."""
    if len(found) > MAX_TABLES:
        node.fail(f"there are {len(found)} tables here; at most {MAX_TABLES} are read", kind=FormatTooLarge)
    return found


class Attributes:
    """The types of a table's key attributes, each with the place that says so."""

    def __init__(self) -> None:
        self._types: dict[str, tuple[AttributeType, Node]] = {}

    def declare(self, name: str, kind: Node, types: Sequence[str] = _TYPES) -> None:
        """Take down a type; one that was given another before is refused.

        Args:
            name: of the attribute.
            kind: the type, as ``types`` spells it.
            types: how the format spells S, N and B.
        """
        found = cast("AttributeType", _TYPES[types.index(kind.one_of(*types))])
        known, place = self._types.setdefault(name, (found, kind))
        if known != found:
            kind.fail(f"attribute {name!r} is {found} here and {known} at {place.pointer}")

    def key(self, node: Node) -> Key:
        """The key attribute that a node names; its type is never guessed."""
        name = node.text()
        if name not in self._types:
            node.fail(f"nothing says of which type the key attribute {name!r} is: S, N or B")
        with node.blamed():
            return Key(name, self._types[name][0])

    def keys(self, schema: Node, name: str = "AttributeName", kind: str = "KeyType") -> "KeySchema":
        """Partition and sort keys of a KeySchema, the elements of either kind in their order."""
        found = KeySchema([], [])
        for element in schema.elements():
            role = element.need(kind).one_of("HASH", "RANGE")
            (found.partition if role == "HASH" else found.sort).append(self.key(element.need(name)))
        if not found.partition:
            schema.fail("no element is the partition key (HASH)")
        return found


@dataclass(frozen=True, slots=True)
class KeySchema:
    """The key attributes of a table or an index, in order."""

    partition: list[Key]
    sort: list[Key]

    def of_table(self, node: Node) -> tuple[Key, Key | None]:
        """The one partition and the one sort key that a table may have."""
        if len(self.partition) != 1 or len(self.sort) > 1:
            node.fail("a table has one partition key and at most one sort key")
        return self.partition[0], self.sort[0] if self.sort else None


def index(
    node: Node, name: str, keys: KeySchema, projected: tuple[Projection, list[str]], throughput: Throughput | None
) -> Index:
    """A global secondary index."""
    projection, include = projected
    with node.blamed():
        return Index(name, tuple(keys.partition), tuple(keys.sort) or None, projection, include, throughput)


def local_index(node: Node, name: str, sort: Key, projected: tuple[Projection, list[str]]) -> LocalIndex:
    """A local secondary index."""
    projection, include = projected
    with node.blamed():
        return LocalIndex(name, sort, projection, include)


def projection(node: Node | None, kind: str, attributes: str) -> tuple[Projection, list[str]]:
    """What an index projects, by the two members of a node that say so; ALL where nothing does."""
    if node is None:
        return "ALL", []
    found = node.get(kind)
    chosen = cast("Projection", found.one_of("ALL", "KEYS_ONLY", "INCLUDE") if found is not None else "ALL")
    named = node.get(attributes)
    include = [part.text() for part in named.elements()] if named is not None else []
    if named is not None and include and chosen != "INCLUDE":
        named.fail(f"projection {chosen} takes no attributes beside the keys; INCLUDE does")
    return chosen, include


def throughput(node: Node | None, read: str, write: str) -> Throughput | None:
    """Capacity or a maximum, by the two members of a node that say so; 0 and -1 are none."""
    if node is None:
        return None
    units = []
    for name in (read, write):
        found = node.get(name)
        number = found.integer() if found is not None else 0
        units.append(number if number > 0 else None)
    return Throughput(*units) if any(units) else None


def table(  # noqa: PLR0913 - the parts of a table
    node: Node,
    name: str,
    keys: tuple[Key, Key | None],
    *,
    indexes: Sequence[Index] = (),
    local_indexes: Sequence[LocalIndex] = (),
    settings: Iterable[Setting] = (),
) -> Table:
    """The table; on-demand where no billing is among the settings, as CreateTable has it."""
    with node.blamed():
        create = CreateTable(name, *keys, tuple(indexes), tuple(local_indexes), tuple(settings))
        return create.apply(Schema()).table(name)


def renamed(found: Table, name: str) -> Table:
    """The same table under another logical name."""
    settings = tuple(setting.for_table(name) for setting in found.settings)
    return cast("Table", replace(cast("Any", found), name=name, settings=settings))


def billing(node: Node, name: str, mode: str, capacity: Throughput | None) -> SetBilling:
    """How a table is paid for."""
    with node.blamed():
        return SetBilling(name, cast("Any", mode), capacity)
