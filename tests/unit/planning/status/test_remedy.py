"""What to type next."""

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from osem_migrate.history import Record, RecordedError, RecordedState, ShownState
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.operations import CreateTable, SetBilling, SetPointInTimeRecovery, SetStream, SetTags, SetTimeToLive
from osem_migrate.planning.drift.diff import Difference, diff
from osem_migrate.planning.drift.undeclared import undeclared
from osem_migrate.planning.status import remedy as module
from osem_migrate.planning.status.remedy import Caller
from osem_migrate.schema import Index, LocalIndex, N, S, Table, Throughput
from osem_migrate.schema.value import altered
from tests.unit.planning.builders import CALLER, ENVIRONMENT_AND_FLAGS, created, live, live_of, migration, record, told

INDEX = Index("manager-index", S("managerId"))
TEAMS = created(CreateTable("Teams", S("teamId"), indexes=[INDEX]))
UPGRADE = f"osem-migrate upgrade {ENVIRONMENT_AND_FLAGS}"
STATUS = f"osem-migrate status {ENVIRONMENT_AND_FLAGS}"
AWS_FLAGS = ["--region", "eu-west-1", "--profile", "o'hara"]
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/osem-staging-Teams"


def remedy(difference: Difference, found: LiveTable, caller: Caller) -> str:
    """As it is typed."""
    return told(module.remedy(difference, found, caller))


def unusable_remedy(found: LiveTable, caller: Caller) -> str:
    """As it is typed."""
    return told(module.unusable_remedy(found, caller))


def explain(state: ShownState, name: str, recorded: Record | None) -> tuple[str, str]:
    """Message and remedy, as it is typed."""
    message, advice = module.explain(state, name, recorded)
    return message, told(advice)


def remedies(found: LiveTable, expected: Table | None) -> list[tuple[str, str]]:
    """Code and remedy of every difference."""
    return [(difference.code, remedy(difference, found, CALLER)) for difference in diff(found, expected)]


def calls(text: str) -> list[tuple[str, dict[str, Any]]]:
    """AWS CLI command and request of every line that is one."""
    words = [shlex.split(line) for line in text.splitlines() if line.startswith("aws ")]
    assert all(line[:2] == ["aws", "dynamodb"] and line[3] == "--cli-input-json" for line in words)
    assert all(line[5:] == AWS_FLAGS for line in words)
    return [(line[2], json.loads(line[4])) for line in words]


def test_a_table_that_no_script_declares_is_imported() -> None:
    """The command names the table."""
    ((code, text),) = remedies(live_of(TEAMS), None)
    assert code == "DRIFT_TABLE_UNEXPECTED"
    assert text.splitlines()[1:] == [f"osem-migrate import Teams {ENVIRONMENT_AND_FLAGS}"]


def test_an_index_that_no_script_declares_comes_as_the_line_that_does() -> None:
    """Ready to be put into the new script; where no script can declare it, only the way is named."""
    extra = Index("by-city", S("city"), N("at"), "KEYS_ONLY")
    ((code, text),) = remedies(live(replace(TEAMS, indexes=[INDEX, extra])), TEAMS)
    assert code == "DRIFT_INDEX_UNEXPECTED"
    way, line, go_on = text.splitlines()
    assert "osem-migrate new TITLE" in way
    assert line == 'AddIndex("Teams", "by-city", partition_key=S("city"), sort_key=N("at"), projection="KEYS_ONLY"),'
    assert go_on == UPGRADE
    odd = altered(extra, projection="OTHER")
    ((_, text),) = remedies(live(altered(TEAMS, indexes=(INDEX, odd))), TEAMS)
    assert text.splitlines()[1:] == [UPGRADE]


def test_a_command_names_environment_and_flags() -> None:
    """What was given on the command line is needed again, quoted for the shell."""
    assert Caller("dev").show(["status"]) == "osem-migrate status --env dev"
    flags = ("--profile", "it's mine; rm -rf /")
    command = Caller("dev", flags).show(["upgrade", "--to", "7"])
    assert shlex.split(command) == ["osem-migrate", "upgrade", "--to", "7", "--env", "dev", *flags]


def test_a_missing_index_is_built_by_one_call() -> None:
    """The call is the one that upgrade would make, to the physical table, where the AWS CLI finds it."""
    bare = live(replace(TEAMS, indexes=()))
    ((code, text),) = remedies(bare, TEAMS)
    assert code == "DRIFT_INDEX_MISSING"
    assert text.splitlines()[0] == "Build the index again (8 to 17 minutes, longer on a large table):"
    assert len(text.splitlines()) == 2
    assert calls(text) == [
        (
            "update-table",
            {
                "TableName": "osem-staging-Teams",
                "AttributeDefinitions": [
                    {"AttributeName": "managerId", "AttributeType": "S"},
                    {"AttributeName": "teamId", "AttributeType": "S"},
                ],
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Create": {
                            "IndexName": "manager-index",
                            "KeySchema": [{"AttributeName": "managerId", "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    }
                ],
            },
        )
    ]


def test_a_wrong_index_is_dropped_and_built_again() -> None:
    """Two calls in this order, each once the one before has settled."""
    wrong = live(replace(TEAMS, indexes=[replace(INDEX, projection="KEYS_ONLY")]))
    ((_, text),) = remedies(wrong, TEAMS)
    assert text.splitlines()[:2] == [
        "Drop the index and build it again; queries on it fail meanwhile:",
        "(run each command once the one before it has settled)",
    ]
    updates = [request["GlobalSecondaryIndexUpdates"] for _, request in calls(text)]
    assert [next(iter(update)) for (update,) in updates] == ["Delete", "Create"]


def test_a_missing_table_may_hold_a_backup() -> None:
    """Restoring comes first; creating it empty takes CreateTable and the calls it cannot carry."""
    declared = created(
        CreateTable(
            "Teams",
            S("teamId"),
            settings=[SetPointInTimeRecovery("Teams", enabled=True), SetTags("Teams", {"Team": "core"})],
        )
    )
    ((_, text),) = remedies(live(None, name="Teams"), declared)
    assert text.startswith("Restore the table from a backup, or create it empty:\n(run each command once")
    (create, request), (backups, _) = calls(text)
    assert (create, backups) == ("create-table", "update-continuous-backups")
    assert request["TableName"] == "osem-staging-Teams"
    assert request["Tags"] == [{"Key": "Team", "Value": "core"}]


def test_tags_are_addressed_by_arn() -> None:
    """The tag calls take an ARN, every other call the physical name."""
    declared = TEAMS.with_setting(SetTags("Teams", {"Team": "all of us", "Old": None}))
    found = live(TEAMS.with_setting(SetTags("Teams", {"Old": "x"})))
    ((_, text),) = remedies(found, declared)
    assert calls(text) == [
        ("untag-resource", {"ResourceArn": ARN, "TagKeys": ["Old"]}),
        ("tag-resource", {"ResourceArn": ARN, "Tags": [{"Key": "Team", "Value": "all of us"}]}),
    ]


def test_a_command_is_safe_in_a_shell() -> None:
    """Whatever an attribute is called reaches the AWS CLI as it is, and each command is one line."""
    nasty = """it's $HOME `date` "x" \n größe"""
    declared = TEAMS.with_setting(SetTimeToLive("Teams", nasty))
    ((_, text),) = remedies(live(TEAMS.with_setting(SetTimeToLive("Teams", None, enabled=False))), declared)
    assert len(text.splitlines()) == 2
    ((_, request),) = calls(text)
    assert request["TimeToLiveSpecification"] == {"Enabled": True, "AttributeName": nasty}


def test_the_commands_are_the_aws_clis() -> None:
    """Every call that a repair can make is a command of the AWS CLI under the same name."""
    model = get_session().get_service_model("dynamodb")
    known = {xform_name(name, "-") for name in model.operation_names}
    declared = created(
        CreateTable(
            "Teams",
            S("teamId"),
            settings=[
                SetTimeToLive("Teams", "expiresAt"),
                SetStream("Teams", "NEW_IMAGE"),
                SetTags("Teams", {"a": "b"}),
            ],
        )
    )
    found = TEAMS.with_setting(SetTimeToLive("Teams", "other")).with_setting(SetStream("Teams", "KEYS_ONLY"))
    texts = [
        *remedies(live(found.with_setting(SetTags("Teams", {}))), declared),
        *remedies(live(None, name="Teams"), declared),
    ]
    used = [command for _, text in texts for command, _ in calls(text)]
    assert set(used) == {"create-table", "update-table", "update-time-to-live", "tag-resource"} <= known
    assert used.count("update-table") == 2, "a stream changes its view by off and on again"


@pytest.mark.parametrize(
    ("found", "expected", "begins"),
    [
        (live_of(TEAMS), replace(TEAMS, partition_key=N("teamId")), "Keys can never be changed"),
        (
            live_of(replace(TEAMS, sort_key=N("at"))),
            replace(TEAMS, sort_key=N("at"), local_indexes=[LocalIndex("by-x", S("x"))]),
            "Local indexes can never be changed",
        ),
    ],
)
def test_what_only_a_script_mends_names_the_upgrade(found: LiveTable, expected: Table | None, begins: str) -> None:
    """Nothing is destroyed by a remedy that somebody pastes: these end in a script and an upgrade."""
    ((_, text),) = remedies(found, expected)
    advice, command = text.splitlines()
    assert advice.startswith(begins)
    assert command == UPGRADE


def test_setting_back_is_one_command_a_step() -> None:
    """Billing and index capacity are set back by the calls of SetBilling."""
    declared = SetBilling.provisioned("Teams", read=5, write=5).on(TEAMS)
    ((code, text),) = remedies(live(TEAMS), declared)
    assert code == "DRIFT_BILLING"
    assert text.startswith("If an autoscaler owns it, set autoscaled in the configuration; else set it back, or ")
    ((_, request),) = calls(text)
    assert (request["BillingMode"], len(request["GlobalSecondaryIndexUpdates"])) == ("PROVISIONED", 1)
    other = replace(declared, indexes=[replace(INDEX, throughput=Throughput(9, 9))])
    ((code, text),) = remedies(live(other), declared)
    assert code == "DRIFT_INDEX_THROUGHPUT"
    ((_, request),) = calls(text)
    (update,) = request["GlobalSecondaryIndexUpdates"]
    assert update["Update"]["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(
            replace(TEAMS, indexes=[Index("by-hand", N("managerId"))]),
            id="the attribute is another index's, as a number",
        ),
        pytest.param(
            replace(TEAMS, sort_key=N("at"), indexes=(), local_indexes=[LocalIndex("manager-index", S("x"))]),
            id="a local index has the name",
        ),
    ],
)
def test_a_repair_that_does_not_fit_yet_says_what_is_in_its_way(found: Table) -> None:
    """Another difference may have to be repaired first; a remedy is never an error."""
    text = dict(remedies(live(found), TEAMS))["DRIFT_INDEX_MISSING"]
    reason, command = text.splitlines()
    assert reason.startswith("Other differences of the table have to be repaired first (table 'Teams'")
    assert command == STATUS


ONE = migration(3)


@pytest.mark.parametrize(
    ("state", "recorded", "message", "ends"),
    [
        (ShownState.PENDING, None, "not applied yet", UPGRADE),
        (ShownState.REVERTED, RecordedState.REVERTED, "reverted, and pending again", UPGRADE),
        (ShownState.RUNNING, RecordedState.RUNNING, "being applied right now by another run", STATUS),
        (ShownState.FAILED, RecordedState.FAILED, "failed after 0 of 1 operations", UPGRADE),
        (ShownState.INTERRUPTED, RecordedState.RUNNING, "interrupted after 0 of 1 operations", UPGRADE),
        (
            ShownState.OUT_OF_ORDER,
            None,
            "pending, but a later migration is applied already",
            f"osem-migrate upgrade --allow-out-of-order {ENVIRONMENT_AND_FLAGS}",
        ),
        (
            ShownState.MISSING,
            RecordedState.APPLIED,
            "recorded as applied, but its script is gone",
            f"osem-migrate resolve 0003_change --reverted --no-verify {ENVIRONMENT_AND_FLAGS}",
        ),
        (
            ShownState.CHANGED,
            RecordedState.APPLIED,
            "its script was changed after it was applied",
            f"osem-migrate resolve 0003_change --accept-checksum {ENVIRONMENT_AND_FLAGS}",
        ),
        (ShownState.CHANGED, RecordedState.FAILED, "its script was changed after part of it was applied", STATUS),
        (
            ShownState.FUTURE,
            RecordedState.APPLIED,
            "recorded as applied by a newer checkout than this one",
            f"osem-migrate status --ignore future {ENVIRONMENT_AND_FLAGS}",
        ),
    ],
)
def test_every_state_is_explained(state: ShownState, recorded: RecordedState | None, message: str, ends: str) -> None:
    """Each state has a sentence, and a remedy that ends in a command with the environment and the flags."""
    what = record(ONE, recorded, 0) if recorded is not None else None
    said, typed = explain(state, ONE.id, what)
    assert said == message
    assert typed.endswith(ends)


def test_a_failure_says_why() -> None:
    """The recorded error is part of the message."""
    failed = record(ONE, RecordedState.FAILED, 0, error=RecordedError(code="AWS_ACCESS_DENIED", message="no right"))
    assert explain(ShownState.FAILED, ONE.id, failed)[0] == "failed after 0 of 1 operations: no right"


def test_a_failure_may_have_been_finished_by_hand() -> None:
    """Then there is nothing to continue, and the history is what has to be set right."""
    failed = record(ONE, RecordedState.FAILED, 0)
    by_hand, _ = explain(ShownState.FAILED, ONE.id, failed)[1].splitlines()
    assert by_hand.endswith(f": osem-migrate resolve 0003_change --applied {ENVIRONMENT_AND_FLAGS}")


def test_set_back_or_declare() -> None:
    """What is no capacity is nobody's but ours."""
    declared = TEAMS.with_setting(SetStream("Teams", "NEW_IMAGE"))
    ((_, text),) = remedies(live(TEAMS.with_setting(SetStream("Teams", None))), declared)
    assert text.startswith("Set it back, or declare what is there in a new script:\n")


def test_what_nobody_declared_is_declared_or_turned_off() -> None:
    """The line for the script says what is there, and can be pasted; the call turns it off."""
    found = live(TEAMS.with_setting(SetTimeToLive("Teams", "expiresAt")))
    (difference,) = undeclared(found, TEAMS)
    text = remedy(difference, found, CALLER)
    line = text.splitlines()[0].partition(" with ")[2].partition(", or turn it off:")[0]
    assert eval(line, {"SetTimeToLive": SetTimeToLive}) == SetTimeToLive("Teams", "expiresAt")  # noqa: S307 - our own
    assert calls(text) == [
        (
            "update-time-to-live",
            {
                "TableName": "osem-staging-Teams",
                "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "expiresAt"},
            },
        )
    ]


@pytest.mark.parametrize("status", sorted(UNUSABLE))
def test_a_table_that_aws_put_out_of_use_has_a_remedy(status: str) -> None:
    """Each status has its own advice, and the command that shows the reason."""
    advice, command = unusable_remedy(live(TEAMS, status=status), CALLER).splitlines()
    assert advice.endswith((":", "."))
    words = shlex.split(command)
    assert words[:5] == ["aws", "dynamodb", "describe-table", "--table-name", "osem-staging-Teams"]
    assert words[-4:] == AWS_FLAGS


def test_a_missing_script_is_named() -> None:
    """The file to look for in version control is the migration's id with ``.py``."""
    assert "Restore 0003_change.py " in explain(ShownState.MISSING, ONE.id, record(ONE))[1]
