"""Coverage's own bytecode: written once, read until the source is another, and beside what Python keeps."""

import ast
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from slipcover import branch

from tests import preinstrumented

SOURCE = "def doubled(number):\n    if number:\n        return 2 * number\n    return 0\n"


class Measured:
    """SlipCover as far as a loader knows it: keeps what it was given to count in."""

    def __init__(self) -> None:
        self.modules: list[str] = []
        self.instrumented: list[CodeType] = []

    def register_module(self, module: ModuleType) -> None:
        self.modules.append(module.__name__)

    def instrument(self, code: CodeType) -> CodeType:
        self.instrumented.append(code)
        return code


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of one module, which this process finds and whose bytecode it writes."""
    folder = tmp_path / "halves"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "numbers.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield folder
    _forget()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were marked and compiled, one entry each time."""
    seen: list[str] = []
    mark: Callable[[ast.Module], ast.Module] = branch.preinstrument

    def marked(tree: ast.Module) -> ast.Module:
        seen.append(ast.unparse(tree))
        return mark(tree)

    monkeypatch.setattr(branch, "preinstrument", marked)
    return seen


def _forget() -> None:
    for known in [known for known in sys.modules if known.partition(".")[0] == "halves"]:
        del sys.modules[known]


def _imported(name: str) -> tuple[ModuleType, Measured]:
    """The module as a new process would import it, and what SlipCover was given of it."""
    _forget()
    measured = Measured()
    preinstrumented.measure(measured, "halves")
    return import_module(name), measured


def test_a_module_is_marked_once_and_measured_each_time(package: Path, compiled: list[str]) -> None:
    """A second process reads what the first wrote, with the same marks of branches for SlipCover to find."""
    _imported("halves.numbers")
    first = len(compiled)
    module, measured = _imported("halves.numbers")

    assert (first, len(compiled)) == (2, 2)
    assert module.doubled(4) == 8
    assert measured.modules == ["halves", "halves.numbers"]
    [function] = [code for code in measured.instrumented[-1].co_consts if isinstance(code, CodeType)]
    if sys.version_info < (3, 12):  # later ones mark a branch by the number of a line
        assert branch.BRANCH_NAME in function.co_names


def test_another_source_is_marked_anew(package: Path, compiled: list[str]) -> None:
    """Bytecode of a source that has changed since is not read."""
    _imported("halves.numbers")
    (package / "numbers.py").write_text(SOURCE.replace("2 *", "20 *"))
    module, _ = _imported("halves.numbers")

    assert module.doubled(4) == 80
    assert len(compiled) == 3


def test_python_keeps_its_own_bytecode(package: Path) -> None:
    """A process that measures nothing neither reads nor overwrites code with marks."""
    _imported("halves.numbers")
    assert all("slipcover" in file.name for file in package.rglob("*.pyc"))


def test_the_workers_divide_what_is_to_be_compiled(package: Path, compiled: list[str]) -> None:
    """Each of two workers compiles another module."""
    preinstrumented.measure(Measured(), "halves")
    names = ["halves", "halves.numbers"]
    preinstrumented.compile_share(names, 0, 2)
    assert len(compiled) == 1
    preinstrumented.compile_share(names, 1, 2)
    assert len(compiled) == 2
