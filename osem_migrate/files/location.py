"""Places in a script, for messages; a script is parsed only once something is wrong in it."""

import ast
import os
import traceback
from collections.abc import Sequence
from pathlib import Path


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


def line_of_assignment(path: Path, name: str) -> int | None:
    """The line of the last top-level assignment to a name."""
    node = _assignment(path, name)
    return node.lineno if node is not None else None


def line_of_operation(path: Path, position: int) -> int | None:
    """The line of one element of ``operations = [...]``; the assignment's own where the list is computed."""
    node = _assignment(path, "operations")
    if node is None:
        return None
    written = node.value.elts[: position + 1] if isinstance(node.value, ast.List | ast.Tuple) else []
    computed = any(isinstance(element, ast.Starred) for element in written)
    return node.lineno if computed or position >= len(written) else written[position].lineno


def _assignment(path: Path, name: str) -> ast.Assign | ast.AnnAssign | None:
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        # Edited or removed since it was loaded; a message without a line is better than none.
        return None
    found: ast.Assign | ast.AnnAssign | None = None
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in _names(node):
            found = node
    return found


def _names(node: ast.Assign | ast.AnnAssign) -> Sequence[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]
