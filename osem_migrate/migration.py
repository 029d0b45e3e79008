"""Migration: one numbered script as a value, and the checksum over what it declares."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any

from osem_migrate.operations import Operation

CHECKSUM_PREFIX = "sha256:v1:"


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
        locate: gives the line of an operation in the file by its position; asked only when something is wrong with it.
    """

    id: str
    number: int
    operations: tuple[Operation, ...]
    summary: str = ""
    depends: tuple[str, ...] = ()
    file: str = ""
    locate: Callable[[int], int | None] = field(default=lambda _position: None, compare=False, repr=False)

    @cached_property
    def checksum(self) -> str:
        """Over the declared operations, not the bytes: formatting and comments never change it."""
        return CHECKSUM_PREFIX + _sha256([_canonical(operation) for operation in self.operations])

    @cached_property
    def operation_hashes(self) -> tuple[str, ...]:
        """One hash an operation, so that an interrupted migration may still be edited where it has not run."""
        return tuple(CHECKSUM_PREFIX + _sha256(_canonical(operation)) for operation in self.operations)


def _sha256(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """A JSON document of a value. Fields at their default are left out, so that a later version may add fields."""
    if is_dataclass(value):
        declared = {f.name: getattr(value, f.name) for f in fields(value)}
        changed = {f.name: _canonical(declared[f.name]) for f in fields(value) if declared[f.name] != _default(f)}
        return [type(value).__name__, changed]
    if isinstance(value, Mapping):
        return {str(name): _canonical(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_canonical(item) for item in value]
    return value


def _default(declared: Field[Any]) -> Any:
    return declared.default_factory() if declared.default_factory is not MISSING else declared.default
