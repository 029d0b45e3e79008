"""Modules measured by SlipCover whose code is kept beside their bytecode, as Python keeps its own.

To measure branches SlipCover parses, marks and compiles each module from its source whenever it is imported:
two seconds for the package, on every worker. That stage depends on the source alone: what one worker wrote serves
the others.
"""

import ast
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any

import slipcover
from slipcover import branch

BYTECODE = ".pyc"
PREINSTRUMENTED = f".slipcover-{slipcover.__version__}{BYTECODE}"


def measure(measured: slipcover.Slipcover, package: str) -> None:
    """Measure every module of the package that is imported from here on."""
    sys.meta_path.insert(0, _Finder(measured, package))


def compile_share(names: list[str], worker: int, workers: int) -> None:
    """Compile this worker's share of the modules, where nobody has; each goes on to find those of the others."""
    if sys.dont_write_bytecode:
        return  # nobody would find it
    for name in names[worker::workers]:
        spec = find_spec(name)
        assert spec is not None
        assert isinstance(spec.loader, _Loader)
        spec.loader.compiled(name)


class _Finder(MetaPathFinder):
    def __init__(self, measured: slipcover.Slipcover, package: str) -> None:
        self._measured = measured
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != self._package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(self._measured, spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Reads and writes bytecode as its base does, of another name and with SlipCover's marks in it."""

    def __init__(self, measured: slipcover.Slipcover, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._measured = measured

    def source_to_code(self, data: Any, path: Any, **options: Any) -> CodeType:  # type: ignore[override]  # as its base's is
        return super().source_to_code(branch.preinstrument(ast.parse(data)), path, **options)

    def get_data(self, path: str) -> bytes:
        return super().get_data(_beside(path))

    def set_data(self, path: str, data: Any, **options: Any) -> None:
        super().set_data(_beside(path), data, **options)

    def compiled(self, fullname: str) -> CodeType:
        """The module's code before its lines and branches are counted, written down where nobody has."""
        code = super().get_code(fullname)
        assert code is not None
        return code

    def get_code(self, fullname: str) -> CodeType:
        instrumented: CodeType = self._measured.instrument(self.compiled(fullname))
        return instrumented

    def exec_module(self, module: ModuleType) -> None:
        self._measured.register_module(module)
        super().exec_module(module)


def _beside(path: str) -> str:
    """Where the marked bytecode is, for the path of the usual one; the source is where it is."""
    return path.removesuffix(BYTECODE) + PREINSTRUMENTED if path.endswith(BYTECODE) else path
