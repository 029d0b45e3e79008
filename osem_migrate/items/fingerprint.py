"""Fingerprint: a hash of what a function does, over its own text and that of the module's names it uses.

Formatting, comments, docstrings, annotations and the version of Python never change it; the code of a function, of
another one that it calls, or a constant that it uses does. Of installed libraries only the names count.
"""

import ast
import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from osem_migrate.items.references import used_statements
from osem_migrate.items.syntax import serialise, unannotated

PREFIX = "sha256:v1:"

_INSTALLED = frozenset({"site-packages", "dist-packages"})


class ProjectImport(Exception):
    """A function uses a module that is neither installed nor the standard library's; ``line`` is where."""

    def __init__(self, module: str, line: int) -> None:
        super().__init__(module)
        self.module = module
        self.line = line


def fingerprint(module: ast.Module, function: ast.FunctionDef) -> str:
    """The hash of a top-level function of a module.

    Raises:
        ProjectImport: its text is not all in this module.
    """
    used = used_statements(module, function.name)
    for statements in used.values():
        for statement in statements:
            _check_imports(statement)
    document = {name: [serialise(one) for one in _said_of(name, used[name])] for name in used}
    text = json.dumps([function.name, document], sort_keys=True, separators=(",", ":"))
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()


def _said_of(name: str, statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements as far as they are about the name: of an import, what else it imports is another matter."""
    for statement in statements:
        if isinstance(statement, ast.ImportFrom):
            yield ast.ImportFrom(statement.module, _named(statement.names, name), statement.level)
        elif isinstance(statement, ast.Import):
            yield ast.Import(_named(statement.names, name))
        elif (plain := unannotated(statement)) is not None:
            yield plain


def _named(aliases: list[ast.alias], name: str) -> list[ast.alias]:
    return [one for one in aliases if name in {one.asname, one.name.partition(".")[0]} or one.name == "*"]


def _check_imports(statement: ast.stmt) -> None:
    for node in ast.walk(statement):
        if isinstance(node, ast.ImportFrom):
            modules = ["." * node.level + (node.module or "")] if node.level else [str(node.module)]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            if not _is_library(module):
                raise ProjectImport(module, node.lineno)


def _is_library(module: str) -> bool:
    """Whether it is the standard library's, this package's, or installed; what is not found is the project's."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top == "osem_migrate":
        return True
    try:
        spec: Any = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError):
        return False
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec is not None else []
    return any(_INSTALLED & set(PurePath(place).parts) for place in places if place)
