"""SetDeletionProtection."""

from typing import Any

import pytest

from osem_migrate.operations import SetDeletionProtection
from osem_migrate.schema import S, Table
from tests.unit.operations.asking import calls

TEAMS = Table("Teams", S("teamId"))
ON = SetDeletionProtection("Teams", enabled=True)
OFF = SetDeletionProtection("Teams", enabled=False)


@pytest.mark.parametrize(("setting", "before"), [(ON, TEAMS), (ON, OFF.on(TEAMS)), (OFF, ON.on(TEAMS)), (OFF, TEAMS)])
def test_the_request_carries_nothing_else(setting: SetDeletionProtection, before: Table) -> None:
    """DynamoDB refuses protection beside anything else."""
    request = {"TableName": "osem-test-Teams", "DeletionProtectionEnabled": setting.enabled}
    assert calls(setting, before) == [("UpdateTable", request)]


@pytest.mark.parametrize(
    ("described", "setting"),
    [({"DeletionProtectionEnabled": True}, ON), ({"DeletionProtectionEnabled": False}, OFF), ({}, OFF)],
)
def test_read(described: dict[str, Any], setting: SetDeletionProtection) -> None:
    """What is absent is off."""
    assert SetDeletionProtection.read("Teams", {"Table": described}) == setting


def test_describe() -> None:
    """On or off."""
    assert ON.describe() == "set deletion protection of Teams to on"
    assert OFF.describe() == "set deletion protection of Teams to off"
