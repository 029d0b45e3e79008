"""Tags, time to live and continuous backups: parts of AWS that learn of a table later than DescribeTable does."""

import pytest

from tests.simulator import Durations
from tests.unit.simulator.world import World, table

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Teams"


def tag(key: str = "Team", value: str = "core") -> dict[str, str]:
    """A tag."""
    return {"Key": key, "Value": value}


def shown(world: World) -> dict[str, str]:
    """What ListTagsOfResource shows."""
    return {found["Key"]: found["Value"] for found in world.call("ListTagsOfResource", ResourceArn=ARN)["Tags"]}


def ttl(world: World, attribute: str = "expiresAt", *, enabled: bool = True) -> None:
    """UpdateTimeToLive."""
    world.call("UpdateTimeToLive", **ttl_request(attribute, enabled=enabled))


def ttl_request(attribute: str = "expiresAt", *, enabled: bool = True) -> dict[str, object]:
    """Its request."""
    return {
        "TableName": "Teams",
        "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute},
    }


def pitr_request(*, enabled: bool = True, **more: int) -> dict[str, object]:
    """UpdateContinuousBackups."""
    specification = {"PointInTimeRecoveryEnabled": enabled, **more}
    return {"TableName": "Teams", "PointInTimeRecoverySpecification": specification}


SIDE_CALLS = [
    ("TagResource", {"ResourceArn": ARN, "Tags": [tag()]}, "ResourceNotFoundException", "ResourceInUseException"),
    ("ListTagsOfResource", {"ResourceArn": ARN}, "ResourceNotFoundException", None),
    ("UpdateTimeToLive", ttl_request(), "ResourceNotFoundException", "ResourceInUseException"),
    ("UpdateContinuousBackups", pitr_request(), "TableNotFoundException", "ContinuousBackupsUnavailableException"),
    ("DescribeContinuousBackups", {"TableName": "Teams"}, "TableNotFoundException", None),
    ("DescribeTimeToLive", {"TableName": "Teams"}, "ValidationException", "ValidationException"),
]


@pytest.mark.parametrize(("action", "request_", "early", "late"), SIDE_CALLS)
def test_a_young_table_is_unknown_then_busy(
    world: World, action: str, request_: dict[str, object], early: str, late: str | None
) -> None:
    """All sub-resource calls may return not-found while the table is CREATING (Q-101, Q-115)."""
    world.call("CreateTable", **table())
    assert world.refusal(action, **request_).code == early
    world.advance(0.8 * Durations().draw("create_table", "Teams"))
    assert world.describe()["TableStatus"] == "CREATING"
    if late is None:
        world.call(action, **request_)
    else:
        assert world.refusal(action, **request_).code == late


@pytest.mark.parametrize(
    ("action", "request_", "early", "late"),
    [
        ("TagResource", {"ResourceArn": ARN, "Tags": [tag()]}, "ResourceInUseException", "ResourceNotFoundException"),
        ("UpdateTimeToLive", ttl_request(), None, "ResourceNotFoundException"),
        ("UpdateContinuousBackups", pitr_request(), None, "TableNotFoundException"),
        ("DescribeTimeToLive", {"TableName": "Teams"}, "ValidationException", "ValidationException"),
    ],
)
def test_a_dying_table_is_forgotten_early(
    world: World, action: str, request_: dict[str, object], early: str | None, late: str
) -> None:
    """Q-104, Q-118, Q-453: taken or refused for about a second, then not found, with DescribeTable still DELETING."""
    world.create()
    world.call("DeleteTable", TableName="Teams")
    if early is None:
        world.call(action, **request_)
    else:
        assert world.refusal(action, **request_).code == early
    world.advance(1.5)
    assert world.refusal(action, **request_).code == late
    assert world.describe()["TableStatus"] == "DELETING"


def test_tags_of_creation_show_with_active(world: World) -> None:
    """Put tags in CreateTable; they show the moment the table is ACTIVE (Q-101, Q-110)."""
    world.call("CreateTable", **table(Tags=[tag()]))
    world.until("ACTIVE")
    assert shown(world) == {"Team": "core"}


def test_tags_lag_and_lock(world: World) -> None:
    """One write per ~2 s per table, else LimitExceeded; reads lag 1 to 3 s (Q-102, Q-103)."""
    world.create()
    world.call("TagResource", ResourceArn=ARN, Tags=[tag()])
    assert shown(world) == {}
    for action, more in (("TagResource", {"Tags": [tag("Other")]}), ("UntagResource", {"TagKeys": ["Absent"]})):
        refusal = world.refusal(action, ResourceArn=ARN, **more)
        assert (refusal.code, refusal.message) == (
            "LimitExceededException",
            "Subscriber limit exceeded: Table tags are being updated: Teams",
        )
    world.advance(3.1)
    assert shown(world) == {"Team": "core"}
    world.call("UntagResource", ResourceArn=ARN, TagKeys=["Team"])
    world.advance(3.1)
    assert shown(world) == {}


def test_a_superset_of_the_write_in_flight_passes_the_lock(world: World) -> None:
    """Q-440: replay, or the full set; and a no-op never locks (Q-441)."""
    world.create()
    world.call("TagResource", ResourceArn=ARN, Tags=[tag()])
    world.call("TagResource", ResourceArn=ARN, Tags=[tag()])
    world.call("TagResource", ResourceArn=ARN, Tags=[tag(), tag("Other")])
    world.advance(3.1)
    assert shown(world) == {"Team": "core", "Other": "core"}
    world.call("UntagResource", ResourceArn=ARN, TagKeys=["Absent"])
    world.call("TagResource", ResourceArn=ARN, Tags=[tag("Third")])


@pytest.mark.parametrize(
    ("action", "more", "message"),
    [
        ("TagResource", {"Tags": []}, "Atleast one Tag needs to be provided as Input."),
        ("TagResource", {"Tags": [tag(""), tag()]}, "The Tag Key provided is invalid, Key: "),
        ("TagResource", {"Tags": [tag("k" * 129)]}, "The Tag Key provided is invalid, Key: kkk"),
        ("TagResource", {"Tags": [tag("a#b")]}, "The Tag Key provided is invalid, Key: a#b"),
        ("TagResource", {"Tags": [{"Key": "k"}]}, "The Tag Value provided is invalid, Value: null"),
        ("TagResource", {"Tags": [tag("k", "v" * 257)]}, "The Tag Value provided is invalid, Value: vvv"),
        ("TagResource", {"Tags": [tag(), tag()]}, "Duplicate Tag Keys provided as input: Duplicate Tag Key found Team"),
        (
            "TagResource",
            {"Tags": [tag(str(number)) for number in range(51)]},
            "Number of Tags exceed the current limit",
        ),
        ("UntagResource", {"TagKeys": []}, "Atleast one Tag Key needs to be provided as Input."),
        ("UntagResource", {"TagKeys": [str(n) for n in range(51)]}, "Number of Tags exceed the current limit"),
        ("UntagResource", {"TagKeys": ["aws:x"]}, "Tag Key cannot be prefixed with aws:, Key: aws:x"),
        (
            "TagResource",
            {"Tags": [tag()], "ResourceArn": "Teams"},
            "One or more parameter values were invalid: ARNs must",
        ),
    ],
)
def test_tags_that_are_none_are_refused_all_together(
    world: World, action: str, more: dict[str, object], message: str
) -> None:
    """51st tag is ValidationException; validation is all-or-nothing (Q-105 to Q-109)."""
    world.create()
    refusal = world.refusal(action, **{"ResourceArn": ARN, **more})
    assert (refusal.code, refusal.message[: len(message)]) == ("ValidationException", message)
    world.advance(5)
    assert shown(world) == {}


def test_time_to_live_can_change_every_half_hour(world: World) -> None:
    """Again within ~31 min is a ValidationException, invisible in Describe; a rename waits (Q-143)."""
    world.create()
    assert world.call("DescribeTimeToLive", TableName="Teams")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    ttl(world)
    world.advance(2)
    described = world.call("DescribeTimeToLive", TableName="Teams")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    refusal = world.refusal("UpdateTimeToLive", **ttl_request(enabled=False))
    assert (refusal.code, refusal.message) == (
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
    )
    world.advance(1860)
    ttl(world, enabled=False)
    world.advance(2)
    assert world.refusal("UpdateTimeToLive", **ttl_request("other")).message.startswith(
        "Time to live has been modified"
    )
    world.advance(1860)
    ttl(world, "other")


@pytest.mark.parametrize(
    ("on", "attribute", "enabled", "message"),
    [
        (True, "expiresAt", True, "TimeToLive is already enabled"),
        (False, "expiresAt", False, "TimeToLive is already disabled"),
        (True, "other", True, "TimeToLive is active on a different AttributeName: current AttributeName is expiresAt"),
        (True, "other", False, "TimeToLive is active on a different AttributeName: current AttributeName is expiresAt"),
    ],
)
def test_the_same_time_to_live_again_is_refused(
    world: World, *, on: bool, attribute: str, enabled: bool, message: str
) -> None:
    """Same-state call is also ValidationException, and comes before the cool-down (Q-143, 146, 147)."""
    world.create()
    if on:
        ttl(world)
        world.advance(2)
    refusal = world.refusal("UpdateTimeToLive", **ttl_request(attribute, enabled=enabled))
    assert (refusal.code, refusal.message) == ("ValidationException", message)


def test_time_to_live_needs_an_attribute_and_a_table(world: World) -> None:
    """The generic validator, then existence (Q-070)."""
    world.create()
    assert world.refusal("UpdateTimeToLive", **ttl_request("")).code == "ValidationException"
    missing = world.refusal("UpdateTimeToLive", **{**ttl_request(), "TableName": "Gone"})
    assert missing.message == "Requested resource not found: Table: Gone not found"


def test_backups_become_available_a_moment_after_active(world: World) -> None:
    """ContinuousBackupsUnavailable until 1.4 to 2.7 s after ACTIVE (Q-115, Q-116); then ENABLED by itself."""
    world.call("CreateTable", **table())
    world.until("ACTIVE")
    refusal = world.refusal("UpdateContinuousBackups", **pitr_request())
    assert (refusal.code, refusal.message) == (
        "ContinuousBackupsUnavailableException",
        "Backups are being enabled for the table: Teams. Please retry later",
    )
    described = world.call("DescribeContinuousBackups", TableName="Teams")["ContinuousBackupsDescription"]
    assert described["ContinuousBackupsStatus"] == "DISABLED"
    world.advance(2.8)
    described = world.call("DescribeContinuousBackups", TableName="Teams")["ContinuousBackupsDescription"]
    assert described == {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
    }


def test_recovery_is_switched_at_once_and_its_period_goes_back(world: World) -> None:
    """Disabling loses history and the period resets to 35 (Q-083, Q-084)."""
    world.create()
    answer = world.call("UpdateContinuousBackups", **pitr_request(RecoveryPeriodInDays=7))
    recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert (recovery["PointInTimeRecoveryStatus"], recovery["RecoveryPeriodInDays"]) == ("ENABLED", 7)
    world.advance(1000)
    world.call("UpdateContinuousBackups", **pitr_request())
    kept = world.call("DescribeContinuousBackups", TableName="Teams")["ContinuousBackupsDescription"]
    recovery = kept["PointInTimeRecoveryDescription"]
    assert recovery["RecoveryPeriodInDays"] == 7
    assert recovery["LatestRestorableDateTime"] - recovery["EarliestRestorableDateTime"] == pytest.approx(700)
    world.call("UpdateContinuousBackups", **pitr_request(enabled=False))
    answer = world.call("UpdateContinuousBackups", **pitr_request())
    recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["RecoveryPeriodInDays"] == 35
    assert recovery["EarliestRestorableDateTime"] == world.clock.now()


@pytest.mark.parametrize(("enabled", "days"), [(False, 7), (True, 0), (True, 36)])
def test_periods_that_cannot_be_are_refused(world: World, *, enabled: bool, days: int) -> None:
    """PITR period 1 to 35 days, and none with disabling."""
    world.create()
    refusal = world.refusal("UpdateContinuousBackups", **pitr_request(enabled=enabled, RecoveryPeriodInDays=days))
    assert refusal.code == "ValidationException"


def test_a_missing_table_has_another_code_in_the_backup_family(world: World) -> None:
    """Missing table: TableNotFoundException (Q-098, Q-447)."""
    refusal = world.refusal("DescribeContinuousBackups", TableName="Gone")
    assert (refusal.code, refusal.message) == ("TableNotFoundException", "Table not found: Gone")
