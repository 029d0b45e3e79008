"""Whatever items and tables are like: an item is changed as it should be, or set aside, or the pass says why."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, Resolution, ResolveOptions
from osem_migrate.errors import (
    ConditionTooLarge,
    ItemFunctionFailed,
    ItemKeyInvalid,
    ItemOversized,
    ItemsFailed,
    ItemsNotIdempotent,
    OsemMigrateError,
    ResourceNotFound,
)
from osem_migrate.items.change import canonical_item
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, USERS, PassSite, named, progress, user, written
from tests.doubles.project import Watched, write_project
from tests.doubles.typed import typed
from tests.engines.engine import Engine
from tests.simulator import Fail
from tests.simulator.calls import Call
from tests.simulator.expiry import _expire

COUNT = 12
DIGITS = "12345678901234567890123456789012345678"  # 38 of them
TYPES = {
    "S": {"S": "text ✓"},
    "N": {"N": DIGITS},
    "tiny": {"N": "-1E-130"},
    "B": {"B": b"\0\xff"},
    "BOOL": {"BOOL": False},
    "NULL": {"NULL": True},
    "L": {"L": [{"N": "0.1"}, {"B": b"x"}, {"L": []}]},
    "M": {"M": {"a.b": {"SS": ["x", "y"]}, "#": {"N": "1"}}},
    "SS": {"SS": ["a", "b"]},
    "NS": {"NS": [DIGITS, "2"]},
    "BS": {"BS": [b"\0", b"\1"]},
    "empty": {"S": ""},
}
NAMES = ("name", "status", "size", "a.b", "#a", ":a", "a b", "ünicode", "[0]", "attribute_exists(x)")
EVERYTHING = """
from osem_migrate import B, REMOVE

TYPES = {types!r}
NAMES = {names!r}

def twice(item):
    if "twice S" in item:
        return None
    return {{f"twice {{name}}": item[name] for name in TYPES}} | {{name: item[name] + "!" for name in NAMES}}

def once(item):
    if "twice S" not in item:
        return None
    return {{f"twice {{name}}": REMOVE for name in TYPES}} | {{name: item[name][:-1] for name in NAMES}}

operations = [UpdateItems("Users", twice, undo=once)]
"""
KEYED = 'from osem_migrate import B\n\noperations = [CreateTable("Users", B("id"), N("at"))]'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Twelve users."""
    with PassSite.standing(tmp_path, COUNT) as standing:
        yield standing


def everything() -> list[dict[str, Any]]:
    """Items of every type, under every name, with binary keys and numbers of 38 digits."""
    values = TYPES | {name: {"S": name} for name in NAMES}
    return [
        {"id": {"B": bytes([0, number, 255])}, "at": {"N": f"{DIGITS[:-1]}{number}"}, **values} for number in range(5)
    ]


def found(client: Any) -> list[dict[str, Any]]:
    """All items in the order of their keys, however an engine spells numbers and orders sets."""
    items = client.scan(TableName=USERS, ConsistentRead=True)["Items"]
    return [canonical_item(item) for item in sorted(items, key=lambda item: item["id"]["B"])]


def test_every_type_under_every_name(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On DynamoDB Local: written as they were read, not a digit or a byte otherwise; and taken back."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    Watched(write_project(tmp_path, {"0001_users": KEYED})).migrator.upgrade()
    client = engine.client()
    for item in everything():
        client.put_item(TableName=USERS, Item=item)
    before = found(client)
    script = EVERYTHING.format(types=tuple(TYPES), names=NAMES)
    Watched(write_project(tmp_path, {"0002_pass": script})).migrator.upgrade()
    after = found(client)
    assert len(after) == 5
    for old, new in zip(before, after, strict=True):
        assert {name: new[f"twice {name}"] for name in TYPES} == {name: old[name] for name in TYPES}
        assert {name: new[name] for name in NAMES} == {name: ["S", f"{name}!"] for name in NAMES}
    Watched(write_project(tmp_path, {})).migrator.downgrade(DowngradeOptions("1"))
    assert found(client) == before


UNFIT: dict[str, tuple[str, type[OsemMigrateError]]] = {
    "oversized": ('return {"note": "x" * 410_000} if item["id"] == "u3" else {"seen": 1}', ItemOversized),
    "raising": ('return {"seen": 1 / (item["id"] != "u3")} and {"seen": 1}', ItemFunctionFailed),
    "a key": ('return {"id": "u0"} if item["id"] == "u3" else {"seen": 1}', ItemFunctionFailed),
    "never done": (
        'return {"first": item["first"] + "!"} if item["id"] == "u3" else {"seen": 1}',
        ItemsNotIdempotent,
    ),
    "no key of the index": ('return {"mail": 1 if item["id"] == "u3" else "a@example.org"}', ItemKeyInvalid),
}


@pytest.mark.parametrize(("body", "error"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_written_is_set_aside(site: PassSite, body: str, error: type[OsemMigrateError]) -> None:
    """With a code of its own, nothing of it written, and all others are done."""
    site.declare('AddIndex("Users", "mail-index", S("mail"))', "0002_index", functions="").upgrade()
    site.site.settle()
    site.declare('UpdateItems("Users", bad)', "0003_pass", functions=f"def bad(item):\n    {body}\n")
    cause, watched = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert "1 item of osem-dev-Users could not be handled: id u3: " in cause.message
    assert [item["code"]["S"] for item in site.history() if "#failure#" in item["item"]["S"]] == [error.code]
    items = site.items()
    assert items.pop("u3") == user(3)
    assert all(item.keys() & {"seen", "mail"} for item in items.values())
    assert written(watched) == COUNT - 1


def test_an_item_of_which_too_much_was_read_is_set_aside(site: PassSite) -> None:
    """No condition holds 300 attributes; where they are read by name, few enough, the item is written."""
    wide = {"id": {"S": "wide"}, "first": {"S": "A"}, "last": {"S": "W"}}
    wide |= {f"a{number}": {"S": str(number)} for number in range(300)}
    site.site.client.put_item(TableName=USERS, Item=wide)
    functions = 'def total(item):\n    return {"total": len(item) - ("total" in item)}\n'
    site.declare('UpdateItems("Users", total)', functions=functions)
    cause, _ = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert [item["code"]["S"] for item in site.history() if "#failure#" in item["item"]["S"]] == [
        ConditionTooLarge.code
    ]
    assert "total" not in site.items()["wide"]
    assert site.items()["u1"]["total"] == "3"
    site.declare(FULL_NAME).upgrade()
    assert site.items()["wide"]["fullName"] == "A W"


def test_items_that_expire_while_the_pass_runs_stay_gone(site: PassSite) -> None:
    """The service deletes them while a page of them is in the hands of the pass: gone, which is no failure."""
    site.declare('SetTimeToLive("Users", "expiresAt")', "0002_expiry", functions="").upgrade()
    site.site.settle()
    expired = {f"u{number}" for number in range(1, COUNT, 2)}
    for name in expired:
        expiry = {"expiresAt": {"N": str(int(site.site.clock.now()) - 1)}}
        key = {"id": {"S": name}}
        names = {"first": {"S": "Ada"}, "last": {"S": "L"}}
        site.site.client.put_item(TableName=USERS, Item={**key, **names, **expiry})

    def delete(call: Call) -> None:
        """As it does within two days; those are the longest that it takes here."""
        del call
        account = site.site.aws.simulator.account
        for name in expired:
            _expire(account, account.tables[USERS], {"id": {"S": name}})

    site.at(1, delete)
    watched = site.declare(FULL_NAME.replace("segments=4", "segments=1"), "0003_pass").upgrade()
    assert site.items() == {f"u{number}": named(number) for number in range(0, COUNT, 2)}
    assert (progress(watched).changed, progress(watched).failed) == (COUNT - len(expired), 0)


def test_a_table_that_is_dropped_by_hand_is_told(site: PassSite) -> None:
    """The pass ends, names the table, and sets nothing aside; a next run does not begin on what is not there."""
    site.declare(FULL_NAME)
    site.at(5, lambda _: site.site.client.delete_table(TableName=USERS))
    cause, _ = site.failing()
    assert isinstance(cause, ResourceNotFound)
    assert USERS in cause.message
    assert [item for item in site.history() if "#failure#" in item["item"]["S"]] == []
    site.site.settle()
    again, watched = site.failing()
    assert USERS in again.message
    assert written(watched) == 0


def test_an_index_that_is_being_built_is_no_obstacle(site: PassSite) -> None:
    """Items are written all the while, into the new index, too."""
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "fullName")]
    create = {
        "IndexName": "by-name",
        "KeySchema": [{"AttributeName": "fullName", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    states: list[str] = []

    def build(call: object) -> None:
        del call
        by_hand: Any = site.site.client
        by_hand.update_table(
            TableName=USERS, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[{"Create": create}]
        )

    def look(call: object) -> None:
        del call
        table = site.site.client.describe_table(TableName=USERS)["Table"]
        states.append(table["GlobalSecondaryIndexes"][0]["IndexStatus"])

    site.at(1, build, action="Scan")
    site.at(3, look)
    site.declare(FULL_NAME.replace("segments=4", "segments=1")).upgrade()
    assert states == ["CREATING"]
    assert site.items() == {f"u{number}": named(number) for number in range(COUNT)}
    site.site.settle()
    found = site.site.client.scan(TableName=USERS, IndexName="by-name")
    assert found["Count"] == COUNT


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
)
@pytest.mark.parametrize("action", ["Scan", "UpdateItem"])
def test_a_throttled_pass_is_slower_and_loses_nothing(site: PassSite, code: str, action: str) -> None:
    """Of the table and of the account: refused ten times, each item is written once all the same."""
    site.declare(FULL_NAME)
    site.site.aws.simulator.faults.plan(Fail(code, "Throughput exceeds"), action=action, table=USERS, nth=2, times=10)
    watched = site.upgrade()
    assert site.items() == {f"u{number}": named(number) for number in range(COUNT)}
    assert (progress(watched).changed, progress(watched).failed) == (COUNT, 0)


def test_a_slow_index_slows_the_pass_down(site: PassSite) -> None:
    """A quarter of what the index has, although the table has much more; nothing is throttled."""
    site.declare(
        """
    SetBilling.provisioned("Users", read=4000, write=4000),
    AddIndex("Users", "by-name", S("fullName"), throughput=Throughput(read=8, write=8)),
""",
        "0002_index",
        functions="",
    ).upgrade()
    site.site.settle()
    watched = site.declare(FULL_NAME, "0003_pass").upgrade()
    assert site.items() == {f"u{number}": named(number) for number in range(COUNT)}
    assert progress(watched).waited >= COUNT / 2 - 3
    outcomes = {call.outcome for call in site.site.aws.simulator.calls if call.table == USERS}
    assert "ProvisionedThroughputExceededException" not in outcomes


def test_at_the_slowest_rate_a_page_is_small(site: PassSite) -> None:
    """At one unit a second no megabyte is read at once, whatever the table is said to hold."""
    for number in range(8):
        note = {"S": "x" * 100_000}
        site.site.client.put_item(TableName=USERS, Item={"id": {"S": f"large{number}"}, "first": note, "last": note})
    site.declare(
        'UpdateItems("Users", nothing, segments=1, verify=False)', functions="def nothing(item):\n    return None\n"
    )
    begin = len(site.site.aws.simulator.calls)
    site.upgrade(item_rate=1)
    scans = [call for call in site.site.aws.simulator.calls[begin:] if (call.action, call.table) == ("Scan", USERS)]
    assert all("Limit" in call.members for call in scans)
    gaps = [later.at - earlier.at for earlier, later in pairwise(scans)]
    assert max(gaps) < 60
    assert len(scans) >= 8


def test_a_script_that_was_renumbered_is_gone_on_with(site: PassSite) -> None:
    """Nothing is written before people have let what is recorded follow it; then only what is left is written."""
    site.declare(FULL_NAME)
    site.failing(stop=site.stop_at(5))
    done = sum("fullName" in item for item in site.items().values())
    site.scripts["0003_pass"] = site.scripts.pop("0002_pass")
    (site.site.folder / "migrations" / "0002_pass.py").unlink()
    cause, watched = site.failing()
    assert (cause.code, written(watched)) == ("HISTORY_MIGRATION_MISSING", 0)
    assert "osem-migrate resolve 0003_pass --renamed" in typed(cause)
    site.watched().migrator.resolve(ResolveOptions("0003_pass", Resolution.RENAMED))
    assert 0 < done < COUNT
    assert written(site.upgrade()) == COUNT - done
    assert site.items() == {f"u{number}": named(number) for number in range(COUNT)}


ODD_ANSWERS = {
    "a mapping that raises": "return Odd(a=1)",
    "a value that raises": "return {'a': Odd(a=1)}",
    "a text that nobody can write": "raise ValueError('\\ud800')",
    "the whole item, and more": "raise ValueError('x' * 500_000)",
}


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_whatever_a_function_answers_is_noted_of_its_item(site: PassSite, answer: str) -> None:
    """In a few words, and the others are gone on with."""
    odd = "class Odd(dict):\n    def items(self):\n        raise ValueError('odd')\n"
    change = f"def change(item):\n    if item['id'] == 'u1':\n        {answer}\n    return {{'done': True}}\n"
    site.declare('UpdateItems("Users", change, max_failures=1)', functions=FUNCTIONS + odd + change).upgrade()
    (failure,) = site.watched().migrator.failures().failures
    assert (failure.item.key, failure.item.code) == ({"id": {"S": "u1"}}, "ITEM_FUNCTION_FAILED")
    assert len(failure.item.message) < 1100
    assert [name for name, item in site.items().items() if "done" not in item] == ["u1"]
