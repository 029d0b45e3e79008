"""Laws that hold for every operation on every schema it applies to."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osem_migrate import operations
from osem_migrate.migration import Migration
from osem_migrate.operations import DropTable, Operation, SetBilling, SetTags, Setting
from osem_migrate.operations.step import Call, calls
from osem_migrate.schema import Key, Schema, Table, Throughput
from tests import strategies
from tests.unit.operations.service_model import assert_accepted

UNLIMITED = Throughput(None, None)
ALONE = {"DeletionProtectionEnabled", "SSESpecification", "TableClass"}


def effective(schema: Schema) -> Schema:
    """The schema as AWS would see it: what is at AWS's default counts as never declared.

    That is the one difference that going there and back may leave, because an operation can only set a default, not
    take the declaration itself away. A removed tag and time to live that is off count as defaults too. An index with
    the table's capacity is the same whether it says so or not.
    """
    return replace(schema, tables={name: _effective(table) for name, table in schema.tables.items()})


def _effective(table: Table) -> Table:
    billing = table.setting(SetBilling) or SetBilling.default(table.name)
    indexes = [replace(index, throughput=billing.index_throughput(index.throughput)) for index in table.indexes]
    return replace(table, indexes=indexes, settings=_beyond_defaults(table))


def _beyond_defaults(table: Table) -> list[Setting]:
    plain = [_without_removals(setting) for setting in table.settings]
    return [setting for setting in plain if not setting.matches(setting.default(table.name))]


def _without_removals(setting: Setting) -> Setting:
    if not isinstance(setting, SetTags):
        return setting
    return SetTags(setting.table, {key: text for key, text in setting.tags.items() if text is not None})


@st.composite
def changes(draw: st.DrawFn) -> tuple[Schema, Operation]:
    """A schema and an operation that applies to it."""
    schema = draw(strategies.schemas())
    return schema, draw(strategies.operations(schema))


@given(changes())
def test_going_there_and_back_changes_nothing(change: tuple[Schema, Operation]) -> None:
    """The reverse of an operation leads from after it to before it, and indexes get back just what they declared."""
    before, operation = change
    back = operation.reverse(before).apply(operation.apply(before))
    assert effective(back) == effective(before)
    for name, table in before.tables.items():
        assert back.table(name).all_indexes == table.all_indexes


@given(changes())
def test_the_last_step_ends_where_apply_says(change: tuple[Schema, Operation]) -> None:
    """The steps end at what ``apply`` promises; no steps means that nothing changes."""
    before, operation = change
    after = operation.apply(before)
    steps = operation.steps(before)
    if steps:
        assert steps[-1].after == after.tables.get(operation.table)
    else:
        assert effective(after) == effective(before)


@given(changes())
def test_every_step_is_a_request_that_dynamodb_accepts(change: tuple[Schema, Operation]) -> None:
    """No request is malformed or mixes concerns, and each leaves a valid table with settings of its own."""
    before, operation = change
    for step in calls(operation.steps(before)):
        assert_accepted(step)
        _assert_one_concern(step)
        assert step.table == operation.table
        if step.after is None:
            assert isinstance(operation, DropTable)
        else:
            assert replace(step.after) == step.after
            assert {step.after.name, *(setting.table for setting in step.after.settings)} == {operation.table}


def _assert_one_concern(step: Call) -> None:
    """One index is created or deleted by a call, and protection, encryption and class travel alone."""
    if step.method != "update_table":
        return
    members = set(step.parameters)
    assert not members & ALONE or len(members) == 1
    updates = step.parameters.get("GlobalSecondaryIndexUpdates", [])
    if any("Update" not in update for update in updates):
        assert len(updates) == 1
        assert members <= {"AttributeDefinitions", "GlobalSecondaryIndexUpdates"}


@given(strategies.tables(), st.data())
def test_throughput_after_each_step_is_what_the_requests_say(table: Table, data: st.DataObject) -> None:
    """Folding the requests over what the table has gives what each step claims, and nothing is sent twice."""
    before = Schema({table.name: table})
    operation = data.draw(strategies.settings_of(table, SetBilling))
    after = operation.apply(before)
    for changing, schema in ((operation, before), (operation.reverse(before), after)):
        state = _capacity(schema.table(table.name))
        for step in calls(changing.steps(schema)):
            state = _performed(state, step)
            assert step.after is not None
            assert state == _capacity(step.after)
        assert state == _capacity(changing.apply(schema).table(table.name))


@given(changes())
def test_asking_an_operation_changes_nothing(change: tuple[Schema, Operation]) -> None:
    """Schema and operation stay as they were, and tables of others do so even in the result: lanes run side by side."""
    before, operation = change
    untouched = copy.deepcopy((before, operation))
    after = operation.apply(before)
    operation.steps(before)
    operation.reverse(before)
    assert (before, operation) == untouched
    assert before.without_table(operation.table) == after.without_table(operation.table)
    for text in (operation.describe(), operation.hazard or operation.table):
        assert operation.table in text
        assert text.strip() == text
        assert "\n" not in text


@given(strategies.operation_sequences(), strategies.operation_sequences())
def test_a_checksum_tells_operations_apart(one: tuple[Operation, ...], other: tuple[Operation, ...]) -> None:
    """Equal declarations have equal checksums and different ones never do, hash by hash."""
    first, second = Migration("0001_a", 1, one), Migration("0002_b", 2, other)
    assert (first.checksum == second.checksum) == (one == other)
    for operation, digest in zip(one, first.operation_hashes, strict=True):
        for another, its_digest in zip(other, second.operation_hashes, strict=True):
            assert (digest == its_digest) == (operation == another)


@given(strategies.operation_sequences())
def test_a_sequence_can_be_undone_step_by_step(sequence: tuple[Operation, ...]) -> None:
    """Reversing newest first leads all the way back to the empty schema."""
    states = [Schema()]
    for operation in sequence:
        states.append(operation.apply(states[-1]))
    schema = states[-1]
    for operation, before in zip(reversed(sequence), reversed(states[:-1]), strict=True):
        schema = operation.reverse(before).apply(schema)
    assert schema == Schema()


@given(st.sampled_from(strategies.TABLE_NAMES), st.data())
def test_a_table_without_declarations_can_be_changed(name: str, data: st.DataObject) -> None:
    """A table that never declared a setting (adopted from elsewhere) is changed and changed back like any other."""
    bare = replace(data.draw(strategies.tables(name)), settings=())
    bare = replace(bare, indexes=[replace(index, throughput=None) for index in bare.indexes])
    before = Schema({name: bare})
    operation = data.draw(strategies.operations(before, [name]))
    after = operation.apply(before)
    for step in calls(operation.steps(before)):
        assert_accepted(step)
    if not isinstance(operation, DropTable):
        assert effective(operation.reverse(before).apply(after)) == effective(before)


Capacity = tuple[str, Mapping[str | None, Throughput | None]]


def _capacity(table: Table) -> Capacity:
    """Billing mode, and the real throughput of the table (under None) and of each index."""
    billing = table.setting(SetBilling) or SetBilling.default(table.name)
    units: dict[str | None, Throughput | None] = {None: billing.throughput}
    for index in table.indexes:
        units[index.name] = billing.index_throughput(index.throughput)
    return billing.mode, units


def _performed(state: Capacity, step: Call) -> Capacity:
    """What DynamoDB makes of one call about billing; it refuses capacity that is there already."""
    mode, units = state
    request = step.parameters
    switch = request.get("BillingMode", mode)
    if switch != mode:
        mode, units = switch, dict.fromkeys(units)
    units = dict(units)
    calls: list[tuple[str | None, Mapping[str, Any]]] = [(None, request)]
    calls += [(update["Update"]["IndexName"], update["Update"]) for update in _updates(request)]
    for subject, members in calls:
        sent = _sent(mode, members)
        if sent is not None:
            assert sent != units[subject], f"{subject}: sent what it has already"
            units[subject] = None if sent == UNLIMITED else sent
    assert mode == "PAY_PER_REQUEST" or None not in units.values(), "a provisioned table or index without capacity"
    return mode, units


def _updates(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    updates: list[Mapping[str, Any]] = request.get("GlobalSecondaryIndexUpdates", [])
    return updates


def _sent(mode: str, members: Mapping[str, Any]) -> Throughput | None:
    if "ProvisionedThroughput" in members:
        assert mode == "PROVISIONED"
        sent = members["ProvisionedThroughput"]
        return Throughput(sent["ReadCapacityUnits"], sent["WriteCapacityUnits"])
    if "OnDemandThroughput" in members:
        assert mode == "PAY_PER_REQUEST"
        sent = members["OnDemandThroughput"]
        read, write = sent["MaxReadRequestUnits"], sent["MaxWriteRequestUnits"]
        return Throughput(None if read == -1 else read, None if write == -1 else write)
    return None


def test_the_equivalence_is_no_wider_than_it_says() -> None:
    """The laws above would be empty if a real setting counted as a default."""
    table = strategies.TABLE_NAMES[0]
    for setting in (SetTags(table, {"Team": "core"}), SetBilling.on_demand(table, max_read=5)):
        bare = Table(table, Key("id", "S"))
        declared = Schema({table: bare.with_setting(setting)})
        assert effective(declared) != effective(Schema({table: bare}))


def test_every_kind_of_setting_is_drawn_by_the_strategies() -> None:
    """A new setting without a strategy would escape the laws."""
    assert set(strategies.SETTING_KINDS) == set(operations.SETTINGS)


@pytest.mark.parametrize("kind", operations.SETTINGS)
@settings(max_examples=40)
@given(data=st.data())
def test_settings_that_differ_differ_as_data(kind: type[Setting], data: st.DataObject) -> None:
    """What machines are told of a setting is all of its value, as JSON knows it."""
    bare = Table("Teams", Key("teamId", "S"))
    one, other = (
        _without_removals(data.draw(strategies.settings_of(bare, kind)) if drawn else kind.default("Teams"))
        for drawn in (True, data.draw(st.booleans()))
    )
    assert json.loads(json.dumps(one.data())) == one.data()
    assert (one.data() == other.data()) == (one.matches(other) and other.matches(one))
