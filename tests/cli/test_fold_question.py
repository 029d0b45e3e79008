"""Whether indexes come with their new tables: who is asked, what is said before, and what an answer does."""

import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import click
import pytest

from osem_migrate.cli.fold_question import ask_to_fold
from osem_migrate.commands.upgrade import UpgradeOptions
from osem_migrate.config.settings import EnvironmentSettings
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S
from tests.cli.command_line import Project, Run, Tables
from tests.cli.process import running

if TYPE_CHECKING:
    from osem_migrate.migrator import Migrator

OPERATIONS = (CreateTable("Teams", S("teamId")), AddIndex("Teams", "by-manager", S("managerId")))
PLAN = make_plan([Migration("0001_teams", 1, OPERATIONS)], History())
BARE = make_plan([Migration("0001_teams", 1, OPERATIONS[:1])], History())


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class _Environment:
    settings: EnvironmentSettings


@dataclass
class _Session:
    local: bool = False


@dataclass
class _Migrator:
    """An environment on AWS about which nothing is configured.

    Attributes:
        found: what is left to do once the live tables were looked at.
    """

    environment: _Environment
    session: _Session
    found: Plan = PLAN

    def preview(self, _options: UpgradeOptions) -> Plan:
        return self.found


def at_terminal(monkeypatch: pytest.MonkeyPatch, answer: str = "y\n") -> io.StringIO:
    """A terminal, at which somebody is about to answer; pytest would undo it between a fixture and its test."""
    stderr = _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal(answer))
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.delenv("CI", raising=False)
    return stderr


def ask(
    plan: Plan = PLAN,
    *,
    fold: bool | None = None,
    configured: bool | None = None,
    local: bool = False,
    found: Plan = PLAN,
) -> bool | None:
    """Ask about a plan."""
    migrator = _Migrator(_Environment(EnvironmentSettings(fold_indexes=configured)), _Session(local), found)
    return ask_to_fold(plan, cast("Migrator", migrator), UpgradeOptions(fold=fold))


def test_both_times_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes one way and the other, on stderr, before the question."""
    stderr = at_terminal(monkeypatch)
    assert ask() is True
    said = " ".join(click.unstyle(stderr.getvalue()).split())
    assert "1 migration pending: usually 8 to 17 min on AWS, or 14 to 22 s if 1 index comes with its new table." in said
    assert "Create tables and indexes together? [y/n]:" in said


@pytest.mark.parametrize(("typed", "answer"), [("n\n", False), ("\ny\n", True)])
def test_only_an_answer_decides(*, typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter alone is no answer: half an hour, or another way of creating tables, is nobody's slip."""
    at_terminal(monkeypatch, typed)
    assert ask() is answer


@pytest.mark.parametrize(
    "how",
    [
        {"fold": True},
        {"fold": False},
        {"configured": True},
        {"configured": False},
        {"local": True},
        {"plan": BARE},
        {"found": BARE},
    ],
    ids=lambda how: next(iter(how)),
)
def test_nobody_is_asked_what_is_decided_or_spares_nothing(
    how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option, pyproject.toml, a local engine, no index of a new table, or tables that are there already."""
    stderr = at_terminal(monkeypatch)
    assert ask(**how) is None
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("stream", ["stdin", "stderr", "CI"])
def test_a_pipe_or_a_build_is_never_asked(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the configuration decides, even where a build has a terminal."""
    at_terminal(monkeypatch)
    if stream == "CI":
        monkeypatch.setenv("CI", "true")
    else:
        monkeypatch.setattr(sys, stream, io.StringIO("y\n"))
    assert ask() is None


@pytest.mark.slow
def test_the_answer_at_a_terminal_folds(project: Project, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a real terminal, in front of AWS: asked once, and the index comes with its table."""
    remote = f'region = "eu-central-1"\nendpoint_url = "{tables.endpoint_url}"\nlocal = false\n'
    project.configure(
        f"{(project.folder / 'pyproject.toml').read_text()}\n[tool.osem-migrate.environments.eu]\n{remote}"
    )
    hand, program = os.openpty()
    monkeypatch.delenv("CI", raising=False)
    environ = {"AWS_ENDPOINT_URL_STS": tables.endpoint_url}
    with running("upgrade", "--env", "eu", environ=environ, stdin=program, stderr=program) as upgrade:
        os.close(program)
        os.write(hand, b"y\n")
        screen = ""
        while chunk := _read(hand):
            screen += chunk
        said = upgrade.wait()
    os.close(hand)
    assert said.code == 0, screen
    assert said.out == f"✓ 3 migrations applied to eu ({tables.endpoint_url}).\n"
    assert click.unstyle(screen).count("Create tables and indexes together? [y/n]: ") == 1
    assert "3 migrations, 2 calls: usually 14 to 22 s on AWS." in click.unstyle(screen)


def _read(hand: int) -> str:
    try:
        return os.read(hand, 65536).decode("utf-8", "replace")
    except OSError:  # Linux's way of saying that nobody holds the other end any more
        return ""


def test_a_run_names_both_times(run: Run, tables: Tables) -> None:
    """The first line of a run in a pipe says what --fold would make of it."""
    first = run("upgrade").err.splitlines()[0]
    assert first.endswith("3 migrations, 3 calls: usually 8 to 17 min on AWS; with --fold 14 to 22 s.")
    assert run("downgrade", "--to", "0", "--yes").code == 0
    assert "with --fold" not in run("upgrade", "--fold").err
