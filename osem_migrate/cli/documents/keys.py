"""An attribute of a key."""

from collections.abc import Iterable
from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.schema import Key


class KeyDocument(TypedDict):
    """An attribute of a key; a key of several has them in order."""

    name: str
    type: str
    """S, N or B."""
    role: Literal["HASH", "RANGE"]
    """HASH partitions, RANGE sorts."""


def key_documents(partition: Iterable[Key], sort: Iterable[Key]) -> list[KeyDocument]:
    """The whole key of a table or an index, partition first."""
    hashed: list[KeyDocument] = [{"name": key.name, "type": key.type, "role": "HASH"} for key in partition]
    return hashed + [{"name": key.name, "type": key.type, "role": "RANGE"} for key in sort]
