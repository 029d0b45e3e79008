"""Syntax: a syntax tree as JSON that means the same on every version of Python and however the source is laid out.

A node is its class and those of its fields that are not empty. Left out is what changes nothing that a function does:
contexts, kinds of string literals, type comments, type parameters, annotations and docstrings.
"""

import ast
from collections.abc import Sequence
from typing import Any

_LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores", "type_params", "annotation", "returns", "simple"})
_BLOCKS = frozenset({"body", "orelse", "finalbody"})
_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def serialise(node: ast.AST) -> Any:
    """The node as JSON: ``["Name", {"id": "item"}]``."""
    if isinstance(node, ast.Constant):
        return ["Constant", {"value": _constant(node.value)}]
    if isinstance(node, ast.JoinedStr):
        return ["JoinedStr", {"values": [serialise(part) for part in _joined(node.values)]}]
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if name in _LEFT_OUT or value is None or value == []:
            continue
        fields[name] = _statements(node, value) if name in _BLOCKS and isinstance(value, list) else _field(value)
    return [type(node).__name__, {name: value for name, value in fields.items() if value not in ([], None)}]


def _field(value: Any) -> Any:
    """What is in a field: nodes, names, and numbers such as the level of an import."""
    if isinstance(value, list):
        return [_field(part) for part in value]
    if isinstance(value, ast.JoinedStr) and not _joined(value.values):
        return None  # the format of f"{x:}", which versions of Python tell apart from that of f"{x}"
    if isinstance(value, ast.AST):
        return serialise(value)
    return value if isinstance(value, str | None) else _constant(value)


def _statements(node: ast.AST, body: Sequence[ast.stmt]) -> list[Any]:
    """The statements of a body without its docstring. Only in a class does an annotation alone declare something."""
    if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        body = body[1:]
    if isinstance(node, ast.ClassDef):
        return [serialise(statement) for statement in body]
    return [serialise(statement) for statement in map(unannotated, body) if statement is not None]


def unannotated(statement: ast.stmt) -> ast.stmt | None:
    """``x = 1`` for ``x: int = 1``; None for ``x: int``."""
    if not isinstance(statement, ast.AnnAssign):
        return statement
    return ast.Assign([statement.target], statement.value) if statement.value is not None else None


def _joined(parts: Sequence[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string; what stands between two values is one text, and none where it is empty."""
    text = ""
    found: list[ast.expr] = []
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            text += part.value
            continue
        found += [ast.Constant(text)] if text else []
        found.append(part)
        text = ""
    found += [ast.Constant(text)] if text else []
    return found


def _constant(value: object) -> Any:
    """A literal with its type: 1, 1.0 and True are three, and texts need no words of one version's ``repr``."""
    kind = type(value).__name__
    if isinstance(value, str):
        return [kind, value]
    if isinstance(value, bytes):
        return [kind, value.hex()]
    if isinstance(value, int):
        return [kind, hex(value)]
    if isinstance(value, float):
        return [kind, value.hex()]
    if isinstance(value, complex):
        return [kind, value.real.hex(), value.imag.hex()]
    return [kind]
