"""References: the names in a text; and which top-level statements of a script a function uses, through them."""

import ast
import builtins
from collections.abc import Collection, Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_SCOPES = Function | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class FunctionParts:
    """A function, by where its parts are run.

    Attributes:
        outside: what is run where it is defined: decorators and defaults.
        arguments: the names of its arguments.
        body: what is run when it is called.
    """

    outside: tuple[ast.AST, ...]
    arguments: frozenset[str]
    body: tuple[ast.AST, ...]

    @classmethod
    def of(cls, node: Function) -> "FunctionParts":
        """Those of a definition or a lambda."""
        given = node.args
        defaults = (*given.defaults, *filter(None, given.kw_defaults))
        every = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        return cls(
            outside=(*defaults, *getattr(node, "decorator_list", ())),
            arguments=frozenset(one.arg for one in every if one is not None),
            body=tuple(node.body) if isinstance(node.body, list) else (node.body,),
        )


def used_statements(module: ast.Module, name: str, without: Collection[str] = ()) -> dict[str, list[ast.stmt]]:
    """The statements that bind a name of a module, and those of every name that they use, by name.

    What only the names in ``without`` use is left out, as they are.
    """
    bound = _bindings(module)
    used: dict[str, list[ast.stmt]] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in used or one in without or one not in bound:
            continue
        used[one] = bound[one]
        for statement in bound[one]:
            waiting += sorted(_names(statement))
    return used


def bound_names(statement: ast.AST) -> set[str]:
    """The names that a statement binds where it stands."""
    found: set[str] = set()
    for node in within_scope(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.alias) and node.name != "*":
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, _NAMED) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found


def within_scope(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, but for what is in a scope of its own."""
    yield node
    if isinstance(node, _SCOPES):
        return
    for child in ast.iter_child_nodes(node):
        yield from within_scope(child)


def _bindings(module: ast.Module) -> dict[str, list[ast.stmt]]:
    """The top-level statements that bind each name, or change what it is bound to, in order.

    What a star import may bind is every name that nothing else does.
    """
    bound: dict[str, list[ast.stmt]] = {}
    stars = [one for one in module.body if isinstance(one, ast.ImportFrom) and one.names[0].name == "*"]
    for statement in module.body:
        for name in bound_names(statement):
            bound.setdefault(name, []).append(statement)
    imported = {name for name, made in bound.items() if all(isinstance(one, ast.Import) for one in made)}
    for statement in module.body:
        for name in _touched(statement, imported) & bound.keys():
            if not any(statement is known for known in bound[name]):
                bound[name].append(statement)
    for name in {name for one in module.body for name in _names(one)} if stars else ():
        if name not in bound and not hasattr(builtins, name):
            bound[name] = list(stars)
    return bound


def _touched(statement: ast.stmt, imported: Collection[str]) -> set[str]:
    """The names whose values a statement changes in place, such as ``RATES["x"] = 1`` or ``NAMES.append(1)``.

    A call within an imported module, such as ``time.time()``, is one only where nobody asks for its value.
    """
    found: set[str] = set()
    alone = {id(node.value) for node in within_scope(statement) if isinstance(node, ast.Expr)}
    for node in within_scope(statement):
        target: ast.AST = node
        if isinstance(node, ast.Call):
            target = node.func
        elif not isinstance(node, ast.Attribute | ast.Subscript) or isinstance(node.ctx, ast.Load):
            continue
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        asked = isinstance(node, ast.Call) and id(node) not in alone
        if isinstance(target, ast.Name) and target is not getattr(node, "func", None):
            found.update({target.id}.difference(imported if asked else ()))
    return found


def _names(node: ast.AST) -> set[str]:
    """The names that are read in a node and may be the module's; those that a function binds itself are not."""
    if isinstance(node, Function):
        return _names_of_function(node)
    own = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else set()
    return own.union(*(_names(child) for child in ast.iter_child_nodes(node) if not _is_annotation(child, node)))


def _names_of_function(node: Function) -> set[str]:
    parts = FunctionParts.of(node)
    here = [inner for part in parts.body for inner in within_scope(part)]
    shared = {name for inner in here if isinstance(inner, ast.Global) for name in inner.names}
    local = parts.arguments.union(*(bound_names(part) for part in parts.body))
    read: set[str] = shared.union(*(_names(part) for part in parts.body))
    return (read - (local - shared)).union(*(_names(part) for part in parts.outside))


def _is_annotation(child: ast.AST, node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and child is node.annotation
