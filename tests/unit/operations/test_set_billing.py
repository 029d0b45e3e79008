"""SetBilling: four transitions between two modes, with the throughput of the table and of its indexes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations import AddIndex, SetBilling
from osem_migrate.operations.set_billing import read_throughput
from osem_migrate.schema import Index, S, Table, Throughput
from tests.unit.operations.asking import calls, schema_of

ON_DEMAND = SetBilling.on_demand("Teams")
CAPPED = SetBilling.on_demand("Teams", max_read=100)
FIVE = SetBilling.provisioned("Teams", read=5, write=5)
TEN = SetBilling.provisioned("Teams", read=10, write=10)


def teams(billing: SetBilling | None, **indexes: Throughput | None) -> Table:
    """Teams with a billing, and an index for each name, with throughput of its own or none."""
    made = [Index(f"{name}-index", S(name), throughput=throughput) for name, throughput in indexes.items()]
    return Table("Teams", S("teamId"), indexes=made, settings=[billing] if billing else [])


def updates(operation: SetBilling, table: Table) -> list[dict[str, Any]]:
    """The parameters of the UpdateTable calls, without the table's name."""
    made = calls(operation, table)
    assert {action for action, _ in made} <= {"UpdateTable"}
    return [{name: member for name, member in request.items() if name != "TableName"} for _, request in made]


def provisioned(read: int, write: int) -> dict[str, Any]:
    """The member that sets capacity."""
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def maximum(read: int, write: int) -> dict[str, Any]:
    """The member that sets maxima; -1 lifts one."""
    return {"OnDemandThroughput": {"MaxReadRequestUnits": read, "MaxWriteRequestUnits": write}}


def of_indexes(**members: dict[str, Any]) -> dict[str, Any]:
    """The member that updates indexes."""
    return {
        "GlobalSecondaryIndexUpdates": [
            {"Update": {"IndexName": f"{name}-index", **member}} for name, member in members.items()
        ]
    }


def test_to_provisioned_carries_capacity_for_the_table_and_every_index_in_one_call() -> None:
    """DynamoDB wants all of it at once; maxima of the on-demand time are gone, and unnamed indexes get the table's."""
    operation = SetBilling.provisioned("Teams", read=5, write=6, indexes={"b-index": Throughput(1, 2)})
    before = teams(CAPPED, a=Throughput(100, None), b=None)
    assert updates(operation, before) == [
        {
            "BillingMode": "PROVISIONED",
            **provisioned(5, 6),
            **of_indexes(a=provisioned(5, 6), b=provisioned(1, 2)),
        }
    ]
    assert operation.on(before) == teams(SetBilling.provisioned("Teams", read=5, write=6), a=None, b=Throughput(1, 2))


def test_to_provisioned_without_indexes_sends_no_empty_list() -> None:
    """DynamoDB refuses empty lists."""
    assert updates(FIVE, teams(ON_DEMAND)) == [{"BillingMode": "PROVISIONED", **provisioned(5, 5)}]
    assert updates(FIVE, teams(None)) == updates(FIVE, teams(ON_DEMAND))


def test_to_on_demand_needs_only_the_mode() -> None:
    """Capacity of the table and of its indexes is dropped with the mode."""
    before = teams(FIVE, a=Throughput(1, 2), b=None)
    assert updates(ON_DEMAND, before) == [{"BillingMode": "PAY_PER_REQUEST"}]
    assert ON_DEMAND.on(before) == teams(ON_DEMAND, a=None, b=None)


def test_to_on_demand_with_maxima() -> None:
    """The table's maximum travels with the mode, those of indexes follow in a call of their own."""
    operation = SetBilling.on_demand("Teams", max_read=100, indexes={"a-index": Throughput(None, 50)})
    before = teams(FIVE, a=Throughput(1, 2), b=Throughput(3, 4))
    steps = operation.steps(schema_of(before))
    assert updates(operation, before) == [
        {"BillingMode": "PAY_PER_REQUEST", **maximum(100, -1)},
        of_indexes(a=maximum(-1, 50)),
    ]
    assert steps[0].after == teams(CAPPED, a=None, b=None)
    assert steps[1].after == teams(CAPPED, a=Throughput(None, 50), b=None) == operation.on(before)


def test_more_capacity_reaches_the_indexes_that_have_the_tables() -> None:
    """DynamoDB knows no inheritance: what has the table's is raised in a second call, what has its own is not."""
    before = teams(FIVE, a=None, b=Throughput(1, 1))
    first, second = TEN.steps(schema_of(before))
    assert updates(TEN, before) == [provisioned(10, 10), of_indexes(a=provisioned(10, 10))]
    assert first.after == teams(TEN, a=Throughput(5, 5), b=Throughput(1, 1))
    assert second.after == teams(TEN, a=None, b=Throughput(1, 1)) == TEN.on(before)


def test_capacity_of_its_own_that_equals_the_tables_stays_when_the_table_changes() -> None:
    """Five of its own is not the table's five; and ten of its own is there already when the table gets ten."""
    for own in (Throughput(5, 5), Throughput(10, 10)):
        before = teams(FIVE, a=own)
        assert updates(TEN, before) == [provisioned(10, 10)]
        assert TEN.on(before) == teams(TEN, a=own)


def test_keeping_the_old_capacity_needs_no_call_for_the_index() -> None:
    """An index that had the table's five, and now has five of its own, has five throughout."""
    operation = SetBilling.provisioned("Teams", read=10, write=10, indexes={"a-index": Throughput(5, 5)})
    before = teams(FIVE, a=None)
    assert updates(operation, before) == [provisioned(10, 10)]
    assert operation.on(before) == teams(TEN, a=Throughput(5, 5))


def test_only_the_indexes_that_change_are_sent() -> None:
    """Capacity that is there already is refused, so neither the table's nor another index's is sent again."""
    own = {"a-index": Throughput(1, 1), "b-index": Throughput(5, 5), "c-index": Throughput(7, 8), "d-index": None}
    operation = SetBilling.provisioned("Teams", read=5, write=5, indexes=own)
    before = teams(FIVE, a=Throughput(1, 1), b=None, c=None, d=Throughput(2, 2))
    assert updates(operation, before) == [of_indexes(c=provisioned(7, 8), d=provisioned(5, 5))]
    assert operation.on(before) == teams(FIVE, a=Throughput(1, 1), b=Throughput(5, 5), c=Throughput(7, 8), d=None)


def test_identical_capacity_is_never_sent() -> None:
    """Not even when only the spelling of an index's capacity changes."""
    assert updates(FIVE, teams(FIVE, a=None)) == []
    spelled = SetBilling.provisioned("Teams", read=5, write=5, indexes={"a-index": Throughput(5, 5)})
    assert updates(spelled, teams(FIVE, a=None)) == []


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [
        (ON_DEMAND, CAPPED, [maximum(100, -1)]),
        (CAPPED, ON_DEMAND, [maximum(-1, -1)]),
        (CAPPED, SetBilling.on_demand("Teams", max_write=7), [maximum(-1, 7)]),
        (CAPPED, CAPPED, []),
        (ON_DEMAND, ON_DEMAND, []),
        (None, ON_DEMAND, []),
        (None, CAPPED, [maximum(100, -1)]),
    ],
)
def test_maxima_of_an_on_demand_table(before: SetBilling | None, after: SetBilling, sent: list[dict[str, Any]]) -> None:
    """A maximum is set, changed side by side, and lifted by -1; the mode is not sent again."""
    assert updates(after, teams(before, a=None)) == sent


def test_maxima_of_on_demand_indexes() -> None:
    """Set, kept when not named, and lifted by None."""
    operation = SetBilling.on_demand("Teams", indexes={"a-index": Throughput(9, 9), "b-index": None})
    before = teams(CAPPED, a=None, b=Throughput(1, 1), c=Throughput(2, None))
    assert updates(operation, before) == [maximum(-1, -1), of_indexes(a=maximum(9, 9), b=maximum(-1, -1))]
    assert operation.on(before) == teams(ON_DEMAND, a=Throughput(9, 9), b=None, c=Throughput(2, None))


def test_the_setting_on_the_table_names_no_indexes() -> None:
    """What an index has stands at the index, once."""
    operation = SetBilling.provisioned("Teams", read=5, write=5, indexes={"a-index": Throughput(1, 1)})
    assert operation.on(teams(ON_DEMAND, a=None)).setting(SetBilling) == FIVE


BILLINGS = st.sampled_from([ON_DEMAND, CAPPED, FIVE, TEN])
UNITS = st.sampled_from([None, Throughput(5, 5), Throughput(10, 10), Throughput(3, 4)])


@given(BILLINGS, BILLINGS, UNITS, st.dictionaries(st.just("a-index"), UNITS))
def test_reverse_restores_table_and_indexes(
    before: SetBilling, after: SetBilling, own: Throughput | None, named: dict[str, Throughput | None]
) -> None:
    """Every transition goes back exactly, also where an index had what the table has."""
    table = teams(before, a=own, b=None)
    operation = SetBilling(after.table, after.mode, after.throughput, named)
    reverse = operation.reverse(schema_of(table))
    assert isinstance(reverse, SetBilling)
    assert reverse.on(operation.on(table)) == table


def test_reverse_names_only_the_indexes_that_need_it() -> None:
    """A reversal that somebody reads says no more than it must."""
    assert TEN.reverse(schema_of(teams(FIVE, a=None, b=Throughput(1, 1)))) == FIVE
    assert ON_DEMAND.reverse(schema_of(teams(FIVE, a=None, b=Throughput(1, 1)))) == SetBilling.provisioned(
        "Teams", read=5, write=5, indexes={"b-index": Throughput(1, 1)}
    )
    assert FIVE.reverse(schema_of(teams(None))) == ON_DEMAND


@pytest.mark.parametrize(
    ("billing", "text"),
    [
        (ON_DEMAND, "set billing of Teams to on-demand"),
        (CAPPED, "set billing of Teams to on-demand, at most 100 read and ∞ write units"),
        (FIVE, "set billing of Teams to provisioned, 5 read and 5 write units"),
    ],
)
def test_describe(billing: SetBilling, text: str) -> None:
    """Mode and numbers."""
    assert billing.describe() == text
    assert billing.hazard is None


def test_one_spelling() -> None:
    """No maximum is None, however it is written, and index names have no order."""
    assert SetBilling("Teams", "PAY_PER_REQUEST", Throughput(None, None)) == ON_DEMAND == SetBilling("Teams")
    one = SetBilling.on_demand("Teams", indexes={"b-index": Throughput(None, None), "a-index": None})
    assert one == SetBilling.on_demand("Teams", indexes={"a-index": None, "b-index": None})
    assert list(one.indexes) == ["a-index", "b-index"]


@pytest.mark.parametrize(
    ("throughput", "indexes", "complaint"),
    [
        (None, {}, "table 'Teams': provisioned billing needs read and write capacity"),
        (Throughput(None, None), {}, "table 'Teams': provisioned billing needs read and write capacity"),
        (Throughput(5, None), {}, "table 'Teams': provisioned billing of the table needs both read and write"),
        (Throughput(5, 5), {"a-index": Throughput(None, 5)}, "billing of index 'a-index' needs both read and write"),
    ],
)
def test_provisioned_needs_both_sides(
    throughput: Throughput | None, indexes: dict[str, Throughput | None], complaint: str
) -> None:
    """Only a maximum may leave a side open."""
    with pytest.raises(DefinitionError, match=complaint):
        SetBilling("Teams", "PROVISIONED", throughput, indexes)


def test_units_begin_at_one() -> None:
    """Zero is below the limit for capacity and maxima alike."""
    with pytest.raises(DefinitionError, match="read must be at least 1, not 0"):
        SetBilling.provisioned("Teams", read=0, write=1)
    with pytest.raises(DefinitionError, match="write must be at least 1, not 0"):
        SetBilling.on_demand("Teams", max_write=0)


def test_an_unknown_index_does_not_apply() -> None:
    """The table knows its indexes."""
    operation = SetBilling.on_demand("Teams", indexes={"x-index": Throughput(1, 1)})
    with pytest.raises(InapplicableOperation, match="table 'Teams' has no index 'x-index'") as raised:
        operation.apply(schema_of(teams(ON_DEMAND)))
    assert raised.value.details == {"table": "Teams", "index": "x-index"}


def test_half_a_capacity_can_come_from_nowhere() -> None:
    """Whatever order things are declared in, an index of a provisioned table has a whole capacity."""
    with pytest.raises(DefinitionError, match="index 'a-index' needs both read and write capacity"):
        AddIndex("Teams", "a-index", S("a"), throughput=Throughput(5, None)).apply(schema_of(teams(FIVE)))
    halves = schema_of(teams(ON_DEMAND, a=Throughput(5, None)))
    assert FIVE.apply(halves).table("Teams").indexes[0].throughput is None


@pytest.mark.parametrize(
    ("described", "billing"),
    [
        (
            {
                "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
                "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
            },
            ON_DEMAND,
        ),
        (
            {
                "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": 0},
                "OnDemandThroughput": {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": -1},
            },
            CAPPED,
        ),
        (
            {
                "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
                "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1},
            },
            ON_DEMAND,
        ),
        ({"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}, FIVE),
        (
            {
                "BillingModeSummary": {"BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": 0},
                "ProvisionedThroughput": {
                    "LastIncreaseDateTime": 0,
                    "NumberOfDecreasesToday": 2,
                    "ReadCapacityUnits": 5,
                    "WriteCapacityUnits": 5,
                },
            },
            FIVE,
        ),
    ],
)
def test_read(described: dict[str, Any], billing: SetBilling) -> None:
    """A table that was always provisioned has no summary; zeros of an on-demand table and -1 mean nothing."""
    read = SetBilling.read("Teams", {"Table": described})
    assert read is not None
    assert billing.matches(read)
    assert not TEN.matches(read)


def test_read_throughput_of_an_index() -> None:
    """An index is described like a table, under the table's mode."""
    described = provisioned(5, 6) | maximum(7, -1)
    assert read_throughput("PROVISIONED", described) == Throughput(5, 6)
    assert read_throughput("PAY_PER_REQUEST", described) == Throughput(7, None)
    assert read_throughput("PAY_PER_REQUEST", {}) is None
