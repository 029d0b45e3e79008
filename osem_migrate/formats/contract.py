"""The migration contract that AWS's relational modernizer writes: tables, keys, indexes and entities of a model to be.

Three dialects are in use: ``{"tables": […]}``, a bare list, and attributes as an object by name. A table of several
entities has the types of its keys in ``entities[].attributes``, those of an index perhaps in one of them only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from osem_migrate.formats import json_text, tables
from osem_migrate.formats.document import Node
from osem_migrate.formats.entities import Declared, Entity, entity
from osem_migrate.formats.tables import Attributes, KeySchema
from osem_migrate.formats.values import FoundTable, Given, Reading
from osem_migrate.operations.expressible import Expressible
from osem_migrate.schema import Index, Table

_SAYS = Expressible(settings=(), maxima=False, composite_keys=False, local_indexes=False)


def _as_list(given: Any) -> Any:
    """Attributes by name as a list of them, each with its name; a bare text is a type."""
    if not isinstance(given, Mapping):
        return given
    return [
        {"name": name, **attribute} if isinstance(attribute, Mapping) else {"name": name, "type": attribute}
        for name, attribute in given.items()
    ]


class Attribute(BaseModel):
    """An attribute of an item; joins and calculations, which say where its value comes from, are no part of it."""

    model_config = ConfigDict(strict=True)

    name: str
    type: Literal["S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"]
    source_column: Any = None

    @property
    def declared(self) -> Declared:
        """The same with the columns it comes from as a row of them."""
        columns = self.source_column if isinstance(self.source_column, list) else [self.source_column]
        return Declared(self.name, self.type, tuple(column for column in columns if isinstance(column, str)))


_Attributes = Annotated[list[Attribute], BeforeValidator(_as_list)]


class ContractEntity(BaseModel):
    """A kind of item in a table of several."""

    model_config = ConfigDict(strict=True)

    entity_type: str
    pk_template: str
    sk_template: str | None = None
    attributes: _Attributes = Field(default_factory=list)


class SecondaryIndex(BaseModel):
    """A global secondary index."""

    model_config = ConfigDict(strict=True)

    index_name: str
    pk: str
    sk: str | None = None
    projection: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "ALL"
    projected_attributes: list[str] = Field(default_factory=list)


class ContractTable(BaseModel):
    """A table, of one entity or of several."""

    model_config = ConfigDict(strict=True)

    table: str
    type: Literal["single-entity", "multi-entity"] | None = None
    pk: str
    sk: str | None = None
    gsis: list[SecondaryIndex] = Field(default_factory=list)
    entities: list[ContractEntity] = Field(default_factory=list)
    attributes: _Attributes = Field(default_factory=list)


class Contract(BaseModel):
    """The whole of it."""

    model_config = ConfigDict(strict=True)

    tables: list[ContractTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracted:
    """A table of a contract with the kinds of items in it: at least one."""

    found: FoundTable
    entities: tuple[Entity, ...]


def read(text: str, *, file: str, given: Given) -> Reading:
    """The tables of a contract; it names no physical ones, and says nothing of settings.

    Raises:
        FormatError: it is malformed, two places contradict each other, or no place says of which type a key is.
    """
    del given
    return Reading(tables=tuple(found for _, found in _tables(text, file)), says=_SAYS)


def read_entities(text: str, *, file: str) -> tuple[Contracted, ...]:
    """The same with the entities of every table; raises FormatError as ``read`` does, and for a template as well."""
    return tuple(
        Contracted(found=found, entities=tuple(_entities(contract, found))) for contract, found in _tables(text, file)
    )


def _tables(text: str, file: str) -> list[tuple[ContractTable, FoundTable]]:
    document = json_text.parse(text, file)
    listed = document if isinstance(document.value, list) else document.need("tables")
    tables.few(listed, listed.elements())
    try:
        contract = Contract.model_validate({"tables": document.value if listed is document else listed.value})
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        _at(listed, first["loc"][1:]).fail(f"{_last(first['loc'])}{first['msg']}")
    found = [_table(table, listed.child(position)) for position, table in enumerate(contract.tables)]
    names: set[str] = set()
    for one, node in zip(found, listed.elements(), strict=True):
        if one.table.name in names:
            node.need("table").fail(f"table {one.table.name!r} is here twice")
        names.add(one.table.name)
    return list(zip(contract.tables, found, strict=True))


def _entities(contract: ContractTable, found: FoundTable) -> Iterator[Entity]:
    shared = [attribute.declared for attribute in contract.attributes]
    if not contract.entities:
        yield entity(found.node, found.table.name, found.table, shared, [None] * len(found.table.keys))
        return
    names: set[str] = set()
    for position, one in enumerate(contract.entities):
        node = found.node.need("entities").child(position)
        if one.entity_type in names:
            node.need("entity_type").fail(f"entity {one.entity_type!r} is in table {found.table.name!r} twice")
        names.add(one.entity_type)
        own = [*shared, *(attribute.declared for attribute in one.attributes)]
        yield entity(node, one.entity_type, found.table, own, _templates(one, node, found.table))


def _templates(contract: ContractEntity, node: Node, table: Table) -> Sequence[tuple[Node, str]]:
    partition = (node.need("pk_template"), contract.pk_template)
    if table.sort_key is None:
        if contract.sk_template:
            node.need("sk_template").fail(f"table {table.name!r} has no sort key that a template could make")
        return [partition]
    if not contract.sk_template:
        node.fail(f"sk_template is missing, and table {table.name!r} has the sort key {table.sort_key.name!r}")
    return [partition, (node.need("sk_template"), contract.sk_template)]


def _table(contract: ContractTable, node: Node) -> FoundTable:
    types = _types(node)
    partition, sort = types.key(node.need("pk")), _sort_key(node, types)
    gsis = node.get("gsis")
    indexes = [
        _index(index, own, types)
        for index, own in zip(contract.gsis, gsis.elements() if gsis is not None else [], strict=True)
    ]
    made: Table = tables.table(node, contract.table, (partition, sort), indexes=indexes)
    return FoundTable(table=made, physical_name=None, node=node)


def _index(contract: SecondaryIndex, node: Node, types: Attributes) -> Index:
    sort = _sort_key(node, types)
    keys = KeySchema([types.key(node.need("pk"))], [sort] if sort is not None else [])
    projected = tables.projection(node, "projection", "projected_attributes")
    return tables.index(node, contract.index_name, keys, projected, None)


def _sort_key(node: Node, types: Attributes) -> Any:
    sort = node.get("sk")
    return types.key(sort) if sort is not None else None


def _types(table: Node) -> Attributes:
    """The union of what the table and its entities say; a contradiction, or a key that can be none, is refused."""
    types = Attributes()
    keys = set(_keys(table))
    for name, kind in _declared(table):
        if name in keys:
            types.declare(name, kind)
    return types


def _keys(table: Node) -> Iterator[str]:
    gsis = table.get("gsis")
    for node in (table, *(gsis.elements() if gsis is not None else ())):
        for role in ("pk", "sk"):
            found = node.get(role)
            if found is not None:
                yield found.text()


def _declared(table: Node) -> Iterator[tuple[str, Node]]:
    """Every attribute that is declared, with the place of its type."""
    entities = table.get("entities")
    for owner in (table, *(entities.elements() if entities is not None else ())):
        attributes = owner.get("attributes")
        if attributes is None:
            continue
        if isinstance(attributes.value, Mapping):
            for name, attribute in attributes.mapping().items():
                yield name, attribute.need("type") if isinstance(attribute.value, Mapping) else attribute
        else:
            for attribute in attributes.elements():
                yield attribute.need("name").text(), attribute.need("type")


def _at(node: Node, location: tuple[int | str, ...]) -> Node:
    """The place that pydantic means, as far as the file has it: of attributes by name, it numbers the names."""
    for part in location:
        if isinstance(node.value, Mapping):
            names = list(node.value)
            key = names[part] if isinstance(part, int) and part < len(names) else part
            if key not in node.value:
                return node
            node = node.child(key)
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            node = node.child(part)
        else:
            return node
    return node


def _last(location: tuple[int | str, ...]) -> str:
    """``pk: `` before a complaint about a member, which may be missing from the place itself."""
    return f"{location[-1]}: " if isinstance(location[-1], str) else ""
