"""Policy: a document of IAM, evaluated; what the simulator cannot judge is refused when it is read, or never allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

MEMBERS = {"Sid", "Effect", "Action", "Resource", "Condition"}
"""What a statement may say here. One with a Condition never allows anything: nobody here can judge it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An Allow: action patterns, resource patterns, and whether a condition stands in its way."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditional: bool = False

    def allowing(self, action: str, resource: str) -> str | None:
        """The action pattern that allows the call, or None."""
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

    def allows(self, action: str, resource: str) -> bool:
        """Whether any statement allows the action on the ARN, or on ``*`` where it knows no resources."""
        for statement in self.statements:
            pattern = statement.allowing(action, resource)
            if pattern is not None:
                self.used.add((statement.sid, pattern))
                return True
        return False


def _statement(said: Mapping[str, Any]) -> Statement:
    strange = said.keys() - MEMBERS
    if strange or said["Effect"] != "Allow":
        raise ValueError(f"the simulator cannot evaluate {dict(said)}")
    return Statement(said.get("Sid", ""), _listed(said["Action"]), _listed(said["Resource"]), "Condition" in said)


def _listed(one_or_many: str | list[str]) -> tuple[str, ...]:
    return (one_or_many,) if isinstance(one_or_many, str) else tuple(one_or_many)
