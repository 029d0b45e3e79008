"""Places in a script, and its comments; a script is parsed only once there is something to say of it."""

import ast
import io
import os
import tokenize
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from osem_migrate.migration import Comment, Extent

_CONFLICT = "<<<<<<< "  # how git marks where they begin


def shown_path(path: str | Path) -> str:
    """The path as people would type it: relative to where they are, when that is shorter."""
    relative = os.path.relpath(path)
    return printable(relative if len(relative) < len(str(path)) else path)


def printable(path: str | Path) -> str:
    r"""The path with each byte that is not UTF-8 as ``\xff``; no encoding has the character that stands for it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def line_of_exception(failure: BaseException, path: Path) -> int | None:
    """The innermost line of the script that the exception passed through; the line itself that cannot be read."""
    if isinstance(failure, SyntaxError) and failure.filename == str(path) and isinstance(failure.lineno, int):
        return failure.lineno or None
    frames = traceback.walk_tb(failure.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == str(path)]
    return lines[-1] if lines else None


def line_of_conflict(path: Path) -> int | None:
    """The line at which a merge has left two versions in the script; None where it has not."""
    lines = _text(path).split("\n")
    return next((number for number, line in enumerate(lines, 1) if line.startswith(_CONFLICT)), None)


def line_of_assignment(path: Path, name: str) -> int | None:
    """The line of the last top-level assignment to a name."""
    node = _assignment(path, name)
    return node.lineno if node is not None else None


def line_of_operation(path: Path, position: int) -> int | None:
    """The line of one element of ``operations = [...]``; the assignment's own where the list is computed."""
    node = _assignment(path, "operations")
    return _written(node, position).lineno if node is not None else None


def extents_of_operations(path: Path, count: int) -> dict[int, Extent]:
    """Where each of so many operations is written; the assignment where the list is computed, nothing where it is not.

    Columns count characters, as editors do.
    """
    node = _assignment(path, "operations")
    if node is None:
        return {}
    lines = _text(path).split("\n")
    return {position: _extent(_written(node, position), lines) for position in range(count)}


def syntax_tree(path: Path) -> ast.Module:
    """The script, parsed; an empty one where it was edited or removed since it was loaded."""
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])  # a message without a line is better than none


def comments(path: Path, mark: str) -> list[Comment]:
    """The comments of a script in which there is that word; none of a script that does not hold it anywhere."""
    text = _text(path)
    try:
        return [one for one in _comments(text) if mark in one.text.lower()] if mark in text.lower() else []
    except (tokenize.TokenError, SyntaxError):
        return []  # edited since it was loaded


def _comments(text: str) -> Iterator[Comment]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield Comment(token.start[0], token.start[1] + 1, token.string)


def _text(path: Path) -> str:
    """The source as Python reads it; nothing where it cannot be read any more."""
    try:
        with tokenize.open(path) as source:
            return source.read()
    except (OSError, SyntaxError, ValueError):
        return ""


def _extent(node: ast.expr | ast.stmt, lines: Sequence[str]) -> Extent:
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    before = line.encode()[: node.col_offset].decode(errors="replace")
    return Extent(line=node.lineno, end_line=node.end_lineno or node.lineno, column=len(before) + 1)


def _written(node: ast.Assign | ast.AnnAssign, position: int) -> ast.expr | ast.stmt:
    """The element of the list; the assignment itself where that is computed."""
    written = node.value.elts[: position + 1] if isinstance(node.value, ast.List | ast.Tuple) else []
    computed = any(isinstance(element, ast.Starred) for element in written)
    return node if computed or position >= len(written) else written[position]


def _assignment(path: Path, name: str) -> ast.Assign | ast.AnnAssign | None:
    found: ast.Assign | ast.AnnAssign | None = None
    for node in syntax_tree(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in _names(node):
            found = node
    return found


def _names(node: ast.Assign | ast.AnnAssign) -> Sequence[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]
