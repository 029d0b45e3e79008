"""RepairTable undoes what was done by hand, and leaves a table alone that is as declared."""

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
    RepairTable,
    SetBilling,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.step import calls
from osem_migrate.schema import Index, S, Schema, Table, Throughput
from tests import strategies

CREATE = CreateTable(
    "Teams", S("teamId"), indexes=[Index("by-manager", S("managerId"))], settings=[SetStream("Teams", "NEW_IMAGE")]
)
DECLARED = CREATE.apply(Schema(defaults=(SetDeletionProtection("any", enabled=True),)))


def requests(repair: RepairTable, schema: Schema = DECLARED) -> list[dict[str, Any]]:
    """The parameters of every call."""
    return [dict(step.parameters) for step in calls(repair.steps(schema))]


def test_a_lost_index_is_added_as_it_was_declared() -> None:
    """The repair begins with the table that lacks it and ends with the declared one, which it does not change."""
    repair = RepairTable("Teams", [DropIndex("Teams", "by-manager")])
    assert repair.apply(DECLARED) == DECLARED
    start = repair.start(DECLARED)
    assert start is not None
    assert start.indexes == ()
    (step,) = calls(repair.steps(DECLARED))
    assert step.parameters["GlobalSecondaryIndexUpdates"][0]["Create"]["IndexName"] == "by-manager"
    assert step.after == DECLARED.table("Teams")


def test_several_changes_are_undone_the_last_first() -> None:
    """As they were made, in the other direction, one concern a call."""
    billing = SetBilling("Teams", "PROVISIONED", Throughput(3, 3))
    repair = RepairTable("Teams", [DropIndex("Teams", "by-manager"), billing, SetStream("Teams", None)])
    stream, mode, index = requests(repair)
    assert stream == {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    assert mode == {"BillingMode": "PAY_PER_REQUEST"}
    assert "GlobalSecondaryIndexUpdates" in index
    assert repair.describe() == (
        "repair Teams: undo drop index by-manager from Teams, "
        "set billing of Teams to provisioned, 3 read and 3 write units, set stream of Teams to off"
    )


def test_a_lost_table_comes_back_as_it_was() -> None:
    """With its own settings, and not with what the environment has meanwhile begun to give to new tables."""
    later = Schema(DECLARED.tables, (SetTags("any", {"New": "default"}),))
    repair = RepairTable("Teams", [DropTable("Teams")])
    assert repair.start(later) is None
    (step,) = calls(repair.steps(later))
    assert step.method == "create_table"
    assert step.after == DECLARED.table("Teams")


def test_its_reverse_is_the_same_again() -> None:
    """Nobody wants the drift back."""
    repair = RepairTable("Teams", [DropIndex("Teams", "by-manager")])
    assert repair.reverse(DECLARED) == repair


@pytest.mark.parametrize(
    ("drift", "hazard"),
    [
        ([DropIndex("Teams", "by-manager")], None),
        ([SetPointInTimeRecovery("Teams", enabled=False)], None),
        (
            [DropIndex("Teams", "by-manager"), AddIndex("Teams", "by-manager", S("x"))],
            "queries on index by-manager of Teams fail until it is built again",
        ),
        ([SetPointInTimeRecovery("Teams", enabled=True)], "the recovery history of table Teams is lost"),
        (
            [SetStream("Teams", "OLD_IMAGE")],
            (
                "what is unread in the stream of table Teams is lost, and its consumers stay on the old stream: "
                "the new one has another ARN"
            ),
        ),
        ([SetStream("Teams", None)], None),
        ([DropTable("Teams")], None),
    ],
)
def test_what_undoing_may_lose_is_a_hazard(drift: list[Any], hazard: str | None) -> None:
    """An index that is dropped to be built anew, recovery or a stream that is turned off; nothing else."""
    assert RepairTable("Teams", drift).hazard_on(DECLARED.table("Teams")) == hazard


def test_a_stream_that_nobody_declared_is_turned_off_at_a_loss() -> None:
    """Somebody may be reading it."""
    table = DECLARED.table("Teams").without_setting(SetStream)
    hazard = RepairTable("Teams", [SetStream("Teams", "NEW_IMAGE")]).hazard_on(table)
    assert hazard == "what is unread in the stream of table Teams is lost"


@given(data=st.data(), table=strategies.tables())
def test_undoing_a_setting_loses_what_setting_it_back_loses(data: DataObject, table: Table) -> None:
    """By the same answer: no setting is forgotten here."""
    kind = data.draw(st.sampled_from(SETTINGS))
    drift = data.draw(strategies.settings_of(table, kind))
    back = drift.reverse(Schema({table.name: table}))
    assert RepairTable(table.name, [drift]).hazard_on(table) == back.hazard_on(drift.on(table))


@pytest.mark.parametrize(
    ("drift", "complaint"),
    [
        ([], "a repair needs the drift"),
        (["by hand"], "not a drift of a table"),
        ([CREATE], "not a drift of a table"),
        ([RepairTable("Teams", [DropTable("Teams")])], "not a drift of a table"),
        ([DropTable("Users")], "names table 'Users'"),
    ],
)
def test_a_drift_that_makes_no_sense_is_refused(drift: list[Any], complaint: str) -> None:
    """When the script is read, not when it runs."""
    with pytest.raises(DefinitionError, match=complaint):
        RepairTable("Teams", drift)


def test_a_drift_that_could_not_have_happened_does_not_apply() -> None:
    """An index can only have been dropped from a table that has it."""
    with pytest.raises(InapplicableOperation, match="no-index"):
        RepairTable("Teams", [DropIndex("Teams", "no-index")]).apply(DECLARED)
    with pytest.raises(InapplicableOperation, match="Users"):
        RepairTable("Users", [DropTable("Users")]).apply(DECLARED)


@given(table=strategies.tables(), other=strategies.tables("Other"))
@settings(max_examples=60)
def test_every_repair_of_settings_ends_with_what_is_declared(table: Any, other: Any) -> None:
    """Whatever values were set by hand, and in whatever number of calls."""
    found = [s.for_table(table.name) for s in other.settings if not isinstance(s, SetTags | SetBilling)]
    declared = {type(setting) for setting in table.settings}
    drift = [setting for setting in found if type(setting) in declared] or [SetTimeToLive(table.name, "by-hand")]
    schema = Schema({table.name: table})
    repair = RepairTable(table.name, drift)
    assert repair.apply(schema) == schema
    steps = repair.steps(schema)
    if steps:
        after = steps[-1].after
        assert after is not None
        for kind in declared:
            assert table.setting(kind).matches(after.setting(kind))
