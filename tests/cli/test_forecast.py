"""``upgrade --dry-run`` of passes over items: what they take, a sample of what they do, and by which prices."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from osem_migrate.cli.forecast import item_text
from tests.cli.command_line import Applied, Project, Run, Tables

if TYPE_CHECKING:
    from osem_migrate.schema.item import Item

PRELUDE = """from osem_migrate import REMOVE, UpdateItems

def titled(item):
    return {"title": item["name"].upper()}

def untitled(item):
    return {"title": REMOVE}
"""
UPDATE = 'UpdateItems("Teams", titled, undo=untitled, segments=1)'
PRICES = {
    "source": "a contract",
    "date": "2026-01-31",
    "regions": {"eu-west-1": {"STANDARD": {"read_request_million": 1, "write_request_million": 2.5}}},
}


def test_the_type_of_a_value_shows() -> None:
    """A change from a number to a string, or from a set to a list, is one that people can see."""
    item: Item = {
        "n": {"N": "6132"},
        "s": {"S": "6132"},
        "l": {"L": [{"S": "a"}, {"NULL": True}]},
        "ss": {"SS": ["b", "a"]},
        "ns": {"NS": ["2", "1"]},
        "m": {"M": {"k": {"BOOL": False}}},
        "b": {"B": b"a"},
        "bs": {"BS": [b"a"]},
    }
    assert item_text(item) == (
        '{n 6132, s "6132", l ["a", null], ss set("a", "b"), ns set(1, 2), m {"k": false}, b binary "YQ==", '
        'bs set(binary "YQ==")}'
    )


@pytest.fixture
def teams(project: Project, run: Run, applied: Applied, tables: Tables) -> Tables:
    """Three teams, and a script that titles them; one of them cannot be."""
    applied()
    for name in ("a", "b"):
        tables.client.put_item(
            TableName="shop-dev-Teams", Item={"teamId": {"S": name}, "name": {"S": f"team \x1b {name}"}}
        )
    tables.client.put_item(TableName="shop-dev-Teams", Item={"teamId": {"S": "c"}})
    project.script("0009_titles", UPDATE, prelude=PRELUDE)
    return tables


def test_a_sample_is_shown(teams: Tables, run: Run) -> None:
    """Counts, what fails and why, and items as before and after; no escape of a user's data reaches the terminal."""
    before = teams.everything()
    said = run("upgrade", "--dry-run", "--sample", "100")
    assert said.code == 0
    assert "\x1b" not in said.out
    lines = [line.strip() for line in said.out.splitlines()]
    at = lines.index("looked at: 3 items, which is all there are, from 1 segment:")
    assert lines[at - 1] == "2 of 3 looked at would be written (66.7%)"
    assert lines[at + 1 : at + 4] == [
        "1 would be set aside",
        "the largest of those that would be written would have 32 bytes",
        "ITEM_FUNCTION_FAILED {teamId \"c\"}: titled raised KeyError: 'name' (line 7)",
    ]
    assert sorted(lines[at + 4 : at + 6]) == [
        f'{{teamId "{name}"}}: {{}} → {{title "TEAM \\u001b {name.upper()}"}}' for name in ("a", "b")
    ]
    assert teams.everything() == before


def test_without_a_sample_the_plan_says_how_to_get_one(teams: Tables, run: Run) -> None:
    """What DynamoDB counts, and that an engine on this machine costs nothing."""
    said = run("upgrade", "--dry-run")
    assert "  3 items, 0 bytes, by DynamoDB's count, which may be six hours old\n" in said.out
    assert "no dollars: an engine on this machine costs nothing" in said.out
    command = "osem-migrate upgrade --dry-run --sample 1000 --env dev"
    assert f"hint: see what would become of some of these items: {command}\n" in said.out


def test_as_data(teams: Tables, run: Run) -> None:
    """The forecast stands with the call that it is about; values keep their types."""
    document = run("upgrade", "--dry-run", "--sample", "100", "--json").document
    (operation,) = document["data"]["migrations"][0]["operations"]
    items = operation["calls"][0]["items"]
    assert (items["units"]["write"], items["seconds"]) == ({"low": 2, "high": 2}, None)
    sample = items["sample"]
    assert (sample["examined"], sample["changed"], sample["failed"], sample["is_whole"]) == (3, 2, 1, True)
    assert {one["key"]["teamId"]["S"] for one in sample["differences"]} == {"a", "b"}
    assert sample["failures"][0]["code"] == "ITEM_FUNCTION_FAILED"


@pytest.mark.parametrize(
    ("operation", "flags"),
    [
        ('CheckItems("Teams", "managerId-index")', ()),
        ('CheckItems("Teams")', ()),
        ('CheckItems("Teams", Index("managerId-index", S("managerId")))', ()),
        ('AddIndex("Teams", "managerId-index", S("managerId"), check_items=True)', ()),
        ('AddIndex("Teams", "managerId-index", S("managerId"))', ("--check-items",)),
    ],
)
def test_a_look_at_items_names_the_index_and_its_keys(
    project: Project, run: Run, tables: Tables, operation: str, flags: tuple[str, ...]
) -> None:
    """In the plan, with what it takes, in every call, as an annotation and as data; also where nobody named one."""
    assert run("upgrade", "--quiet", "--to", "1" if operation.startswith("AddIndex") else "3").code == 0
    if operation.startswith("AddIndex"):
        project.script("0002_add_manager_id_index_to_teams", operation)
        flags = (*flags, "--to", "2")
    else:
        project.script("0009_check", operation, prelude="from osem_migrate import CheckItems, Index\n")
    said = run("upgrade", "--dry-run", "-v", *flags).out
    must = "items must fit index managerId-index: managerId S\n"
    assert said.count(f"      {must}") == 1
    assert said.count(f"\n  {must}") == 1
    assert ". CheckItems shop-dev-Teams managerId-index\n" in said
    notices = run("upgrade", "--dry-run", "--format", "github", *flags).out
    assert "; items must fit index managerId-index: managerId S" in notices
    (migration,) = run("upgrade", "--dry-run", "--json", *flags).document["data"]["migrations"]
    first, *others = migration["operations"][0]["calls"]
    assert first["checks"] == [
        {"name": "managerId-index", "keys": [{"name": "managerId", "type": "S", "role": "HASH"}]}
    ]
    assert [call["checks"] for call in others] == [[] for _ in others]


def test_as_annotations(teams: Tables, run: Run) -> None:
    """What is pending, what it takes, and each item that would be set aside; no other value of an item."""
    said = run("upgrade", "--dry-run", "--sample", "100", "--format", "github")
    pending, takes, fails = said.out.splitlines()
    assert pending.startswith("::notice file=")
    assert pending.endswith("title=0009_titles::0009_titles is pending")
    assert "2 of 3 looked at would be written (66.7%25)" in takes
    assert fails.startswith("::error file=")
    assert 'title=ITEM_FUNCTION_FAILED::shop-dev-Teams {teamId "c"}: titled raised KeyError' in fails
    assert "TEAM" not in said.out


def test_annotations_of_nothing(run: Run, applied: Applied, tables: Tables) -> None:
    """Nothing is pending."""
    applied()
    assert run("upgrade", "--dry-run", "--format", "github").out == "::notice::up to date\n"


def test_a_downgrade_says_what_its_undo_takes(teams: Tables, run: Run) -> None:
    """It goes through the items, too; without a sample it says how to get one, which shows what is taken back."""
    teams.client.delete_item(TableName="shop-dev-Teams", Key={"teamId": {"S": "c"}})
    assert run("upgrade", "--quiet").code == 0
    said = run("downgrade", "--steps", "1", "--dry-run")
    assert "0009_titles  UpdateItems shop-dev-Teams\n  2 items" in said.out
    sampled = "osem-migrate downgrade --dry-run --sample 1000 --to 0003_create_plans"
    assert f"hint: see what would become of some of these items: {sampled} --env dev\n" in said.out
    before = teams.everything()
    said = run(*sampled.split()[1:])
    assert "2 of 2 looked at would be written (100.0%)" in said.out
    assert '{teamId "a"}: {title "TEAM \\u001b A"} → {}' in said.out
    assert teams.everything() == before


def test_a_downgrade_as_annotations(teams: Tables, run: Run) -> None:
    """What would be reversed, what its undo takes, and what may be lost; nothing of it without a dry run."""
    teams.client.delete_item(TableName="shop-dev-Teams", Key={"teamId": {"S": "c"}})
    assert run("upgrade", "--quiet").code == 0
    said = run("downgrade", "--to", "2", "--dry-run", "--sample", "9", "--format", "github")
    assert said.code == 0
    lines = said.out.splitlines()
    assert [line.rpartition("::")[2] for line in lines[:2]] == [
        "0009_titles is to be reversed",
        "0003_create_plans is to be reversed",
    ]
    assert lines[2].startswith("::warning title=HAZARD::")
    assert "shop-dev-Plans" in lines[2]
    assert "title=UpdateItems shop-dev-Teams::2 items" in lines[3]
    assert lines[3].startswith("::notice file=")
    nothing = run("downgrade", "--to", "9", "--dry-run", "--format", "github")
    assert (nothing.code, nothing.out) == (0, "::notice::up to date\n")
    for words, complaint in (
        (("--format", "github"), "--format only goes with --dry-run"),
        (("--dry-run", "--json", "--format", "github"), "--json and --format github cannot be used together"),
    ):
        refused = run("downgrade", "--to", "0", *words)
        assert (refused.code, complaint in refused.out + refused.err) == (64, True)
    document = run("downgrade", "--to", "2", "--dry-run", "--format", "json").document
    assert document["data"]["direction"] == "downgrade"


def test_a_downgrade_is_priced_by_the_same_list(teams: Tables, run: Run, tmp_path: Path) -> None:
    """A file that is none is refused before a table is looked at; the options mean nothing without a dry run."""
    (tmp_path / "prices.json").write_text("[]")
    refused = run("downgrade", "--to", "0", "--dry-run", "--price-file", str(tmp_path / "prices.json"))
    assert (refused.code, "PRICES_INVALID" in refused.err) == (1, True)
    alone = run("downgrade", "--to", "0", "--sample", "5", "--price-file", "p.json")
    assert (alone.code, "--sample and --price-file only go with --dry-run" in alone.err) == (64, True)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--sample", "5"], "--sample only goes with --dry-run"),
        (["--sample", "5", "--price-file", "p.json"], "--sample and --price-file only go with --dry-run"),
        (["--dry-run", "--sample", "0"], "0' is not a whole number from 1"),
        (["--format", "github"], "--format only goes with --dry-run"),
        (["--dry-run", "--format", "github", "--json"], "--json and --format github cannot be used together"),
        (["--check-items", "--no-wait"], "--check-items and --no-wait cannot be used together"),
        (["--check-items", "--wait-only"], "--check-items and --wait-only cannot be used together"),
    ],
)
def test_what_goes_with_nothing_is_refused(run: Run, words: list[str], complaint: str) -> None:
    """As wrong usage, before anything is asked."""
    said = run("upgrade", *words)
    assert said.code == 64
    assert complaint in said.err + said.out


@pytest.mark.parametrize(
    ("text", "pointer", "complaint"),
    [
        ("{", "/", "no JSON"),
        ("[]", "/", "valid dictionary"),
        ("\xff", "/", "cannot be read"),
        (json.dumps({**PRICES, "date": "soon"}), "/date", "date"),
        (json.dumps({**PRICES, "more": 1}), "/more", "Extra inputs"),
        (json.dumps({**PRICES, "regions": {"a/b": {"GOLD": {}}}}), "/regions/a~1b/GOLD", "STANDARD"),
        (
            json.dumps({**PRICES, "regions": {"eu-west-1": {"STANDARD": {"read_request_million": -1}}}}),
            "/regions/eu-west-1/STANDARD/read_request_million",
            "greater than or equal to 0",
        ),
        (
            json.dumps({**PRICES, "regions": {"eu-west-1": {"STANDARD": {"read_capacity_hour": "1"}}}}),
            "/regions/eu-west-1/STANDARD/read_capacity_hour",
            "valid number",
        ),
    ],
)
def test_a_file_that_is_no_price_list(
    run: Run, tables: Tables, tmp_path: Path, *, text: str, pointer: str, complaint: str
) -> None:
    """Its code, the place in the file, and what is wrong there."""
    file = tmp_path / "prices.json"
    file.write_bytes(text.encode("latin-1"))
    said = run("upgrade", "--dry-run", "--price-file", str(file), "--json")
    assert said.code == 1
    error = said.document["error"]
    assert (error["code"], error["details"]["pointer"]) == ("PRICES_INVALID", pointer)
    assert str(file) in error["message"]
    assert complaint in error["message"]


def test_a_file_that_is_not_there(run: Run, tables: Tables) -> None:
    """It is named."""
    said = run("upgrade", "--dry-run", "--price-file", "missing.json")
    assert (said.code, "missing.json: cannot be read: No such file or directory\n" in said.err) == (1, True)
