"""What is otherwise on a table afterwards."""

from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.operations.change import Change


class ChangeDocument(TypedDict):
    """One part of a table that is added, altered or dropped."""

    kind: Literal["add", "alter", "drop"]
    what: str
    """Such as table, index, local index, or the noun of a setting."""
    name: str | None
    """Of the table or the index; null for a setting."""
    before: str | None
    """What it was, for people; null for what is added."""
    after: str | None
    """What it will be; null for what is dropped."""
    by_default: bool
    """Whether pyproject.toml gives it to every new table."""


def change_document(change: Change) -> ChangeDocument:
    """One change of a plan, or of a repair."""
    return {
        "kind": change.kind.value,
        "what": change.what,
        "name": change.name or None,
        "before": change.before,
        "after": change.after,
        "by_default": change.by_default,
    }
