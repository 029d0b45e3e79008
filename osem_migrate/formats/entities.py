"""The entities of a migration contract: what each has, and how its key is made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from osem_migrate.formats.document import Node
from osem_migrate.formats.template import Template
from osem_migrate.schema import Index, Key, Table

_IN_TEXT = ("S", "N")
"""Types of values that have one spelling as part of a text."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An attribute as a contract declares it; ``columns`` are those of the relational database that it comes from."""

    name: str
    type: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRule:
    """How one attribute of a key is made.

    Attributes:
        key: the attribute and its type.
        template: what it is made by.
        values: the names, for an application, of the values that stand for the template's fields.
    """

    key: Key
    template: Template
    values: tuple[str, ...]

    @classmethod
    def of(cls, key: Key) -> "KeyRule":
        """The rule of an attribute that is its own value."""
        return cls(key, Template.of(key.name), (key.name,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A kind of item.

    Attributes:
        name: of the contract; the table's own where it has no entities.
        table: where its items are, as the contract declares it.
        attributes: types of what an application gives and gets, by name; keys that a template makes are none of them.
        parts: types of values that are part of a key and no attribute of their own, by name.
        rules: of the table's keys, partition key first.
    """

    name: str
    table: Table
    attributes: Mapping[str, str]
    rules: tuple[KeyRule, ...]
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def types(self) -> dict[str, str]:
        """The types of all values, by name."""
        return {**self.attributes, **self.parts}

    @property
    def key_values(self) -> tuple[str, ...]:
        """The names of the values that make the key, each once."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.values))

    def rule(self, key: Key) -> KeyRule | None:
        """How a key of the table or of an index is made; None where items of this kind do not have it."""
        known = next((rule for rule in self.rules if rule.key.name == key.name), None)
        if known is None and key.name in self.attributes:
            return KeyRule.of(key)
        return known

    def indexes(self) -> Iterator[Index]:
        """The indexes in which items of this kind may be."""
        return (index for index in self.table.indexes if all(self.rule(key) is not None for key in index.keys))


def entity(
    node: Node, name: str, table: Table, declared: Sequence[Declared], templates: Sequence[tuple[Node, str] | None]
) -> Entity:
    """One kind of item.

    Args:
        node: where it stands.
        name: what it is called.
        table: where its items are.
        declared: its attributes.
        templates: of the table's keys, each with its place; None for a key that is an attribute as it is.

    Raises:
        FormatError: a template cannot be read, or cannot make a key of that type; with its place.
    """
    made = [_template(key, template) for key, template in zip(table.keys, templates, strict=True)]
    computed = {key.name for key, template in zip(table.keys, made, strict=True) if template != Template.of(key.name)}
    own = {one.name: one for one in declared if one.name not in computed}
    attributes = {name: one.type for name, one in own.items()}
    parts: dict[str, str] = {}
    rules = []
    for key, template, given in zip(table.keys, made, templates, strict=True):
        place = given[0] if given is not None else node
        rules.append(_rule(key, template, own, parts, place))
    # A key that is an attribute as it is need not be declared by every entity.
    for rule in rules:
        if rule.template == Template.of(rule.key.name):
            attributes.setdefault(rule.key.name, rule.key.type)
            parts.pop(rule.key.name, None)
    return Entity(name=name, table=table, attributes=attributes, rules=tuple(rules), parts=parts)


def _template(key: Key, given: tuple[Node, str] | None) -> Template:
    if given is None:
        return Template.of(key.name)
    place, text = given
    with place.blamed():
        template = Template.parse(text)
    if key.type != "S" and not template.is_one_field:
        place.fail(f"template {text!r} makes a text, and the key attribute {key.name!r} is {key.type}")
    return template


def _rule(key: Key, template: Template, own: Mapping[str, Declared], parts: dict[str, str], place: Node) -> KeyRule:
    values = []
    for name in template.fields:
        found = _attribute(name, own)
        if found is None:
            kind = parts.setdefault(name, key.type)
            if kind != key.type:
                place.fail(f"field {name!r} would be {key.type} here and {kind} in the other key; declare its type")
            values.append(name)
            continue
        allowed = _IN_TEXT if key.type == "S" else ("S", "N") if key.type == "N" else ("B",)
        if found.type not in allowed:
            place.fail(f"field {name!r} is of type {found.type}, which no key of type {key.type} is made of")
        values.append(found.name)
    return KeyRule(key, template, tuple(values))


def _attribute(name: str, own: Mapping[str, Declared]) -> Declared | None:
    """The attribute that a field names: by its own name, or by the one column that it comes from."""
    if name in own:
        return own[name]
    found = [one for one in own.values() if one.columns == (name,)]
    return found[0] if len(found) == 1 else None
