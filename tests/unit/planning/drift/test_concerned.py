"""What an operation meets of its table: what stops it, what it leaves, and what its requests say of the rest."""

from dataclasses import replace

import pytest

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, Operation, RepairTable, SetBilling, SetStream
from osem_migrate.planning.drift.concerned import deviation, fitted
from osem_migrate.planning.drift.foreseen import foresee, table_after
from osem_migrate.planning.plan import PlannedOperation
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, S, Schema, Table, Throughput
from osem_migrate.schema.value import altered, as_found
from tests.unit.planning.builders import applied, live, live_of, migration

BY_A, BY_B = Index("by-a", S("a")), Index("by-b", S("b"))
EXTRA = Index("extra", S("x"))
CREATE = CreateTable("Teams", S("id"), indexes=[BY_A, BY_B], settings=[SetStream("Teams", "NEW_IMAGE")])
TEAMS: Table = CREATE.apply(Schema()).table("Teams")
NEW = AddIndex("Teams", "new", S("c"))


def planned(operation: Operation, create: CreateTable = CREATE) -> PlannedOperation:
    """The operation in a script behind the table's."""
    scripts = migration(1, create), migration(2, operation)
    return make_plan(scripts, applied(scripts[0])).operations[0]


def attributes(operation: PlannedOperation) -> list[str]:
    """What its only request names as key attributes."""
    (call,) = operation.calls
    return [one["AttributeName"] for one in call.parameters["AttributeDefinitions"]]


def with_indexes(*indexes: Index) -> LiveTable:
    """The table with these indexes."""
    return live(altered(TEAMS, indexes=indexes))


def test_a_request_names_the_attributes_of_the_indexes_that_are_there() -> None:
    """AWS refuses attributes that no key uses, as those of a lost index."""
    assert attributes(planned(NEW)) == ["a", "b", "c", "id"]
    assert attributes(fitted(planned(NEW), with_indexes(BY_A))) == ["a", "c", "id"]
    assert attributes(fitted(planned(NEW), with_indexes(BY_A, BY_B, EXTRA))) == ["a", "b", "c", "id", "x"]
    repair = RepairTable("Teams", to=[AddIndex.of("Teams", BY_B)])
    assert attributes(fitted(planned(repair), with_indexes(EXTRA))) == ["b", "id", "x"]


def test_an_index_that_no_script_could_declare_is_no_part_of_a_request() -> None:
    """It is evidence: nothing fails at it, and it is left as it is."""
    odd = as_found(Index, "odd", S("x"), projection="VECTOR")
    found = with_indexes(BY_A, BY_B, odd)
    assert attributes(fitted(planned(NEW), found)) == ["a", "b", "c", "id"]
    assert [one.subject for one in deviation(planned(NEW), found, TEAMS).left] == ["odd"]


def test_capacity_is_not_asked_for_an_index_that_is_gone() -> None:
    """A switch to provisioned capacity has to name every index that there is, and no other."""
    switch = SetBilling.provisioned("Teams", read=5, write=5)
    (call,) = fitted(planned(switch), with_indexes(BY_B)).calls
    assert [one["Update"]["IndexName"] for one in call.parameters["GlobalSecondaryIndexUpdates"]] == ["by-b"]


def test_a_switch_to_provisioned_capacity_names_an_index_that_nobody_declares() -> None:
    """AWS refuses it otherwise; such an index stops nothing, and gets what its table gets."""
    switch = planned(SetBilling.provisioned("Teams", read=5, write=5))
    found = with_indexes(BY_A, BY_B, EXTRA)
    assert not deviation(switch, found, switch.before).stopping
    (call,) = fitted(switch, found).calls
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    assert call.parameters["GlobalSecondaryIndexUpdates"] == [
        {"Update": {"IndexName": name, "ProvisionedThroughput": units}} for name in ("by-a", "by-b", "extra")
    ]


def test_a_request_names_an_index_that_a_later_operation_declares() -> None:
    """It is no surprise, but it is there already."""
    switch = SetBilling.provisioned("Teams", read=5, write=5)
    scripts = migration(1, CREATE), migration(2, switch), migration(3, AddIndex.of("Teams", EXTRA))
    first, second = make_plan(scripts, applied(scripts[0])).operations
    found = with_indexes(BY_A, BY_B, EXTRA)
    (call,) = fitted(first, found).calls
    assert [one["Update"]["IndexName"] for one in call.parameters["GlobalSecondaryIndexUpdates"]][-1] == "extra"
    assert fitted(second, found) == second


def test_what_needs_nothing_of_the_rest_stays_as_it_was_planned() -> None:
    """And so does what finds everything as declared."""
    stream = planned(SetStream("Teams", "KEYS_ONLY"))
    assert fitted(stream, with_indexes(EXTRA)) is stream
    assert fitted(planned(NEW), live_of(TEAMS)) == planned(NEW)


def test_drift_of_the_billing_is_not_taken_for_what_is_meant() -> None:
    """It stops the index as long as no script declares it."""
    provisioned = TEAMS.with_setting(SetBilling("Teams", "PROVISIONED", Throughput(5, 5)))
    new = fitted(planned(NEW), live_of(provisioned))
    assert [one.code for one in deviation(new, live_of(provisioned), new.before).stopping] == ["DRIFT_BILLING"]


@pytest.mark.parametrize("table", [None, TEAMS])
def test_a_table_that_is_missing_or_there_stops_whatever_expects_the_contrary(table: Table | None) -> None:
    """No operation is ever concerned so little that it would do without its table."""
    operation = planned(NEW) if table is None else planned(NEW).on(None)
    assert deviation(operation, live(table, name="Teams"), operation.before).stopping


def test_drift_is_foreseen_up_to_what_stops_at_it() -> None:
    """Each difference once: as one that stops an operation, where it does; behind that nothing is foreseen."""
    scripts = (
        migration(1, CREATE),
        migration(2, NEW),
        migration(3, SetStream("Teams", "KEYS_ONLY")),
        migration(4, DropIndex("Teams", "by-a")),
    )
    plan = make_plan(scripts, applied(scripts[0]))
    changed = replace(TEAMS, indexes=[replace(BY_A, projection="KEYS_ONLY")])
    found = {(one.difference.subject, one.stops) for one in foresee(plan, [live(changed)])}
    assert found == {("by-a", "0004_change"), ("by-b", None)}
    streaming = changed.with_setting(SetStream("Teams", "OLD_IMAGE"))
    found = {(one.difference.subject, one.stops) for one in foresee(plan, [live(streaming)])}
    assert found == {("by-a", None), ("by-b", None), ("Teams", "0003_change")}


def test_a_table_after_a_plan_is_as_declared_but_for_what_was_left() -> None:
    """A table that the plan does not touch is as it is."""
    scripts = (migration(1, CREATE), migration(2, NEW))
    plan = make_plan(scripts, applied(scripts[0]))
    after = table_after(plan, with_indexes(BY_A)).table
    assert after is not None
    assert [index.name for index in after.indexes] == ["by-a", "new"]
    others = live(CreateTable("Others", S("id")).apply(Schema()).table("Others"))
    assert table_after(plan, others) == others
