"""The items of one entity: from an application's values to what DynamoDB stores, and back."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osem_migrate.access.values import DECODERS, ENCODERS, FORMS, number_text, plain_text
from osem_migrate.advice import did_you_mean
from osem_migrate.errors import ArgumentInvalid, ItemTooLarge, KeyAmbiguous, KeyIncomplete, ValueInvalid
from osem_migrate.formats.entities import Entity, KeyRule
from osem_migrate.schema.item import Item
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, MAX_KEY_BYTES, item_size, value_size

Values = Mapping[str, Any]


class Codec:
    """What one entity's items are made of.

    A value that is None, and a set without members, are no attribute of the item; when it is read, they are not there.

    Args:
        entity: of the contract.
        others: the other entities of its table, none of whose keys one of its own may be.
        forms: in what form values of type S and N are given back, by name: int, Decimal, UUID or str.

    Raises:
        ArgumentInvalid: there is no such form, or no such value.
    """

    def __init__(self, entity: Entity, others: Iterable[Entity] = (), forms: Mapping[str, type] | None = None) -> None:
        self._made_of = (entity, tuple(others), forms)
        self.entity = entity
        self.types = entity.types
        self._encoders = {name: ENCODERS[kind] for name, kind in entity.attributes.items()}
        self._key_names = frozenset(entity.key_values)
        # An item whose key fits several entities is of the one whose templates say most.
        self._nearer = tuple(other for other in self._made_of[1] if _static(other) > _static(entity))
        self._index_keys = frozenset(key.name for index in entity.table.indexes for key in index.keys)
        self._index_limits = _index_limits(entity)
        self._forms = _checked(forms or {}, self.types)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._made_of

    def item(self, values: Values) -> dict[str, Any]:
        """The whole item of these values.

        Raises:
            ValueInvalid: one is not of its attribute's type, or the contract has no such attribute.
            KeyIncomplete, KeyAmbiguous: the key cannot be made of them.
            ItemTooLarge: it has more than 400 KB.
        """
        item = {name: value for name, value in self.attributes(values).items() if value is not None}
        item.update(self.key(values))
        self._check_index_keys(item)
        self.check_size(item)
        return item

    def attributes(self, values: Values) -> dict[str, Any]:
        """The attributes that these values are; None for one that is not to be there. Raises as ``item`` does."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            encode = self._encoders.get(name)
            if encode is not None:
                found[name] = None if self._is_absent(name, value) else encode(value, name)
            elif name not in self.entity.parts:
                raise self._unknown(name)
        for name in (self._index_keys & found.keys()) - self._key_names:
            if found[name] in ({"S": ""}, {"B": b""}):
                raise KeyIncomplete(
                    f"{self.entity.name}: {name} is empty, and is the key of an index; leave it out, and the item is "
                    "not in that index",
                    attribute=name,
                )
        return found

    def changes(self, values: Values) -> dict[str, Any]:
        """The same of an update, which changes something, and no value of the key."""
        for name in values:
            if name in self._key_names:
                raise ValueInvalid(
                    f"{self.entity.name}: {name} is part of the key, which never changes; put another item, and delete "
                    "this one",
                    attribute=name,
                )
        if not values:
            raise ValueInvalid(f"{self.entity.name}: an update without changes")
        found = self.attributes(values)
        self._check_index_keys(found)
        return found

    def key(self, values: Values) -> dict[str, Any]:
        """The table's key of these values, whatever else there is. Raises as ``item`` does."""
        key = {}
        for rule, limit in zip(self.entity.rules, MAX_KEY_BYTES, strict=False):
            made = self.made(rule, values)
            if value_size(made) > limit:
                what = f"{self.entity.name}: the key {rule.key.name} has more than {limit:,} bytes"
                raise ValueInvalid(what, attribute=rule.key.name, limit=limit)
            key[rule.key.name] = made
        for other in self._nearer:
            if parts_of(other, key) is not None:
                raise KeyAmbiguous(
                    f"the key of this {self.entity.name} would be one of {other.name}", table=self.entity.table.name
                )
        return key

    def key_alone(self, values: Values) -> dict[str, Any]:
        """The same where nothing but the values of the key may be given."""
        for name in values:
            if name not in self._key_names:
                if not isinstance(name, str):
                    raise self._unknown(name)
                known = ", ".join(self.entity.key_values)
                raise ValueInvalid(f"{self.entity.name}: {name} is no part of its key ({known})", attribute=name)
        return self.key(values)

    def belongs(self, item: Item) -> bool:
        """Whether an item of the table, or what an index shows of it, is one of this entity."""
        parts = parts_of(self.entity, item)
        if parts is None or any(parts_of(other, item) is not None for other in self._nearer):
            return False
        # The key of an item is what its own attributes make, as far as they can be seen.
        return all(_spelled(item[name], parts[name]) == parts[name][1] for name in parts.keys() & item.keys())

    def values(self, item: Item) -> dict[str, Any]:
        """What an application gets of an item: the attributes of the contract, and what only the key shows of it."""
        found = {name: self._decoded(name, value) for name, value in item.items() if name in self._encoders}
        if not found.keys() >= self._key_names:
            for name, (_, part) in (parts_of(self.entity, item) or {}).items():
                if name not in found:
                    found[name] = self._decoded(name, {self.types[name]: part})
        return found

    def text(self, name: str, value: Any) -> str:
        """A value as it stands within a key that is a text; raises KeyIncomplete where it is empty."""
        self._require(name, value)
        return number_text(value, name) if self.types[name] == "N" else plain_text(value, name)

    def plain(self, rule: KeyRule, value: Any) -> dict[str, Any]:
        """A value that is a key as it is; raises KeyIncomplete where it is empty."""
        (name,) = rule.values
        if rule.key.type == "S":
            return {"S": self.text(name, value)}
        self._require(name, value)
        return ENCODERS[rule.key.type](value, name)

    def check_size(self, item: Item) -> None:
        """Raise ItemTooLarge for more than 400 KB."""
        if item_size(item) > MAX_ITEM_BYTES:
            raise self.too_large()

    def too_large(self) -> ItemTooLarge:
        """The error of an item that has more than 400 KB."""
        return ItemTooLarge(
            f"{self.entity.name}: the item has more than {MAX_ITEM_BYTES:,} bytes, the most that DynamoDB takes",
            limit=MAX_ITEM_BYTES,
            table=self.entity.table.name,
        )

    def made(self, rule: KeyRule, values: Values) -> dict[str, Any]:
        """What a rule makes of the values. Raises as ``item`` does."""
        if rule.template.is_one_field:
            return self.plain(rule, values.get(rule.values[0]))
        text = rule.template.build([self.text(name, values.get(name)) for name in rule.values])
        if text is None:
            names = " and ".join(rule.values)
            raise KeyAmbiguous(
                f"{self.entity.name}: other values of {names} would make the same {rule.key.name}, because one of "
                "them holds the text that the template has behind it",
                attribute=rule.key.name,
            )
        return {"S": text}

    def _check_index_keys(self, item: Mapping[str, Any]) -> None:
        """Raise ValueInvalid for a value that no index may have as its key; a batch with it would be refused whole."""
        for name, limit in self._index_limits.items():
            value = item.get(name)
            if value is not None and value_size(value) > limit:
                raise ValueInvalid(
                    f"{self.entity.name}: {name} has more than {limit:,} bytes, and is the key of an index",
                    attribute=name,
                    limit=limit,
                )

    def _is_absent(self, name: str, value: Any) -> bool:
        if value is None:
            return self.types[name] != "NULL"
        return isinstance(value, set | frozenset) and not value

    def _decoded(self, name: str, value: Mapping[str, Any]) -> Any:
        ((kind, content),) = value.items()
        found = DECODERS[kind](content)
        form = self._forms.get(name)
        if form is None or found is None:
            return found
        try:
            return form(found)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            raise ValueInvalid(
                f"{self.entity.name}: {name} is not stored in the form asked for", attribute=name
            ) from None

    def _require(self, name: str, value: Any) -> None:
        if value is None or (isinstance(value, str | bytes | bytearray) and not value):
            why = "is missing" if value is None else "is empty"
            raise KeyIncomplete(f"{self.entity.name}: {name}, which is part of a key, {why}", attribute=name)

    def _unknown(self, name: Any) -> ValueInvalid:
        if not isinstance(name, str):
            return ValueInvalid(f"{self.entity.name}: the name of an attribute is a text, and no {type(name).__name__}")
        if any(rule.key.name == name for rule in self.entity.rules):
            return ValueInvalid(f"{self.entity.name}: {name} is made by its template, and never given", attribute=name)
        hint = did_you_mean(name, list(self.types))
        return ValueInvalid(f"{self.entity.name}: the contract has no attribute {name!r}{hint}", attribute=name)


def parts_of(entity: Entity, item: Item) -> dict[str, tuple[str, Any]] | None:
    """The values of an item's key, each with the key's type; None where it is none of this entity's keys."""
    found: dict[str, tuple[str, Any]] = {}
    for rule in entity.rules:
        ((kind, content),) = item[rule.key.name].items()
        if kind != rule.key.type:
            return None
        texts = (content,) if rule.template.is_one_field else rule.template.values(content)
        if texts is None:
            return None
        for name, text in zip(rule.values, texts, strict=True):
            if found.setdefault(name, (kind, text))[1] != text:
                return None
    return found


def _spelled(value: Mapping[str, Any], part: tuple[str, Any]) -> Any:
    """A stored attribute as it would stand in a key."""
    ((kind, content),) = value.items()
    if "N" not in {kind, part[0]}:
        return content
    try:
        return number_text(content, "")
    except ValueInvalid:  # what somebody else wrote
        return content


def _index_limits(entity: Entity) -> dict[str, int]:
    """Bytes that a value may have as the only partition key, or the only sort key, of an index."""
    found: dict[str, int] = {}
    for index in entity.table.indexes:
        for keys, limit in zip((index.partition_keys, index.sort_keys), MAX_KEY_BYTES, strict=True):
            if len(keys) == 1:
                name = keys[0].name
                found[name] = min(limit, found.get(name, limit))
    return found


def _static(entity: Entity) -> int:
    return sum(rule.template.static for rule in entity.rules)


def _checked(forms: Mapping[str, type], types: Mapping[str, str]) -> dict[str, Callable[[Any], Any]]:
    for name, form in forms.items():
        if types.get(name) not in {"S", "N"} or form not in FORMS:
            known = ", ".join(kind.__name__ for kind in FORMS)
            raise ArgumentInvalid(
                f"repository: forms takes {known} for values of type S or N, which {name!r} with "
                f"{getattr(form, '__name__', form)} is not",
                argument="forms",
            )
    return {name: FORMS[form] for name, form in forms.items()}
