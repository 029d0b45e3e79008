"""How long DynamoDB takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from osem_migrate.files.loader import load
from osem_migrate.history import History
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetBilling,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetTableClass,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.estimate import NO_TIME, Estimate
from osem_migrate.operations.step import Step
from osem_migrate.planning.estimate import estimate_all
from osem_migrate.planning.fold import fold
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, S, Schema
from tests.unit.planning.builders import applied, created, migration

MIGRATIONS = Path(__file__).parents[3] / "migrations"
TEAMS = created(CreateTable("Teams", S("teamId"), indexes=[Index("old-index", S("old"))]))
HERE = Schema({"Teams": TEAMS})
HOUR = 60 * 60


@pytest.mark.parametrize(
    ("operation", "before", "expected"),
    [
        (CreateTable("Teams", S("teamId")), Schema(), Estimate(2, 6)),
        (CreateTable("Teams", S("teamId"), indexes=[Index("an-index", S("a"))]), Schema(), Estimate(14, 22)),
        (DropTable("Teams"), HERE, Estimate(4, 6)),
        (AddIndex("Teams", "an-index", S("a")), HERE, Estimate(468, 1000)),
        (DropIndex("Teams", "old-index"), HERE, Estimate(5, 60)),
        (SetBilling.provisioned("Teams", read=1, write=1), HERE, Estimate(60, 170)),
        (SetBilling.on_demand("Teams", max_read=5), HERE, Estimate(2, 60)),
        (SetDeletionProtection("Teams", enabled=True), HERE, Estimate(2, 60)),
        (SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS"), HERE, Estimate(2, 60)),
        (SetTags("Teams", {"Team": "core"}), HERE, Estimate(1, 3)),
        (SetPointInTimeRecovery("Teams", enabled=True), HERE, Estimate(1, 3)),
        (SetTimeToLive("Teams", "expiresAt"), HERE, Estimate(1, 3)),
    ],
    ids=lambda value: value.describe() if isinstance(value, Operation) else None,
)
def test_each_kind_of_call_has_its_measured_range(operation: Operation, before: Schema, expected: Estimate) -> None:
    """The ranges are those that were measured on AWS, in seconds."""
    (step,) = operation.steps(before)
    assert step.usual == expected


def steps(*operations: Operation) -> tuple[Step, ...]:
    """All steps of operations that follow each other, beginning with a table Teams."""
    schema, found = HERE, list[Step]()
    for operation in operations:
        found += operation.steps(schema)
        schema = operation.apply(schema)
    return tuple(found)


def test_steps_follow_each_other() -> None:
    """An estimate of several is their sum, and of none nothing."""
    assert estimate_all(()) == NO_TIME
    add, drop = AddIndex("Teams", "an-index", S("a")), DropIndex("Teams", "old-index")
    assert estimate_all(steps(add, drop)) == Estimate(473, 1060)


def test_a_second_change_of_a_time_to_live_waits_out_the_cool_down() -> None:
    """AWS refuses it for half an hour or an hour, so another attribute takes that long."""
    on, other = SetTimeToLive("Teams", "expiresAt"), SetTimeToLive("Teams", "deleteAt")
    assert estimate_all(steps(on)).high < 60
    twice = estimate_all(steps(on, SetTimeToLive("Teams", None, enabled=False)))
    assert twice == Estimate(2 + 31 * 60, 6 + HOUR)
    assert estimate_all(steps(on, other)) == Estimate(3 + 2 * 31 * 60, 9 + 2 * HOUR)


def test_the_cool_down_is_each_tables_own() -> None:
    """Another table, or a new one of the same name, has changed no time to live yet."""
    on = SetTimeToLive("Teams", "expiresAt")
    users = CreateTable("Users", S("userId"), settings=[SetTimeToLive("Users", "expiresAt")])
    assert estimate_all(steps(on, users)).high < 60
    assert estimate_all(steps(on, DropTable("Teams"), CreateTable("Teams", S("teamId")), on)).high < 60


def test_the_estimate_of_the_projects_own_tables_is_honest() -> None:
    """Tables run side by side, so it is the two builds of the slowest: a quarter of an hour at best, never a minute."""
    plan = make_plan(load(MIGRATIONS).migrations, History())
    methods = [step.method for step in plan.calls]
    assert (methods.count("create_table"), methods.count("update_table"), len(methods)) == (6, 8, 14)
    assert max(len(lane.operations) for lane in plan.lanes) == 3
    assert plan.estimate == Estimate(2 + 2 * 468, 6 + 2 * 1000) == Estimate(938, 2006)


def test_folded_the_estimate_is_that_of_one_table_with_its_indexes() -> None:
    """Nothing is waited for but the creation itself."""
    plan = fold(make_plan(load(MIGRATIONS).migrations, History()))
    assert plan.estimate == Estimate(14, 22)
    assert fold(make_plan((), History())).estimate == NO_TIME


def test_what_is_left_of_an_operation_in_the_middle_of_its_pass() -> None:
    """What the pass takes yet and what comes behind it, whatever of the operation was found done."""
    index = AddIndex("Teams", "by-owner", S("owner"), check_items=True)
    teams = migration(1, CreateTable("Teams", S("teamId")))
    plan = make_plan((teams, migration(2, index)), applied(teams))
    (key,) = (planned.key for planned in plan.operations)
    build = plan.operations[0].steps[1].usual
    assert plan.remaining((), {}, {key: 90.0}) == build + Estimate(90, 90)
    assert replace(plan, found={key: 1}).remaining((), {}, {key: 90.0}) == build + Estimate(90, 90)
