"""A file that a command writes: as a whole, or as it was."""

import os
import shutil
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put this in the place of what the file holds; where that fails, as on a full disk, nothing of it is lost.

    What is no regular file, such as ``/dev/stdout`` or a pipe, takes it as it comes. A link stays one.

    Raises:
        OSError: the file cannot be written; it names the path as it was given.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as refused:
        raise OSError(refused.errno, refused.strerror, str(path)) from refused


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
