"""Whatever AWS may answer of a table, no command fails on it; what no script can declare is told as such."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.model import ListShape, Shape, StringShape, StructureShape
from botocore.session import get_session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from osem_migrate import ImportOptions, ListOptions, StatusOptions, UpgradeOptions
from osem_migrate.config import Project
from osem_migrate.errors import AccessDenied, ExitCode, ResourceInUse, ResourceNotFound
from osem_migrate.migrator import Migrator
from osem_migrate.operations import CreateTable
from osem_migrate.schema import Index, S
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.simulator import SimulatedError

ANSWERS = ("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource")
TEAMS = """operations = [CreateTable("Teams", S("teamId"), indexes=[
    Index("by-manager", S("managerId"), projection="INCLUDE", include=["name"]),
], settings=[
    SetStream("Teams", "NEW_IMAGE"), SetTimeToLive("Teams", "expiresAt"), SetPointInTimeRecovery("Teams", True, 7),
    SetTags("Teams", {"Team": "core"}), SetDeletionProtection("Teams", False), SetTableClass("Teams", "STANDARD"),
    SetEncryption("Teams", "AWS_OWNED"), SetBilling.provisioned("Teams", read=5, write=5),
])]"""
NAMES = st.sampled_from(["id", "teamId", "managerId", "name", "by-manager", "", "x" * 256, "größe", "aws:x"])


class Answers:
    """The simulator's own, but for those that a test puts in their place, by action and physical name."""

    def __init__(self, aws: SimulatedAws) -> None:
        self.given: dict[tuple[str, str], Any] = {}
        self._call = aws.simulator.call
        mock.patch.object(aws.simulator, "call", self.call).start()

    def call(self, action: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
        table = parameters.get("TableName") or parameters.get("ResourceArn", "").rpartition("/")[2]
        answer = self.given.get((action, table), self._call)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, dict) else self._call(action, parameters, **more)


@pytest.fixture
def answers(aws: SimulatedAws) -> Iterator[Answers]:
    """What AWS says."""
    yield Answers(aws)
    mock.patch.stopall()


@pytest.fixture
def migrator(aws: SimulatedAws, tmp_path: Path) -> Migrator:
    """The script is applied, another is pending, and there is a table of somebody else."""
    project = write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL)
    aws.migrator(project).upgrade()
    by_hand(aws, "osem-dev-Foreign")
    return aws.migrator(project)


def by_hand(aws: SimulatedAws, name: str, **more: Any) -> None:
    """A table that no script declares."""
    parameters = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws.simulator.call("CreateTable", parameters | more)
    aws.clock.sleep(60)


@cache
def answer_of(action: str) -> SearchStrategy[dict[str, Any]]:
    """Anything that DynamoDB's own model allows in an answer: each member there or not, each enumeration open."""
    shape = get_session().get_service_model("dynamodb").operation_model(action).output_shape
    assert shape is not None
    return whole(shape)


def whole(shape: Any) -> SearchStrategy[dict[str, Any]]:
    """An answer whose outer members are there, and something that is not in the model."""
    inner = {name: any_of(member) for name, member in shape.members.items() if name != "NextToken"}
    return st.fixed_dictionaries(inner, optional={"SomethingNew": st.just({"Deep": [1]})})


def any_of(shape: Shape) -> SearchStrategy[Any]:
    """Values of one shape, in JSON; what is optional may be absent, and what no model knows may be there."""
    if isinstance(shape, StructureShape):
        required = {name: any_of(shape.members[name]) for name in shape.required_members}
        optional = {name: any_of(member) for name, member in shape.members.items() if name not in required}
        return st.fixed_dictionaries(required, optional={**optional, "SomethingNew": st.just("new")})
    if isinstance(shape, ListShape):
        return st.lists(any_of(shape.member), max_size=2)
    if isinstance(shape, StringShape):
        return st.sampled_from([*shape.enum, "SOMETHING_NEW"]) if shape.enum else NAMES
    return {"boolean": st.booleans(), "timestamp": st.just(1764000000.0), "map": st.just({})}.get(
        shape.type_name, st.integers(0, 50)
    )


@contextmanager
def saying_nothing() -> Iterator[None]:
    """Around a command that may refuse what is on its way, or there is nothing left of, in so many words."""
    with suppress(ResourceInUse, ResourceNotFound):
        yield


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(data=st.data())
def test_whatever_aws_answers_no_command_fails(
    migrator: Migrator, answers: Answers, tmp_path: Path, data: st.DataObject
) -> None:
    """For a table that a script declares, and for one that none does; by AWS's own model of its answers."""
    for table in ("osem-dev-Teams", "osem-dev-Foreign"):
        for action in ANSWERS:
            answer = data.draw(answer_of(action), label=f"{action} of {table}")
            if "TableArn" in answer.get("Table", {}):
                answer["Table"]["TableArn"] = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}"
            answers.given[action, table] = answer
    for strict in (False, True):
        status = migrator.status(StatusOptions(strict=strict))
        assert status.exit_code() in {ExitCode.OK, ExitCode.DRIFT}
    migrator.write_repair(status)
    migrator.verify()
    migrator.tables(ListOptions(details=True))
    migrator.inventory()
    migrator.preview(UpgradeOptions())
    with saying_nothing():
        plan = migrator.plan_import(ImportOptions())
        assert {create.table for create in plan.creations} | set(plan.skipped)
    for script in (tmp_path / "migrations").glob("0002_*"):
        script.unlink()


@pytest.mark.parametrize("local", [{}, {"IndexName": "x"}])
def test_an_index_is_missing_from_a_table_that_no_script_could_declare(
    migrator: Migrator, answers: Answers, aws: SimulatedAws, local: Any
) -> None:
    """What repairs it is worked out on what is there, which may be anything; and so is what drops an index."""
    index = {"IndexName": "odd", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    for more in ({}, {"GlobalSecondaryIndexes": [index]}):
        table = aws.simulator.call("DescribeTable", {"TableName": "osem-dev-Teams"})["Table"]
        del table["GlobalSecondaryIndexes"]
        table["KeySchema"] = [*table["KeySchema"], {"AttributeName": "id", "KeyType": "RANGE"}]
        answers.given["DescribeTable", "osem-dev-Teams"] = {
            "Table": {**table, "LocalSecondaryIndexes": [local], **more}
        }
        codes = {problem.code for problem in migrator.status(StatusOptions(strict=True)).problems}
        assert codes >= {"DRIFT_INDEX_MISSING", "DRIFT_TABLE_KEYS"}
        del answers.given["DescribeTable", "osem-dev-Teams"]


def test_an_index_that_includes_keys_stands_in_many_an_example(aws: SimulatedAws, tmp_path: Path) -> None:
    """Made by hand, as AWS accepts it, it round-trips: imported, in sync, and created the same elsewhere."""
    index = {
        "IndexName": "by-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["id", "name"]},
    }
    defined = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "status")]
    by_hand(aws, "osem-dev-Teams", AttributeDefinitions=defined, GlobalSecondaryIndexes=[index])
    (tmp_path / "migrations").mkdir()
    migrator = aws.migrator(write_project(tmp_path, {}, TUNNEL))
    migrator.import_tables(migrator.plan_import())
    project = Project.find(tmp_path, environ={})
    migrator = aws.migrator(project)
    assert migrator.status().in_sync
    assert migrator.verify().passed
    # And a script that says the same in other words agrees with the table.
    ((script,),) = [[*(tmp_path / "migrations").glob("0001_*.py")]]
    assert '"id"' in script.read_text()


def test_an_index_of_nothing_but_keys_equals_one_that_includes_only_keys(aws: SimulatedAws, tmp_path: Path) -> None:
    """KEYS_ONLY is declared; by hand somebody made it with INCLUDE of the table's key."""
    script = (
        'operations = [CreateTable("Teams", S("id"), indexes=[Index("by-status", S("status"), None, "KEYS_ONLY")])]'
    )
    index = {
        "IndexName": "by-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["id"]},
    }
    defined = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "status")]
    by_hand(aws, "osem-dev-Teams", AttributeDefinitions=defined, GlobalSecondaryIndexes=[index])
    migrator = aws.migrator(write_project(tmp_path, {"0001_teams": script}, TUNNEL))
    migrator.upgrade()
    assert migrator.status().in_sync


def test_21_indexes_are_imported_with_a_warning(aws: SimulatedAws, tmp_path: Path) -> None:
    """Where AWS has raised the quota, that is a fact, and what it costs elsewhere is a warning."""
    with mock.patch("tests.simulator.shapes.MAX_INDEXES", 30):
        indexes = [
            {
                "IndexName": f"i{number}-index",
                "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
            for number in range(21)
        ]
        defined = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "status")]
        by_hand(aws, "osem-dev-Teams", AttributeDefinitions=defined, GlobalSecondaryIndexes=indexes)
        migrator = aws.migrator(write_project(tmp_path, {}, TUNNEL))
        plan = migrator.plan_import()
        assert any("21 global secondary indexes" in warning for warning in plan.warnings)
        migrator.import_tables(plan)
        migrator = aws.migrator(Project.find(tmp_path, environ={}))
        assert migrator.status().in_sync
        assert any("21 global secondary indexes" in warning for warning in migrator.scripts.warnings)


def test_what_no_script_can_declare_is_left_out_of_an_import(migrator: Migrator, answers: Answers) -> None:
    """Told of that table, with the reason; the others are imported all the same."""
    table = answers.call("DescribeTable", {"TableName": "osem-dev-Foreign"})["Table"]
    odd = {**table, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "SOMETHING_NEW"}}
    answers.given["DescribeTable", "osem-dev-Foreign"] = {"Table": odd}
    plan = migrator.plan_import()
    assert plan.creations == ()
    assert plan.skipped["osem-dev-Foreign"].startswith("no script can declare it (SetStream: view takes 'KEYS_ONLY'")
    (remark,) = (found for found in migrator.status().problems if found.subject == "osem-dev-Foreign")
    assert remark.code == "DRIFT_TABLE_UNEXPECTED"


def test_a_foreign_table_that_may_not_be_read_is_a_note(
    migrator: Migrator, answers: Answers, aws: SimulatedAws, tmp_path: Path
) -> None:
    """It may be another team's, under the same prefix; status, list and import go on without it."""
    denied = SimulatedError(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: dynamodb:DescribeTable on resource: "
        "arn:aws:dynamodb:us-east-1:123456789012:table/osem-dev-Foreign "
        "with an explicit deny in a resource-based policy",
    )
    answers.given["DescribeTable", "osem-dev-Foreign"] = denied
    by_hand(aws, "osem-dev-Other")
    status = migrator.status()
    assert any("osem-dev-Foreign is declared by no script and was not read" in note for note in status.notes)
    listed = {live.physical_name: live for live in migrator.tables()}
    assert "explicit deny" in str(listed["osem-dev-Foreign"].refusal)
    assert listed["osem-dev-Teams"].refusal is None
    plan = migrator.plan_import()
    assert plan.creations == (CreateTable("Other", S("id")),)
    assert "explicit deny" in plan.skipped["osem-dev-Foreign"]
    with pytest.raises(AccessDenied):  # asked for by name, it has to be there
        migrator.plan_import(ImportOptions(names=["Foreign"]))


def test_a_script_may_include_the_keys_as_aws_lets_it(aws: SimulatedAws, tmp_path: Path) -> None:
    """Applied, in sync, and adopted where the table is there already."""
    index = Index("by-status", S("status"), projection="INCLUDE", include=["id", "status", "name"])
    script = (
        'operations = [CreateTable("Teams", S("id")), AddIndex("Teams", "by-status", S("status"), '
        f'projection="INCLUDE", include={list(index.include)!r})]'
    )
    migrator = aws.migrator(write_project(tmp_path, {"0001_teams": script}, TUNNEL))
    migrator.upgrade()
    assert migrator.status().in_sync
    assert migrator.verify().passed
