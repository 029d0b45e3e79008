"""How the tests of this folder put scripts into a migrations folder."""

from multiprocessing.synchronize import Barrier
from pathlib import Path

from osem_migrate.files.writer import write_scripts
from osem_migrate.operations import CreateTable
from osem_migrate.schema import S

PATIENCE = 120.0
CREATE = 'from osem_migrate import CreateTable, S\n\noperations = [CreateTable("{table}", partition_key=S("id"))]\n'


def put(folder: Path, name: str, source: str | bytes | None = None) -> Path:
    """Write one script; without a source it creates a table named after its number."""
    text = source if source is not None else CREATE.format(table=f"Table{name.partition('_')[0]}")
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def write_twenty(folder: Path, number: str, ready: Barrier) -> None:
    """Write scripts of two titles in turn, once all processes are ready to do so."""
    ready.wait(PATIENCE)
    for _ in range(10):
        for name in (f"T{number}", "Same"):
            create = CreateTable(name, S("id"))
            write_scripts(folder, [(create.describe(), [create])])
