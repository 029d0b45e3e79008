"""The ``value`` decorator: an immutable, validated dataclass whose every complaint is a DefinitionError.

What DynamoDB describes is evidence and no declaration: ``as_found`` makes the same values without judging them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import wraps
from typing import Any, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from osem_migrate.arguments import hints_of, mismatch
from osem_migrate.errors import DefinitionError

T = TypeVar("T")

# Strict: "5" is no number and "no" is no boolean; a lenient reading would turn a slip into another schema.
_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True, strict=True)


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen pydantic dataclass that raises DefinitionError instead of pydantic's ValidationError.

    Scripts are written by hand, so a wrong type deserves the same one-sentence answer as a broken limit.
    """
    made: Any = dataclass(frozen=True, slots=True, config=_CONFIG)(cls)
    made.__init__ = _complaining(made)
    return cast("type[T]", made)


def as_found(kind: type[T], *args: Any, **kwargs: Any) -> T:
    """A value as it was found: in its canonical spelling, and with nothing checked."""
    given = {**dict(zip((field.name for field in fields(cast("Any", kind))), args, strict=False)), **kwargs}
    made: Any = object.__new__(kind)
    for field in fields(cast("Any", kind)):
        usual = field.default_factory() if field.default_factory is not MISSING else field.default
        object.__setattr__(made, field.name, given.get(field.name, usual))
    spell = getattr(made, "_spell", None)
    if spell is not None:
        spell()
    return cast("T", made)


def altered(found: T, **changes: Any) -> T:
    """``dataclasses.replace`` for what may be evidence: checks nothing."""
    kept = {field.name: getattr(found, field.name) for field in fields(cast("Any", found))}
    return as_found(type(found), **{**kept, **changes})


def checked(found: Any) -> Any:
    """The same value as a declaration; raises DefinitionError where it, or a part of it, could be none."""
    if is_dataclass(found) and not isinstance(found, type):
        return type(found)(**{one.name: checked(getattr(found, one.name)) for one in fields(found) if one.init})
    if isinstance(found, tuple):
        return tuple(checked(part) for part in found)
    if isinstance(found, Mapping):
        return {name: checked(part) for name, part in found.items()}
    return found


def _complaining(made: Any) -> Callable[..., None]:
    construct = made.__init__
    names = [field.name for field in fields(made) if field.init]

    @wraps(construct)
    def construct_or_complain(self: object, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(names):
            complaint = f"it takes {len(names)} arguments at most ({', '.join(names)}), not {len(args)}"
            raise DefinitionError(f"{made.__name__}: {complaint}", value=made.__name__)
        try:
            construct(self, *args, **kwargs)
        except ValidationError as invalid:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            complaints = "; ".join(dict.fromkeys(_complaints(invalid, made, names, given)))
            raise DefinitionError(f"{made.__name__}: {complaints}", value=made.__name__) from None

    return construct_or_complain


def _complaints(
    invalid: ValidationError, made: type, names: Sequence[str], given: Mapping[str, object]
) -> Iterator[str]:
    """What is wrong, in our words: pydantic's speak of its own insides, and do not say where in a list or a mapping."""
    for error in invalid.errors(include_url=False):
        first = error["loc"][0] if error["loc"] else ""
        name = names[first] if isinstance(first, int) else str(first)
        if error["type"] == "missing":
            yield f"{name} is missing"
        elif error["type"] == "multiple_argument_values":
            yield f"{name} is given twice"
        elif name in names:
            yield mismatch(hints_of(made)[name], given.get(name), name) or f"{name} takes valid Unicode text"
        else:
            near = get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f" (there are: {', '.join(names)})"
            yield f"there is no argument {name!r}{hint}"
