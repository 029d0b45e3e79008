"""How the tests of this folder put scripts into a migrations folder."""

from pathlib import Path

CREATE = 'from osem_migrate import CreateTable, S\n\noperations = [CreateTable("{table}", partition_key=S("id"))]\n'


def put(folder: Path, name: str, source: str | bytes | None = None) -> Path:
    """Write one script; without a source it creates a table named after its number."""
    text = source if source is not None else CREATE.format(table=f"Table{name.partition('_')[0]}")
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
