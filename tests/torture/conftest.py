"""A project in front of an empty AWS, for whatever bad input a test makes up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command_line import Project, create_project
from tests.doubles.simulated_aws import SimulatedAws
from tests.simulator.clock import VirtualClock
from tests.torture.bad_input import answered_by


@pytest.fixture
def aws() -> SimulatedAws:
    """An empty AWS."""
    return SimulatedAws(VirtualClock(beat=0.02))


@pytest.fixture
def project(aws: SimulatedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project of three scripts, in front of an empty AWS; the working folder."""
    project = create_project(tmp_path / "project")
    monkeypatch.chdir(project.folder)
    with answered_by(aws):
        yield project
