"""Migration: one numbered script as a value, and the checksum over what it declares."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any

from osem_migrate.errors import DefinitionError
from osem_migrate.items.function import ItemFunction
from osem_migrate.operations import Operation
from osem_migrate.schema import Index

CHECKSUM_PREFIX = "sha256:v1:"

_LONGEST_NAME = 255  # bytes of a file's name, on every file system there is


@dataclass(frozen=True)
class Migration:
    """One script.

    Attributes:
        id: the file name without ``.py``, such as ``0007_add_manager_index_to_teams``.
        number: the leading four digits, which give the order.
        summary: the first line of the docstring.
        operations: what it declares, in order.
        depends: ids that ``__depends__`` names.
        file: the path, for messages.
        docstring: the whole of it, without its indentation.
        locate: gives the line of an operation in the file by its position; asked only when something is wrong with it.
    """

    id: str
    number: int
    operations: tuple[Operation, ...] = field(hash=False)  # one of a project's own may hold what has no hash
    summary: str = ""
    depends: tuple[str, ...] = ()
    file: str = ""
    locate: Callable[[int], int | None] = field(default=lambda _position: None, compare=False, repr=False)
    docstring: str = field(default="", compare=False, repr=False)

    def added_indexes(self, table: str, without: Collection[int] = ()) -> tuple[Index, ...]:
        """The indexes that its operations add to a table, in order, but for those of some positions."""
        return tuple(
            operation.added_index
            for position, operation in enumerate(self.operations)
            if operation.table == table and operation.added_index is not None and position not in without
        )

    @cached_property
    def checksum(self) -> str:
        """Over the declared operations, not the bytes: formatting and comments never change it."""
        return CHECKSUM_PREFIX + _sha256([canonical(operation) for operation in self.operations])

    @cached_property
    def operation_hashes(self) -> tuple[str, ...]:
        """One hash an operation, so that an interrupted migration may still be edited where it has not run."""
        return tuple(operation_hash(operation) for operation in self.operations)


@dataclass(frozen=True, slots=True)
class Extent:
    """Where an operation is written in its script: its lines, and the column at which it begins, all from 1."""

    line: int
    end_line: int
    column: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a script: where it stands, from 1, and its text from the ``#`` on."""

    line: int
    column: int
    text: str


def number_named(version: str) -> int | None:
    """The number that ``7`` or ``0007`` names; None for what is no number of a script's."""
    is_number = version.isascii() and version.isdecimal() and len(version) <= _LONGEST_NAME
    return int(version) if is_number else None


def shown_version(version: str) -> str:
    """What somebody took for a version, quoted, as far as a name may be long."""
    return repr(version if len(version) <= _LONGEST_NAME else f"{version[:_LONGEST_NAME]}…")


def operation_hash(operation: Operation) -> str:
    """What a record keeps of one operation."""
    return CHECKSUM_PREFIX + _sha256(canonical(operation))


def _sha256(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def canonical(value: Any) -> Any:
    """A JSON document of a value. Fields at their default are left out, so that a later version may add fields.

    Raises:
        DefinitionError: it has no such form, as a function has none; then nothing could tell whether it was changed.
    """
    if isinstance(value, ItemFunction):
        return [type(value).__name__, value.fingerprint]
    if is_dataclass(value) and not isinstance(value, type):
        counted = [f for f in fields(value) if not (isinstance(value, Operation) and f.name in value.unhashed)]
        changed = {f.name: canonical(_hashed(value, f)) for f in counted if getattr(value, f.name) != _default(f)}
        return [type(value).__name__, changed]
    if isinstance(value, Mapping):
        return {str(name): canonical(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [canonical(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise DefinitionError(f"{value!r} has no checksum, so nobody could tell whether it was changed after it ran")


def _hashed(value: Any, declared: Field[Any]) -> Any:
    return value.hashed(declared.name) if isinstance(value, Operation) else getattr(value, declared.name)


def _default(declared: Field[Any]) -> Any:
    return declared.default_factory() if declared.default_factory is not MISSING else declared.default
