"""Nondeterminism: what a function takes from elsewhere than the item, so that it gives something else another time.

Found in the text of the function and of all that it uses of its module, through the names of imports. What is bound
otherwise, such as an argument called ``time``, is nobody's module.
"""

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.items.origins import ADVANCING, READING, VALUES, Origin, known
from osem_migrate.items.references import Function, FunctionParts, bound_names, used_statements, within_scope


@dataclass(frozen=True, slots=True)
class Influence:
    """One thing that a function takes from elsewhere.

    Attributes:
        origin: where it comes from.
        name: what gives it, such as ``datetime.datetime.now``.
        line: of the script, from 1.
        when_read: whether it is taken once, when the script is read: then it is the same for all items of a run.
    """

    origin: Origin
    name: str
    line: int
    when_read: bool


def influences(module: ast.Module, function: ast.FunctionDef) -> tuple[Influence, ...]:
    """What a top-level function of a module takes from elsewhere, in the order of the lines; each thing once."""
    return _in(module, used_statements(module, function.name).values())


def influences_when_read(module: ast.Module, functions: Collection[str]) -> tuple[Influence, ...]:
    """What the operations of a script take from elsewhere, but for its functions for items, which are asked later."""
    return _in(module, used_statements(module, "operations", functions).values())


def _in(module: ast.Module, used: Iterable[Sequence[ast.stmt]]) -> tuple[Influence, ...]:
    scope = _Scope.of_module(module)
    statements = {id(one): one for statements in used for one in statements}.values()
    found: dict[tuple[str, bool], Influence] = {}
    for one in sorted((one for each in statements for one in _visit(each, scope)), key=lambda one: one.line):
        found.setdefault((one.name, one.when_read), one)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names mean in a place.

    Attributes:
        imported: the dotted names of what was imported, by what they are called here; None where it is something else.
        stars: modules of which everything was imported.
        when_read: whether it runs when the script is read.
    """

    imported: Mapping[str, str | None]
    stars: tuple[str, ...]
    when_read: bool

    @classmethod
    def of_module(cls, module: ast.Module) -> "_Scope":
        return cls({}, (), when_read=True).within(module.body)

    def within(self, body: Iterable[ast.AST], others: Iterable[str] = ()) -> "_Scope":
        """The scope of a body that binds names of its own, and of arguments."""
        inside = [node for part in body for node in within_scope(part)]
        bound: dict[str, str | None] = dict.fromkeys((*others, *(name for part in body for name in bound_names(part))))
        stars = self.stars
        for node in inside:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    bound[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named = [alias for alias in node.names if alias.name != "*"]
                bound.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in named})
                stars = (*stars, node.module) if len(named) < len(node.names) else stars
            elif isinstance(node, ast.Global):
                for name in node.names:
                    bound.pop(name, None)
        return replace(self, imported={**self.imported, **bound}, stars=stars)

    def meant(self, name: str) -> Iterator[str]:
        """The dotted names that this one may have elsewhere."""
        if name in self.imported:
            imported = self.imported[name]
            yield from () if imported is None else (imported,)
        elif hasattr(builtins, name):
            yield f"builtins.{name}"
        else:
            yield from (f"{module}.{name}" for module in self.stars)


def _visit(node: ast.AST, scope: _Scope, call: ast.Call | None = None) -> Iterator[Influence]:
    """All influences in a node; ``call`` is the one that it is the function of."""
    if isinstance(node, ast.Name | ast.Attribute) and (dotted := _dotted(node)) is not None:
        yield from _named(*dotted, node, scope, call)
        return
    if isinstance(node, ast.Attribute) and node.attr in READING:
        yield Influence(Origin.FILE, node.attr, node.lineno, scope.when_read)
    for child, where in _children(node, scope):
        yield from _visit(child, where, node if isinstance(node, ast.Call) and child is node.func else None)


def _children(node: ast.AST, scope: _Scope) -> Iterator[tuple[ast.AST, _Scope]]:
    """What is in a node and run, each with its scope; annotations and the kinds of an ``except`` are not asked."""
    if isinstance(node, Function):
        parts = FunctionParts.of(node)
        yield from ((one, scope) for one in parts.outside)
        inner = replace(scope, when_read=False).within(parts.body, parts.arguments)
        yield from ((one, inner) for one in parts.body)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        inner = scope.within([generator.target for generator in node.generators])
        yield from ((child, inner) for child in ast.iter_child_nodes(node))
    else:
        inner = scope.within(node.body) if isinstance(node, ast.ClassDef) else scope
        yield from ((child, inner) for child in ast.iter_child_nodes(node) if child is not _unasked(node))


def _unasked(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.AnnAssign):
        return node.annotation
    return node.type if isinstance(node, ast.ExceptHandler) else None


def _dotted(node: ast.Name | ast.Attribute) -> tuple[str, list[str]] | None:
    """The name and the attributes of ``os.path.join``; None of what begins with anything but a name."""
    attributes: list[str] = []
    begin: ast.AST = node
    while isinstance(begin, ast.Attribute):
        attributes.insert(0, begin.attr)
        begin = begin.value
    return (begin.id, attributes) if isinstance(begin, ast.Name) and isinstance(begin.ctx, ast.Load) else None


def _named(
    name: str, attributes: list[str], node: ast.expr, scope: _Scope, call: ast.Call | None
) -> Iterator[Influence]:
    for begin in scope.meant(name):
        full = ".".join((begin, *attributes))
        origin = _origin(full, call)
        if origin is None and call is not None and scope.when_read and full in ADVANCING:
            yield Influence(Origin.ORDER, full, node.lineno, when_read=False)
        elif origin is not None:
            value = next((one for one in VALUES if f"{full}.".startswith(f"{one}.")), None)
            at_once = scope.when_read and (call is not None or value is not None)
            yield Influence(origin, (value or full).removeprefix("builtins."), node.lineno, at_once)
            return
    if attributes and attributes[-1] in READING:
        yield Influence(Origin.FILE, attributes[-1], node.lineno, scope.when_read)


def _origin(name: str, call: ast.Call | None) -> Origin | None:
    """Where it comes from; None where its arguments say all, or where nothing is known of it."""
    found = known(name)
    if found is None or found.arguments is None:
        return found.origin if found is not None else None
    return found.origin if call is not None and not _has(call, found.arguments) else None


def _has(call: ast.Call, least: int) -> bool:
    """Whether so many arguments are given that are not None; of those that are given as a whole, nobody knows."""
    given: list[ast.AST] = [*call.args, *(keyword.value for keyword in call.keywords)]
    unknown = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
    return unknown or sum(not (isinstance(one, ast.Constant) and one.value is None) for one in given) >= least
