"""Arguments: what a program or a script hands over, checked against what is taken there, and told in plain words."""

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache
from types import FunctionType, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from osem_migrate.errors import ArgumentInvalid

T = TypeVar("T")

_WORDS = {str: "text", bool: "True or False", int: "whole number", float: "number", NoneType: "None"}
_COUNTED = frozenset({str, int, float})


class Arguments:
    """The base of options: a field of another type than it is declared with is an ArgumentInvalid."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Check every field; nothing that was inherited is left out."""
        kind = type(self)
        for field in fields(cast("Any", self)):
            complaint = mismatch(hints_of(cast("Any", kind))[field.name], getattr(self, field.name), field.name)
            if complaint is not None:
                raise ArgumentInvalid(f"{kind.__name__}: {complaint}", argument=field.name)


def of_kind(given: object, kind: type[T], method: str) -> T:
    """What was given to a method of Migrator, which is one of a kind; else ArgumentInvalid."""
    complaint = mismatch(kind, given, f"Migrator.{method}")
    if complaint is not None:
        raise ArgumentInvalid(complaint, argument=method)
    return cast("T", given)


def chosen(given: object, kind: type[T], method: str) -> T:
    """The same, or what the kind has where None was given."""
    return kind() if given is None else of_kind(given, kind, method)


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """The declared type of every field."""
    return get_type_hints(kind)


def mismatch(hint: Any, given: object, name: str) -> str | None:
    """``target takes a text or None, such as '5', not 5``; None where what was given is of the declared type."""
    if _is_a(given, hint):
        return None
    # Where the whole is of the right sort, the part that is not is what to speak of.
    for part, of, path in _parts(given, hint):
        if not _is_a(part, of):
            return mismatch(of, part, f"{name}{path}")
    example = f", such as {str(given)!r}" if type(given) is int and _is_a("", hint) else ""
    return f"{name} takes {_listed(_words(hint))}{example}, not {shown(given)}"


def _is_a(given: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if hint is Any:
        return True
    if origin in {Union, UnionType}:
        return any(_is_a(given, part) for part in get_args(hint))
    if origin is Literal:
        return given in get_args(hint) and isinstance(given, str)
    if hint in {int, float}:
        return isinstance(given, (int, float) if hint is float else int) and not isinstance(given, bool)
    if origin is not None:
        return _is_whole(given, hint) and all(_is_a(part, of) for part, of, _ in _parts(given, hint))
    return isinstance(given, hint)


def _is_whole(given: object, hint: Any) -> bool:
    """Whether it is the right sort of container, or a function."""
    origin = get_origin(hint)
    if origin is Callable:
        return callable(given)
    # A text would be taken for the list of its letters.
    return isinstance(given, origin) and not isinstance(given, str | bytes)


def _parts(given: object, hint: Any) -> Iterator[tuple[object, Any, str]]:
    """What is in a container that is of the right sort: each part, its declared type, and the way to it."""
    origin, of = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        branches = [part for part in of if get_origin(part) not in {None, Literal} and _is_whole(given, part)]
        for branch in branches[:1]:
            yield from _parts(given, branch)
    elif origin in {None, Literal, Callable} or not _is_whole(given, hint):
        return
    elif origin is Mapping:
        for key, value in cast("Mapping[object, object]", given).items():
            yield key, of[0], f": the key {key!r}"
            yield value, of[1], f"[{key!r}]"
    else:
        for position, one in enumerate(cast("Iterable[object]", given)):
            yield one, of[0], f"[{position}]"


def _words(hint: Any) -> list[str]:
    origin, of = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return [word for part in of for word in _words(part)]
    if origin is Literal:
        return [repr(value) for value in of]
    if origin is Callable:
        return ["a function"]
    if origin is Mapping:
        return [f"a mapping of {_plural(of[0])} to {_plural(of[1])}"]
    if origin is not None:
        sort = "tuple" if origin is tuple else "list"
        return [f"a {sort} of {_plural(of[0])}" if of[0] is not Any else f"a {sort}"]
    return [f"a {_WORDS[hint]}" if hint in _COUNTED else _WORDS.get(hint, _form(hint))]


def _plural(hint: Any) -> str:
    """``texts``, ``texts or None``, ``keys such as S("id")``."""
    if get_origin(hint) in {Union, UnionType}:
        return " or ".join(_plural(part) for part in get_args(hint))
    (words,) = _words(hint)
    if not words.startswith(("a ", "an ")):
        return words
    _, noun, rest = f"{words} ".split(" ", 2) if hint not in _COUNTED else ("a", words.removeprefix("a "), "")
    return f"{noun}{'es' if noun.endswith('x') else 's'} {rest}".rstrip()


def _form(hint: Any) -> str:
    """How a value of that class is written, where that is known; else the name of the class."""
    if issubclass(hint, Enum):
        return _listed([f"{hint.__name__}.{member.name}" for member in hint])
    return getattr(hint, "form", None) or str(hint.__name__)


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def shown(given: object) -> str:
    """What was given, for people: ``the text 'x'``, ``5``, ``a Key``."""
    if isinstance(given, str):
        return f"the text {reprlib.repr(given)}"
    if isinstance(given, type):
        return f"the class {given.__name__}"
    if isinstance(given, FunctionType):
        return f"the function {given.__name__}"
    plain = given is None or isinstance(given, bool | int | float | complex | list | tuple | dict | set | frozenset)
    # Anything else may have an address in its words, which changes from run to run.
    name = type(given).__name__
    return reprlib.repr(given) if plain else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
