"""The drawing of a table: boxes and lines with their places, in pixels of the SVG's own coordinates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osem_migrate.schema import Index, Key, LocalIndex, Table

WIDTH = 360
HEADER = 38
ROW = 28
_GAP = 14
_INDENT = 30
_RAIL = 12  # where the line runs down that the indexes hang on
_PADDING = 8
_TITLE_LETTERS = 37
_NAME_LETTERS = 27
_WORDS = {"S": "string", "N": "number", "B": "binary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a box: a key with its role and type, or what else an index copies (``role`` is ``+``)."""

    y: int
    role: str
    shown: str
    whole: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The table, or one of its indexes."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    shown: str
    whole: str
    mark: str
    rows: tuple[Row, ...]

    @property
    def middle(self) -> float:
        """Where its header is joined."""
        return self.y + HEADER / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A table and its indexes below it; ``lines`` are paths of SVG, and ``text`` says it to who cannot see it."""

    height: int
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    text: str


def draw(table: Table) -> Drawing:
    """The drawing of a table."""
    own = [("PK", table.partition_key), *([("SK", table.sort_key)] if table.sort_key is not None else [])]
    boxes = [_box("table", table.name, own, x=0, y=0)]
    for index in table.all_indexes:
        projection, include = table.projection(index)
        kind, mark = ("local", f"local · {projection}") if isinstance(index, LocalIndex) else ("index", projection)
        below = boxes[-1].y + boxes[-1].height + _GAP
        keys = list(_keys(table, index))
        boxes.append(_box(kind, index.name, keys, x=_INDENT, y=below, mark=mark, include=include))
    last = boxes[-1]
    return Drawing(
        height=last.y + last.height + 1,
        boxes=tuple(boxes),
        lines=tuple(_lines(boxes)),
        text=_text(table),
    )


def _box(  # noqa: PLR0913 - what stands in it, and where
    kind: str,
    name: str,
    keys: Sequence[tuple[str, Key]],
    *,
    x: int,
    y: int,
    mark: str = "",
    include: Sequence[str] = (),
) -> Box:
    rows = [
        Row(
            y=y + HEADER + _PADDING // 2 + ROW * position,
            role=role,
            shown=shortened(key.name, _NAME_LETTERS),
            whole=key.name,
            type=_WORDS.get(key.type, key.type),
        )
        for position, (role, key) in enumerate(keys)
    ]
    if include:
        names = ", ".join(include)
        below = y + HEADER + _PADDING // 2 + ROW * len(rows)
        rows.append(Row(y=below, role="+", shown=shortened(names, _NAME_LETTERS + 5), whole=names, type=""))
    letters = _TITLE_LETTERS - (len(mark) if mark else 0) - (2 if x else 0)
    return Box(
        kind=kind,
        x=x,
        y=y,
        width=WIDTH - x,
        height=HEADER + ROW * len(rows) + _PADDING,
        shown=shortened(name, letters),
        whole=name,
        mark=mark,
        rows=tuple(rows),
    )


def _keys(table: Table, index: Index | LocalIndex) -> Iterator[tuple[str, Key]]:
    partition, sort = table.index_keys(index)
    yield from (("PK", key) for key in partition)
    yield from (("SK", key) for key in sort)


def _lines(boxes: Sequence[Box]) -> Iterator[str]:
    """From the table down to each index."""
    top = boxes[0].y + boxes[0].height
    for box in boxes[1:]:
        turn = box.middle - 8
        yield f"M{_RAIL} {top}V{turn:g}q0 8 8 8H{_INDENT}"


def _text(table: Table) -> str:
    keys = ", ".join(key.name for key in table.keys)
    indexes = ", ".join(index.name for index in table.all_indexes)
    return f"Table {table.name} with the key {keys}" + (f" and the indexes {indexes}" if indexes else "")


def shortened(text: str, letters: int) -> str:
    """The text, its middle left out where it is longer."""
    if len(text) <= letters:
        return text
    end = letters // 3
    return f"{text[: letters - end - 1]}…{text[-end:]}"
