"""Edits: changes of a project's files and folders that are all made, or all taken back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from osem_migrate.advice import AGAIN
from osem_migrate.config.configuration import Configuration
from osem_migrate.errors import FileNotWritable
from osem_migrate.files.location import shown_path
from osem_migrate.files.whole_file import not_writable, write_whole


class Edits:
    """What was changed so far; use ``all_or_nothing``.

    Attributes:
        at: the file or the folder that is being changed, or was last.
    """

    def __init__(self) -> None:
        self.at = Path()
        self._undoing: list[Callable[[], object]] = []

    def configure(self, file: Configuration, path: Sequence[str], values: Mapping[str, str]) -> None:
        """Add values to a table of the configuration, which is made where there is none."""
        from osem_migrate.config.edit import with_values  # noqa: PLC0415 - scripts are written without its library

        target = self.at = file.path.resolve()  # the file itself, where it is a link
        if not target.exists():
            self.create(target, with_values("", path, values))
            return
        with target.open(encoding="utf-8", newline="") as opened:
            self.replace(target, with_values(opened.read(), path, values))

    def replace(self, path: Path, text: str) -> None:
        """Write a file that is there anew, in one piece."""
        self.at = path
        before, after = path.read_bytes(), text.encode()
        if after != before:
            self._undoing.append(lambda: write_whole(path, before))
            write_whole(path, after)

    def create(self, path: Path, text: str) -> None:
        """Write a file that is not there."""
        self.at = path
        with path.open("x", encoding="utf-8", newline="\n") as opened:
            self._undoing.append(lambda: path.unlink(missing_ok=True))
            opened.write(text)

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it, as far as there is none."""
        self.at = path
        if path.exists() and not path.is_dir():
            reason = "it is a file, where a folder has to be"
            raise FileNotWritable(
                f"{shown_path(path)}: {reason}",
                remediation=f"Move it away, or name another folder in the configuration, then {AGAIN}.",
                file=shown_path(path),
                reason=reason,
            )
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._undoing.append(folder.rmdir)

    def take_back(self) -> None:
        """Undo everything, the last change first."""
        for undo in reversed(self._undoing):
            # The rest is taken back still, and the first error is the one to tell.
            with suppress(OSError, FileNotWritable):
                undo()


@contextmanager
def all_or_nothing() -> Iterator[Edits]:
    """Changes that are taken back where one of them fails, or anything else ends what is done meanwhile.

    Raises:
        FileNotWritable: a file or a folder cannot be written.
    """
    edits = Edits()
    try:
        yield edits
    except OSError as refused:
        edits.take_back()
        raise not_writable(edits.at, refused) from refused
    except BaseException:
        edits.take_back()
        raise
