"""The language of expressions: tokens, names, values and paths."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path as File
from typing import Any, TypeVar

from tests.simulator.canonical import canonical
from tests.simulator.errors import SimulatedError, refused
from tests.simulator.values import Value

Path = tuple[str | int, ...]
T = TypeVar("T")

MAX_BYTES = 4096
MAX_OPERATORS = 300
"""Of one expression (D Constraints)."""
TOKENS = re.compile(r"\s*(?:([#:]?[A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),.\[\]+-]))")


@cache
def reserved_words() -> frozenset[str]:
    """DynamoDB's reserved words, in capitals: moto keeps the list, which is read without importing all of moto."""
    moto = find_spec("moto")
    if moto is None or moto.origin is None:
        raise ModuleNotFoundError("moto")
    listed = File(moto.origin).parent / "dynamodb" / "parsing" / "reserved_keywords.txt"
    return frozenset(listed.read_text(encoding="utf-8").upper().split())


@dataclass(slots=True)
class Scope:
    """ExpressionAttributeNames and -Values of one request, which must all be used.

    Attributes:
        names: attribute names by placeholder.
        values: values by placeholder.
        used: the placeholders that some expression has named.
    """

    names: Mapping[str, str]
    values: Mapping[str, Value]
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Scope":
        """The scope of a request, or of one action of a transaction."""
        values = {}
        for name, value in request.get("ExpressionAttributeValues", {}).items():
            try:
                values[name] = canonical(value)
            except SimulatedError as refusal:
                text = f"ExpressionAttributeValues contains invalid value: {refusal.message} for key {name}"
                raise refused(text) from refusal
        return cls(request.get("ExpressionAttributeNames", {}), values)

    def check_all_used(self) -> None:
        """AWS refuses a placeholder that no expression uses."""
        for kind, given in (("Names", self.names), ("Values", self.values)):
            unused = sorted(given.keys() - self.used)
            if unused:
                raise refused(
                    f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: {{{', '.join(unused)}}}"
                )


class Reader:
    """Reads the tokens of one expression.

    Args:
        kind: what AWS calls it in a refusal, ``ConditionExpression``.
        text: the expression.
        scope: its names and values.
    """

    def __init__(self, kind: str, text: str, scope: Scope) -> None:
        self.kind = kind
        self.scope = scope
        self._tokens = _split(kind, text)
        self._at = 0
        self._operators = 0
        self._groups: dict[int, int] = {}

    def error(self, text: str) -> SimulatedError:
        """A refusal of this expression."""
        return refused(f"Invalid {self.kind}: {text}")

    def count(self) -> None:
        """Count an operator or a function; 300 are allowed."""
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise self.error(f"The expression contains too many operators; operator count: {self._operators}")

    def group(self, read: Callable[["Reader"], T]) -> T:
        """What stands in the parentheses that are next; two pairs around the same are refused."""
        start = self._at
        self.expect("(")
        found = read(self)
        redundant = self._groups.get(start + 1) == self._at
        self.expect(")")
        if redundant:
            raise self.error("The expression has redundant parentheses;")
        self._groups[start] = self._at
        return found

    def peek(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def opens_function(self) -> bool:
        """Whether the next two tokens are a name and a parenthesis."""
        return self._tokens[self._at + 1 : self._at + 2] == ["("] and self.peek()[:1].isalpha()

    def word(self) -> str:
        """The next token in capitals, as a keyword would be."""
        return self.peek().upper()

    def next(self) -> str:
        """The next token, taken."""
        token = self.peek()
        if not token:
            raise self.error("Syntax error; token: <EOF>")
        self._at += 1
        return token

    def take(self, *words: str) -> bool:
        """Whether the next token was one of these, taken if so."""
        if self.word() not in words:
            return False
        self._at += 1
        return True

    def expect(self, word: str) -> None:
        """Take that token, or refuse the expression."""
        if not self.take(word):
            raise self.error(f'Syntax error; token: "{self.peek() or "<EOF>"}"')

    def value(self) -> Value:
        """The value of the placeholder that is next."""
        token = self.next()
        if token not in self.scope.values:
            raise self.error(
                f"An expression attribute value used in expression is not defined; attribute value: {token}"
            )
        self.scope.used.add(token)
        return self.scope.values[token]

    def path(self) -> Path:
        """A document path: ``a.b[1].#c``."""
        parts: list[str | int] = [self._name()]
        while self.peek() in {".", "["}:
            if self.next() == ".":
                parts.append(self._name())
            else:
                if not self.peek().isdigit():
                    raise self.error(f'Syntax error; token: "{self.peek() or "<EOF>"}"')
                parts.append(int(self.next()))
                self.expect("]")
        return tuple(parts)

    def end(self) -> None:
        """Refuse what is left over."""
        if self.peek():
            raise self.error(f'Syntax error; token: "{self.peek()}"')

    def _name(self) -> str:
        token = self.next()
        if token.startswith("#"):
            if token not in self.scope.names:
                raise self.error(
                    f"An expression attribute name used in the document path is not defined; attribute name: {token}"
                )
            self.scope.used.add(token)
            return self.scope.names[token]
        if not token[0].isalpha():
            raise self.error(f'Syntax error; token: "{token}"')
        if token.upper() in reserved_words():
            raise self.error(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token


def _split(kind: str, text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    if not text:
        raise refused(f"Invalid {kind}: The expression can not be empty;")
    if len(text.encode()) > MAX_BYTES:
        raise refused(
            f"Invalid {kind}: Expression size has exceeded the maximum allowed size; "
            f"expression size: {len(text.encode())}"
        )
    while at < len(text):
        match = TOKENS.match(text, at)
        if match is None:
            raise refused(f'Invalid {kind}: Syntax error; token: "{text[at:].lstrip()[:1]}"')
        tokens.append(match[1] or match[2])
        at = match.end()
    return tokens
