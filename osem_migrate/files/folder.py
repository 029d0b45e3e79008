"""Which files of the migrations folder are scripts: each file is a script, is no business of ours, or is a mistake.

A script is a file named ``NNNN_slug.py`` directly in the folder. Not read are ``__init__.py``, hidden files, and what
does not end in ``.py``, which is how editors and file managers name what they leave behind. Any other Python file, in a
subfolder, too, may have been meant to be a script, so it is refused: passed over, its change would never be made.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from osem_migrate.advice import AGAIN
from osem_migrate.errors import (
    FolderMissing,
    ScriptMisplaced,
    ScriptNameInvalid,
    ScriptNotLoadable,
    SqlScriptUnsupported,
)
from osem_migrate.files.location import printable, shown_path

SCRIPT_NAME = re.compile(r"(?P<number>[0-9]{4,})_(?P<slug>[a-z0-9]+(?:_[a-z0-9]+)*)")

_PACKAGE = "__init__.py"
_CACHE = "__pycache__"


@contextmanager
def looked_into(folder: Path) -> Iterator[None]:
    """Raise ScriptNotLoadable where the system does not let us look into the migrations folder meanwhile."""
    try:
        yield
    except OSError as refused:
        remedy = f"Check the folder's name in the configuration, and whether you may read it, then {AGAIN}."
        what = f"cannot be read: {refused.strerror or refused}"
        raise ScriptNotLoadable(what, file=shown_path(folder), remediation=remedy) from refused


def is_there(folder: Path) -> bool:
    """Whether there is a migrations folder; raises ScriptNotLoadable where the system does not say."""
    with looked_into(folder):
        return folder.is_dir()


def script_paths(folder: Path) -> list[Path]:
    """The scripts, by name; raises a ScriptError for the first file that may have been meant to be one."""
    if not is_there(folder):
        raise FolderMissing("there is no such folder", file=shown_path(folder))
    with looked_into(folder):
        # Absolute, because that is how tracebacks will name the files.
        entries = sorted(folder.absolute().iterdir())
        found = [path for path in entries if _is_python(path) and _checked(path)]
        for path in entries:
            if _suffix(path) == ".sql":
                raise SqlScriptUnsupported("SQL scripts do not apply to DynamoDB", file=shown_path(path))
        for path in _below(folder.absolute()):
            raise ScriptMisplaced(f"scripts lie directly in {shown_path(folder)}", file=shown_path(path))
    return found


def _suffix(path: Path) -> str:
    return "" if path.name.startswith(".") else path.suffix.lower()


def _is_python(path: Path) -> bool:
    return _suffix(path) == ".py" and path.name != _PACKAGE


def _checked(path: Path) -> bool:
    """Whether it is a script; raises a ScriptError where it is none and bears a Python file's name."""
    if not SCRIPT_NAME.fullmatch(path.stem) or path.suffix != ".py":
        what = "a script is named NNNN_slug.py: four digits, then lower-case words"
        raise ScriptNameInvalid(what, file=shown_path(path))
    if path.is_symlink() and not path.exists():
        what = f"is a link to {printable(path.readlink())}, where there is no file"
        remedy = f"Put the script where the link points, or remove the link, and {AGAIN}."
        raise ScriptNotLoadable(what, file=shown_path(path), remediation=remedy)
    if not path.is_file():
        remedy = f"Move it out of the migrations folder, and {AGAIN}."
        what = f"is a {'folder' if path.is_dir() else 'device, a pipe or a socket'}, not a file"
        raise ScriptNotLoadable(what, file=shown_path(path), remediation=remedy)
    return True


def _below(folder: Path) -> Iterator[Path]:
    """Python files in subfolders, as deep as they go, through links that do not lead back."""
    seen = {folder.resolve()}
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != _CACHE)
        for name in tuple(folders):
            target = (Path(place) / name).resolve()
            if target in seen:
                folders.remove(name)
            seen.add(target)
        if Path(place) != folder:
            yield from filter(_is_python, (Path(place) / name for name in sorted(files)))
