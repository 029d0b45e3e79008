"""Passes for tests whose plans have none."""

from typing import Any

from osem_migrate.execution.passes.passes import Passes
from osem_migrate.planning.plan import Direction


def _none(*_: Any) -> Any:
    raise AssertionError("there is no pass over items in this test")


NO_PASSES = Passes(client=_none, state=_none, physical_name=_none, direction=Direction.UPGRADE, note=_none)
"""Asserts that nobody asks for them."""
