"""``destroy``: what it shows before, whom it asks, what it says afterwards, and whom it refuses."""

import os

import pytest

from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables
from tests.cli.process import run_process

ALL = ["shop-dev-Plans", HISTORY, "shop-dev-Teams"]
KEPT = [{"physical_name": "shop-dev-Elsewhere", "application": None}]


@pytest.fixture
def upgraded(project: Project, run: Run, applied: Applied, tables: Tables) -> Project:
    """Applied to dev, with two items in Teams, and a table of somebody else's beside it."""
    applied()
    for number in range(2):
        tables.client.put_item(TableName="shop-dev-Teams", Item={"teamId": {"S": f"t{number}"}})
    tables.client.create_table(
        TableName="shop-dev-Elsewhere",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return project


def test_it_drops_what_the_scripts_built(upgraded: Project, run: Run, tables: Tables) -> None:
    """Each table is told of as it goes, what is kept is named, and a second time there is nothing."""
    first = run("destroy", "--yes")
    assert first.code == 0
    assert first.out == (
        f"✓ 3 tables of dev ({tables.endpoint_url}) dropped.\n"
        "ℹ shop-dev-Elsewhere is kept: no applied script built it.\n"  # noqa: RUF001 - our own sign
    )
    assert [f"✓ {name}: dropped" in first.err for name in ALL] == [True] * 3
    assert tables.names() == ["shop-dev-Elsewhere"]
    second = run("destroy")
    assert (second.code, second.err) == (0, "")
    assert second.out.startswith(f"✓ dev ({tables.endpoint_url}) has nothing to destroy.\n")
    assert run("upgrade").out.startswith("✓ 3 migrations applied")


def test_a_dry_run_lists_both_kinds(upgraded: Project, run: Run, tables: Tables) -> None:
    """Tables with item counts and sizes, the history last, and what is kept; nothing is changed, no yes is needed."""
    before = tables.everything()
    said = run("destroy", "--dry-run")
    assert (said.code, said.err, tables.everything()) == (0, "", before)
    head, _, plans, teams, history, kept = said.out.splitlines()
    assert head == f"To be dropped on dev ({tables.endpoint_url}); nothing is changed by this."
    assert plans.split() == ["-", "table", "shop-dev-Plans", "0", "items,", "0", "bytes"]
    assert teams.split()[:5] == ["-", "table", "shop-dev-Teams", "2", "items,"]
    assert history == f"  - table {HISTORY}  last, with the history of all migrations"
    assert kept.startswith("ℹ shop-dev-Elsewhere is kept")  # noqa: RUF001 - our own sign


def test_a_dry_run_where_nothing_is(project: Project, run: Run, tables: Tables) -> None:
    """It says so."""
    assert run("destroy", "--dry-run").out == f"✓ dev ({tables.endpoint_url}) has nothing to destroy.\n"


def test_a_dry_run_as_data(upgraded: Project, run: Run, tables: Tables) -> None:
    """The same facts for machines, the deletion protection of each table among them."""
    tables.client.update_table(TableName="shop-dev-Plans", DeletionProtectionEnabled=True)
    data = run("destroy", "--dry-run", "--json").document["data"]
    assert [(table["name"], table["items"], table["deletion_protection"]) for table in data["tables"]] == [
        ("Plans", 0, True),
        ("Teams", 2, False),
    ]
    assert (data["history_table"], data["kept"]) == (HISTORY, KEPT)
    assert data["counts"] == {"tables": 2, "kept": 1}
    assert "⚠ shop-dev-Plans: deletion protection is on" in run("destroy", "--dry-run").out


def test_as_data(upgraded: Project, run: Run, tables: Tables) -> None:
    """What is gone, the history last, and what was kept."""
    said = run("destroy", "--yes", "--json", "-q")
    data = said.document["data"]
    assert (said.code, said.err) == (0, "")
    assert (sorted(data["dropped"]), data["dropped"][-1]) == (ALL, HISTORY)
    assert (data["remaining"], data["kept"]) == ([], KEPT)
    assert data["counts"] == {"dropped": 3, "remaining": 0, "kept": 1}


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_without_a_terminal_only_yes_counts(words: list[str], upgraded: Project, run: Run, tables: Tables) -> None:
    """What would be lost is named, table by table, and nothing is changed."""
    before = tables.everything()
    said = run("destroy", *words)
    assert (said.code, tables.everything()) == (1, before)
    told = said.out + said.err
    assert "CONFIRMATION_REQUIRED" in told
    assert "every item of table Teams is lost (shop-dev-Teams: 2 items, " in told
    assert f"the history of its migrations is lost ({HISTORY})" in told


@pytest.mark.parametrize(("answer", "code"), [("dev\n", 0), ("yes\n", 1)])
def test_on_a_terminal_the_name_is_typed(
    answer: str, code: int, typing: Run, upgraded: Project, tables: Tables
) -> None:
    """A real terminal: the losses first, then only the environment's name goes on."""
    said = typing(answer, "destroy")
    assert said.code == code
    assert "⚠ every item of table Teams is lost" in said.err
    assert "Type dev to go on" in said.err
    assert ("shop-dev-Teams" in tables.names()) is (code != 0)


@pytest.mark.parametrize("words", [["--yes"], ["--dry-run"], []])
def test_a_protected_environment_is_always_refused(
    words: list[str], run: Run, project: Project, applied: Applied, tables: Tables
) -> None:
    """No option and no answer helps; the error has a code of its own."""
    applied("--env", "prod")
    before = tables.everything()
    said = run("destroy", "--env", "prod", *words)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("✗ ENVIRONMENT_PROTECTED: environment 'prod' is protected")
    assert tables.everything() == before


def test_a_guarded_table_stops_it(upgraded: Project, run: Run, tables: Tables) -> None:
    """Deletion protection of one table keeps all of them; the hint turns it off."""
    tables.client.update_table(TableName="shop-dev-Plans", DeletionProtectionEnabled=True)
    before = {name: tables.client.describe_table(TableName=name)["Table"] for name in tables.names()}
    said = run("destroy", "--yes")
    assert said.code == 1
    assert "✗ DELETION_PROTECTED: deletion protection is on for shop-dev-Plans" in said.err
    assert "aws dynamodb update-table --no-deletion-protection-enabled" in said.err
    assert "--table-name shop-dev-Plans" in said.err
    assert {name: tables.client.describe_table(TableName=name)["Table"] for name in tables.names()} == before


def test_a_lock_that_is_held(upgraded: Project, run: Run, tables: Tables) -> None:
    """Somebody else is at work: exit code 6, and every table is still there."""
    tables.hold_lock()
    assert run("destroy", "--yes", "--lock-timeout", "0").code == 6
    assert set(ALL) <= set(tables.names())


@pytest.fixture
def remade(upgraded: Project, tables: Tables) -> Project:
    """Somebody has made Plans again, with another key."""
    tables.drop("shop-dev-Plans")
    tables.client.create_table(
        TableName="shop-dev-Plans",
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return upgraded


def test_a_changed_table_needs_a_word_of_its_own(remade: Project, run: Run, tables: Tables) -> None:
    """The dry run and the data name it, and ``--yes`` alone is refused."""
    changed = "shop-dev-Plans is not as the scripts built it: Plans: expected keys planId S, found keys orderId S"
    assert f"⚠ {changed}; destroy asks for it separately (--drop-changed)" in run("destroy", "--dry-run").out
    found = {table["name"]: table for table in run("destroy", "--dry-run", "--json").document["data"]["tables"]}
    (difference,) = found["Plans"]["differences"]
    assert difference == {
        "physical_name": "shop-dev-Plans",
        "code": "DRIFT_TABLE_KEYS",
        "message": "Plans: expected keys planId S, found keys orderId S",
    }
    assert found["Teams"]["differences"] == []
    refused = run("destroy", "--yes")
    assert (refused.code, changed in refused.err) == (1, True)
    assert "osem-migrate destroy --yes --drop-changed --env dev" in refused.err
    assert ALL[0] in tables.names()
    assert run("destroy", "--yes", "--drop-changed").code == 0
    assert tables.names() == ["shop-dev-Elsewhere"]


def test_a_process_asks_twice_at_its_terminal(keyboard: tuple[int, int], remade: Project, tables: Tables) -> None:
    """As people start it: the second answer may be typed before it is asked for."""
    hand, program = keyboard
    os.write(hand, b"dev\ndev\n")
    said = run_process("destroy", stdin=program)
    assert (said.code, "orderId" in said.err) == (0, True)
    assert "shop-dev-Plans" not in tables.names()


@pytest.mark.parametrize(("answers", "code"), [("dev\ndev\n", 0), ("dev\nno\n", 1)])
def test_on_a_terminal_a_changed_table_is_asked_for_twice(
    answers: str, code: int, typing: Run, remade: Project, tables: Tables
) -> None:
    """The name of the environment once for what the scripts built, and once for what they did not."""
    said = typing(answers, "destroy")
    assert (said.code, "orderId" in said.err) == (code, True)
    assert ("shop-dev-Plans" in tables.names()) == (code != 0)
