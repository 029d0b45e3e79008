"""Stream, encryption, class and protection."""

import pytest

from tests.unit.simulator.world import World

KMS = {"Enabled": True, "SSEType": "KMS"}
PREFIX = "One or more parameter values were invalid: "


def stream(world: World, view: str | None) -> None:
    """Enable with a view, or disable, and wait."""
    specification = {"StreamEnabled": True, "StreamViewType": view} if view else {"StreamEnabled": False}
    world.call("UpdateTable", TableName="Teams", StreamSpecification=specification)
    world.advance(5.2)


def test_a_stream_is_enabled_in_5_seconds_and_leaves_its_name_behind(world: World) -> None:
    """Q-002, Q-035, Q-362: 4 to 5 s; after disable the specification is absent, the ARN lingers until the next."""
    world.create()
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    answer = world.call("UpdateTable", TableName="Teams", StreamSpecification=specification)["TableDescription"]
    assert (answer["TableStatus"], answer["StreamSpecification"]) == ("UPDATING", specification)
    world.advance(5.2)
    first = world.describe()
    assert first["TableStatus"] == "ACTIVE"
    assert first["LatestStreamArn"] == f"{first['TableArn']}/stream/{first['LatestStreamLabel']}"
    stream(world, None)
    off = world.describe()
    assert "StreamSpecification" not in off
    assert off["LatestStreamArn"] == first["LatestStreamArn"]
    stream(world, "KEYS_ONLY")
    assert world.describe()["LatestStreamArn"] != first["LatestStreamArn"]


@pytest.mark.parametrize(
    ("on", "specification", "message"),
    [
        (True, {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}, "Table already has an enabled stream"),
        (True, {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, "Table already has an enabled stream"),
        (False, {"StreamEnabled": False}, "Table has no stream to disable: TableName: Teams"),
        (False, {"StreamEnabled": True}, PREFIX + "If stream is being enabled then UpdateViewType is required"),
        (
            True,
            {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"},
            PREFIX + "If stream is being disabled, then UpdateViewType must not be specified",
        ),
    ],
)
def test_a_view_changes_only_through_off(
    world: World, *, on: bool, specification: dict[str, object], message: str
) -> None:
    """Q-050, Q-029: neither the same nor another view; enable must carry one, disable must not."""
    world.create()
    if on:
        stream(world, "NEW_IMAGE")
    refusal = world.refusal("UpdateTable", TableName="Teams", StreamSpecification=specification)
    assert refusal.message.startswith(message)


def test_a_table_can_be_created_with_a_stream(world: World) -> None:
    """It is there at once; one that is disabled is as good as none."""
    world.create(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    world.create("Users", StreamSpecification={"StreamEnabled": False})
    assert "LatestStreamArn" in world.describe()
    assert "StreamSpecification" not in world.describe("Users")


def test_encryption_comes_and_goes_with_the_table_active(world: World) -> None:
    """Q-027, Q-079, Q-140: absent, UPDATING for 21 to 23 s, ENABLED with a key; and back to absent."""
    world.create()
    assert "SSEDescription" not in world.describe()
    answer = world.call("UpdateTable", TableName="Teams", SSESpecification=KMS)["TableDescription"]
    assert (answer["TableStatus"], answer["SSEDescription"]) == ("ACTIVE", {"Status": "UPDATING"})
    world.advance(21)
    assert world.describe()["SSEDescription"] == {"Status": "UPDATING"}
    world.advance(2.5)
    described = world.describe()["SSEDescription"]
    assert (described["Status"], described["SSEType"]) == ("ENABLED", "KMS")
    world.call("UpdateTable", TableName="Teams", SSESpecification={"Enabled": False})
    assert world.describe()["SSEDescription"]["Status"] == "UPDATING"
    world.advance(23.5)
    assert "SSEDescription" not in world.describe()


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ({"Enabled": False}, PREFIX + "Table is already encrypted by default"),
        ({}, PREFIX + "Table is already encrypted by default"),
        ({"Enabled": False, "SSEType": "KMS"}, PREFIX + "SSEType can not be specified if Enabled is false"),
        ({"Enabled": False, "KMSMasterKeyId": "k"}, PREFIX + "KMSMasterKeyId can not be specified if Enabled is false"),
        ({"Enabled": True, "SSEType": "AES256"}, PREFIX + "SSEType AES256 is not supported"),
        ({"Enabled": True, "KMSMasterKeyId": "k"}, PREFIX + "SSEType KMS is required if KMSMasterKeyId is specified"),
    ],
)
def test_encryption_that_makes_no_sense_is_refused(
    world: World, specification: dict[str, object], message: str
) -> None:
    """Q-018, Q-036, Q-044."""
    world.create()
    assert world.refusal("UpdateTable", TableName="Teams", SSESpecification=specification).message == message


def test_only_the_exact_key_again_is_refused(world: World) -> None:
    """Q-082: the ARN is a rejected no-op; an alias of the same key encrypts again."""
    world.create(SSESpecification=KMS)
    arn = world.describe()["SSEDescription"]["KMSMasterKeyArn"]
    refusal = world.refusal("UpdateTable", TableName="Teams", SSESpecification={**KMS, "KMSMasterKeyId": arn})
    assert refusal.message.startswith(PREFIX + "Table is already encrypted with given KMSMasterKeyId.")
    alias = {**KMS, "KMSMasterKeyId": "alias/aws/dynamodb"}
    world.call("UpdateTable", TableName="Teams", SSESpecification=alias)
    world.advance(23.5)
    assert world.describe()["SSEDescription"]["KMSMasterKeyArn"] == arn
    world.call("UpdateTable", TableName="Teams", SSESpecification={**KMS, "KMSMasterKeyId": "some-key-id"})


def test_four_changes_of_encryption_a_day_then_one_in_six_hours(world: World) -> None:
    """SSE changes 4 per 24 h then one per 6 h (Q-081, Q-443)."""
    world.create()
    for number in range(4):
        world.call(
            "UpdateTable",
            TableName="Teams",
            SSESpecification={"Enabled": number % 2 == 0, **({"SSEType": "KMS"} if number % 2 == 0 else {})},
        )
        world.advance(24)
    refusal = world.refusal("UpdateTable", TableName="Teams", SSESpecification=KMS)
    assert refusal.code == "LimitExceededException"
    assert refusal.message.startswith(
        "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window"
    )
    world.advance(21_600)
    world.call("UpdateTable", TableName="Teams", SSESpecification=KMS)


def test_the_class_changes_twice_in_thirty_days(world: World) -> None:
    """TableClass 2 per 30 days (Q-283); UPDATING 4 to 6 s, the summary flips when it is done (Q-284)."""
    world.create()
    for name in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        world.call("UpdateTable", TableName="Teams", TableClass=name)
        assert world.describe()["TableStatus"] == "UPDATING"
        assert world.describe().get("TableClassSummary", {}).get("TableClass") != name
        world.advance(6.2)
        assert world.describe()["TableClassSummary"]["TableClass"] == name
    refusal = world.refusal("UpdateTable", TableName="Teams", TableClass="STANDARD_INFREQUENT_ACCESS")
    assert refusal.code == "LimitExceededException"
    assert refusal.message == "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s)."
    world.advance(31 * 86_400)
    world.call("UpdateTable", TableName="Teams", TableClass="STANDARD_INFREQUENT_ACCESS")


def test_the_standard_class_on_a_table_that_never_had_another_changes_nothing(world: World) -> None:
    """Q-365: a free no-op that leaves the summary absent."""
    world.create()
    world.call("UpdateTable", TableName="Teams", TableClass="STANDARD")
    assert world.describe()["TableStatus"] == "ACTIVE"
    assert "TableClassSummary" not in world.describe()
    assert world.refusal("UpdateTable", TableName="Teams", TableClass="X").code == "ValidationException"


def test_protection_changes_at_once_and_back_after_15_seconds(world: World) -> None:
    """Modified within the previous 15000 milliseconds (Q-003, Q-445); the same value is always taken."""
    world.create()
    answer = world.call("UpdateTable", TableName="Teams", DeletionProtectionEnabled=True)["TableDescription"]
    assert (answer["TableStatus"], answer["DeletionProtectionEnabled"]) == ("ACTIVE", True)
    world.call("UpdateTable", TableName="Teams", DeletionProtectionEnabled=True)
    refusal = world.refusal("UpdateTable", TableName="Teams", DeletionProtectionEnabled=False)
    assert refusal.code == "ThrottlingException"
    assert refusal.message == (
        "Deletion protection setting for table Teams modified within the previous 15000 milliseconds. "
        "Please try again after 2026-10-08T00:00:45.000Z"
    )
    world.advance(15)
    world.call("UpdateTable", TableName="Teams", DeletionProtectionEnabled=False)
    world.call("DeleteTable", TableName="Teams")
