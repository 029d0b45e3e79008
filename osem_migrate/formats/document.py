"""A parsed file in which every value knows its place: a JSON pointer, and its line where the file is YAML."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from osem_migrate.errors import DefinitionError, FormatError

_WHOLE = re.compile(r"-?[0-9]{1,18}")  # more are no number that DynamoDB knows

_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Source:
    """The file, and the lines of its values by their pointers; JSON has no lines."""

    file: str
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, pointer: str) -> int | None:
        """The line of a value, or of the nearest one around it: what stands behind an alias has none of its own."""
        while pointer not in self.lines and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file. ``value`` is as JSON has it; its parts may be nodes already, where they were moved here."""

    value: Any
    pointer: str
    source: Source

    @property
    def place(self) -> str:
        """``template.yml:12: /Resources/Orders``, or ``state.json: /values``."""
        line = self.source.line(self.pointer)
        where = self.source.file if line is None else f"{self.source.file}:{line}"
        return f"{where}: {self.pointer or '/'}"

    def fail(self, message: str, *, kind: type[FormatError] = FormatError, remediation: str | None = None) -> NoReturn:
        """Raise the error of this place."""
        raise kind(
            message,
            file=self.source.file,
            pointer=self.pointer or "/",
            line=self.source.line(self.pointer),
            remediation=remediation,
        )

    def made(self, value: Any) -> "Node":
        """Another value in the same place."""
        return Node(value, self.pointer, self.source)

    def child(self, key: str | int) -> "Node":
        """A part that is there."""
        value = self.value[key]
        if isinstance(value, Node):
            return value
        return Node(value, f"{self.pointer}/{escaped(str(key))}", self.source)

    def get(self, name: str) -> "Node | None":
        """A member of an object; None where it is missing or null."""
        if not isinstance(self.value, Mapping):
            self._refuse(dict)
        found = self.child(name) if name in self.value else None
        return None if found is None or found.value is None else found

    def need(self, name: str) -> "Node":
        """A member that has to be there."""
        found = self.get(name)
        if found is None:
            self.fail(f"{name} is missing")
        return found

    def mapping(self) -> "dict[str, Node]":
        """The members of an object."""
        if not isinstance(self.value, Mapping):
            self._refuse(dict)
        return {name: self.child(name) for name in self.value}

    def elements(self) -> "list[Node]":
        """The elements of a list."""
        if not isinstance(self.value, list):
            self._refuse(list)
        return [self.child(position) for position in range(len(self.value))]

    def text(self) -> str:
        """A text; a number is none."""
        if not isinstance(self.value, str):
            self._refuse(str)
        return self.value

    def integer(self) -> int:
        """A whole number, be it in quotes."""
        value = self.value
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self._refuse(int)
        return value

    def boolean(self) -> bool:
        """True or false, be it in quotes."""
        value = {"true": True, "false": False}.get(self.value.lower()) if isinstance(self.value, str) else self.value
        if not isinstance(value, bool):
            self._refuse(bool)
        return value

    def one_of(self, *choices: str) -> str:
        """One of these texts."""
        text = self.text()
        if text not in choices:
            self.fail(f"{_shown(text)} is none of {', '.join(choices)}")
        return text

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Report what DynamoDB could never accept as a mistake of this place."""
        try:
            yield
        except DefinitionError as refused:
            self.fail(refused.message)

    def _refuse(self, wanted: type) -> NoReturn:
        self.fail(f"{_NAMES[wanted]} is wanted here, not {_shown(self.value)}")


def escaped(key: str) -> str:
    """A key as part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _shown(value: Any) -> str:
    """A value in a message: its kind where it is a whole tree, else itself, cut off."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return _NAMES[type(value)]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - a line of a message
