"""New: what a title asks for, and what is told where it is not clear."""

from typing import Any

import pytest
from hypothesis import given

from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTimeToLive,
)
from osem_migrate.planning.new import Understanding, understand
from osem_migrate.schema import Index, S, Schema
from tests import strategies


def schema_of(*creations: Operation) -> Schema:
    """What these create."""
    schema = Schema()
    for create in creations:
        schema = create.apply(schema)
    return schema


ALL = ("AssessmentPlans", "AssessmentReports", "Assessments", "Carts", "SessionLog", "Sessions", "Teams", "Users")
INDEXED = Index("status-index", S("status"))
TABLES = schema_of(*(CreateTable(name, S("id")) for name in ALL if name != "Carts"))


@pytest.mark.parametrize(
    ("title", "operation"),
    [
        ("create table Sessions", CreateTable("Sessions", S("sessionId"))),
        ("Create the table Sessions.", CreateTable("Sessions", S("sessionId"))),
        ("create the Sessions table", CreateTable("Sessions", S("sessionId"))),
        ("create sessions", CreateTable("Sessions", S("sessionId"))),
        ("  create   table\tAudit ", CreateTable("Audit", S("auditId"))),
        ("drop table Teams", DropTable("Teams")),
        ("remove the teams table", DropTable("Teams")),
        ("add status index to Plans", AddIndex("AssessmentPlans", "status-index", S("status"))),
        ("add status index to plans", AddIndex("AssessmentPlans", "status-index", S("status"))),
        ("add the status-index to the Plans table", AddIndex("AssessmentPlans", "status-index", S("status"))),
        ("add index managerId-index to Teams", AddIndex("Teams", "managerId-index", S("managerId"))),
        ("add an index status on Teams", AddIndex("Teams", "status-index", S("status"))),
        ("create index status on Teams", AddIndex("Teams", "status-index", S("status"))),
        (
            "add planId-teamMemberId index to Assessments",
            AddIndex("Assessments", "planId-teamMemberId-index", S("planId"), S("teamMemberId")),
        ),
        ("add a status index to Sessions", AddIndex("Sessions", "status-index", S("status"))),
        ("add a status index to sessions", AddIndex("Sessions", "status-index", S("status"))),
        ("drop index status from Plans", DropIndex("AssessmentPlans", "status-index")),
        ("drop index status-index from Plans", DropIndex("AssessmentPlans", "status-index")),
        ("drop the status index from Plans", DropIndex("AssessmentPlans", "status-index")),
        ("remove status-index of plans", DropIndex("AssessmentPlans", "status-index")),
    ],
)
def test_a_title_names_its_operation(title: str, operation: Operation) -> None:
    """Titles in the words of ``describe``, in the order people use, name one operation on a table that exists."""
    indexed = AddIndex.of("AssessmentPlans", INDEXED).apply(TABLES) if isinstance(operation, DropIndex) else TABLES
    assert understand(title, indexed) == Understanding(operation, f"Understood: {operation.describe()}.")


@pytest.mark.parametrize(
    "title",
    [
        "",
        "make everything faster",
        "create table",
        "create index",
        "drop index",
        "drop Teams",
        "create table Größe",
        "add -x index to Teams",
        "add status index",
        "add status index to Teams and Plans",
        "create tables for sessions and users",
        "create table ../../etc/passwd",
        "索引を追加",
    ],
)
def test_a_title_that_names_no_operation_is_only_a_title(title: str) -> None:
    """A guess is never an error, and never a name that DynamoDB would refuse."""
    assert understand(title, TABLES) == Understanding()


@given(strategies.operation_sequences())
def test_an_operations_own_description_is_understood(drawn: tuple[Operation, ...]) -> None:
    """The words in which a plan shows an operation are words to ask for it again."""
    schema = Schema()
    for operation in drawn:
        understood = understand(operation.describe(), schema).operation
        if isinstance(operation, CreateTable):
            assert isinstance(understood, CreateTable)
            assert understood.table == operation.table
        elif isinstance(operation, DropTable | DropIndex):
            named = not isinstance(operation, DropIndex) or operation.name.endswith("-index")
            assert understood == operation or not named
        elif isinstance(operation, SetTimeToLive | SetStream | SetPointInTimeRecovery | SetDeletionProtection):
            setting: Any = operation
            declared = schema.tables[operation.table].setting(type(setting))
            same = declared is not None and setting.matches(declared)
            assert understood is None if same else setting.matches(understood)
        schema = operation.apply(schema)


@pytest.mark.parametrize(
    ("title", "operation"),
    [
        ("enable ttl on sessions", SetTimeToLive("Sessions", "expiresAt")),
        ("Enable TTL on the sessions table.", SetTimeToLive("Sessions", "expiresAt")),
        ("add time to live to Sessions", SetTimeToLive("Sessions", "expiresAt")),
        ("turn on time-to-live for session log by endsAt", None),
        ("turn on time-to-live for SessionLog by endsAt", SetTimeToLive("SessionLog", "endsAt")),
        ("disable ttl on Sessions", SetTimeToLive("Sessions", None, enabled=False)),
        ("enable streams on Team", SetStream("Teams", "NEW_AND_OLD_IMAGES")),
        ("enable a stream on Teams with keys_only", SetStream("Teams", "KEYS_ONLY")),
        ("enable stream on Teams with images", None),
        ("drop the stream from teams", SetStream("Teams", None)),
        ("enable pitr on users", SetPointInTimeRecovery("Users", enabled=True)),
        ("enable point-in-time recovery on Users for 7 days", SetPointInTimeRecovery("Users", enabled=True, days=7)),
        ("enable backups of Users for 99 days", None),
        ("enable backups of Users for ever", None),
        ("turn off backups for Users", SetPointInTimeRecovery("Users", enabled=False)),
        ("enable deletion protection on Users", SetDeletionProtection("Users", enabled=True)),
        ("set deletion protection of Users to off", SetDeletionProtection("Users", enabled=False)),
        ("set deletion protection of Users to strict", None),
        ("enable everything on Users", None),
        ("ttl on sessions", None),
    ],
)
def test_settings_are_asked_for_in_everyday_words(title: str, operation: Operation | None) -> None:
    """On or off, by any of the names that people use, with a value or the usual one; else it is only a title."""
    assert understand(title, TABLES).operation == operation


def test_the_attribute_of_time_to_live_is_the_one_that_others_have() -> None:
    """Where all tables with time to live have one attribute, a new one gets that."""
    schema = schema_of(
        CreateTable("Tokens", S("id"), settings=[SetTimeToLive("Tokens", "ttl")]), CreateTable("Carts", S("id"))
    )
    assert understand("enable ttl on carts", schema).operation == SetTimeToLive("Carts", "ttl")


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("add status index to Assess",
         "Assess may be AssessmentPlans or AssessmentReports or Assessments; name one of them."),
        ("enable ttl on sesions",
         f"no script creates a table sesions; did you mean 'Sessions'? (there are: {', '.join(sorted(ALL))})."),
        ("delete table Nowhere", f"no script creates a table Nowhere (there are: {', '.join(sorted(ALL))})."),
        ("add status index to Plnas", f"no script creates a table Plnas (there are: {', '.join(sorted(ALL))})."),
        ("drop index status from Team", "Teams has no index."),
        ("disable streams on Teams", "Teams has stream off already."),
        ("add owner index to Carts", "Carts has an index owner-index already, with owner S, ALL."),
        ("drop index b from Carts", "Carts has by-day, by-state, and no b-index."),
        ("drop index ownr from Carts",
         "Carts has by-day, by-state, owner-index, and no ownr-index; did you mean 'owner-index'?"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_told_and_left_open(title: str, told: str) -> None:
    """No operation is guessed: the choices are listed, and the script is the usual template."""
    carts = CreateTable(
        "Carts", S("id"), indexes=[Index(name, S("owner")) for name in ("owner-index", "by-state", "by-day")]
    )
    schema = SetStream("Teams", None).apply(carts.apply(TABLES))
    assert understand(title, schema) == Understanding(told=f"The operation is left to you: {told}")


def test_an_index_is_dropped_by_part_of_its_name() -> None:
    """Where only one index of the table has the word in its name, it is meant."""
    carts = CreateTable("Carts", S("id"), indexes=[Index("by-state", S("state")), Index("by-day", S("day"))])
    assert understand("drop the state index from Carts", schema_of(carts)).operation == DropIndex("Carts", "by-state")


def test_scripts_that_cannot_be_read_are_no_table_that_is_missing() -> None:
    """Without them nobody knows which tables there are; a title that creates one is understood all the same."""
    assert understand("create table Carts", None).operation == CreateTable("Carts", S("cartId"))
    assert understand("enable ttl on Sessions", None) == Understanding(
        told="The operation is left to you: the scripts so far cannot be loaded."
    )
    assert understand("create table Carts", None).operation == CreateTable("Carts", S("cartId"))
