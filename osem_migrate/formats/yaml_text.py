"""YAML as nodes with lines: CloudFormation's tags, no key twice, and aliases that cannot explode.

The file is taken event by event: unlike PyYAML's constructors, that recurses nowhere, and every value is counted.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from osem_migrate.errors import FormatError, FormatTooLarge
from osem_migrate.formats.document import Node, Source, escaped

MAX_VALUES = 100_000
"""Values of a document, those behind aliases counted each time; a real template of 1 MiB has half of it."""

MAX_DEPTH = 100

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = {"Ref", "Condition"}  # the tags that are not short for Fn::…
_STRING = "tag:yaml.org,2002:str"


def parse(text: str, file: str) -> Node:
    """The document; raises FormatError where it is no YAML, or too much of it."""
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as malformed:
        mark = malformed.problem_mark or malformed.context_mark
        line = mark.line + 1 if mark is not None else None
        problem = " ".join(filter(None, (malformed.context, malformed.problem)))
        raise FormatError(f"no YAML: {problem}", file=file, line=line) from None
    except yaml.reader.ReaderError as malformed:
        line = text.count("\n", 0, text.find(chr(malformed.character))) + 1
        raise FormatError(f"no YAML: {malformed.reason}", file=file, line=line) from None
    return builder.document()


@dataclass(slots=True)
class _Open:
    """A mapping or a list that is still being read; ``key`` is what stands before the next value of a mapping."""

    value: Any
    pointer: str
    anchor: str | None
    tag: str | None
    line: int
    key: str | None = None
    merged: list[Any] = field(default_factory=list)

    def place(self) -> str:
        """The pointer of the next value."""
        part = self.key if isinstance(self.value, dict) else str(len(self.value))
        return f"{self.pointer}/{escaped(part or '')}"


class _Builder:
    """Puts the events together, innermost last, without recursion."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[str, int] = {}
        self._stack: list[_Open] = []
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._count = 0
        self._documents: list[Any] = []

    def document(self) -> Node:
        """The one document of the file."""
        if len(self._documents) != 1:
            found = (
                f"there are {len(self._documents)} documents in the file" if self._documents else "the file is empty"
            )
            raise FormatError(f"{found}; one document is wanted", file=self._file, pointer="/")
        return Node(self._documents[0], "", Source(self._file, self._lines))

    def take(self, event: Any) -> None:
        """Take the next event."""
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._tagged(event.tag, _scalar(event), self._next(), line), event.anchor, 1, line)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                self._fail(f"alias *{event.anchor} names nothing that ends before it", line)
            self._add(self._anchors[event.anchor], None, self._sizes[event.anchor], line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close()

    def _open(self, event: Any, line: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            self._fail(f"the file is nested more than {MAX_DEPTH} deep", line)
        outer = self._stack[-1] if self._stack else None
        if outer is not None and isinstance(outer.value, dict) and outer.key is None:
            self._fail("a key is a text, no list and no mapping", line)
        pointer = self._next() + self._suffix(event.tag, line)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._lines.setdefault(pointer, line)
        self._stack.append(_Open(value, pointer, event.anchor, event.tag, line))
        self._spend(1, line)
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
            self._begun[event.anchor] = self._count

    def _close(self) -> None:
        done = self._stack.pop()
        for merged in done.merged:
            done.value.update({key: part for key, part in merged.items() if key not in done.value})
        size = self._count - self._begun[done.anchor] + 1 if done.anchor is not None else 0
        value = self._tagged(done.tag, done.value, None, done.line)
        self._put(value, done.anchor, size, done.line)

    def _add(self, value: Any, anchor: str | None, size: int, line: int) -> None:
        """A whole value: the key of a mapping, or what stands where the next value is wanted."""
        self._spend(size, line)
        outer = self._stack[-1] if self._stack else None
        if outer is not None and isinstance(outer.value, dict) and outer.key is None:
            self._key(outer, value, line)
            if anchor is not None:
                self._anchors[anchor], self._sizes[anchor] = value, 1
            return
        self._put(value, anchor, size, line)

    def _key(self, outer: _Open, value: Any, line: int) -> None:
        if isinstance(value, dict | list):
            self._fail("a key is a text, no list and no mapping", line)
        key = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        if key in outer.value:
            raise FormatError(
                f"key {key!r} stands here twice",
                file=self._file,
                line=line,
                pointer=f"{outer.pointer}/{escaped(key)}",
            )
        outer.key = key
        self._lines[outer.place()] = line

    def _put(self, value: Any, anchor: str | None, size: int, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor], self._sizes[anchor] = value, size
        if not self._stack:
            self._documents.append(value)
            return
        outer = self._stack[-1]
        self._lines.setdefault(outer.place(), line)
        if isinstance(outer.value, list):
            outer.value.append(value)
            return
        if outer.key == "<<" and isinstance(value, dict | list):
            parts = value if isinstance(value, list) else [value]
            if not all(isinstance(part, dict) for part in parts):
                self._fail("<< merges mappings only", line)
            outer.merged += parts
        else:
            outer.value[outer.key] = value
        outer.key = None

    def _next(self) -> str:
        return self._stack[-1].place() if self._stack else ""

    def _suffix(self, tag: str | None, line: int) -> str:
        name = self._function(tag, line)
        return f"/{name}" if name is not None else ""

    def _tagged(self, tag: str | None, value: Any, pointer: str | None, line: int) -> Any:
        """``!Sub text`` in its long form, ``{"Fn::Sub": text}``."""
        name = self._function(tag, line)
        if name is None:
            return value
        if pointer is not None:
            self._lines.setdefault(f"{pointer}/{name}", line)
        return {name: value}

    def _function(self, tag: str | None, line: int) -> str | None:
        if tag is None or tag == "!" or tag.startswith("tag:yaml.org,2002:"):
            return None
        name = tag.removeprefix("!")
        if not name.isalnum() or not name.isascii():
            self._fail(f"the tag {tag!r} is none of CloudFormation's", line)
        return name if name in _PLAIN else f"Fn::{name}"

    def _spend(self, values: int, line: int) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            raise FormatTooLarge(
                f"the file has more than {MAX_VALUES} values, those behind aliases counted each time",
                file=self._file,
                line=line,
                limit=MAX_VALUES,
            )

    def _fail(self, message: str, line: int) -> None:
        raise FormatError(message, file=self._file, line=line)


def _scalar(event: Any) -> Any:
    """The value of plain text as YAML 1.1 has it; dates and what no number holds stay texts, as in CloudFormation."""
    text: str = event.value
    tag = event.tag
    if tag is None or tag == "!":
        if tag == "!" or not event.implicit[0]:
            return text
        tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if tag not in _CONVERTED:
        return text
    try:
        return _CONVERTED[tag](text)
    except (ValueError, KeyError, IndexError, OverflowError):
        return text


def _constructed(name: str) -> Any:
    def convert(text: str) -> Any:
        constructor: Any = getattr(yaml.constructor.SafeConstructor(), f"construct_yaml_{name}")
        return constructor(yaml.ScalarNode(_STRING, text))

    return convert


_RESOLVER = yaml.resolver.Resolver()
_CONVERTED = {f"tag:yaml.org,2002:{name}": _constructed(name) for name in ("bool", "int", "float", "null")}
