"""Lines in a script, looked up only once something is wrong there."""

import ast
import traceback
from pathlib import Path


def line_of_exception(failure: BaseException, path: Path) -> int | None:
    """The innermost line of the script that the exception passed through; a syntax error's own line."""
    if isinstance(failure, SyntaxError) and failure.filename == str(path):
        return failure.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(failure.__traceback__) if Path(frame.filename) == path]
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
    if isinstance(node.value, ast.List | ast.Tuple) and position < len(node.value.elts):
        return node.value.elts[position].lineno
    return node.lineno


def _assignment(path: Path, name: str) -> ast.Assign | ast.AnnAssign | None:
    found: ast.Assign | ast.AnnAssign | None = None
    for node in ast.parse(path.read_bytes()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == name for target in targets
        ):
            found = node
    return found
