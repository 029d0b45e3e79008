"""Change: one thing that is otherwise on a table after an operation, as people read it in a plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.schema import Index, Table


class ChangeKind(StrEnum):
    """What happens to a part of a table."""

    ADD = "add"
    ALTER = "alter"
    DROP = "drop"

    @property
    def mark(self) -> str:
        """``+``, ``~`` or ``-``."""
        return {"add": "+", "alter": "~", "drop": "-"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One part of a table that is added, altered or dropped.

    Attributes:
        kind: which of the three.
        what: ``table``, ``index``, ``local index``, ``index throughput``, or the noun of a setting, such as ``stream``.
        name: of the table or of the index; empty for a setting, of which a table has one of a kind.
        before: what it was, for people; None for what is added.
        after: what it will be; None for what is dropped.
        by_default: whether the configuration gives it to every new table, and no script declares it.
    """

    kind: ChangeKind
    what: str
    name: str = ""
    before: str | None = None
    after: str | None = None
    by_default: bool = False

    @property
    def is_of_table(self) -> bool:
        """Whether it is the table itself that comes or goes."""
        return self.what == "table"

    def line(self, arrow: str = "→") -> str:
        """``+ index by-status  status S, ALL`` or ``~ stream NEW_IMAGE → OLD_IMAGE``."""
        named = f"{self.kind.mark} {self.what} {self.name}".rstrip()
        value = f" {arrow} ".join(text for text in (self.before, self.after) if text is not None)
        gap = "  " if self.name else " "
        return f"{named}{gap}{value}" + ("  (configuration)" if self.by_default else "")


def changes_between(before: Table | None, after: Table | None) -> Iterator[Change]:
    """Everything in which a table is otherwise afterwards: itself, its indexes, and what each setting says of itself.

    ``before`` may be what was found, and is not judged.
    """
    if after is None:
        if before is not None:
            yield Change(kind=ChangeKind.DROP, what="table", name=before.name, before=before.keys_text)
    elif before is None:
        yield from _creation(after)
    else:
        yield from _indexes(before, after)
        for setting in after.settings:
            earlier = before.setting(type(setting)) or setting.default(after.name)
            yield from setting.changes_from(earlier)


def _creation(table: Table) -> Iterator[Change]:
    yield Change(kind=ChangeKind.ADD, what="table", name=table.name, after=table.keys_text)
    for local in table.local_indexes:
        yield Change(kind=ChangeKind.ADD, what="local index", name=local.name, after=local.text)
    yield from (_added(index) for index in table.indexes)
    for setting in table.settings:
        for part, by_default in ((setting.declared_on(table), False), (table.default(type(setting)), True)):
            # A new table has what AWS gives to every table, which goes without saying.
            if part is not None and not part.matches(part.default(table.name)):
                yield Change(kind=ChangeKind.ADD, what=part.noun, after=part.text, by_default=by_default)


def _indexes(before: Table, after: Table) -> Iterator[Change]:
    """What becomes of the global indexes; one that gets other keys or another projection is dropped and added."""
    shapes = {before.shape(index) for index in before.indexes}
    kept = {index.name for index in after.indexes if after.shape(index) in shapes}
    for index in before.indexes:
        if index.name not in kept:
            yield Change(kind=ChangeKind.DROP, what="index", name=index.name, before=index.text)
    for index in after.indexes:
        earlier = before.index(index.name)
        if index.name not in kept or earlier is None:
            yield _added(index)
        elif earlier.throughput != index.throughput:
            yield Change(
                kind=ChangeKind.ALTER,
                what="index throughput",
                name=index.name,
                before=_throughput(earlier),
                after=_throughput(index),
            )


def _added(index: Index) -> Change:
    own = f", {index.throughput.text}" if index.throughput is not None else ""
    return Change(kind=ChangeKind.ADD, what="index", name=index.name, after=f"{index.text}{own}")


def _throughput(index: Index) -> str:
    return index.throughput.text if index.throughput is not None else "none of its own"
