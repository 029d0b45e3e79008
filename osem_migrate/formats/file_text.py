"""The text of a file of another tool: at most so much of it, and UTF-8."""

from pathlib import Path

from osem_migrate.errors import FileNotReadable, FormatError
from osem_migrate.formats.registry import MAX_BYTES, too_large


def file_text(path: Path, shown: str) -> str:
    """What a file holds.

    Args:
        path: of the file.
        shown: its name, for messages.

    Raises:
        FileNotReadable: it cannot be opened.
        FormatError: it is larger than any format allows, or is no UTF-8.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as refused:  # a path with a NUL in it is a ValueError
        why = refused.strerror if isinstance(refused, OSError) else refused
        raise FileNotReadable(f"the file cannot be read: {why}", file=shown) from refused
    if len(content) > MAX_BYTES:
        raise too_large(shown, MAX_BYTES)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as malformed:
        line = content.count(b"\n", 0, malformed.start) + 1
        raise FormatError("the file is no UTF-8 text", file=shown, line=line) from None
