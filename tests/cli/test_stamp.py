"""``stamp``: what it records, and what it says of that."""

from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables

SCRIPTS = ["0001_create_teams", "0002_add_manager_id_index_to_teams", "0003_create_plans"]


def test_it_records_what_is_there(run: Run, applied: Applied, tables: Tables) -> None:
    """A line a script; who recorded it, how and why is in the log, and status is in sync."""
    applied()
    tables.drop(HISTORY)
    said = run("stamp", "3", "--reason", "moved from another tool")
    assert (said.code, said.err) == (0, "")
    assert said.out == "".join(f"✓ {name} is recorded as applied\n" for name in SCRIPTS)
    log = run("history").out
    assert log.count("stamped") == 3
    assert "moved from another tool" in log
    assert run("status").code == 0
    again = run("stamp", "0002")
    assert (again.code, "up to 0002_add_manager_id_index_to_teams is applied already" in again.out) == (0, True)


def test_it_refuses_what_is_not_there(run: Run, tables: Tables) -> None:
    """Every difference is named, with both ways on, and nothing is written."""
    said = run("stamp", "3")
    assert (said.code, said.out) == (1, "")
    assert "✗ ADOPTION_MISMATCH: " in said.err
    assert "shop-dev-Teams: Teams: expected a table, found none" in said.err
    assert "osem-migrate upgrade --to 3 --env dev" in said.err
    assert "osem-migrate stamp 3 --no-verify --env dev" in said.err
    assert tables.names() == []


def test_unverified_it_says_so(run: Run, tables: Tables) -> None:
    """On the spot and in the log."""
    said = run("stamp", "1", "--no-verify")
    assert said.code == 0
    assert "were not compared with the scripts" in said.out
    assert "not compared with the live tables" in run("history").out
    assert tables.names() == [HISTORY]


def test_an_unknown_version(run: Run, tables: Tables) -> None:
    """Named, with the command that lists them."""
    said = run("stamp", "99")
    assert said.code == 1
    assert "TARGET_UNKNOWN" in said.err
    assert "osem-migrate status --env dev" in said.err


def test_the_lock_of_another_run(run: Run, applied: Applied, tables: Tables) -> None:
    """Exit 6, and nothing is recorded."""
    applied("--to", "1")
    tables.hold_lock()
    said = run("stamp", "2", "--no-verify", "--lock-timeout", "0")
    assert said.code == 6
    assert run("history").out.count("stamped") == 0


def test_as_data(project: Project, run: Run, applied: Applied, tables: Tables) -> None:
    """--json has the whole version, what is recorded now, and whether anybody looked."""
    applied()
    tables.drop(HISTORY)
    assert run("stamp", "2", "--json", "--no-verify", "--reason", "restored").document["data"] == {
        "migration": SCRIPTS[1],
        "counts": {"recorded": 2},
        "recorded": SCRIPTS[:2],
        "verified": False,
        "reason": "restored",
    }
    again = run("stamp", "2", "--json", "--reason", "restored").document["data"]
    assert (again["recorded"], again["verified"], again["reason"]) == ([], True, None)
