"""ItemFunction: a function of a script that is run for every item, and the hash that tells an edited one from it."""

import ast
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, NoReturn

from osem_migrate.arguments import shown
from osem_migrate.errors import ItemError, ItemFunctionFailed, ScriptFunctionInvalid, text_of
from osem_migrate.items.fingerprint import ProjectImport, fingerprint
from osem_migrate.items.lookup import Lookup
from osem_migrate.items.nondeterminism import Influence, influences
from osem_migrate.items.recording import RecordingItem
from osem_migrate.items.values import numbers

_OTHERWISE_CALLED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


@dataclass(frozen=True, slots=True)
class ItemFunction:
    """Two are equal when they have the same name and do the same, whichever load of a script made them.

    Attributes:
        name: as the script calls it.
        fingerprint: ``sha256:v1:…`` over what it does; see ``fingerprint``.
        file: of the script.
        takes_lookup: whether it has a second argument.
        function: itself.
        written: the attributes that its text names as keys of a mapping with a value, which is what it returns.
        influences: what it takes from elsewhere than the item, as far as its text shows.
    """

    name: str
    fingerprint: str
    file: str = field(compare=False)
    takes_lookup: bool = field(compare=False)
    function: Callable[..., Any] = field(compare=False, repr=False)
    written: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    influences: tuple[Influence, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "ItemFunction":
        """The function, once it is known to have a hash.

        Raises:
            ScriptFunctionInvalid: it is no plain function of a script; says the file and the line, as far as it has
                them, and the reason.
        """
        if isinstance(function, ItemFunction):
            return function
        plain = _plain(function)
        module, node = _source(plain)
        if node.decorator_list:
            _refuse(plain, "decorated", "is decorated")
        try:
            found = fingerprint(module, node)
        except ProjectImport as foreign:
            _refuse(plain, "project_import", f"uses {foreign.module}, a module of the project", foreign.line)
        return cls(
            plain.__name__,
            found,
            plain.__code__.co_filename,
            _takes_lookup(plain),
            plain,
            written=_written(node),
            influences=influences(module, node),
        )

    def __call__(self, item: RecordingItem, lookup: Lookup | None = None) -> Any:
        """What it returns for an item, with decimal arithmetic that never rounds.

        Raises:
            ItemFunctionFailed: it raised; says what, and the line of the script.
            OsemMigrateError: what it looks up cannot be read.
        """
        try:
            return self._run(item, lookup)
        finally:
            if lookup is not None:
                lookup.check()

    def _run(self, item: RecordingItem, lookup: Lookup | None) -> Any:
        try:
            with numbers():
                return self.function(item, lookup) if self.takes_lookup else self.function(item)
        except (ItemError, KeyboardInterrupt):
            raise
        except BaseException as failure:
            words = text_of(failure)
            said = f"{type(failure).__name__}{f': {words}' if words else ''}"
            lines = [line for frame, line in traceback.walk_tb(failure.__traceback__) if self._is_in(frame)]
            at = f" (line {lines[-1]})" if lines else ""
            raise ItemFunctionFailed(f"{self.name} raised {said}{at}") from failure

    def _is_in(self, frame: Any) -> bool:
        return bool(frame.f_code.co_filename == self.file)


def _plain(function: Callable[..., Any]) -> FunctionType:
    """The function, unless it is of a kind that has no text of its own."""
    if isinstance(function, MethodType):
        _refuse(function.__func__, "bound_method", "is a method of an object, whose state nobody could compare")
    if not isinstance(function, FunctionType):
        raise ScriptFunctionInvalid(f"{shown(function)} is no function of a script", file="", reason="no_function")
    if hasattr(function, "__wrapped__"):
        _refuse(function, "decorated", "is decorated")
    if function.__name__ == "<lambda>":
        _refuse(function, "lambda", "is a lambda, which has no name to find its text by")
    if function.__closure__ or function.__qualname__ != function.__name__:
        _refuse(function, "closure", "is defined inside another function or class")
    if function.__code__.co_flags & _OTHERWISE_CALLED:
        _refuse(function, "no_function", "is a generator or a coroutine, which returns no change")
    return function


def _takes_lookup(function: FunctionType) -> bool:
    """Whether it takes the lookup as well as the item."""
    parameters = inspect.signature(function).parameters.values()
    by_place = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    needed = [
        one for one in parameters if one.default is one.empty and one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
    ]
    if not by_place or len(needed) > 2 or any(one not in by_place for one in needed):  # noqa: PLR2004 - item, lookup
        _refuse(function, "arguments", "takes other arguments than an item, or an item and a lookup")
    return len(needed) == 2  # noqa: PLR2004


def _source(function: FunctionType) -> tuple[ast.Module, ast.FunctionDef]:
    """The module that it stands in, and its definition there: the last one of its name."""
    try:
        module = ast.parse(Path(function.__code__.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        _refuse(function, "unreadable", "cannot be read: there is no file with its text")
    named = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == function.__name__)
    node = max(named, key=lambda node: node.lineno, default=None)
    if node is None:
        _refuse(function, "unreadable", "is not found at the top level of its file")
    return module, node


def _written(node: ast.FunctionDef) -> frozenset[str]:
    """The constant keys of the mappings that it makes, but those of attributes that it removes."""
    found: list[tuple[ast.expr | None, ast.expr]] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Dict):
            found += zip(inner.keys, inner.values, strict=True)
        elif isinstance(inner, ast.Assign):
            found += [(target.slice, inner.value) for target in inner.targets if isinstance(target, ast.Subscript)]
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "dict":
            found += [(ast.Constant(keyword.arg), keyword.value) for keyword in inner.keywords]
    return frozenset(
        name.value
        for name, value in found
        if isinstance(name, ast.Constant) and isinstance(name.value, str)
        if not (isinstance(value, ast.Name) and value.id == "REMOVE")
    )


def _refuse(function: Any, reason: str, words: str, line: int | None = None) -> NoReturn:
    code = function.__code__
    raise ScriptFunctionInvalid(
        f"{function.__name__} {words}", file=code.co_filename, line=line or code.co_firstlineno, reason=reason
    )
