"""Fingerprint: a hash of what a function does, over its own text and that of the module's names it uses.

Formatting, comments, docstrings, annotations and the version of Python never change it; the code of a function, of
another one that it calls, or a constant that it uses does. Of installed libraries only the names count.
"""

import ast
import builtins
import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from osem_migrate.items.syntax import serialise, unannotated

PREFIX = "sha256:v1:"

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


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
    bound = _bindings(module)
    used: dict[str, list[ast.stmt]] = {}
    waiting = [function.name]
    while waiting:
        name = waiting.pop()
        if name in used or name not in bound:
            continue
        used[name] = bound[name]
        for statement in bound[name]:
            _check_imports(statement)
            waiting += sorted(_names(statement))
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


def _bindings(module: ast.Module) -> dict[str, list[ast.stmt]]:
    """The top-level statements that bind each name, or change what it is bound to, in order.

    What a star import may bind is every name that nothing else does.
    """
    bound: dict[str, list[ast.stmt]] = {}
    stars = [one for one in module.body if isinstance(one, ast.ImportFrom) and one.names[0].name == "*"]
    for statement in module.body:
        for name in _bound(statement):
            bound.setdefault(name, []).append(statement)
    for statement in module.body:
        for name in _touched(statement) & bound.keys():
            if not any(statement is known for known in bound[name]):
                bound[name].append(statement)
    for name in {name for one in module.body for name in _names(one)} if stars else ():
        if name not in bound and not hasattr(builtins, name):
            bound[name] = list(stars)
    return bound


def _bound(statement: ast.AST) -> set[str]:
    """The names that a statement binds where it stands."""
    found: set[str] = set()
    for node in _here(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.alias) and node.name != "*":
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, _NAMED) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found


def _touched(statement: ast.stmt) -> set[str]:
    """The names whose values a statement changes in place, such as ``RATES["x"] = 1`` or ``NAMES.append(1)``."""
    found: set[str] = set()
    for node in _here(statement):
        target: ast.AST = node
        if isinstance(node, ast.Call):
            target = node.func
        elif not isinstance(node, ast.Attribute | ast.Subscript) or isinstance(node.ctx, ast.Load):
            continue
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if isinstance(target, ast.Name) and (target is not getattr(node, "func", None)):
            found.add(target.id)
    return found


def _names(node: ast.AST) -> set[str]:
    """The names that are read in a node and may be the module's; those that a function binds itself are not."""
    if isinstance(node, _FUNCTIONS):
        return _names_of_function(node)
    own = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else set()
    return own.union(*(_names(child) for child in ast.iter_child_nodes(node) if not _is_annotation(child, node)))


def _names_of_function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    arguments = node.args
    outside = [*arguments.defaults, *filter(None, arguments.kw_defaults), *getattr(node, "decorator_list", ())]
    body: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]
    here = [inner for part in body for inner in _here(part)]
    shared = {name for inner in here if isinstance(inner, ast.Global) for name in inner.names}
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    local = {one.arg for one in every if one is not None}.union(*(_bound(part) for part in body))
    read: set[str] = shared.union(*(_names(part) for part in body))
    return (read - (local - shared)).union(*(_names(part) for part in outside))


def _is_annotation(child: ast.AST, node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and child is node.annotation


def _here(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, but for what is in a scope of its own."""
    yield node
    if isinstance(node, _SCOPES):
        return
    for child in ast.iter_child_nodes(node):
        yield from _here(child)


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
