"""A file that a command writes: as a whole, or as it was."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from osem_migrate.errors import FileNotWritable
from osem_migrate.files.location import shown_path


def write_whole(path: Path, content: bytes) -> None:
    """Put this in the place of what the file holds; where that fails, as on a full disk, nothing of it is lost.

    What is no regular file, such as ``/dev/stdout`` or a pipe, takes it as it comes. A link stays one.

    Raises:
        FileNotWritable: the file cannot be; the message names it.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, ValueError) as refused:  # a path with a NUL in it is a ValueError
        raise not_writable(path, refused) from refused


def not_writable(path: Path, refused: OSError | ValueError) -> FileNotWritable:
    """The error of a file or a folder that the system does not let be written."""
    place, reason = shown_path(path), getattr(refused, "strerror", None) or str(refused)
    return FileNotWritable(f"{place} cannot be written: {reason}", file=place, reason=reason)


def _replace(target: Path, content: bytes) -> None:
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
