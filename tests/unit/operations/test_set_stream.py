"""SetStream."""

from typing import Any

import pytest

from osem_migrate.operations import SetStream
from osem_migrate.schema import S, Table
from tests.unit.operations.asking import calls, schema_of

TEAMS = Table("Teams", S("teamId"))
OFF = SetStream("Teams", None)
NEW = SetStream("Teams", "NEW_IMAGE")
OLD = SetStream("Teams", "OLD_IMAGE")
OFF_CALL = ("UpdateTable", {"TableName": "osem-test-Teams", "StreamSpecification": {"StreamEnabled": False}})
NEW_CALL = (
    "UpdateTable",
    {
        "TableName": "osem-test-Teams",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    },
)


@pytest.mark.parametrize(
    ("setting", "before", "sent"),
    [
        (NEW, TEAMS, [NEW_CALL]),
        (NEW, OFF.on(TEAMS), [NEW_CALL]),
        (NEW, NEW.on(TEAMS), []),
        (NEW, OLD.on(TEAMS), [OFF_CALL, NEW_CALL]),
        (OFF, NEW.on(TEAMS), [OFF_CALL]),
        (OFF, TEAMS, [OFF_CALL]),
        (OFF, OFF.on(TEAMS), []),
    ],
)
def test_the_requests(setting: SetStream, before: Table, sent: list[Any]) -> None:
    """Another view is off and then on, because DynamoDB cannot change it otherwise; what is so is not sent again."""
    assert calls(setting, before) == sent


def test_between_two_views_the_stream_is_off() -> None:
    """A run that stops there resumes from there."""
    off, on = NEW.steps(schema_of(OLD.on(TEAMS)))
    assert off.after == OFF.on(TEAMS)
    assert on.after == NEW.on(TEAMS)


@pytest.mark.parametrize(
    ("described", "setting"),
    [
        ({}, OFF),
        ({"StreamSpecification": {"StreamEnabled": False}}, OFF),
        (
            {
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
                "LatestStreamLabel": "2026-11-20T00:00:00.000",
                "LatestStreamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/Teams/stream/2026",
            },
            NEW,
        ),
        ({"LatestStreamLabel": "2026-11-20T00:00:00.000"}, OFF),
    ],
)
def test_read(described: dict[str, Any], setting: SetStream) -> None:
    """Absent is off, even when an earlier stream left its label."""
    assert SetStream.read("Teams", {"Table": described}) == setting


def test_describe() -> None:
    """The view, or off."""
    assert NEW.describe() == "set stream of Teams to NEW_IMAGE"
    assert OFF.describe() == "set stream of Teams to off"
    assert OFF.create_parameters() == {}
