"""Names: which physical table an environment means by a logical name, and which tables are its own."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count
from string import Formatter

from osem_migrate.errors import DefinitionError
from osem_migrate.schema import check_name

HISTORY_ENTITY = "SchemaMigrations"
ENTITY = "entity"
MAX_NAME = 255

_EXAMPLE = "Users"  # of a logical name, in counter-examples and checks


@dataclass(frozen=True, slots=True)
class Pattern:
    """``osem-dev-{entity}``: the static text before and after a table's own name; there may be none."""

    prefix: str
    suffix: str

    @classmethod
    def parse(cls, template: str, values: Mapping[str, str]) -> "Pattern":
        """The pattern that a template gives with these values of its other fields.

        Raises:
            DefinitionError: a field is unknown, ``{entity}`` does not stand in it once, or no table could be named so.
        """
        halves = [""]
        for text, name in _fields(template, {*values, ENTITY}):
            halves[-1] += text
            if name == ENTITY:
                halves.append("")
            elif name is not None:
                halves[-1] += values[name]
        if len(halves) != 2:  # noqa: PLR2004 - before and after
            times = "never" if len(halves) == 1 else "more than once"
            raise DefinitionError(f"{template!r} contains {{{ENTITY}}} {times}")
        pattern = cls(*halves)
        check_name("table", pattern.name(_EXAMPLE if len(pattern) <= MAX_NAME - len(_EXAMPLE) else _EXAMPLE[0]))
        return pattern

    def __len__(self) -> int:
        """How many characters of a name are static."""
        return len(self.prefix) + len(self.suffix)

    def __str__(self) -> str:
        """``osem-dev-*``, as people and IAM write it."""
        return self.name("*")

    def name(self, entity: str) -> str:
        """What a table of that logical name is called."""
        return f"{self.prefix}{entity}{self.suffix}"

    def entity(self, name: str) -> str | None:
        """The logical name of a table that is called so; None where it cannot be one of this pattern."""
        if len(name) <= len(self) or not name.startswith(self.prefix) or not name.endswith(self.suffix):
            return None
        return name[len(self.prefix) : len(name) - len(self.suffix)]

    def in_common(self, other: "Pattern") -> Iterator[str]:
        """Names that both patterns give, without end if they give any but a few very long ones.

        There are such names where one prefix begins with the other, and likewise one suffix ends with the other.
        """
        prefix = max(self.prefix, other.prefix, key=len)
        suffix = max(self.suffix, other.suffix, key=len)
        if not (prefix.startswith(self.prefix) and prefix.startswith(other.prefix)):
            return
        if not (suffix.endswith(self.suffix) and suffix.endswith(other.suffix)):
            return
        room = MAX_NAME - len(prefix) - len(suffix)
        examples = (
            (f"{_EXAMPLE}{number or ''}"[:room] for number in count()) if room >= len(_EXAMPLE) + 3 else iter("UVW")
        )
        if room > 0:
            yield from (f"{prefix}{example}{suffix}" for example in examples)
        # Beyond that length, the end of one pattern's static text may be the beginning of the other's.
        for shared in range(min(len(prefix), len(suffix)) + 1):
            name = prefix + suffix[shared:]
            if prefix.endswith(suffix[:shared]) and len(name) <= MAX_NAME and self.entity(name) and other.entity(name):
                yield name


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one environment: a pattern, and the tables that are not called by it.

    Attributes:
        pattern: of every table that is not mapped.
        mapped: physical names by logical ones; the history table's is among them where it is named.
        ignored: glob patterns of tables that are somebody else's, although the pattern would give their names.
    """

    pattern: Pattern
    mapped: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a map in which two logical names mean the same table, or differ in case only."""
        owners: dict[str, str] = {}
        spelled: dict[str, str] = {}
        for entity, name in self.mapped.items():
            check_name("table", name)
            if (other := owners.setdefault(name, entity)) != entity:
                raise DefinitionError(f"{other!r} and {entity!r} are both mapped to {name!r}")
            if (other := spelled.setdefault(entity.casefold(), entity)) != entity:
                raise DefinitionError(f"{other!r} and {entity!r} differ in case only")
            if self._is_ignored(name):
                raise DefinitionError(f"{entity!r} is mapped to {name!r}, which ignore leaves to somebody else")

    def __str__(self) -> str:
        """``osem-dev-*``, with the mapped names after it."""
        mapped = [name for name in self.mapped.values() if self.pattern.entity(name) is None]
        return ", ".join((str(self.pattern), *sorted(mapped)))

    def physical(self, entity: str) -> str:
        """``osem-dev-Users`` for ``Users``.

        Raises:
            DefinitionError: DynamoDB would refuse the name, or it is that of another logical name.
        """
        if entity in self.mapped:
            return self.mapped[entity]
        name = self.pattern.name(entity)
        check_name("table", name)
        for other, taken in self.mapped.items():
            if taken == name:
                raise DefinitionError(
                    f"table {entity!r} would be {name}, which is the table that {other!r} is mapped to"
                )
            if other.casefold() == entity.casefold():
                raise DefinitionError(f"table {entity!r}: the map of tables has {other!r}, which differs in case only")
        return name

    def logical(self, name: str) -> str | None:
        """``Users`` for ``osem-dev-Users``; None for a table that is not of this environment."""
        for entity, mapped in self.mapped.items():
            if mapped == name:
                return entity
        named = self.pattern.entity(name)
        # A mapped table lives only under the name it is mapped to.
        return None if named is not None and self._is_mapped(named) else named

    def set_aside(self, found: Collection[str]) -> dict[str, str]:
        """Tables that the pattern would give to a logical name that is mapped elsewhere: nobody's, each with that name.

        Args:
            found: physical names; those that ``ignore`` leaves to somebody else, or that are mapped, are none of them.
        """
        taken = {*self.mapped.values(), *(name for name in found if self._is_ignored(name))}
        named = {name: self.pattern.entity(name) for name in found if name not in taken and self.is_exclusive}
        return {
            name: entity for name, entity in sorted(named.items()) if entity is not None and self._is_mapped(entity)
        }

    @property
    def is_exclusive(self) -> bool:
        """Whether every table that the pattern names is ours; without static text the whole account would be."""
        return len(self.pattern) > 0

    def ours(self, found: Iterable[str], known: Collection[str]) -> set[str]:
        """Logical names of the tables of this environment, of all that were found in the account.

        Args:
            found: physical names.
            known: logical names that are declared or recorded; without static text in the pattern, no other is ours.
        """
        return {entity for name in found if (entity := self._own(name, known)) is not None}

    def globs(self, known: Iterable[str]) -> tuple[str, ...]:
        """Every physical name of this environment, for IAM: never ``*`` alone, whatever the pattern.

        Args:
            known: logical names that are declared; only these can be named where the pattern has no static text.
        """
        if self.is_exclusive:
            mapped = {name for name in self.mapped.values() if self.pattern.entity(name) is None}
            return (str(self.pattern), *sorted(mapped))
        return tuple(sorted({self.physical(entity) for entity in (*known, *self.mapped, HISTORY_ENTITY)}))

    def shared_with(self, other: "Names") -> str | None:
        """A physical name that belongs to both; None where there is none."""
        for name in (*self.mapped.values(), *other.mapped.values()):
            if self.logical(name) is not None and other.logical(name) is not None:
                return name
        spelled = {entity.casefold() for entity in (*self.mapped, *other.mapped)}
        for tries, name in enumerate(self.pattern.in_common(other.pattern)):
            if self.logical(name) is not None and other.logical(name) is not None:
                return name
            if tries > len(spelled) * 2:
                break
        return None

    def _own(self, name: str, known: Collection[str]) -> str | None:
        entity = self.logical(name)
        if entity is None or entity == HISTORY_ENTITY or entity in self.mapped or entity in known:
            return entity
        return entity if self.is_exclusive and not self._is_ignored(name) else None

    def _is_mapped(self, entity: str) -> bool:
        return entity.casefold() in {known.casefold() for known in self.mapped}

    def _is_ignored(self, name: str) -> bool:
        return any(fnmatchcase(name, glob) for glob in self.ignored)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with the values of its fields; raises DefinitionError for a field that is none of them."""
    return "".join(text + (values[name] if name is not None else "") for text, name in _fields(template, values))


def _fields(template: str, known: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Static text, each with the field that follows it."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as malformed:
        raise DefinitionError(f"{template!r}: {malformed}") from None
    for text, name, form, conversion in parts:
        if name is not None and (name not in known or form or conversion):
            written = "".join([name, f"!{conversion}" if conversion else "", f":{form}" if form else ""])
            fields = ", ".join(f"{{{field}}}" for field in sorted(known))
            raise DefinitionError(f"{template!r} contains {{{written}}}, which is no field (there are: {fields})")
        yield text, name
