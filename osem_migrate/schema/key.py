"""Key: an attribute of a key and its type."""

from typing import ClassVar, Literal

from osem_migrate.schema.limits import check_attribute_name
from osem_migrate.schema.value import value

AttributeType = Literal["S", "N", "B"]


@value
class Key:
    """An attribute of a key and its type; written ``S("name")``, ``N("name")`` or ``B("name")``.

    Attributes:
        name: name of the attribute, 1 to 255 bytes of UTF-8.
        type: ``S`` string, ``N`` number, ``B`` binary.

    Example:
        CreateTable("Files", partition_key=S("folder"), sort_key=B("digest"))
    """

    name: str
    type: AttributeType

    form: ClassVar[str] = 'a key such as S("id")'

    def __post_init__(self) -> None:
        """Check the attribute name: 1 to 255 bytes of UTF-8."""
        check_attribute_name("key attribute", self.name)


def S(name: str) -> Key:  # noqa: N802 - DynamoDB's own spelling of the type
    """A string key attribute."""
    return Key(name, "S")


def N(name: str) -> Key:  # noqa: N802 - DynamoDB's own spelling of the type
    """A number key attribute."""
    return Key(name, "N")


def B(name: str) -> Key:  # noqa: N802 - DynamoDB's own spelling of the type
    """A binary key attribute."""
    return Key(name, "B")


Keys = Key | tuple[Key, ...]


def as_keys(keys: Keys | None) -> tuple[Key, ...]:
    """One key, several or none, always as a tuple."""
    if keys is None:
        return ()
    return (keys,) if isinstance(keys, Key) else keys


def keys_text(*parts: tuple[Key, ...]) -> str:
    """``planId S / createdAt N``: the partition key's attributes, and behind the slash those that sort."""
    return " / ".join(", ".join(f"{key.name} {key.type}" for key in keys) for keys in parts if keys)


def one_or_several(keys: Keys | None) -> Keys | None:
    """The canonical spelling: a single key bare, several as a tuple, none as None."""
    as_tuple = as_keys(keys)
    if len(as_tuple) == 1:
        return as_tuple[0]
    return as_tuple or None
