"""Where: which items an operation is about, as a condition of DynamoDB's that is also understood in memory.

The language is that of condition expressions, but for names and values, which stand in it as they are:
``attribute_not_exists(fullName)``, ``status = 'old' AND size(tags) > 3``, ``"odd.name".first[0] <> null``. A text is in
single quotes and a name that is no word in double quotes, as in PartiQL; a quote within is written twice.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from osem_migrate.errors import DefinitionError
from osem_migrate.items.conditions import (
    AllOf,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Contains,
    Exists,
    HasType,
    In,
    Literal,
    Not,
    Operand,
    Path,
    Size,
    StartsWith,
)
from osem_migrate.items.placeholders import Placeholders
from osem_migrate.items.values import Item, ValueRefused, encode

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*") | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
        | (?P<word>[^\W\d][\w-]*) | (?P<sign><>|<=|>=|[=<>()\[\],.])
    )""",
    re.VERBOSE,
)
_SHOWN = 80  # characters of a condition that is too long for a message
_COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})


@dataclass(frozen=True, slots=True)
class Where:
    """A condition as it was written, and as it is understood."""

    text: str
    condition: Condition = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> "Where":
        """Read a condition; raises DefinitionError, which says where it is wrong."""
        try:
            return cls(text, _Parser(text).whole())
        except RecursionError:
            raise DefinitionError(f"where {text[:_SHOWN]!r}…: it is nested too deeply") from None

    @property
    def names(self) -> frozenset[str]:
        """The attributes that it is about."""
        return self.condition.names

    @property
    def operators(self) -> int:
        """How many operators and functions it has, of the 300 that DynamoDB takes."""
        return self.condition.operators

    def holds(self, item: Item) -> bool:
        """Whether DynamoDB would find it true of the item."""
        return self.condition.holds(item)

    def render(self, placeholders: Placeholders) -> str:
        """As a FilterExpression or a part of a ConditionExpression."""
        return self.condition.render(placeholders)


class _Parser:
    """Recursive descent, a method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise self._wrong("nothing that is known", position)
            self._tokens.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
            position = match.end()
        self._tokens.append(("end", "", len(text)))

    def whole(self) -> Condition:
        condition = self._either()
        if self._tokens[0][0] != "end":
            raise self._wrong("AND, OR or the end is expected")
        return condition

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._takes_word("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._negated()]
        while self._takes_word("AND"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _negated(self) -> Condition:
        if self._takes_word("NOT"):
            return Not(self._negated())
        if self._takes_sign("("):
            condition = self._either()
            self._expect(")")
            return condition
        if self._is_call() and self._tokens[0][1] != "size":
            return self._function()
        return self._comparison()

    def _function(self) -> Condition:
        _, name, at = self._tokens[0]
        functions: dict[str, Callable[[Path], Condition]] = {
            "attribute_exists": Exists,
            "attribute_not_exists": lambda path: Exists(path, there=False),
            "attribute_type": lambda path: HasType(path, self._type()),
            "begins_with": lambda path: StartsWith(path, self._next_operand()),
            "contains": lambda path: Contains(path, self._next_operand()),
        }
        if name not in functions:
            raise self._wrong(f"there is no function {name}; there are {', '.join([*functions, 'size'])}", at)
        del self._tokens[:2]
        condition = functions[name](self._path())
        self._expect(")")
        return condition

    def _comparison(self) -> Condition:
        left = self._operand()
        if self._takes_word("BETWEEN"):
            low = self._operand()
            if not self._takes_word("AND"):
                raise self._wrong("AND is expected")
            return Between(left, low, self._operand())
        if self._takes_word("IN"):
            self._expect("(")
            choices = [self._operand()]
            while self._takes_sign(","):
                choices.append(self._operand())
            self._expect(")")
            return In(left, tuple(choices))
        kind, sign, _ = self._tokens[0]
        if kind != "sign" or sign not in _COMPARATORS:
            raise self._wrong("a comparison is expected, such as status = 'old'")
        del self._tokens[0]
        return Comparison(left, sign, self._operand())

    def _operand(self) -> Operand:
        kind, written, _ = self._tokens[0]
        if self._is_call() and written == "size":
            del self._tokens[:2]
            path = self._path()
            self._expect(")")
            return Size(path)
        if kind == "text":
            return self._literal(written[1:-1].replace("''", "'"))
        if kind == "number":
            return self._literal(self._number(written))
        if kind == "word" and written.lower() in _CONSTANTS:
            return self._literal(_CONSTANTS[written.lower()])
        return self._path()

    def _next_operand(self) -> Operand:
        self._expect(",")
        return self._operand()

    def _type(self) -> str:
        operand = self._next_operand()
        kind = operand.value.get("S") if isinstance(operand, Literal) else None
        if kind not in _TYPES:
            raise self._wrong(f"a type is expected: one of {', '.join(sorted(_TYPES))}, in single quotes")
        return str(kind)

    def _number(self, written: str) -> Decimal:
        try:
            return Decimal(written)
        except InvalidOperation:
            raise self._wrong("the number is out of range") from None

    def _literal(self, value: Any) -> Literal:
        try:
            literal = Literal(encode(value))
        except ValueRefused as refused:
            raise self._wrong(str(refused)) from None
        del self._tokens[0]
        return literal

    def _path(self) -> Path:
        steps: list[str | int] = [self._name()]
        while True:
            if self._takes_sign("."):
                steps.append(self._name())
            elif self._takes_sign("["):
                kind, number, _ = self._tokens[0]
                if kind != "number" or not number.isdecimal():
                    raise self._wrong("the position of an element is expected")
                del self._tokens[0]
                steps.append(int(number))
                self._expect("]")
            else:
                return Path(tuple(steps))

    def _name(self) -> str:
        kind, written, _ = self._tokens[0]
        if kind not in {"word", "quoted"} or written == '""':
            raise self._wrong("the name of an attribute is expected")
        del self._tokens[0]
        return written[1:-1].replace('""', '"') if kind == "quoted" else written

    def _is_call(self) -> bool:
        return self._tokens[0][0] == "word" and self._tokens[1][1] == "("

    def _takes_word(self, word: str) -> bool:
        kind, written, _ = self._tokens[0]
        return self._takes(kind == "word" and written.upper() == word)

    def _takes_sign(self, sign: str) -> bool:
        kind, written, _ = self._tokens[0]
        return self._takes(kind == "sign" and written == sign)

    def _takes(self, wanted: bool) -> bool:  # noqa: FBT001 - whether the next written is the wanted one
        if wanted:
            del self._tokens[0]
        return wanted

    def _expect(self, sign: str) -> None:
        if not self._takes_sign(sign):
            raise self._wrong(f"{sign} is expected")

    def _wrong(self, what: str, at: int | None = None) -> DefinitionError:
        position = self._tokens[0][2] if at is None else at
        rest = self._text[position:].strip()
        place = f"at {rest[:24]!r}" if rest else "at its end"
        return DefinitionError(
            f"where {self._text!r}: {what} {place}",
            remediation="Write a condition of DynamoDB's with its names and values in it, "
            "such as: attribute_not_exists(fullName) AND status = 'old'",
        )
