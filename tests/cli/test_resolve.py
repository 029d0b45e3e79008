"""``resolve``: what the history says of one migration is set right, once the live tables have confirmed it."""

import io
import re
import sys

import pytest

from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables

TEAMS = "0001_create_teams"


@pytest.fixture
def project(project: Project) -> Project:
    """One script, which creates a table."""
    for script in project.migrations.glob("000[23]_*.py"):
        script.unlink()
    return project


@pytest.fixture
def upgraded(project: Project, run: Run, applied: Applied, tables: Tables) -> Tables:
    """dev, with everything applied."""
    applied()
    return tables


def create_teams(tables: Tables, key: str = "teamId") -> None:
    """The table of the script, by hand."""
    tables.client.create_table(
        TableName="shop-dev-Teams",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_finished_by_hand(run: Run, tables: Tables) -> None:
    """The table was made in the console: recorded as applied, with who and why, and status is in sync."""
    create_teams(tables)
    said = run("resolve", "1", "--applied", "--reason", "made in the console")
    assert (said.code, said.err) == (0, "")
    where = f"dev ({tables.endpoint_url})"
    assert said.out.splitlines()[0] == f"✓ {TEAMS} is recorded as applied on {where} (was pending)."
    assert said.out.splitlines()[1].endswith("Compared with 1 table: shop-dev-Teams.")
    assert run("status").code == 0
    detail = "was pending, compared with shop-dev-Teams"
    line = rf"\S+Z  resolved as applied  {TEAMS}  \S+@\S+  {detail}; reason: made in the console\n"
    assert re.fullmatch(line, run("history").out)


def test_tables_that_say_otherwise_refuse(run: Run, upgraded: Tables) -> None:
    """Every difference is named; nothing is written, nobody holds the lock; and unchecked it is recorded."""
    before = upgraded.everything()
    said = run("resolve", "1", "--reverted")
    assert said.code == 1
    assert f"✗ DRIFT_FOUND: the live tables do not confirm that {TEAMS} is reverted: " in said.err
    assert "shop-dev-Teams: Teams: expected no table, found one" in said.err
    fence = r'"fence": {"N": "\d+"}'  # only this tells that the lock was taken
    assert re.sub(fence, "", before) == re.sub(fence, "", upgraded.everything())

    remedy = re.search(r"record it unchecked with: osem-migrate (.*)", said.err)
    assert remedy is not None
    said = run(*remedy[1].split())
    assert said.code == 0
    assert said.out.splitlines()[1].startswith("⚠ Not compared with the live tables")
    last = run("history", "--json").document["data"]["events"][-1]
    assert (last["what"], last["migration"], last["reason"]) == ("resolved as reverted", TEAMS, None)
    assert last["detail"] == "was applied, not compared with the live tables"


def test_a_changed_script_is_accepted_once_the_tables_are_so(project: Project, run: Run, upgraded: Tables) -> None:
    """The checksum that counts is the one that the live tables agree with."""
    project.script(TEAMS, 'CreateTable("Teams", partition_key=S("otherId"))')
    said = run("resolve", "1", "--accept-checksum")
    assert said.code == 1
    assert f"{TEAMS} is what its script declares now: shop-dev-Teams: Teams: expected keys otherId S" in said.err
    upgraded.drop("shop-dev-Teams")
    create_teams(upgraded, "otherId")
    said = run("resolve", "1", "--accept-checksum")
    assert said.code == 0
    assert said.out.startswith(f"✓ {TEAMS} is recorded with the checksum of its script on dev ")
    assert run("status").code == 0


def test_as_data(run: Run, tables: Tables) -> None:
    """--json says what is recorded, what was, and what confirmed it."""
    create_teams(tables)
    said = run("resolve", TEAMS, "--applied", "--reason", "by hand", "--json")
    assert said.document["data"] == {
        "migration": TEAMS,
        "resolution": "applied",
        "recorded": [TEAMS],
        "renamed_from": None,
        "state_before": "pending",
        "state": "applied",
        "tables_compared": ["shop-dev-Teams"],
        "passes": [],
        "reason": "by hand",
    }
    again = run("resolve", TEAMS, "--applied", "--reason", "by hand", "--json").document["data"]
    assert (again["recorded"], again["state"], again["reason"]) == ([], "applied", None)


NAMED = """from osem_migrate import REMOVE, UpdateItems

def titled(item):
    return {"title": item["name"].upper()}

def untitled(item):
    return {"title": REMOVE}
"""
TITLES = 'UpdateItems("Teams", titled, undo=untitled, segments=1, verify=False)'
PASS = "the pass of {} over the items of shop-dev-Teams"


@pytest.fixture
def half(project: Project, run: Run, upgraded: Tables) -> Tables:
    """A pass that has changed two teams and set one aside."""
    for name, item in {"a": {"name": {"S": "a"}}, "b": {"name": {"S": "b"}}, "c": {}}.items():
        upgraded.client.put_item(TableName="shop-dev-Teams", Item={"teamId": {"S": name}, **item})
    project.script("0002_titles", TITLES, prelude=NAMED)
    assert run("upgrade", "--quiet").code == 2
    return upgraded


@pytest.mark.parametrize(
    ("resolution", "becomes"),
    [
        (
            "applied",
            (
                "2 items changed by it stay so. 1 item is set aside; no run tries that again. "
                "See what failed with: osem-migrate items failures --env dev "
                "No run goes on with it. Change what it has left by a new script: osem-migrate new TITLE"
            ),
        ),
        (
            "reverted",
            (
                "2 items changed by it stay so; nothing takes that back. 1 item is set aside; the next run forgets "
                "that. See what failed, before that, with: osem-migrate items failures --env dev "
                "The next run goes through all items again: osem-migrate upgrade --env dev"
            ),
        ),
    ],
)
def test_what_becomes_of_a_pass_is_told(resolution: str, becomes: str, run: Run, half: Tables) -> None:
    """How it stood, what it has changed and set aside, and what the next run does; no item is written."""
    before = half.client.scan(TableName="shop-dev-Teams")["Items"]
    said = run("resolve", "2", f"--{resolution}")
    lines = [line.strip() for line in said.out.splitlines()]
    stood = f"{PASS.format('0002_titles')} has failed: 1 item is set aside; 3 examined, 2 changed"
    assert (said.code, lines[2]) == (0, f"⚠ Items were not compared: {stood}.")
    assert " ".join(lines[3:]) == becomes
    assert half.client.scan(TableName="shop-dev-Teams")["Items"] == before


def test_what_becomes_of_a_pass_as_data(run: Run, half: Tables) -> None:
    """Counts before, and what is forgotten after; one that is over is told of as well."""
    (found,) = run("resolve", "2", "--reverted", "--json").document["data"]["passes"]
    assert {name: found[name] for name in ("state", "failures", "examined", "changed", "changed_is_exact")} == {
        "state": "failed",
        "failures": 1,
        "examined": 3,
        "changed": 2,
        "changed_is_exact": True,
    }
    assert (found["future"], found["failures_forgotten"]) == ("begins anew", 1)
    half.client.delete_item(TableName="shop-dev-Teams", Key={"teamId": {"S": "c"}})
    assert run("upgrade", "--quiet").code == 0
    (found,) = run("resolve", "2", "--reverted", "--json").document["data"]["passes"]
    assert (found["state"], found["failures"], found["examined"], found["changed"]) == ("done", 0, 2, 0)
    assert found["message"] == f"{PASS.format('0002_titles')} is over; 2 examined, 0 changed"


def test_only_the_pass_that_was_begun_last_is_told_of(run: Run, half: Tables) -> None:
    """Of the one that was undone since, and of its undo, only the undo says what the items are like."""
    half.client.delete_item(TableName="shop-dev-Teams", Key={"teamId": {"S": "c"}})
    assert run("upgrade", "--quiet").code == 0
    assert run("downgrade", "--steps", "1", "--quiet", "--yes").code == 0
    (found,) = run("resolve", "2", "--applied", "--json").document["data"]["passes"]
    assert found["direction"] == "downgrade"
    assert found["message"] == f"the undo of {PASS.format('0002_titles')} is over; 2 examined, 2 changed"
    assert found["remediation"] == "2 items changed by it stay so."


def test_a_pass_that_follows_its_script_keeps_what_it_knows(project: Project, run: Run, half: Tables) -> None:
    """It is told of under the new name, and goes on."""
    (project.migrations / "0002_titles.py").rename(project.migrations / "0003_titles.py")
    said = run("resolve", "3", "--renamed")
    assert said.code == 0
    assert f"{PASS.format('0003_titles')} has failed: 1 item is set aside; 3 examined, 2 changed." in said.out
    assert "Then go on with: osem-migrate upgrade --env dev" in said.out
    assert len(run("items", "failures", "--json").document["data"]["failures"]) == 1


def test_nothing_to_do(run: Run, upgraded: Tables) -> None:
    """Said already: exit 0, nothing written, no lock taken."""
    before = upgraded.everything()
    for words, text in (
        (["--applied"], f"{TEAMS} is applied on dev"),
        (["--accept-checksum"], f"{TEAMS} is applied on dev .*, and its script is as it was recorded"),
    ):
        said = run("resolve", "1", *words)
        assert said.code == 0
        assert re.match(rf"✓ {text}.*; nothing to do\.\n$", said.out)
    assert upgraded.everything() == before


def test_nothing_to_revert(run: Run, tables: Tables) -> None:
    """What was never applied is as good as reverted; asking creates nothing."""
    said = run("resolve", "1", "--reverted")
    assert said.code == 0
    assert f"{TEAMS} is pending on dev" in said.out
    assert tables.names() == []


def test_a_mistake_creates_no_history_table(run: Run, tables: Tables) -> None:
    """The tables are looked at before the first write of all."""
    said = run("resolve", "1", "--applied")
    assert said.code == 1
    assert "shop-dev-Teams: Teams: expected a table, found none" in said.err
    assert tables.names() == []


def test_a_lost_script_is_given_up_only_unchecked(project: Project, run: Run, upgraded: Tables) -> None:
    """Nobody can know what it did, and the remedy that says so works."""
    (project.migrations / f"{TEAMS}.py").unlink()
    said = run("resolve", "1", "--reverted")
    assert said.code == 1
    assert f"✗ RESOLUTION_REFUSED: the script of {TEAMS} is gone" in said.err
    remedy = re.search(r"record it unchecked with: osem-migrate (.*)", said.err)
    assert remedy is not None
    assert run(*remedy[1].split()).code == 0
    assert f"resolved as reverted  {TEAMS}" in run("history").out


@pytest.mark.parametrize("state", ["--reverted", "--applied"])
def test_beside_a_script_that_puts_items(state: str, project: Project, run: Run, upgraded: Tables) -> None:
    """Whatever values a script holds, the history of it and of its neighbours is set right as ever."""
    project.script(
        "0002_seed",
        'PutItems("Teams", [{"teamId": "all", "tags": ["a"]}])',
        prelude="from osem_migrate import PutItems",
    )
    assert run("upgrade").code == 0
    for version in ("2", "1"):
        said = run("resolve", version, state, "--no-verify", "--reason", "try")
        assert (said.code, said.err) == (0, "")


def test_an_unknown_version(run: Run, tables: Tables) -> None:
    """TARGET_UNKNOWN, as with ``--to``."""
    said = run("resolve", "77", "--applied")
    assert said.code == 1
    assert "✗ TARGET_UNKNOWN: no migration '77'" in said.err


@pytest.mark.parametrize("words", [[], ["--applied", "--reverted"], ["--accept-checksum", "--applied"]])
def test_exactly_one_thing_is_said(words: list[str], run: Run, tables: Tables) -> None:
    """Neither none nor two."""
    said = run("resolve", "3", *words)
    assert said.code == 64
    assert "choose one of --applied, --reverted, --accept-checksum" in said.err


def test_a_held_lock_is_waited_for(run: Run, upgraded: Tables) -> None:
    """Another run is at work: exit 6 after the time to wait, and nothing is written."""
    upgraded.hold_lock()
    before = upgraded.everything()
    said = run("resolve", "1", "--reverted", "--no-verify", "--lock-timeout", "0")
    assert said.code == 6
    assert "ada@build-7 on build-7" in said.err
    assert upgraded.everything() == before


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_record_that_nobody_can_read(run: Run, upgraded: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its script it is deleted once the environment's name is typed; machines and pipes have to say --yes."""
    odd = {"scope": {"S": "shop"}, "item": {"S": "migration#0009_squashed"}}
    upgraded.client.put_item(TableName=HISTORY, Item=odd)
    words = ("resolve", "9", "--reverted", "--no-verify")
    before = upgraded.everything()
    refused = run(*words, "--json")
    assert refused.document["error"]["code"] == "CONFIRMATION_REQUIRED"
    assert "resolve 0009_squashed" not in refused.out
    assert "osem-migrate resolve 9 --reverted --yes --no-verify --env dev" in refused.out
    monkeypatch.setattr(sys, "stdin", _Terminal("prod\n"))
    assert run(*words).code == 1
    assert upgraded.everything() == before
    monkeypatch.setattr(sys, "stdin", _Terminal("dev\n"))
    said = run(*words)
    assert said.code == 0
    assert "what is recorded of 0009_squashed is lost: it cannot be read, and its script is gone" in said.err
    assert "0009_squashed is reverted on dev" in said.out
    assert "which nobody could read, is deleted." in said.out
    upgraded.client.put_item(TableName=HISTORY, Item=odd)
    document = run(*words, "--yes", "--json").document["data"]
    assert (document["state_before"], document["state"], document["recorded"]) == (
        "unreadable", "reverted", ["0009_squashed"])  # fmt: skip
    assert run("status").code == 0
