"""What a page shows: its fenced blocks, the commands in them, and what it says these print."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"


@dataclass(frozen=True)
class Shown:
    """One command of a page and what it says is printed; ``…`` stands for anything.

    A Python, TOML or YAML block whose first line is the comment ``# PATH`` is what the reader writes to that file
    between two commands: then ``command`` is the path and ``output`` the content.
    """

    command: str
    output: str
    is_file: bool = False


def read(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    _, begins, rest = text.partition(f"\n## {heading}\n")
    assert begins, heading
    return rest.partition("\n## ")[0]


def commands(text: str) -> Iterator[Shown]:
    """The commands of the ``console`` blocks, which a test types one after the other, and the files between them."""
    for language, block in re.findall(r"^```(console|python|toml|yaml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language != "console":
            if named := re.match(r"# (\S+\.(?:py|toml|yml))\n", block):
                yield Shown(named[1], block, is_file=True)
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield Shown(command, output)


def typed(text: str) -> Iterator[list[str]]:
    """The words of each command of the ``sh`` blocks, which need AWS and are only checked, and of those in a line."""
    for block in blocks(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"`((?:osem-migrate|aws) [^`]+)`", prose):
        yield shlex.split(span)


def pattern(output: str) -> re.Pattern[str]:
    """A line that is only ``…`` stands for any lines; elsewhere it stands for any characters of its line."""
    lines = []
    for line in output.splitlines():
        if line == "…":
            lines.append(r"(?:.*\n)*")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("…")) + r"\n")
    return re.compile("".join(lines))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(text: str) -> list[str]:
    """The targets of its links that lie in this repository."""
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
