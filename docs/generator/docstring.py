"""Docstrings in Google's style, taken apart: what is said, what each argument means, and the examples."""

import ast
import inspect
import re
from dataclasses import dataclass
from typing import Any

_SECTION = re.compile(r"^(Args|Attributes|Example|Raises):\n((?:(?:    .*)?\n?)*)", re.MULTILINE)
_ARGUMENT = re.compile(r"^(\w+): (.*(?:\n    .*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Docstring:
    """What the docstring of a class or a function says.

    Attributes:
        paragraphs: without the sections.
        arguments: the meaning of each that has one, on one line.
        examples: expressions, as they are written.
    """

    paragraphs: tuple[str, ...]
    arguments: dict[str, str]
    examples: tuple[str, ...]

    @classmethod
    def of(cls, documented: Any) -> "Docstring":
        """Of a class or a function."""
        text = f"{inspect.getdoc(documented) or ''}\n"
        sections = {found[1]: inspect.cleandoc(found[2]) for found in _SECTION.finditer(text)}
        arguments = sections.get("Attributes", sections.get("Args", ""))
        return cls(
            paragraphs=tuple(filter(None, (part.strip() for part in _SECTION.sub("", text).split("\n\n")))),
            arguments={found[1]: " ".join(found[2].split()) for found in _ARGUMENT.finditer(arguments)},
            examples=tuple(_expressions(sections.get("Example", ""))),
        )

    @property
    def summary(self) -> str:
        """Its first sentence, or the part before a colon that leads on."""
        return self.paragraphs[0].replace("\n", " ").partition(". ")[0].removesuffix(".")


def _expressions(source: str) -> list[str]:
    return [ast.get_source_segment(source, one) or "" for one in ast.parse(source).body]
