"""Downgrade: what its records say when it does not finish."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions
from osem_migrate.errors import AccessDenied, ExitCode
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.doubles.typed import typed
from tests.simulator import Deny
from tests.simulator.faults import Faults
from tests.unit.commands.test_destroy import PLANS, account, names

SCRIPTS = {"0001_plans": PLANS, "0002_teams": TEAMS, "0003_by_manager": BY_MANAGER}


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with account() as aws:
        yield aws


@pytest.mark.parametrize("forward", [False, True])
def test_after_a_failure_both_ways_are_named_and_lead_on(tmp_path: Path, aws: SimulatedAws, *, forward: bool) -> None:
    """Status names the downgrade that goes on, for what it failed in and for what it did not come to."""
    project = write_project(tmp_path, SCRIPTS, TUNNEL)
    aws.migrator(project).upgrade()
    aws.simulator.faults.plan(Deny(), action="UpdateTable", times=None)
    aws.simulator.faults.plan(Deny(), action="DeleteTable", times=None)
    with pytest.raises(AccessDenied):
        aws.migrator(project).downgrade(DowngradeOptions("0", allow_data_loss=True))
    aws.simulator.faults = Faults()
    found = aws.migrator(project).status()
    assert found.exit_code() is ExitCode.HISTORY
    assert {problem.subject for problem in found.problems} == set(SCRIPTS)
    for problem in found.problems:
        assert problem.message.startswith("its downgrade ")
        assert "osem-migrate downgrade --to 0 --env dev" in typed(problem.advice)
        assert "osem-migrate upgrade --env dev" in typed(problem.advice)
    assert aws.migrator(project).plan().abandons == "0"
    if forward:
        aws.migrator(project).upgrade()
        assert aws.migrator(project).status().exit_code() is ExitCode.OK
    else:
        assert len(aws.migrator(project).downgrade(DowngradeOptions("0", allow_data_loss=True)).reverted) == len(
            SCRIPTS
        )
        assert names(aws) == [HISTORY]


def test_records_of_older_versions_point_forward(tmp_path: Path, aws: SimulatedAws) -> None:
    """They do not say which way they went."""
    project = write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL)
    aws.migrator(project).upgrade()
    for item in aws.simulator.call("Scan", {"TableName": HISTORY})["Items"]:
        if "state" in item:
            aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": {**item, "state": {"S": "failed"}}})
    (problem,) = aws.migrator(project).status().problems
    assert problem.message == "failed after 1 of 1 operations"
    assert "downgrade" not in problem.remedy
