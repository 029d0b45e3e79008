"""Bug: a mistake as data, which can be planted in a copy of this repository and taken out again."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BUGS = Path(__file__).with_name("bugs.toml")
PACKAGE = "osem_migrate"
TESTS = "tests"


class NotApplicable(Exception):
    """The text that a bug replaces is not there, or more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One mistake.

    Attributes:
        name: what goes wrong, in words.
        file: the file that it is made in, inside the package.
        old: a text that occurs in it exactly once.
        new: what that becomes.
        near: files and folders of tests, inside ``tests``, that are tried before all others.
    """

    name: str
    file: str
    old: str
    new: str
    near: tuple[str, ...]

    def path(self, tree: Path) -> Path:
        """The file in a copy of this repository."""
        return tree / PACKAGE / self.file

    def apply(self, tree: Path) -> str:
        """The text of the file with the bug in it; raises NotApplicable."""
        path = self.path(tree)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if (count := text.count(self.old)) != 1:
            raise NotApplicable(f"{PACKAGE}/{self.file} has the text that it replaces {count} times")
        return text.replace(self.old, self.new)

    @contextmanager
    def planted(self, tree: Path) -> Iterator[None]:
        """The bug in a copy of this repository as long as the block lasts; raises NotApplicable before anything."""
        path, bad = self.path(tree), self.apply(tree)
        good, times = path.read_bytes(), path.stat()
        path.write_text(bad, encoding="utf-8")
        try:
            yield
        finally:
            path.write_bytes(good)
            # Python knows bytecode by the file's time: what was compiled before is right again, what was since is not.
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def read_bugs() -> tuple[Bug, ...]:
    """Every bug there is, in the order of the layers."""
    found = tomllib.loads(BUGS.read_text(encoding="utf-8"))
    return tuple(Bug(name=name, **{**fields, "near": tuple(fields["near"])}) for name, fields in found.items())
