"""Nobody loses data without having been asked: what is named, who is asked, and what counts as a yes."""

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from osem_migrate.cli.confirmation import losses_of
from osem_migrate.history import History
from osem_migrate.live_table import LiveIndex, LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import CreateTable, DropIndex
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, S, Table
from tests.cli.command_line import Applied, Project, Run, Tables
from tests.cli.process import run_process

if TYPE_CHECKING:
    from osem_migrate.migrator import Migrator

END_OF_INPUT = "\x04"  # Ctrl-D


@pytest.fixture
def upgraded(project: Project, run: Run, applied: Applied, tables: Tables) -> Project:
    """Applied to dev and to prod, which is protected, with three items in dev's Plans."""
    applied()
    applied("--env", "prod")
    for number in range(3):
        tables.client.put_item(TableName="shop-dev-Plans", Item={"planId": {"S": f"p{number}"}})
    return project


def test_without_a_terminal_only_yes_counts(upgraded: Project, run: Run, tables: Tables) -> None:
    """Refused before the lock is taken, with what would be lost and the option to type."""
    lock = tables.lock()
    said = run("downgrade", "--to", "2")
    assert (said.code, said.out) == (1, "")
    loss = r"every item of table Plans is lost (shop-dev-Plans: 3 items, "
    assert f"✗ CONFIRMATION_REQUIRED: data would be lost: {loss}" in said.err
    assert "hint: See it with: osem-migrate downgrade --dry-run --to 2 --env dev\n" in said.err
    assert "If all of that may be lost: osem-migrate downgrade --yes --to 2 --env dev\n" in said.err
    assert tables.lock() == lock
    assert run("downgrade", "--to", "2", "--yes").code == 0
    assert "shop-dev-Plans" not in tables.names()


def test_the_losses_as_data(upgraded: Project, run: Run, tables: Tables) -> None:
    """--json never asks, and names each loss with its counts."""
    document = run("downgrade", "--to", "1", "--json").document
    assert document["error"]["code"] == "CONFIRMATION_REQUIRED"
    plans, index = document["error"]["details"]["hazards"]
    assert plans.startswith("every item of table Plans is lost (shop-dev-Plans: 3 items, ")
    assert index == (
        "queries on index managerId-index of Teams fail until it is built again "
        "(shop-dev-Teams managerId-index: 0 items, 0 bytes)"
    )


@pytest.mark.parametrize("words", [["--yes"], ["--allow-data-loss"], []])
def test_a_protected_environment_needs_both_options(
    words: list[str], upgraded: Project, run: Run, tables: Tables
) -> None:
    """In prod neither option alone is enough, and nothing is changed."""
    before = tables.everything()
    said = run("downgrade", "--env", "prod", "--to", "2", *words)
    assert said.code == 1
    assert (
        "CONFIRMATION_REQUIRED: prod is protected, and data would be lost: every item of table Plans is lost"
        in said.err
    )
    assert "osem-migrate downgrade --yes --allow-data-loss --to 2 --env prod\n" in said.err
    assert tables.everything() == before


def test_a_protected_environment_with_both_options(upgraded: Project, run: Run, tables: Tables) -> None:
    """Both together go on."""
    assert run("downgrade", "--env", "prod", "--to", "2", "--yes", "--allow-data-loss").code == 0
    assert "shop-prod-Plans" not in tables.names()


def test_a_table_that_is_gone_already(upgraded: Project, run: Run, tables: Tables) -> None:
    """What somebody dropped by hand is still asked about, as gone, and then only recorded."""
    tables.drop("shop-dev-Plans")
    assert "(shop-dev-Plans: gone already)" in run("downgrade", "--to", "2").err
    said = run("downgrade", "--to", "2", "--yes")
    assert said.code == 0
    assert "drop table Plans: it was gone already" in said.err


def test_an_index_is_counted_by_itself() -> None:
    """A sparse index holds less than its table, and what is asked about is the index."""
    table = Table("Teams", S("teamId"), indexes=[Index("by-city", S("city")), Index("by-manager", S("managerId"))])
    live = LiveTable(
        name="Teams",
        physical_name="shop-dev-Teams",
        table=table,
        indexes={"by-city": LiveIndex(status="ACTIVE", items=7, size_bytes=210)},
        items=5000,
        size_bytes=900_000,
    )
    operations = (DropIndex("Teams", "by-city"), DropIndex("Teams", "by-manager"))
    scripts = [Migration("0001_teams", 1, (CreateTable.of(table),)), Migration("0002_drop", 2, operations)]
    plan = make_plan(scripts, History())
    plan = replace(plan, migrations=plan.migrations[1:])
    migrator = SimpleNamespace(losses=lambda _plan: [live])
    held, gone = losses_of(plan, cast("Migrator", migrator))
    assert held.endswith("(shop-dev-Teams by-city: 7 items, 210 bytes)")
    assert gone.endswith("(shop-dev-Teams by-manager: gone already)")


def test_a_process_asks_at_its_terminal(keyboard: tuple[int, int], upgraded: Project, tables: Tables) -> None:
    """As people start it: the losses first, then the environment's name goes on."""
    hand, program = keyboard
    os.write(hand, b"dev\n")
    said = run_process("downgrade", "--to", "2", stdin=program)
    assert said.code == 0
    assert "⚠ every item of table Plans is lost (shop-dev-Plans: 3 items, " in said.err
    assert "Type dev to go on" in said.err
    assert "shop-dev-Plans" not in tables.names()


@pytest.mark.parametrize(
    ("answer", "code"),
    [("dev\n", 0), ("y\n", 1), ("\n", 1), (END_OF_INPUT, 130)],
    ids=["name", "y", "nothing", "ctrl-d"],
)
def test_on_a_terminal_the_name_is_typed(
    answer: str, code: int, typing: Run, upgraded: Project, tables: Tables
) -> None:
    """A real terminal: the losses first, then only the environment's name goes on."""
    said = typing(answer, "downgrade", "--to", "2")
    assert said.code == code
    assert "⚠ every item of table Plans is lost (shop-dev-Plans: 3 items, " in said.err
    assert "Type dev to go on" in said.err
    assert ("shop-dev-Plans" in tables.names()) is (code != 0)


def test_a_protected_environment_is_not_asked_about(typing: Run, upgraded: Project, tables: Tables) -> None:
    """Typing its name is not enough there."""
    said = typing("prod\n", "downgrade", "--to", "2", "--env", "prod")
    assert said.code == 1
    assert "Type prod" not in said.err
    assert "shop-prod-Plans" in tables.names()
