"""Policy: a document of IAM, evaluated; what the simulator cannot judge is refused when it is read, or never allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

MEMBERS = {"Sid", "Effect", "Action", "Resource", "Condition"}
"""What a statement may say here. A Condition on anything but leading keys never holds: nobody can judge it."""
_LEADING = ("ForAllValues:StringLike", "dynamodb:LeadingKeys")


@dataclass(frozen=True, slots=True)
class Statement:
    """An Allow: action patterns, resource patterns, and whether a condition stands in its way.

    ``leading`` are the patterns of partition keys that it is limited to; a call that names no item is not allowed then.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditional: bool = False
    leading: tuple[str, ...] | None = None

    def allowing(self, action: str, resource: str, leading_key: str | None) -> str | None:
        """The action pattern that allows the call, or None."""
        if self.leading is not None and not any(fnmatchcase(leading_key or "", one) for one in self.leading):
            return None
        if self.conditional or not any(fnmatchcase(resource, pattern) for pattern in self.resources):
            return None
        return next((pattern for pattern in self.actions if fnmatchcase(action, pattern)), None)


@dataclass(slots=True)
class Policy:
    """All that an identity may do, with what was ever allowed because of it.

    Attributes:
        statements: in the order of the document.
        used: the Sid and the action pattern of every statement that allowed a call.
    """

    statements: tuple[Statement, ...]
    used: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Policy":
        """The policy of a document.

        Raises:
            ValueError: it says something that cannot be evaluated here.
        """
        if document["Version"] != "2012-10-17":
            raise ValueError(document["Version"])
        return cls(tuple(_statement(statement) for statement in document["Statement"]))

    @property
    def named(self) -> set[tuple[str, str]]:
        """The Sid and the action pattern of everything that the document names."""
        return {(statement.sid, action) for statement in self.statements for action in statement.actions}

    def allows(self, action: str, resource: str, leading_key: str | None = None) -> bool:
        """Whether any statement allows the action on the ARN, or on ``*`` where it knows no resources.

        ``leading_key`` is the partition key of the item that the call is about, where it is about one.
        """
        for statement in self.statements:
            pattern = statement.allowing(action, resource, leading_key)
            if pattern is not None:
                self.used.add((statement.sid, pattern))
                return True
        return False


def _statement(said: Mapping[str, Any]) -> Statement:
    strange = said.keys() - MEMBERS
    if strange or said["Effect"] != "Allow":
        raise ValueError(f"the simulator cannot evaluate {dict(said)}")
    actions, resources = _listed(said["Action"]), _listed(said["Resource"])
    condition = said.get("Condition")
    operator, key = _LEADING
    if condition is not None and condition.keys() == {operator} and condition[operator].keys() == {key}:
        return Statement(said.get("Sid", ""), actions, resources, leading=_listed(condition[operator][key]))
    return Statement(said.get("Sid", ""), actions, resources, condition is not None)


def _listed(one_or_many: str | list[str]) -> tuple[str, ...]:
    return (one_or_many,) if isinstance(one_or_many, str) else tuple(one_or_many)
