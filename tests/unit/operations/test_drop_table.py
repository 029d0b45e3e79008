"""DropTable: one DeleteTable."""

from osem_migrate.operations import CreateTable, DropTable, SetBilling, SetDeletionProtection, SetTags
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests.unit.operations.asking import calls, schema_of

TEAMS = Table("Teams", S("teamId"))
DROP = DropTable("Teams")


def test_apply_removes_the_table_only() -> None:
    """Other tables stay."""
    users = Table("Users", S("userId"))
    assert DROP.apply(schema_of(TEAMS, users)) == schema_of(users)


def test_the_request_names_the_table() -> None:
    """DeleteTable has no other member, and afterwards there is no table."""
    assert calls(DROP, TEAMS) == [("DeleteTable", {"TableName": "osem-test-Teams"})]
    (step,) = DROP.steps(schema_of(TEAMS))
    assert (step.after, step.subject) == (None, "Teams")


def test_reverse_creates_the_table_as_it_was() -> None:
    """Keys, indexes with their own capacity, and every setting come back, though the items do not."""
    settings = [
        SetBilling.provisioned("Teams", read=5, write=5),
        SetDeletionProtection("Teams", enabled=True),
        SetTags("Teams", {"Team": "core", "Old": None}),
    ]
    index = Index("a-index", S("a"), throughput=Throughput(1, 2))
    table = Table("Teams", S("teamId"), N("at"), [index], [LocalIndex("l-index", S("l"))], settings)
    reverse = DROP.reverse(schema_of(table))
    assert isinstance(reverse, CreateTable)
    assert reverse.apply(Schema()).table("Teams") == table


def test_describe_and_hazard() -> None:
    """Every item is lost, and that is said."""
    assert DROP.describe() == "drop table Teams"
    assert DROP.hazard == "every item of table Teams is lost"
