"""SetTimeToLive."""

from typing import Any

import pytest

from osem_migrate.errors import DefinitionError
from osem_migrate.operations import SetTimeToLive
from osem_migrate.operations.step import Description
from osem_migrate.schema import S, Schema, Table
from tests.unit.operations.asking import calls, schema_of

TEAMS = Table("Teams", S("teamId"))
ON = SetTimeToLive("Teams", "expiresAt")
OTHER = SetTimeToLive("Teams", "deleteAt")
OFF = SetTimeToLive("Teams", None, enabled=False)
NAMED_OFF = SetTimeToLive("Teams", "expiresAt", enabled=False)


def call(attribute: str, *, enabled: bool) -> tuple[str, dict[str, Any]]:
    """One UpdateTimeToLive."""
    specification = {"Enabled": enabled, "AttributeName": attribute}
    return "UpdateTimeToLive", {"TableName": "osem-test-Teams", "TimeToLiveSpecification": specification}


@pytest.mark.parametrize(
    ("setting", "before", "sent"),
    [
        (ON, TEAMS, [call("expiresAt", enabled=True)]),
        (ON, OFF.on(TEAMS), [call("expiresAt", enabled=True)]),
        (ON, NAMED_OFF.on(TEAMS), [call("expiresAt", enabled=True)]),
        (ON, ON.on(TEAMS), []),
        (OTHER, ON.on(TEAMS), [call("expiresAt", enabled=False), call("deleteAt", enabled=True)]),
        (OFF, ON.on(TEAMS), [call("expiresAt", enabled=False)]),
        (NAMED_OFF, OTHER.on(TEAMS), [call("deleteAt", enabled=False)]),
        (NAMED_OFF, TEAMS, [call("expiresAt", enabled=False)]),
        (NAMED_OFF, OFF.on(TEAMS), []),
        (OFF, NAMED_OFF.on(TEAMS), []),
        (OFF, TEAMS, []),
    ],
)
def test_the_requests(setting: SetTimeToLive, before: Table, sent: list[Any]) -> None:
    """Another attribute is disable, then enable; disabling names the enabled attribute; same state is no call."""
    assert calls(setting, before) == sent


def test_between_two_attributes_it_is_off() -> None:
    """A run that stops there resumes from there, after the half hour that AWS wants between changes."""
    off, on = OTHER.steps(schema_of(ON.on(TEAMS)))
    assert off.after == NAMED_OFF.on(TEAMS)
    assert on.after == OTHER.on(TEAMS)
    assert off.settles is on.settles is Description.TIME_TO_LIVE


def test_create_table_has_no_member_for_it() -> None:
    """It follows in a call of its own."""
    assert ON.create_parameters() == {}


@pytest.mark.parametrize(
    ("described", "setting"),
    [
        ({"TimeToLiveStatus": "DISABLED"}, OFF),
        ({"TimeToLiveStatus": "DISABLING", "AttributeName": "expiresAt"}, OFF),
        ({"TimeToLiveStatus": "ENABLING", "AttributeName": "expiresAt"}, ON),
        ({"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}, ON),
    ],
)
def test_read(described: dict[str, Any], setting: SetTimeToLive) -> None:
    """What is on its way counts as arrived."""
    assert SetTimeToLive.read("Teams", {"TimeToLiveDescription": described}) == setting


def test_when_off_the_attribute_is_of_no_account() -> None:
    """DynamoDB forgets the attribute when it is disabled."""
    assert NAMED_OFF.matches(OFF)
    assert OFF.matches(NAMED_OFF)
    assert not ON.matches(OTHER)
    assert not ON.matches(NAMED_OFF)
    assert not OFF.matches(ON)


def test_reverse_turns_off_what_was_never_declared() -> None:
    """The calls name the attribute, though the default does not know it."""
    reverse = ON.reverse(schema_of(TEAMS))
    assert reverse == OFF
    assert calls(reverse, ON.on(TEAMS)) == [call("expiresAt", enabled=False)]


@pytest.mark.parametrize(
    ("attribute", "complaint"),
    [
        ("", "1 to 255 bytes"),
        ("x" * 256, "1 to 255 bytes"),
        ("ü" * 128, "1 to 255 bytes"),
        (None, "needs an attribute"),
    ],
)
def test_the_attribute_has_1_to_255_bytes(attribute: str | None, complaint: str) -> None:
    """One beyond the boundary on either side, and none at all when enabled."""
    with pytest.raises(DefinitionError, match=f"table 'Teams': time to live .*{complaint}"):
        SetTimeToLive("Teams", attribute)


@pytest.mark.parametrize("attribute", ["x", "x" * 255])
def test_the_boundaries_of_the_attribute(attribute: str) -> None:
    """One byte and 255."""
    assert SetTimeToLive("Teams", attribute).apply(schema_of(TEAMS)) != Schema()


def test_describe() -> None:
    """The attribute, or off."""
    assert ON.describe() == "set time to live of Teams to expiresAt"
    assert NAMED_OFF.describe() == "set time to live of Teams to off"
    assert ON.hazard is None
