"""``history``: what was done, by whom and when."""

import os
import re
import sys
from collections.abc import Iterator

import pytest

from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.cli import history, terminal
from osem_migrate.cli.main import run as run_words
from osem_migrate.errors import ServiceFailed
from osem_migrate.history import LogEntry
from tests.cli.command_line import Applied, Run, Tables
from tests.cli.envelope import Failure, checked
from tests.doubles.screen import DrawnOn, Screen


def test_nothing_was_done_yet(run: Run, tables: Tables) -> None:
    """Before the first upgrade there is nothing to show, and nothing is created by asking."""
    said = run("history")
    assert (said.code, said.out) == (0, "ℹ Nothing was ever applied to dev.\n")  # noqa: RUF001 - our own sign
    assert tables.names() == []


def test_every_event_in_order(run: Run, applied: Applied, tables: Tables) -> None:
    """Oldest first, a line an event, with UTC time, migration and who."""
    applied()
    lines = run("history").out.splitlines()
    assert len(lines) == 6
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    of_teams = [line for line in lines if "0001_create_teams" in line]
    for line, what in zip(of_teams, ("started", "applied"), strict=True):
        assert re.fullmatch(rf"{stamp}  {what}  0001_create_teams  +\S+@\S+  create table Teams", line)
    assert lines == sorted(lines, key=lambda line: line.split()[0])


@pytest.mark.parametrize("columns", [80, 160])
def test_no_entry_is_broken_in_the_middle(
    run: Run, applied: Applied, tables: Tables, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """On a terminal without room for a whole line, who and what stand below when, what and which migration."""
    applied("--to", "2")
    piped = run("history").out
    screen = DrawnOn(Screen(columns, 24))
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(terminal, "size_of", lambda _stream: os.terminal_size((columns, 24)))
    assert run_words(["history"]) == 0
    rows = [row for row in screen.rows if row.strip()]
    if columns == 160:
        assert rows == piped.splitlines()
        return
    for above, below, whole in zip(rows[::2], rows[1::2], piped.splitlines(), strict=True):
        when, what, migration, who, done = re.split("  +", whole)
        assert re.split("  +", above) == [when, what, migration]
        assert below == f"    {who}, {done}"


def test_as_data(run: Run, applied: Applied, tables: Tables) -> None:
    """--json has the same events; times are ISO 8601, in UTC."""
    applied("--to", "1")
    started, ended = run("history", "--json").document["data"]["events"]
    assert (started["what"], ended["what"]) == ("started", "applied")
    assert ended["migration"] == "0001_create_teams"
    assert "2023" < started["at"] <= ended["at"]


def test_the_newest_entries(run: Run, applied: Applied, tables: Tables) -> None:
    """--limit N: the last N, oldest of them first; more than there are is all of them."""
    applied()
    every = run("history").out.splitlines()
    assert run("history", "--limit", "2").out.split() == " ".join(every[-2:]).split()
    assert run("history", "--limit", "99").out.splitlines() == every
    assert len(run("history", "--limit", "1", "--json").document["data"]["events"]) == 1
    assert run("history", "--limit", "0").code == 64


@pytest.mark.parametrize("at_once", [1, 2, 5, 6, 7])
def test_a_long_log_is_printed_while_it_is_read(
    run: Run, applied: Applied, tables: Tables, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """In whatever portions: the same lines and the same document, valid and as published."""
    applied()
    whole, document = run("history").out, run("history", "--json").document
    monkeypatch.setattr(history, "_AT_ONCE", at_once)
    assert run("history").out.split() == whole.split()
    said = run("history", "--json")
    assert checked(said).data == document["data"]
    assert said.document["data"]["counts"] == {"events": 6}


@pytest.mark.parametrize("stop", [ServiceFailed("the service failed"), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_a_log_that_cannot_be_read_to_its_end(
    run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    """What is printed by then is the beginning of a valid document, which says how many it has and what is wrong."""

    def entries(_table: HistoryTable, _limit: int | None) -> Iterator[LogEntry]:
        yield from (LogEntry(at=at, what="applied", migration=None, by="ada") for at in range(5))
        raise stop

    monkeypatch.setattr(HistoryTable, "entries", entries)
    assert checked(run("history", "--json")).data == {}, "nothing was printed yet"
    monkeypatch.setattr(history, "_AT_ONCE", 2)
    said = checked(run("history", "--json"))
    assert isinstance(said, Failure)
    assert said.error.code == ("AWS_SERVICE_FAILED" if isinstance(stop, ServiceFailed) else "INTERRUPTED")
    assert (said.data["counts"], len(said.data["events"])) == ({"events": 4}, 4)
    text = run("history")
    assert (len(text.out.splitlines()), text.code) == (4, said.exit_code)
    assert said.error.code in text.err
