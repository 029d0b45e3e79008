"""Twice as many scripts are twice as much work to what decides from them: counted in calls, whatever the load is."""

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import pytest

from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, SetTimeToLive
from osem_migrate.planning.autogenerate import autogenerate
from osem_migrate.planning.check import round_trip
from osem_migrate.planning.lint.lint import lint
from osem_migrate.planning.lint.reviewed import LintEnvironment
from osem_migrate.planning.replay import replay
from osem_migrate.planning.show import plan_script
from osem_migrate.schema import S, Schema

SCRIPTS = 60
MOST = 2.2  # of twice as many; what compares each with each makes up to four times as many calls
PROD = LintEnvironment(name="prod", protected=True)


def scripts(count: int) -> tuple[Migration, ...]:
    """Of three, each creates a table, changes it and swaps its indexes; one table gets something from all of them."""
    found = [Migration("0001_shared", 1, (CreateTable("Shared", S("id")),), file="0001_shared.py")]
    for number in range(2, count + 1):
        table = f"Table{number}"
        operations = (
            CreateTable(table, S("id")),
            AddIndex(table, "by-owner", S("owner")),
            SetTimeToLive(table, "expiresAt"),
            DropIndex(table, "by-owner"),
            AddIndex("Shared", "by-owner", S("owner")),
            DropIndex("Shared", "by-owner"),
        )
        name = f"{number:04}_script"
        found.append(Migration(name, number, operations, file=f"{name}.py"))
    return tuple(found)


def to_schema(migrations: Sequence[Migration]) -> object:
    """From half of the scripts to what all of them build, and back."""
    half, whole = (replay(migrations[:end], Schema()) for end in (len(migrations) // 2, len(migrations)))
    return autogenerate(half, whole), autogenerate(whole, half)


WORK: dict[str, Callable[[Sequence[Migration]], object]] = {
    "lint": lambda migrations: lint(migrations, [PROD]),
    "lint of one release": lambda migrations: lint(migrations, [PROD], new={one.id for one in migrations}),
    "check": lambda migrations: list(round_trip(migrations, Schema())),
    "show": lambda migrations: plan_script(migrations, "head"),
    "new --from": to_schema,
}


def calls(work: Callable[[Sequence[Migration]], object], count: int) -> int:
    """How many calls of functions our code makes, of Python's own, too; those that coverage makes do not count."""
    migrations, made = scripts(count), 0

    def counted(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal made
        made += event in {"call", "c_call"} and frame.f_globals.get("__name__", "").startswith("osem_migrate")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work(migrations)
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize("name", WORK)
def test_twice_as_many_scripts_are_twice_as_much_work(name: str) -> None:
    """So that ten thousand are ten times as long as a thousand, and not a hundred times."""
    WORK[name](scripts(2))  # what is made once is made now
    once, twice = (calls(WORK[name], count) for count in (SCRIPTS, 2 * SCRIPTS))
    assert once > SCRIPTS
    assert twice < MOST * once
