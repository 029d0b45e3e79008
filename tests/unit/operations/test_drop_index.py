"""DropIndex: one UpdateTable with one Delete."""

import pytest

from osem_migrate.errors import InapplicableOperation
from osem_migrate.operations import AddIndex, DropIndex
from osem_migrate.schema import Index, LocalIndex, N, S, Table, Throughput
from tests.unit.operations.asking import calls, schema_of

INDEX = Index("a-index", (S("a"), S("b")), N("at"), "INCLUDE", ["name"], Throughput(5, None))
OTHER = Index("b-index", S("b"))
TEAMS = Table("Teams", S("teamId"), S("joined"), [INDEX, OTHER], [LocalIndex("l-index", S("rank"))])
DROP = DropIndex("Teams", "a-index")


def test_apply_removes_that_index_only() -> None:
    """The others stay, and so does everything else."""
    after = DROP.apply(schema_of(TEAMS)).table("Teams")
    assert after == Table("Teams", S("teamId"), S("joined"), [OTHER], [LocalIndex("l-index", S("rank"))])


def test_the_request_deletes_one_index_and_nothing_else() -> None:
    """DynamoDB prunes the attribute definitions itself."""
    assert calls(DROP, TEAMS) == [
        (
            "UpdateTable",
            {
                "TableName": "osem-test-Teams",
                "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "a-index"}}],
            },
        )
    ]
    (step,) = DROP.steps(schema_of(TEAMS))
    assert step.subject == "a-index"
    assert step.after == DROP.apply(schema_of(TEAMS)).table("Teams")


def test_reverse_adds_it_as_it_was() -> None:
    """Keys, projection and throughput come back."""
    assert DROP.reverse(schema_of(TEAMS)) == AddIndex(
        "Teams", "a-index", (S("a"), S("b")), N("at"), "INCLUDE", ["name"], Throughput(5, None)
    )


def test_describe_and_hazard() -> None:
    """Queries break at once, and that is said."""
    assert DROP.describe() == "drop index a-index from Teams"
    assert DROP.hazard == "queries on index a-index of Teams fail until it is built again"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("c-index", "no index of the table at this point"), ("l-index", "a local index and can never be dropped")],
)
def test_an_index_that_cannot_be_dropped(name: str, reason: str) -> None:
    """An unknown name and a local index are told apart."""
    drop = DropIndex("Teams", name)
    for ask in (drop.apply, drop.steps, drop.reverse):
        with pytest.raises(InapplicableOperation, match=f"table 'Teams': '{name}' is {reason}") as raised:
            ask(schema_of(TEAMS))
        assert raised.value.details == {"table": "Teams", "index": name}
