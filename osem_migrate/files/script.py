"""Script: one file of the migrations folder as a migration of yoyo's, of which only Python is run."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from yoyo.migrations import Migration

from osem_migrate.errors import DefinitionError


class Script(Migration):  # type: ignore[misc] # yoyo ships no types
    """A script that is found by its path, and run as a module once it is loaded.

    Attributes:
        names: the ids that it depends on, once somebody has read them.

    yoyo's own ``load`` would read the text in the locale's encoding, where Python reads its sources as UTF-8, and make
    SQL steps of calls that change nothing in DynamoDB.
    """

    id: str
    path: str
    module: ModuleType
    names: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        super().__init__(path.stem, str(path), source_dir=str(path.parent))

    @property
    def number(self) -> int:
        """The leading digits of its name."""
        return int(self.id.partition("_")[0])

    @property
    def says(self) -> dict[str, Any]:
        """The names that it defines; not asked of the module, whose ``__getattr__`` a script may define."""
        return vars(self.module)

    def load(self) -> None:
        """Run the module; raises whatever it raises."""
        spec = importlib.util.spec_from_file_location(self.id, self.path)
        if spec is None or spec.loader is None:
            raise ImportError(f"Python has no loader for {self.path}")
        self.module = importlib.util.module_from_spec(spec)
        vars(self.module).update(step=_refuse_step, group=_refuse_step, transaction=_refuse_step)
        vars(self.module).update(__yoyo_collector__=_NO_STEPS)
        with _without_threads():
            spec.loader.exec_module(self.module)

    def depend_on(self, scripts: set["Script"]) -> None:
        """Let yoyo know which scripts come first."""
        self._depends = scripts

    @property
    def depends(self) -> set["Script"]:
        """The scripts that come first; known once ``depend_on`` has been called."""
        return self._depends


def _refuse_step(*_args: object, **_kwargs: object) -> NoReturn:
    raise DefinitionError(
        "a step of yoyo-migrations is SQL, which does not apply to DynamoDB",
        remediation="Declare operations instead: operations = [CreateTable(…)]",
    )


class _NoSteps:
    """What ``from yoyo import step`` finds in a script."""

    add_step = staticmethod(_refuse_step)
    add_step_group = staticmethod(_refuse_step)


_NO_STEPS = _NoSteps()


@contextmanager
def _without_threads() -> Iterator[None]:
    """Let this thread start no other meanwhile: of what goes wrong there, nobody could tell whose mistake it is."""
    start, loading = threading.Thread.start, threading.get_ident()

    def start_unless_loading(self: threading.Thread) -> None:
        if threading.get_ident() == loading:
            raise DefinitionError(
                "a script only declares: it starts no thread",
                remediation="Take the thread, or the import that starts it, out of the script.",
            )
        start(self)

    threading.Thread.start = start_unless_loading  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
