"""SetPointInTimeRecovery."""

from typing import Any

import pytest

from osem_migrate.errors import DefinitionError
from osem_migrate.operations import SetPointInTimeRecovery
from osem_migrate.operations.step import Description
from osem_migrate.schema import S, Table
from tests.unit.operations.asking import calls, schema_of

TEAMS = Table("Teams", S("teamId"))
ON = SetPointInTimeRecovery("Teams", enabled=True)
WEEK = SetPointInTimeRecovery("Teams", enabled=True, days=7)
OFF = SetPointInTimeRecovery("Teams", enabled=False)


@pytest.mark.parametrize(
    ("setting", "before", "specification"),
    [
        (ON, TEAMS, {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35}),
        (WEEK, ON.on(TEAMS), {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}),
        (OFF, WEEK.on(TEAMS), {"PointInTimeRecoveryEnabled": False}),
    ],
)
def test_the_request(setting: SetPointInTimeRecovery, before: Table, specification: dict[str, Any]) -> None:
    """The period is said when on, and not sent when off."""
    request = {"TableName": "osem-test-Teams", "PointInTimeRecoverySpecification": specification}
    assert calls(setting, before) == [("UpdateContinuousBackups", request)]
    (step,) = setting.steps(schema_of(before))
    assert step.settles is Description.CONTINUOUS_BACKUPS


def test_create_table_has_no_member_for_it() -> None:
    """It follows in a call of its own."""
    assert ON.create_parameters() == {}


@pytest.mark.parametrize(
    ("described", "setting"),
    [
        ({"ContinuousBackupsStatus": "ENABLED"}, OFF),
        (
            {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
            },
            OFF,
        ),
        (
            {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {
                    "PointInTimeRecoveryStatus": "ENABLED",
                    "RecoveryPeriodInDays": 7,
                    "EarliestRestorableDateTime": 1,
                    "LatestRestorableDateTime": 2,
                },
            },
            WEEK,
        ),
        (
            {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
            },
            ON,
        ),
    ],
)
def test_read(described: dict[str, Any], setting: SetPointInTimeRecovery) -> None:
    """Continuous backups are always enabled; the recovery status is what counts, and 35 days is AWS's own period."""
    assert SetPointInTimeRecovery.read("Teams", {"ContinuousBackupsDescription": described}) == setting


def test_when_off_the_period_is_of_no_account() -> None:
    """Off has one spelling."""
    assert SetPointInTimeRecovery("Teams", enabled=False, days=7) == OFF
    assert not ON.matches(WEEK)
    assert not WEEK.matches(OFF)


@pytest.mark.parametrize("days", [1, 35])
def test_the_period_has_1_to_35_days(days: int) -> None:
    """The boundaries."""
    assert SetPointInTimeRecovery("Teams", enabled=True, days=days).days == days


@pytest.mark.parametrize("days", [0, 36])
@pytest.mark.parametrize("enabled", [True, False])
def test_another_period_is_refused(days: int, *, enabled: bool) -> None:
    """One beyond the boundary on either side."""
    with pytest.raises(DefinitionError, match=f"table 'Teams': .* keeps 1 to 35 days, not {days}") as raised:
        SetPointInTimeRecovery("Teams", enabled=enabled, days=days)
    assert raised.value.details == {"table": "Teams"}


def test_describe_and_hazard() -> None:
    """Turning it off loses the history, and that is said."""
    assert WEEK.describe() == "set point-in-time recovery of Teams to 7 days"
    assert OFF.describe() == "set point-in-time recovery of Teams to off"
    assert OFF.hazard == "the recovery history of table Teams is lost"
    assert ON.hazard is None
    assert OFF.hazard_on(WEEK.on(TEAMS)) == OFF.hazard_on(TEAMS) == OFF.hazard
    assert OFF.hazard_on(OFF.on(TEAMS)) is None, "off already"
