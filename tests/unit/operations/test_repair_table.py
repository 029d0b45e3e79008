"""RepairTable says what will be, leads there from what was found, and leaves a table alone that is as declared."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations import (
    SETTINGS,
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    RepairTable,
    SetBilling,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.step import calls
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests import strategies

BY_MANAGER = AddIndex("Teams", "by-manager", S("managerId"))
STREAM = SetStream("Teams", "NEW_IMAGE")
ON_DEMAND = SetBilling("Teams")
CREATE = CreateTable("Teams", S("teamId"), indexes=[BY_MANAGER.index], settings=[STREAM])
DECLARED = CREATE.apply(Schema(defaults=(SetDeletionProtection("any", enabled=True),)))


def requests(repair: RepairTable, schema: Schema = DECLARED) -> list[dict[str, Any]]:
    """The parameters of every call."""
    return [dict(step.parameters) for step in calls(repair.steps(schema))]


def lines(repair: Operation, schema: Schema = DECLARED) -> list[str]:
    """What a plan shows of it."""
    return [change.line() for change in repair.changes(repair.start(schema), schema.tables.get("Teams"))]


def test_a_lost_index_is_added_as_it_was_declared() -> None:
    """The repair begins with the table that lacks it and ends with the declared one, which it does not change."""
    repair = RepairTable("Teams", to=[BY_MANAGER])
    assert repair.apply(DECLARED) == DECLARED
    start = repair.start(DECLARED)
    assert start is not None
    assert start.indexes == ()
    (step,) = calls(repair.steps(DECLARED))
    assert step.parameters["GlobalSecondaryIndexUpdates"][0]["Create"]["IndexName"] == "by-manager"
    assert step.after == DECLARED.table("Teams")
    assert lines(repair) == ["+ index by-manager  managerId S, ALL"]


def test_several_changes_are_mended_one_concern_a_call() -> None:
    """Settings first, then billing, then the index, which has the capacity of the declared billing."""
    provisioned = SetBilling("Teams", "PROVISIONED", Throughput(3, 3))
    repair = RepairTable("Teams", [BY_MANAGER, ON_DEMAND, STREAM], [provisioned, SetStream("Teams", None)])
    stream, mode, index = requests(repair)
    assert stream == {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    assert mode == {"BillingMode": "PAY_PER_REQUEST"}
    assert "GlobalSecondaryIndexUpdates" in index
    assert repair.describe() == "repair Teams: index by-manager, billing on-demand, stream NEW_IMAGE"
    assert lines(repair) == [
        "+ index by-manager  managerId S, ALL",
        "~ billing provisioned, 3 read and 3 write units → on-demand",
        "~ stream off → NEW_IMAGE",
    ]


def test_an_index_with_other_keys_is_built_anew() -> None:
    """The one that was found is evidence: only that one is dropped."""
    repair = RepairTable("Teams", to=[BY_MANAGER], found=[Index("by-manager", N("managerId"))])
    drop, add = requests(repair)
    assert "Delete" in drop["GlobalSecondaryIndexUpdates"][0]
    assert "Create" in add["GlobalSecondaryIndexUpdates"][0]
    assert lines(repair) == ["- index by-manager  managerId N, ALL", "+ index by-manager  managerId S, ALL"]
    assert repair.describe() == "repair Teams: index by-manager built anew"


def test_a_lost_table_comes_back_as_it_was() -> None:
    """With its own settings, and not with what the environment has meanwhile begun to give to new tables."""
    later = Schema(DECLARED.tables, (SetTags("any", {"New": "default"}),))
    repair = RepairTable("Teams", to=[CREATE])
    assert repair.apply(later) == later
    assert repair.start(later) is None
    (step,) = calls(repair.steps(later))
    assert step.method == "create_table"
    assert step.after == DECLARED.table("Teams")
    assert repair.describe() == "repair Teams: created again, empty"


def test_what_it_does_not_name_goes_back_to_what_each_environment_declares() -> None:
    """Capacity that pyproject.toml gives differs from one environment to the next, so no script can say it."""
    schema = CREATE.apply(Schema(defaults=(SetBilling("any", "PROVISIONED", Throughput(5, 5)),)))
    repair = RepairTable("Teams", to=[], found=[SetBilling("Teams", "PROVISIONED", Throughput(9, 9))])
    assert repair.describe() == "repair Teams: billing as declared"
    first, *_ = requests(repair, schema)
    assert first == {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}


def test_its_reverse_is_the_same_again() -> None:
    """Nobody wants the drift back."""
    repair = RepairTable("Teams", to=[BY_MANAGER])
    assert repair.reverse(DECLARED) == repair


@pytest.mark.parametrize(
    ("to", "found", "hazard"),
    [
        ([BY_MANAGER], [], None),
        (
            [SetPointInTimeRecovery("Teams", enabled=True)],
            [SetPointInTimeRecovery("Teams", enabled=False)],
            None,
        ),
        (
            [BY_MANAGER],
            [Index("by-manager", S("x"))],
            "queries on index by-manager of Teams fail until it is built again",
        ),
        (
            [SetPointInTimeRecovery("Teams", enabled=False)],
            [SetPointInTimeRecovery("Teams", enabled=True)],
            "the recovery history of table Teams is lost",
        ),
        (
            [STREAM],
            [SetStream("Teams", "OLD_IMAGE")],
            (
                "what is unread in the stream of table Teams is lost, and its consumers stay on the old stream: "
                "the new one has another ARN"
            ),
        ),
        ([STREAM], [SetStream("Teams", None)], None),
        ([CREATE], [], None),
    ],
)
def test_what_a_repair_may_lose_is_a_hazard(to: list[Any], found: list[Any], hazard: str | None) -> None:
    """An index that is dropped to be built anew, recovery or a stream that is turned off; nothing else."""
    assert RepairTable("Teams", to, found).hazard_on(DECLARED.table("Teams")) == hazard


def test_a_stream_that_nobody_declared_is_turned_off_at_a_loss() -> None:
    """Somebody may be reading it."""
    table = DECLARED.table("Teams").without_setting(SetStream)
    hazard = RepairTable("Teams", [], [SetStream("Teams", "NEW_IMAGE")]).hazard_on(table)
    assert hazard == "what is unread in the stream of table Teams is lost"


@given(data=st.data(), table=strategies.tables())
def test_repairing_a_setting_loses_what_setting_it_back_loses(data: DataObject, table: Table) -> None:
    """By the same answer: no setting is forgotten here."""
    kind = data.draw(st.sampled_from(SETTINGS))
    found = data.draw(strategies.settings_of(table, kind))
    back = found.reverse(Schema({table.name: table}))
    assert RepairTable(table.name, [], [found]).hazard_on(table) == back.hazard_on(found.on(table))


@pytest.mark.parametrize(
    ("to", "found", "complaint"),
    [
        ([], [], "needs what it brings the table to"),
        (["by hand"], [], "leads to settings, AddIndex or CreateTable"),
        ([DropIndex("Teams", "by-manager")], [], "leads to settings, AddIndex or CreateTable"),
        ([DropTable("Teams")], [], "leads to settings, AddIndex or CreateTable"),
        ([RepairTable("Teams", [BY_MANAGER])], [], "leads to settings, AddIndex or CreateTable"),
        ([AddIndex("Users", "by-manager", S("x"))], [], "names table 'Users'"),
        ([STREAM], [], "says what stream will be, but not what was found of it"),
        ([CREATE, BY_MANAGER], [], "by its CreateTable alone"),
        ([CREATE], [SetStream("Teams", None)], "by its CreateTable alone"),
        ([BY_MANAGER], [BY_MANAGER], "settings and indexes, not AddIndex"),
        ([STREAM], [SetStream("Teams", None), SetStream("Users", None)], "what was found names table 'Users'"),
        (
            [STREAM],
            [SetStream("Teams", None), Index("x-index", S("x"))],
            "'x-index' was found, but its repair has no AddIndex",
        ),
    ],
)
def test_a_repair_that_makes_no_sense_is_refused(to: list[Any], found: list[Any], complaint: str) -> None:
    """When the script is read, not when it runs."""
    with pytest.raises(DefinitionError, match=complaint):
        RepairTable("Teams", to, found)


@pytest.mark.parametrize(
    "to",
    [
        SetStream("Teams", "OLD_IMAGE"),
        AddIndex("Teams", "no-index", S("x")),
        AddIndex("Teams", "by-manager", N("managerId")),
        CreateTable("Teams", S("id"), indexes=[BY_MANAGER.index], settings=[STREAM]),
        CreateTable("Teams", S("teamId"), settings=[STREAM]),
        CreateTable(
            "Teams", S("teamId"), N("at"), indexes=[BY_MANAGER.index], local_indexes=[LocalIndex("x-index", N("x"))]
        ),
        CreateTable("Teams", S("teamId"), indexes=[BY_MANAGER.index], settings=[SetStream("Teams", "OLD_IMAGE")]),
    ],
)
def test_a_repair_to_what_nobody_declares_does_not_apply(to: Operation) -> None:
    """The script says what will be, so that has to be what the scripts before it declare."""
    found = [SetStream("Teams", None)] if isinstance(to, SetStream) else []
    with pytest.raises(InapplicableOperation, match=to.describe()):
        RepairTable("Teams", [to], found).apply(DECLARED)


def test_a_table_that_nobody_declares_cannot_be_repaired() -> None:
    """As any operation on it."""
    with pytest.raises(InapplicableOperation, match="Users"):
        RepairTable("Users", [CreateTable("Users", S("id"))]).apply(DECLARED)


@pytest.mark.parametrize("given", [{}, {"Env": "prod"}, {"Env": "dev", "Team": "default"}])
def test_one_script_repairs_every_environment(given: dict[str, str]) -> None:
    """What an environment gives to its tables is no part of what the script is checked against."""
    create = CreateTable("Teams", S("teamId"), settings=[SetTags("Teams", {"Team": "core"})])
    defaults = (SetTags("any", given), SetBilling("any", "PROVISIONED", Throughput(5, 5))) if given else ()
    schema = create.apply(Schema(defaults=defaults))
    assert RepairTable("Teams", to=[create]).apply(schema) == schema
    tags = RepairTable("Teams", [SetTags("Teams", {"Team": "core"})], [SetTags("Teams", {"Team": "ours"})])
    assert tags.apply(schema) == schema
    assert lines(tags, schema) == ["~ tags Team=ours → Team=core"]
    billing = RepairTable("Teams", to=[ON_DEMAND], found=[SetBilling("Teams", "PROVISIONED", Throughput(9, 9))])
    assert billing.apply(schema) == schema


@given(table=strategies.tables(), other=strategies.tables("Other"))
@settings(max_examples=40)
def test_every_repair_of_settings_ends_with_what_is_declared(table: Any, other: Any) -> None:
    """Whatever values were set by hand, and in whatever number of calls."""
    found = [s.for_table(table.name) for s in other.settings if not isinstance(s, SetTags | SetBilling)]
    declared = {type(setting) for setting in table.settings}
    evidence = [setting for setting in found if type(setting) in declared] or [SetTimeToLive(table.name, "by-hand")]
    schema = Schema({table.name: table})
    to = [table.setting(type(setting)) for setting in evidence if type(setting) in declared]
    repair = RepairTable(table.name, to, evidence)
    assert repair.apply(schema) == schema
    steps = repair.steps(schema)
    if steps:
        after = steps[-1].after
        assert after is not None
        for kind in declared:
            assert table.setting(kind).matches(after.setting(kind))
