"""What ``import osem_migrate`` gives: every public name, each loaded when it is first used."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import osem_migrate
from osem_migrate import advice, operations
from osem_migrate.migrator import Migrator

SOURCE = Path(osem_migrate.__file__).read_text(encoding="utf-8")


def test_a_star_brings_what_is_public() -> None:
    """Operations, keys, the facade and its options; nothing of how the package is made."""
    brought: dict[str, object] = {}
    exec("from osem_migrate import *", brought)  # noqa: S102 - a star is for the top of a module only
    del brought["__builtins__"]
    assert sorted(brought) == osem_migrate.__all__  # type: ignore[attr-defined]
    assert {kind.__name__ for kind in operations.OPERATIONS} < brought.keys()
    assert brought["Migrator"] is Migrator
    assert not {"Any", "TYPE_CHECKING", "import_module", "SETTINGS"} & brought.keys()


def test_dir_shows_what_is_public() -> None:
    """It is what an interactive session completes a name from."""
    shown = {name for name in dir(osem_migrate) if not name.startswith("__")}
    assert shown == set(osem_migrate.__all__)  # type: ignore[attr-defined]
    assert "__version__" in dir(osem_migrate)


def test_what_type_checkers_see_is_what_there_is() -> None:
    """They read imports that are never carried out, so nothing else would notice a name that is missing there."""
    seen = set(re.findall(r"^    from \S+ import (\w+) as \1$", SOURCE, re.MULTILINE))
    assert seen | {kind.__name__ for kind in operations.OPERATIONS} == set(osem_migrate.__all__)  # type: ignore[attr-defined]


def test_what_remedies_name_can_be_imported() -> None:
    """A remedy that a program shows names options and their values."""
    names = {value.partition(".")[0] for value in advice._ARGUMENTS.values() if value[:1].isupper()}
    names |= {value.partition("=")[2].partition(".")[0] for value in advice._ARGUMENTS.values() if "." in value}
    names |= {options for _, options in advice._METHODS.values() if options}
    assert {name for name in names if name} <= set(osem_migrate.__all__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["AddTable", "nothing", "_HOME", "SETTINGS"])
def test_what_is_not_public_is_not_there(name: str) -> None:
    """As any module says it."""
    with pytest.raises(AttributeError, match=f"module 'osem_migrate' has no attribute '{name}'"):
        getattr(osem_migrate, name)


def test_nothing_is_loaded_before_it_is_used() -> None:
    """``osem-migrate --help`` pays for neither pydantic nor boto3."""
    program = "import sys, osem_migrate; print(sorted({'pydantic', 'boto3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
