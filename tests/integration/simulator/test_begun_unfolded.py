"""Who began without ``--fold`` goes back and begins again, as docs/getting-started.md says."""

from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, PartialError, UpgradeOptions
from osem_migrate.errors import Interrupted
from osem_migrate.events import OperationFinished, RunEvent
from osem_migrate.stop import Stop
from tests.doubles.permitted import own_project_on_aws
from tests.doubles.simulated_aws import SimulatedAws


def test_beginning_again_is_quicker_than_waiting(aws: SimulatedAws, tmp_path: Path) -> None:
    """Ctrl-C while the first indexes are built, all the way back, and again with the indexes in their tables."""
    project = own_project_on_aws(tmp_path)
    stop = Stop(aws.clock.clock)

    def interrupt(event: RunEvent) -> None:
        if isinstance(event, OperationFinished) and event.operation.operation.added_index is not None:
            stop.request(Interrupted("stopped"))

    with pytest.raises(PartialError):
        aws.migrator(project, interrupt).upgrade(UpgradeOptions(fold=False, stop=stop))
    began = aws.clock.now()
    aws.migrator(project).downgrade(DowngradeOptions("0", allow_data_loss=True))
    assert len(aws.migrator(project).upgrade(UpgradeOptions(fold=True)).applied) == len(
        list(project.migrations.glob("0*"))
    )
    assert aws.migrator(project).status().in_sync
    assert aws.clock.now() - began < 5 * 60
