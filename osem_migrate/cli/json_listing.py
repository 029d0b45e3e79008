"""A document of ``--json`` of which one list is printed while it is read: memory stays flat, however long the list."""

from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

from osem_migrate.cli import output


class JsonListing:
    """The document, as far as it is printed.

    Its ``data`` comes first, and in it the list: whatever is known only at the end follows, such as how many there
    were, and whether all went well. To whoever reads JSON the order of members says nothing.

    Args:
        name: of the list, in ``data``.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._begin = f'{{\n  "data": {{\n    "{name}": [\n'
        self._held = ""

    def add(self, members: Sequence[object]) -> None:
        """Some more members of the list, at least one; they are printed once it is known that others follow."""
        if self._held:
            output.verbatim(f"{self._held},")
            self._begin = ""
        self._held = self._begin + indent(_inside(members), " " * 4)

    def rest(self, document: Mapping[str, Any]) -> str:
        """What is still to be printed of a document whose list was added bit by bit.

        Args:
            document: all of it; of the list it may have whatever it likes.
        """
        data = {name: value for name, value in document["data"].items() if name != self._name}
        others = {name: value for name, value in document.items() if name != "data"}
        more = f",\n{indent(_inside(data), '  ')}" if data else ""
        return f"{self._held}\n    ]{more}\n  }},\n{_inside(others)}\n}}\n"


def _inside(value: object) -> str:
    """The lines of a list or an object that is not empty, without its brackets."""
    return output.json_text(value).partition("\n")[2].rpartition("\n")[0].rpartition("\n")[0]
