"""Whatever the locale is, the project's files are UTF-8."""

import re
from pathlib import Path

import osem_migrate
from tests.cli.command_line import PYPROJECT, Project, Tables
from tests.cli.process import run_in_turn

# The C locale knows ASCII only; without the last two Python would take UTF-8 in its place.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
WARN = {"PYTHONWARNDEFAULTENCODING": "1", "PYTHONWARNINGS": "always::EncodingWarning"}
OURS = re.compile(rf"^{re.escape(str(Path(osem_migrate.__file__).parent))}.*EncodingWarning.*$", re.MULTILINE)


def test_files_are_read_and_written_as_utf_8(project: Project, tables: Tables) -> None:
    """A — in a docstring broke every command under GBK and EUC-JP; no file is opened in the locale's encoding."""
    project.configure("# Läden — 店\n" + PYPROJECT)
    script = project.script(
        "0004_create_carts", 'CreateTable("Carts", S("id"), settings=[SetTags("Carts", {"a": "ü"})])'
    )
    script.write_bytes(script.read_bytes().replace(b"Test 0004_create_carts", "Körbe — 购物车".encode()))
    lines = ("upgrade --log-file log", "status --json", "new 'drop table Carts'")
    for said in (ran := run_in_turn(*lines, environ={**ASCII, **WARN})):
        assert said.code == 0, said.err
        assert OURS.findall(said.err) == []
    found = next(one for one in ran[1].document["data"]["migrations"] if "carts" in one["id"])
    assert found["summary"] == "Körbe — 购物车."
    assert tables.names() == ["shop-dev-Carts", "shop-dev-Plans", "shop-dev-SchemaMigrations", "shop-dev-Teams"]
