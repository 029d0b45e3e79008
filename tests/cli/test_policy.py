"""``policy``: a document to hand to IAM, without credentials and without a network."""

import json

import pytest

from tests.cli.command_line import PYPROJECT, Project, Run

ACCOUNTED = PYPROJECT.replace("protected = true", 'protected = true\nregion = "eu-west-1"\naccount_id = "123456789012"')


def test_the_document_alone_is_on_stdout(project: Project, run: Run) -> None:
    """It can be written to a file as it is; that any account is meant is said beside it."""
    said = run("policy")
    assert said.code == 0
    document = json.loads(said.out)
    assert document["Version"] == "2012-10-17"
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert {"dynamodb:CreateTable", "dynamodb:UpdateTable"} <= actions
    assert "dynamodb:DeleteTable" not in actions
    assert said.err == (
        "⚠ The policy covers every account. To limit it, set account_id of environment 'dev' in pyproject.toml, "
        "or use --account DIGITS.\n"
    )


@pytest.mark.parametrize(
    ("role", "action"),
    [("status", "dynamodb:Query"), ("upgrade", "dynamodb:CreateTable"), ("downgrade", "dynamodb:DeleteTable")],
)
def test_roles(project: Project, run: Run, role: str, action: str) -> None:
    """Each has what it is for, and no less than the one before it."""
    out = {name: run("policy", "--role", name, "--account", "123456789012").out for name in ("status", role)}
    assert action in out[role]
    assert (action in out["status"]) is (role == "status")


def test_a_probe(project: Project, run: Run) -> None:
    """--probe adds what ``verify --probe`` does, and --json says that it is among it."""
    plain, probing = (
        run("policy", "--role", "status", *words, "--json").document["data"] for words in ((), ("--probe",))
    )
    assert (plain["probe"], probing["probe"]) == (False, True)
    sids = [[one["Sid"] for one in data["policy"]["Statement"]] for data in (plain, probing)]
    assert set(sids[1]) - set(sids[0]) == {"Probe", "ProbeIndexes"}


def test_orders_to_passes(project: Project, run: Run) -> None:
    """--items adds to the role of status what steers a pass, on the history table alone."""
    document = json.loads(run("policy", "--role", "status", "--items").out)
    (added,) = [one for one in document["Statement"] if one["Sid"] == "SteerPasses"]
    assert added["Action"] == ["dynamodb:UpdateItem"]
    assert added["Resource"].endswith("table/shop-dev-SchemaMigrations")
    assert run("policy", "--role", "status", "--items", "--json").document["data"]["items"] is True


@pytest.mark.parametrize(
    ("option", "member", "added"),
    [("--sample", "sample", set()), ("--check-items", "check_items", {"CheckItems"})],
)
def test_what_else_is_read(project: Project, run: Run, option: str, member: str, added: set[str]) -> None:
    """Each option adds what its counterpart of upgrade reads; without a pass over items there is nothing to sample."""
    plain, more = (run("policy", *words, "--json").document["data"] for words in ((), (option,)))
    assert (plain[member], more[member]) == (False, True)
    sids = [{one["Sid"] for one in data["policy"]["Statement"]} for data in (plain, more)]
    assert sids[1] - sids[0] == added


def test_as_data(project: Project, run: Run) -> None:
    """The envelope has role, region and account beside the policy."""
    project.configure(ACCOUNTED)
    document = run("policy", "--env", "prod", "--json").document
    assert (document["success"], document["region"], document["environment"]) == (True, "eu-west-1", "prod")
    data = document["data"]
    assert (data["role"], data["region"], data["account_id"]) == ("upgrade", "eu-west-1", "123456789012")
    resources = {statement["Resource"] for statement in data["policy"]["Statement"]}
    assert "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-prod-*" in resources


def test_the_options_of_a_connection_are_taken(project: Project, run: Run) -> None:
    """Remedies name them; only region and profile matter."""
    project.configure(ACCOUNTED)
    said = run("policy", "--env", "prod", "--region", "cn-north-1", "--endpoint-url", "http://localhost:1", "--force")
    assert said.code == 0
    assert "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/shop-prod-*" in said.out


def test_local_checks_no_permissions(project: Project, run: Run) -> None:
    """It is said so, and no engine is started for it."""
    assert "checks no permissions" in run("policy", "--env", "local").err
    assert not (project.folder / ".osem-migrate").exists()


@pytest.mark.parametrize("words", [("--account", "12"), ("--role", "admin"), ("--env", "nowhere")])
def test_mistakes(project: Project, run: Run, words: tuple[str, str]) -> None:
    """They are refused with a hint, and nothing is printed that could be taken for a policy."""
    said = run("policy", *words)
    assert said.code in {1, 64}
    assert said.out == ""
    assert "hint:" in said.err
