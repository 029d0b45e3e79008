"""New: what a title asks for, in an operation; a title that could mean several things, or none, is only a title."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from osem_migrate.advice import did_you_mean
from osem_migrate.errors import DefinitionError
from osem_migrate.operations import SETTINGS, AddIndex, CreateTable, DropIndex, DropTable, Operation
from osem_migrate.schema import Key, S, Schema

_ARTICLE = r"(?:(?:the|an?)\s+)?"
_DROP = r"(?:drop|delete|remove)\s+"
_WORD = r"(?!(?:table|index|indexes)\b)[\w.-]+"
_TABLE = rf"{_ARTICLE}(?P<table>{_WORD})(?:\s+table)?"
_INDEX = rf"{_ARTICLE}(?:(?P<index>{_WORD})[\s-]index|index\s+(?P<named>{_WORD}))"
_SPOKEN = {words: kind for kind in SETTINGS for words in kind.spoken}
_SETTING = f"(?P<setting>{'|'.join(words.replace(' ', '[ -]') for words in _SPOKEN)})"

_CREATE_TABLE = re.compile(rf"create\s+{_ARTICLE}(?:table\s+)?{_TABLE}", re.IGNORECASE)
_DROP_TABLE = re.compile(rf"{_DROP}{_ARTICLE}(?:table\s+(?P<table>{_WORD})|(?P<named>{_WORD})\s+table)", re.IGNORECASE)
_ADD_INDEX = re.compile(rf"(?:add|create)\s+{_INDEX}\s+(?:to|on)\s+{_TABLE}", re.IGNORECASE)
_DROP_INDEX = re.compile(rf"{_DROP}{_INDEX}\s+(?:from|of|on)\s+{_TABLE}", re.IGNORECASE)
_TURN_ON = re.compile(
    rf"(?:enable|turn\s+on|switch\s+on|add|set)\s+{_ARTICLE}{_SETTING}\s+(?:on|of|for|to)\s+{_TABLE}"
    r"(?:\s+(?:to|by|with|using|for|on)\s+(?:attribute\s+)?(?P<value>[\w.-]+)(?:\s+days)?)?",
    re.IGNORECASE,
)
_TURN_OFF = re.compile(
    rf"(?:disable|turn\s+off|switch\s+off|drop|delete|remove)\s+{_ARTICLE}{_SETTING}\s+(?:on|of|for|from)\s+{_TABLE}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a title asks for.

    Attributes:
        operation: None where it is only a title, or where it is not clear which one is meant.
        told: what was understood, or what there is to choose from, in a sentence; None where it is only a title.
    """

    operation: Operation | None = None
    told: str | None = None


class _Unclear(Exception):
    """The words name an operation, but not which."""


def understand(title: str, schema: Schema | None) -> Understanding:
    """The operation of a title like "add status index to Plans".

    ``schema`` is what the scripts so far build; None where they cannot be read.
    """
    try:
        operation = _understood(" ".join(title.split()).rstrip("."), schema or Schema())
    except DefinitionError:
        return Understanding()
    except _Unclear as unclear:
        why = str(unclear) if schema is not None else "the scripts so far cannot be loaded"
        return Understanding(told=f"The operation is left to you: {why}{'' if why.endswith('?') else '.'}")
    return Understanding(operation, f"Understood: {operation.describe()}." if operation is not None else None)


def _understood(words: str, schema: Schema) -> Operation | None:
    for pattern, asked in _ASKED.items():
        if match := pattern.fullmatch(words):
            return asked(match, schema)
    return None


def _add_index(match: re.Match[str], schema: Schema) -> Operation:
    table = _table(match["table"], schema)
    name, partition_key, sort_key = _index(match["index"] or match["named"])
    known = schema.tables[table].index(name)
    if known is not None:
        raise _Unclear(f"{table} has an index {name} already, with {known.text}")
    return AddIndex(table, name, partition_key, sort_key)


def _drop_index(match: re.Match[str], schema: Schema) -> Operation:
    table, word = _table(match["table"], schema), match["index"] or match["named"]
    name = _index(word)[0]
    names = [index.name for index in schema.tables[table].indexes]
    if name not in names:
        near = [known for known in names if word.lower() in known.lower()]
        if len(near) != 1:
            has = f"{', '.join(near or names)}, and no {name}" if names else "no index"
            raise _Unclear(f"{table} has {has}{did_you_mean(name, near or names)}")
        name = near[0]
    return DropIndex(table, name)


def _drop_table(match: re.Match[str], schema: Schema) -> Operation:
    return DropTable(_table(match["table"] or match["named"], schema))


def _create_table(match: re.Match[str], _schema: Schema) -> Operation:
    table = match["table"][:1].upper() + match["table"][1:]
    return CreateTable(table, S(f"{table[:1].lower()}{table[1:].removesuffix('s')}Id"))


def _turn_on(match: re.Match[str], schema: Schema) -> Operation | None:
    value = match["value"]
    return _setting(match, schema, None if value == "off" else value, on=value != "off")


def _turn_off(match: re.Match[str], schema: Schema) -> Operation | None:
    return _setting(match, schema, None, on=False)


def _setting(match: re.Match[str], schema: Schema, value: str | None, *, on: bool) -> Operation | None:
    kind = _SPOKEN[match["setting"].lower().replace("-", " ")]
    table = _table(match["table"], schema)
    known = [one for other in schema.tables.values() if (one := other.setting(kind)) is not None]
    asked = kind.asked(table, value, known, on=on)
    declared = schema.tables[table].setting(kind)
    if asked is not None and declared is not None and asked.matches(declared):
        raise _Unclear(f"{table} has {declared.phrase} already")
    return asked


def _index(word: str) -> tuple[str, Key, Key | None]:
    """Name and keys from the naming convention ``partitionKey-sortKey-index``."""
    stem = word.removesuffix("-index")
    partition, _, sort = stem.partition("-")
    return f"{stem}-index", S(partition), S(sort) if sort else None


def _table(word: str, schema: Schema) -> str:
    """The table that a word means: its exact name, else the only one that contains it."""
    names = list(schema.tables)
    for found in _candidates(word.lower(), names):
        if len(found) == 1:
            return found[0]
        if found:
            raise _Unclear(f"{word} may be {' or '.join(sorted(found))}; name one of them")
    there = f" (there are: {', '.join(sorted(names))})" if names else ""
    raise _Unclear(f"no script creates a table {word}{did_you_mean(word, names)}{there}")


def _candidates(word: str, names: list[str]) -> Iterator[list[str]]:
    """The tables that a word may mean, from the surest to the least sure."""
    stem = word.removesuffix("s")
    yield [name for name in names if name.lower() == word]
    yield [name for name in names if name.lower().removesuffix("s") == stem]
    yield [name for name in names if stem in name.lower()]


_ASKED: dict[re.Pattern[str], Callable[[re.Match[str], Schema], Operation | None]] = {
    _ADD_INDEX: _add_index,
    _DROP_INDEX: _drop_index,
    _DROP_TABLE: _drop_table,
    _TURN_ON: _turn_on,
    _TURN_OFF: _turn_off,
    _CREATE_TABLE: _create_table,
}
"""What each form of words asks for."""
