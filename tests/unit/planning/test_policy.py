"""Permissions: taken from what the migrations ask for, exact to the prefix, each action once."""

from dataclasses import replace
from typing import Any

import botocore.session
import pytest

from osem_migrate.errors import ScriptOperationInapplicable
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    Operation,
    SetBilling,
    SetEncryption,
    SetPointInTimeRecovery,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.check_items import CheckItems
from osem_migrate.operations.delete_items import DeleteItems
from osem_migrate.operations.put_items import PutItems
from osem_migrate.operations.set_encryption import AWS_MANAGED
from osem_migrate.operations.update_items import UpdateItems
from osem_migrate.planning.policy import GRANTS, PolicyScope, Role, Target, document, grants
from osem_migrate.schema import Index, S

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
PLACE = PolicyScope(
    region="eu-west-1",
    account="123456789012",
    tables=("shop-dev-*",),
    history_table="shop-dev-SchemaMigrations",
    records="shop",
    passes="shop#pass#*",
)
TABLES = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-dev-*"
HISTORY = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-dev-SchemaMigrations"
TEAMS = CreateTable("Teams", S("teamId"))


def migration(*operations: Operation) -> Migration:
    """One script."""
    return Migration(id="0001_one", number=1, operations=operations, summary="")


def allowed(role: Role, *operations: Operation, defaults: tuple[Setting, ...] = ()) -> dict[str, set[str]]:
    """Actions, without their service where that is DynamoDB, by resource."""
    found: dict[str, set[str]] = {}
    for statement in document(grants(role, [migration(*operations)], defaults=defaults), PLACE)["Statement"]:
        actions = {action.removeprefix("dynamodb:") for action in statement["Action"]}
        found.setdefault(statement["Resource"], set()).update(actions)
    return found


def test_who_looks_only_reads() -> None:
    """Of every table what describes it, of the history its items, and the list of all tables."""
    assert allowed(Role.STATUS, TEAMS) == {
        "*": {"ListTables"},
        TABLES: {"DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource"},
        HISTORY: {"GetItem", "Query", "Scan"},
    }


@pytest.mark.parametrize(
    ("operations", "forward", "back"),
    [
        ((TEAMS,), {"CreateTable"}, {"DeleteTable"}),
        ((TEAMS, AddIndex("Teams", "by-a", S("a"))), {"CreateTable", "UpdateTable"}, {"DeleteTable"}),
        ((TEAMS, SetTimeToLive("Teams", "at")), {"CreateTable", "UpdateTimeToLive"}, {"DeleteTable"}),
        (
            (TEAMS, SetPointInTimeRecovery("Teams", enabled=True)),
            {"CreateTable", "UpdateContinuousBackups"},
            {"DeleteTable"},
        ),
        ((TEAMS, SetTags("Teams", {"a": "b"})), {"CreateTable", "TagResource"}, {"DeleteTable", "UntagResource"}),
        ((CreateTable("Teams", S("teamId"), settings=[SetTags("Teams", {"a": "b"})]),), {"CreateTable", "TagResource"},
         {"DeleteTable"}),
        ((TEAMS, SetBilling.provisioned("Teams", read=1, write=1)), {"CreateTable", "UpdateTable"}, {"DeleteTable"}),
    ],
)  # fmt: skip
def test_the_operations_bring_their_own(operations: tuple[Operation, ...], forward: set[str], back: set[str]) -> None:
    """Whoever applies needs the calls of the operations, whoever reverses those of their reverses as well."""
    looking = allowed(Role.STATUS, *operations)
    upgrading = allowed(Role.UPGRADE, *operations)
    downgrading = allowed(Role.DOWNGRADE, *operations)
    assert upgrading[TABLES] - looking[TABLES] == forward
    assert downgrading[TABLES] - upgrading[TABLES] == back - forward
    assert upgrading[HISTORY] - looking[HISTORY] == {"ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"}
    # What of it is allowed on every table needs no statement of its own.
    dropping = {"DeleteTable", "UpdateTable"} - downgrading[TABLES]
    assert downgrading[HISTORY] - upgrading[HISTORY] == dropping


def unnamed(item: object) -> None:
    """A change."""
    del item


@pytest.mark.parametrize(
    ("operation", "forward", "back"),
    [
        (UpdateItems("Teams", unnamed), {"GetItem", "Scan", "UpdateItem"}, set()),
        (
            UpdateItems("Teams", unnamed, undo=unnamed, lookups=["Teams"]),
            {"GetItem", "Scan", "UpdateItem"},
            set(),
        ),
        (PutItems("Teams", [{"teamId": "1"}]), {"PutItem"}, {"DeleteItem", "GetItem"}),
        (DeleteItems("Teams", unnamed), {"GetItem", "Scan", "DeleteItem"}, set()),
        (CheckItems("Teams", Index("by-a", S("a"))), {"GetItem", "Scan"}, set()),
        (AddIndex("Teams", "by-a", S("a"), check_items=True), {"GetItem", "Scan", "UpdateTable"}, set()),
    ],
)
def test_a_pass_brings_what_it_reads_and_writes_with(operation: Operation, forward: set[str], back: set[str]) -> None:
    """Nothing more; what has no way back needs nothing for one, and stops no policy."""
    upgrading = allowed(Role.UPGRADE, TEAMS, operation)[TABLES] - allowed(Role.UPGRADE, TEAMS)[TABLES]
    downgrading = allowed(Role.DOWNGRADE, TEAMS, operation)[TABLES]
    assert upgrading == forward
    assert downgrading - allowed(Role.UPGRADE, TEAMS, operation)[TABLES] == {"DeleteTable", *back}


@pytest.mark.parametrize(
    ("operations", "defaults"),
    [
        ((TEAMS, SetBilling.provisioned("Teams", read=1, write=1)), ()),
        ((TEAMS,), (SetBilling.provisioned("defaults", read=1, write=1),)),
    ],
)
def test_autoscaling_is_asked_about_provisioned_capacity(
    operations: tuple[Operation, ...], defaults: tuple[Setting, ...]
) -> None:
    """Whoever looks has to tell the capacity that an autoscaler has set from drift; on demand there is none."""
    asked = "application-autoscaling:DescribeScalableTargets"
    assert asked in allowed(Role.STATUS, *operations, defaults=defaults)["*"]
    assert asked not in allowed(Role.DOWNGRADE, TEAMS)["*"]


def test_the_history_table_is_created_whatever_the_scripts_say() -> None:
    """Without a CreateTable among them the permission is for that one table, and so are its tags."""
    tags = (SetTags("defaults", {"Team": "core"}),)
    upgrading = grants(Role.UPGRADE, [], defaults=tags)
    statements = document(upgrading, PLACE)["Statement"]
    (creating,) = [statement for statement in statements if "dynamodb:CreateTable" in statement["Action"]]
    (tagging,) = [statement for statement in statements if "dynamodb:TagResource" in statement["Action"]]
    assert creating["Resource"] == tagging["Resource"] == HISTORY
    assert all("dynamodb:TagResource" not in grant.actions for grant in grants(Role.UPGRADE, []))


def test_no_action_is_granted_twice() -> None:
    """Neither for the same target, nor for the history table where it is granted for all tables."""
    operations = (TEAMS, AddIndex("Teams", "by-a", S("a")), DropIndex("Teams", "by-a"), SetTags("Teams", {"a": "b"}))
    tags = (SetTags("defaults", {"Team": "core"}),)
    granted = grants(Role.DOWNGRADE, [migration(*operations)], defaults=tags)
    everywhere = [action for grant in granted if grant.target is Target.TABLES for action in grant.actions]
    history = [action for grant in granted if grant.target is Target.HISTORY for action in grant.actions]
    assert len({*everywhere, *history}) == len([*everywhere, *history])
    assert all(grant.actions for grant in granted)


def test_a_probe_is_granted_where_it_is_asked_for() -> None:
    """Single items of the tables for every role, and queries only where there is an index to query."""
    probing = {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"}
    for operations, indexes in (((TEAMS,), set()), ((TEAMS, AddIndex("Teams", "by-a", S("a"))), {"dynamodb:Query"})):
        for role in Role:
            scripts = [migration(*operations)]
            plain = {(action, grant.target) for grant in grants(role, scripts) for action in grant.actions}
            probe = {(a, grant.target) for grant in grants(role, scripts, probe=True) for a in grant.actions}
            wide = {(action, Target.TABLES) for action in probing} | {(action, Target.INDEXES) for action in indexes}
            assert probe - plain == wide
    assert PLACE.resource(Target.INDEXES) == f"{TABLES}/index/*"


def test_what_is_granted_for_passes_reaches_no_other_partition() -> None:
    """Orders reach the items of this application's passes alone; what is deleted is its own in any case."""
    steering = document(grants(Role.STATUS, [migration(TEAMS)], items=True), PLACE)["Statement"][-1]
    upgrading = document(grants(Role.UPGRADE, [migration(TEAMS)]), PLACE)["Statement"]
    (deleting,) = [statement for statement in upgrading if statement["Sid"] == "DeleteHistory"]
    for statement, action, partitions in (
        (steering, "UpdateItem", ["shop#pass#*"]),
        (deleting, "DeleteItem", ["shop", "shop#pass#*"]),
    ):
        assert (statement["Action"], statement["Resource"]) == ([f"dynamodb:{action}"], HISTORY)
        assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions}}


def test_a_key_of_ones_own() -> None:
    """DynamoDB uses it in the caller's name, once for each key, and through DynamoDB alone."""
    operations = (TEAMS, SetEncryption("Teams", KEY))
    assert allowed(Role.STATUS, *operations).keys() == {"*", TABLES, HISTORY}
    assert allowed(Role.UPGRADE, *operations)[KEY] == {"kms:CreateGrant", "kms:DescribeKey"}
    assert allowed(Role.DOWNGRADE, *operations)[KEY] == {"kms:CreateGrant", "kms:DescribeKey"}
    statements = document(grants(Role.DOWNGRADE, [migration(*operations)]), PLACE)["Statement"]
    (on_key,) = [statement for statement in statements if statement["Resource"] == KEY]
    assert on_key["Condition"] == {"StringLike": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com*"}}


def test_who_declares_the_managed_key_asks_whose_a_key_is() -> None:
    """Every role does, and may ask of every key: nobody knows beforehand which it is."""
    operations = (TEAMS, SetEncryption("Teams", AWS_MANAGED))
    keys = "arn:aws:kms:eu-west-1:123456789012:key/*"
    for role in Role:
        assert allowed(role, *operations)[keys] == {"kms:DescribeKey"}
    assert keys not in allowed(Role.DOWNGRADE, TEAMS, SetEncryption("Teams", KEY))


def test_the_document_is_what_iam_takes() -> None:
    """Its version, an Allow a statement, and names of letters and digits that are not used twice."""
    made: dict[str, Any] = document(grants(Role.DOWNGRADE, [migration(TEAMS, SetEncryption("Teams", KEY))]), PLACE)
    assert made["Version"] == "2012-10-17"
    names = [statement["Sid"] for statement in made["Statement"]]
    assert all(name.isalnum() for name in names)
    assert len(set(names)) == len(names)
    assert {statement["Effect"] for statement in made["Statement"]} == {"Allow"}
    assert all(statement["Action"] == sorted(statement["Action"]) for statement in made["Statement"])


def test_an_index_is_queried_only_where_a_lookup_may_go_by_one() -> None:
    """Of the indexes of the tables that are looked up, and never of the table itself; a deletion looks up by keys."""
    plain, indexed = (
        CreateTable("Teams", S("teamId")),
        CreateTable("Teams", S("teamId"), indexes=[Index("by-a", S("a"))]),
    )
    update = UpdateItems("Teams", unnamed, lookups=["Teams"])
    indexes = f"{TABLES}/index/*"
    assert allowed(Role.UPGRADE, indexed, update)[indexes] == {"Query"}
    assert "Query" not in allowed(Role.UPGRADE, indexed, update)[TABLES]
    for operations in ((plain, update), (indexed, DeleteItems("Teams", unnamed, lookups=["Teams"]))):
        assert indexes not in allowed(Role.DOWNGRADE, *operations)


def test_scripts_that_do_not_fit_together() -> None:
    """There is no policy for what could never run."""
    with pytest.raises(ScriptOperationInapplicable):
        grants(Role.UPGRADE, [migration(AddIndex("Teams", "by-a", S("a")))])


def test_roles_include_those_before_them() -> None:
    """Downgrading is upgrading and more, and both look first."""
    assert Role.DOWNGRADE.included == (Role.STATUS, Role.UPGRADE, Role.DOWNGRADE)
    assert Role.STATUS.included == (Role.STATUS,)
    assert {grant.role for grant in GRANTS} <= set(Role)


def test_every_region_is_in_its_partition() -> None:
    """As botocore knows them, and a region that nobody named is in the common one."""
    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    regions = [(name, region) for name in partitions for region in session.get_available_regions("dynamodb", name)]
    assert len(regions) > 30
    for partition, region in regions:
        place = replace(PLACE, region=region, account="*")
        assert place.table_arn("a-b") == f"arn:{partition}:dynamodb:{region}:*:table/a-b"
    anywhere = replace(PLACE, region="*", account="*")
    assert anywhere.table_arn("a-b").startswith("arn:aws:")
