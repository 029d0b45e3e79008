"""A sample of the sweep: the runs that are disturbed are finished by the next one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.boundaries import Disturbance, live_through, sample
from tests.torture.child import ChildProcesses, children
from tests.torture.scenarios import NAMES, scenario


@pytest.fixture(scope="module")
def processes() -> Iterator[ChildProcesses]:
    """A warm process that forks the children."""
    with children() as warm:
        yield warm


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_disturbed_run_is_finished_by_the_next(name: str, processes: ChildProcesses, tmp_path: Path) -> None:
    """Killed, cut, lost, failed and throttled somewhere: schema, history and items end as if nothing had happened."""
    scene = scenario(name, tmp_path, processes)
    verdicts = [live_through(scene, case, processes) for case in sample(scene.calls, len(Disturbance))]
    assert [verdict for verdict in verdicts if verdict.complaints] == []
    assert any(verdict.struck for verdict in verdicts)
