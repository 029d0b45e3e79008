"""Arguments: what a program hands to the library, checked before anything is made of it."""

import reprlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from osem_migrate.errors import ArgumentInvalid

T = TypeVar("T")

_WORDS = {
    str: "a text",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    NoneType: "None",
}


class Arguments:
    """The base of options: a field of another type than it is declared with is an ArgumentInvalid."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Check every field; nothing that was inherited is left out."""
        kind = type(self)
        for field in fields(cast("Any", self)):
            hint, given = _hints(kind)[field.name], getattr(self, field.name)
            if not _is_a(given, hint):
                raise _invalid(f"{kind.__name__}({field.name}={reprlib.repr(given)})", field.name, given, hint)


def of_kind(given: object, kind: type[T], method: str) -> T:
    """What was given to a method of Migrator, which is one of a kind; else ArgumentInvalid."""
    if isinstance(given, kind):
        return given
    raise _invalid(f"Migrator.{method}: {reprlib.repr(given)}", method, given, kind)


def chosen(given: object, kind: type[T], method: str) -> T:
    """The same, or what the kind has where None was given."""
    return kind() if given is None else of_kind(given, kind, method)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _invalid(where: str, what: str, given: object, hint: Any) -> ArgumentInvalid:
    wanted = " or ".join(_words(hint))
    hints = f", such as {str(given)!r}" if isinstance(given, int) and _is_a("", hint) else ""
    return ArgumentInvalid(f"{where}: {what} takes {wanted}{hints}, not {type(given).__name__}", argument=what)


def _is_a(given: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return any(_is_a(given, part) for part in get_args(hint))
    if hint is float:
        return isinstance(given, int | float) and not isinstance(given, bool)
    if origin is Sequence:
        # A text would be taken for the list of its letters.
        is_list = isinstance(given, Sequence) and not isinstance(given, str)
        return is_list and all(_is_a(one, get_args(hint)[0]) for one in cast("Iterable[object]", given))
    if origin is Callable:
        return callable(given)
    return isinstance(given, hint)


def _words(hint: Any) -> list[str]:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return [word for part in get_args(hint) for word in _words(part)]
    if origin is Sequence:
        (word,) = _words(get_args(hint)[0])
        return [f"a list of {word.removeprefix('a ')}s"]
    if origin is Callable:
        return ["a function"]
    return [_WORDS.get(hint, hint.__name__)]
