"""The rules of lint: each by its own examples, and what no example shows."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from docs.generator.operation_reference import script
from osem_migrate.errors import ScriptOperationInapplicable
from osem_migrate.files.loader import load
from osem_migrate.migration import Migration
from osem_migrate.operations import SetBilling, SetDeletionProtection, SetPointInTimeRecovery
from osem_migrate.planning.lint.lint import Finding, judged, lint
from osem_migrate.planning.lint.names import words
from osem_migrate.planning.lint.reviewed import LintEnvironment
from osem_migrate.planning.lint.rule import Rule
from osem_migrate.planning.lint.rules import RULES

PROD = LintEnvironment(name="prod", protected=True, autoscaled=True)
DEV = LintEnvironment(name="dev")
ORDERS = 'CreateTable("Orders", S("orderId"))'
PROVISIONED = 'CreateTable("Orders", S("orderId"), settings=[SetBilling.provisioned("Orders", read=9, write=9)])'
STREAMED = 'CreateTable("Orders", S("orderId"), settings=[SetStream("Orders", "KEYS_ONLY")])'

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def _scripts(*operations: str) -> tuple[Migration, ...]:
    """Scripts of these operations, as they are loaded from files."""
    with TemporaryDirectory(prefix="osem-migrate-lint-") as folder:
        for number, source in enumerate(operations, 1):
            (Path(folder) / f"{number:04}_script.py").write_text(script(source), encoding="utf-8")
        return load(Path(folder)).migrations


def _found(
    *operations: str, given: Sequence[str] = (), environments: Sequence[LintEnvironment] = (DEV,)
) -> list[Finding]:
    """What is found in scripts that go out together, after those that are given."""
    migrations = _scripts(*given, *operations)
    return list(lint(migrations, environments, new={one.id for one in migrations[len(given) :]}))


def _codes(*operations: str, given: Sequence[str] = (), environment: LintEnvironment = DEV) -> list[str]:
    """The codes, without the one of every index that is added to a table as it would be without any rule."""
    found = _found(*operations, given=given, environments=[environment])
    return sorted(one.code for one in found if one.code != "IDX11")


@each_rule
def test_a_rule_fires_on_its_example_and_on_no_other(rule: Rule) -> None:
    """It finds something in the one, and not in the other, which does the same without what is wrong."""
    given = [rule.given] if rule.given else []
    found = [one for one in _found(rule.fires, given=given, environments=[PROD]) if one.code == rule.code]
    assert found
    assert {(one.severity, one.recipe, one.migration[:4]) for one in found} == {
        (rule.severity, rule.recipe, f"{len(given) + 1:04}")
    }
    assert rule.code not in {one.code for one in _found(rule.passes, given=given, environments=[PROD])}


@each_rule
def test_what_an_earlier_release_did_is_not_found(rule: Rule) -> None:
    """A script that is out already is nobody's to change."""
    given = [rule.given] if rule.given else []
    later = 'CreateTable("Later", partition_key=S("laterId"))'
    assert {one.table for one in _found(later, given=[*given, rule.fires], environments=[PROD])} <= {"Later"}


@each_rule
def test_a_rule_says_all_that_the_page_needs(rule: Rule) -> None:
    """A code of its own that is its file's name, a reason, a recipe and the address of a source."""
    assert re.fullmatch(r"[A-Z]{3}[0-9]{2}", rule.code)
    assert rule.check.__module__.endswith(f".{rule.code.lower()}")
    assert [one.code for one in RULES].count(rule.code) == 1
    assert rule.reason.endswith(".")
    assert rule.recipe.endswith(".")
    assert rule.source.startswith("https://docs.aws.amazon.com/")
    assert not rule.finds.endswith(".")


def test_every_file_of_a_rule_is_in_the_list() -> None:
    """A rule that nobody lists would never be asked."""
    folder = Path(__file__).parents[4] / "osem_migrate" / "planning" / "lint" / "rules"
    assert {path.stem.upper() for path in folder.glob("[a-z]*.py")} == {rule.code for rule in RULES}


def _including(number: int) -> str:
    names = ", ".join(f'"a{at}"' for at in range(9))
    return f'Index("by-{number}", S("k{number}"), projection="INCLUDE", include=[{names}])'


@pytest.mark.parametrize(
    ("given", "operations", "codes"),
    [
        (ORDERS, 'AddIndex("Orders", "by-flag", S("isOpen"))', ["IDX01"]),
        (ORDERS, 'AddIndex("Orders", "by-issue", S("issue"))', []),
        (ORDERS, 'AddIndex("Orders", "by-is", S("is"))', []),
        (ORDERS, 'AddIndex("Orders", "by-type", S("customerId"), S("type"))', []),
        (ORDERS, 'AddIndex("Orders", "by-date", (S("orderDate"), N("shard")))', []),
        (ORDERS, 'AddIndex("Orders", "by-all", S("static_key"))', ["KEY03"]),
        (ORDERS, 'AddIndex("Orders", "by-update", S("lastUpdate"))', []),
        (ORDERS, 'AddIndex("Orders", "again", S("orderId"))', ["IDX08"]),
        (ORDERS, 'AddIndex("Orders", "one", S("a"))\nAddIndex("Orders", "two", S("a"))', ["IDX08"]),
        (
            ORDERS,
            'AddIndex("Orders", "one", S("a"))\nAddIndex("Orders", "two", S("a"), S("b"), projection="KEYS_ONLY")',
            [],
        ),
        (
            ORDERS,
            (
                'AddIndex("Orders", "one", S("a"), projection="KEYS_ONLY")\n'
                'AddIndex("Orders", "two", S("a"), S("b"), projection="INCLUDE", include=["c"])'
            ),
            ["IDX08"],
        ),
        (ORDERS, 'SetTimeToLive("Orders", "orderId")', ["TTL01"]),
        ('CreateTable("Orders", N("orderId"))', 'SetTimeToLive("Orders", "orderId")', ["TTL01"]),
        (
            'CreateTable("Orders", S("orderId"), indexes=[Index("by-end", S("shop"), N("endsAt"))])',
            'SetTimeToLive("Orders", "endsAt")',
            [],
        ),
        (
            'CreateTable("Orders", S("orderId"), settings=[SetTimeToLive("Orders", "endsAt")])',
            'AddIndex("Orders", "by-end", S("shop"), S("endsAt"))',
            ["TTL01"],
        ),
        (STREAMED, 'SetStream("Orders", None)\nSetStream("Orders", "KEYS_ONLY")', ["STR01"]),
        (ORDERS, 'SetStream("Orders", "KEYS_ONLY")', []),
        (PROVISIONED, 'AddIndex("Orders", "by-a", S("a"), throughput=Throughput(9, 9))', []),
        (PROVISIONED, 'AddIndex("Orders", "by-a", S("a"), throughput=Throughput(9, 8))', ["IDX13"]),
        (PROVISIONED, 'SetTags("Orders", {"Team": "core"})', []),
        (
            (
                'CreateTable("Orders", S("orderId"), indexes=[Index("by-a", S("a"), throughput=Throughput(9, 9))],'
                ' settings=[SetBilling.provisioned("Orders", read=9, write=9)])'
            ),
            'SetBilling.provisioned("Orders", read=9, write=20)',
            ["IDX13"],
        ),
        (
            'CreateTable("Orders", S("orderId"), settings=[SetBilling.on_demand("Orders", max_write=50)])',
            'AddIndex("Orders", "by-a", S("a"), throughput=Throughput(None, 40))',
            ["IDX14"],
        ),
        (ORDERS, 'DropTable("Orders")\nCreateTable("Orders2", S("id"))', ["DST01", "DST03"]),
        (ORDERS, 'DropTable("Orders")\nCreateTable("Carts", S("cartId"))', ["DST01"]),
        (ORDERS, 'DropTable("Orders")\nCreateTable("Orders", S("orderId"))', ["DST01"]),
        (ORDERS, 'DropTable("Orders")\nCreateTable("Orders", S("id"))', ["DST01", "KEY01"]),
        (
            'CreateTable("Orders", S("orderId"), settings=[SetPointInTimeRecovery("Orders", enabled=True, days=9)])',
            'SetPointInTimeRecovery("Orders", enabled=True, days=8)',
            ["DST04"],
        ),
        (
            'CreateTable("Orders", S("orderId"), settings=[SetPointInTimeRecovery("Orders", enabled=True, days=8)])',
            'SetPointInTimeRecovery("Orders", enabled=True, days=9)',
            [],
        ),
        (PROVISIONED, 'SetBilling.provisioned("Orders", read=8, write=9)\nSetBilling.on_demand("Orders")', []),
        ("", 'CreateTable("Days", S("day"))', ["KEY03"]),
        (
            "",
            f'CreateTable("Orders", S("orderId"), indexes=[{", ".join(map(_including, range(9)))}])',
            ["IDX05"],
        ),
        (ORDERS, 'SetTimeToLive("Orders", "expiresAt", enabled=False)', []),
        (
            'CreateTable("Sessions", S("id"), settings=[SetTimeToLive("Sessions", "expiresAt")])',
            'SetTags("Sessions", {"Team": "core"})',
            [],
        ),
        (
            f'{ORDERS}\nAddIndex("Orders", "by-a", S("a"))',
            'DropIndex("Orders", "by-a")\nAddIndex("Orders", "by-b", S("b"))',
            [],
        ),
        (
            "",
            'CreateTable("Locks", S("lockId"), settings=[SetTimeToLive("Locks", "expiresAt")])',
            ["TTL03"],
        ),
    ],
)
def test_what_no_example_shows(given: str, operations: str, codes: list[str]) -> None:
    """Near the edge of a rule, on either side of it."""
    assert _codes(operations, given=[given] if given else []) == codes


def test_what_is_dropped_and_added_by_two_scripts_is_found_in_one_release() -> None:
    """A release is what git says is new; without that, each script is one of its own."""
    given = f'{ORDERS}\nAddIndex("Orders", "by-a", S("a"))'
    scripts = _scripts(given, 'DropIndex("Orders", "by-a")', 'AddIndex("Orders", "by-a", S("a"), S("b"))')
    together = lint(scripts, [DEV], new={scripts[1].id, scripts[2].id}, ignored={"IDX11"})
    assert [(one.code, one.migration) for one in together] == [("IDX02", "0003_script")]
    assert lint(scripts, [DEV], new={scripts[2].id}, ignored={"IDX11"}) == ()
    assert lint(scripts, [DEV]) == ()


def test_a_table_that_comes_back_with_another_key_is_found_whenever_it_was_dropped() -> None:
    """Its items are gone, in whichever release."""
    found = _found('CreateTable("Orders", S("id"))', given=[ORDERS, 'DropTable("Orders")'])
    assert [one.code for one in found] == ["KEY01"]


ADD = 'AddIndex("Orders", "by-year", S("year"))'
LATE = 'AddIndex("Orders", "by-shop", S("shop"), N("year"))'
UPDATE = 'UpdateItems("Orders", with_year)'


@pytest.mark.parametrize(
    ("given", "operations", "messages"),
    [
        (ORDERS, [ADD], [": where year has another type or is empty"]),
        ("", [f"{ORDERS}\n{ADD}"], []),
        ("", [ORDERS, ADD], []),
        (f'{ORDERS}\nAddIndex("Orders", "by-both", S("shop"), S("year"))', [ADD], []),
        (f'{ORDERS}\nAddIndex("Orders", "by-both", S("shop"), N("month"))', [ADD], ["where year has"]),
        (ORDERS, ['AddIndex("Orders", "by-order", S("year"), S("orderId"))'], ["where year has"]),
        (ORDERS, ['CheckItems("Orders", index=Index("by-x", S("year")))', ADD], []),
        (ORDERS, ['CheckItems("Orders", index=Index("by-x", N("year")))', ADD], ["where year has"]),
        (ORDERS, [ADD, 'CheckItems("Orders", index="by-year")'], []),
        (ORDERS, [ADD, 'CheckItems("Orders")'], []),
        (f"{ORDERS}\nCreateTable('Carts', S('id'))", [ADD, 'CheckItems("Carts", Index("by-x", S("year")))'], ["where"]),
    ],
)
def test_the_items_of_an_older_table_are_to_be_checked(given: str, operations: list[str], messages: list[str]) -> None:
    """A new table has none; what a key or another index holds already is of the right type; a check may stand anywhere.

    Without git nobody knows which tables are older, and nothing is found.
    """
    before = [given] if given else []
    found = [one.message for one in _found(*operations, given=before) if one.code == "IDX11"]
    assert len(found) == len(messages)
    assert all(part in one for part, one in zip(messages, found, strict=True))
    assert "IDX11" not in {one.code for one in lint(_scripts(*before, *operations), [DEV])}


@pytest.mark.parametrize(
    ("operations", "codes"),
    [
        ([LATE, UPDATE], ["IDX12"]),
        ([UPDATE, LATE], []),
        (['AddIndex("Orders", "by-shop", (S("shop"), N("year")))', UPDATE], ["IDX12"]),
        (['AddIndex("Orders", "by-shop", S("shop"))', UPDATE], []),
        ([LATE, 'UpdateItems("Orders", without_year)'], []),
        ([LATE, 'DeleteItems("Orders", when=is_draft)'], []),
        ([f"{LATE}\n{UPDATE}"], ["IDX12", "MIX01"]),
        ([f"{UPDATE}\n{LATE}"], ["MIX01"]),
        (['DeleteItems("Orders", when=is_draft)\nSetTags("Orders", {"Team": "core"})'], ["MIX01"]),
        (['CheckItems("Orders", Index("by-shop", S("shop"), N("year")))\n' + LATE], []),
        (['CreateTable("Carts", S("id"))\nPutItems("Carts", [{"id": "demo"}])'], []),
        (['CreateTable("Carts", S("id"))\nPutItems("Orders", [{"orderId": "demo"}])'], []),
        (['CreateTable("Carts", S("id"))\nPutItems("Orders", [{"orderId": "demo"}])\n' + LATE], ["MIX01"]),
        (['SetStream("Orders", "KEYS_ONLY")', UPDATE], ["STR02"]),
        (['SetStream("Orders", "KEYS_ONLY")', 'PutItems("Orders", [{"orderId": "demo"}])'], ["STR02"]),
        (['SetStream("Orders", "KEYS_ONLY")', 'CheckItems("Orders", Index("by-year", S("year")))'], []),
        (['SetStream("Orders", None)', UPDATE], []),
    ],
)
def test_items_and_tables_in_one_release(operations: list[str], codes: list[str]) -> None:
    """An index comes after the items have its key, consumers of a stream are told, and a script does one or the other.

    A table that the script creates may get its first items there.
    """
    assert _codes(*operations, given=[ORDERS]) == codes


def _found_in(source: str, operation: str) -> list[str]:
    """What is said of a script with functions of its own."""
    with TemporaryDirectory(prefix="osem-migrate-lint-") as folder:
        text = f'"""A script."""\n{source}\noperations = [\n    {ORDERS},\n    {operation},\n]\n'
        (Path(folder) / "0001_script.py").write_text(text, encoding="utf-8")
        found = lint(load(Path(folder)).migrations, [DEV])
    return [one.message for one in found if one.code == "ITM01"]


@pytest.mark.parametrize(
    ("source", "operation", "messages"),
    [
        (
            "import time\nfrom osem_migrate import *\ndef stamped(item):\n    return {'at': int(time.time())}\n",
            'UpdateItems("Orders", stamped)',
            ["stamped takes the time (time.time, line 5): of one item it may give something else each time"],
        ),
        (
            (
                "import time\nfrom osem_migrate import *\nNOW = int(time.time())\n"
                "def old(item):\n    return item['at'] < NOW\n"
            ),
            'DeleteItems("Orders", when=old)',
            [
                (
                    "old takes the time (time.time, line 4) when the script is read: each run has another one, and the "
                    "checksum does not tell them apart"
                )
            ],
        ),
        (
            (
                "import random\nfrom osem_migrate import *\nDICE = random.Random(7)\n"
                "def roll(item):\n    return {'n': DICE.randint(1, 6)}\ndef back(item):\n    return {'n': hash('n')}\n"
            ),
            'UpdateItems("Orders", roll, undo=back)',
            [
                (
                    "roll takes the next value of what all items share (random.Random, line 4): of one item it gives "
                    "something else each time"
                ),
                "back takes a random value (hash, line 8): of one item it may give something else each time",
            ],
        ),
    ],
)
def test_functions_that_give_something_else_each_time(source: str, operation: str, messages: list[str]) -> None:
    """The one that changes or selects items, and the one that takes it back; what is a constant only looks like one."""
    assert _found_in(source, operation) == messages


def test_indexes_that_are_folded_are_not_built() -> None:
    """Where the environment folds, those right behind their CreateTable come with it."""
    adds = [f'AddIndex("Orders", "by-{name}", S("{name}"))' for name in "abc"]
    folding = LintEnvironment(name="dev", folds=True)
    assert _codes("\n".join([ORDERS, *adds]), environment=folding) == []
    assert _codes("\n".join([ORDERS, *adds])) == ["IDX07"]
    assert _codes("\n".join(adds), given=[ORDERS], environment=folding) == ["IDX07"]
    behind = "\n".join([ORDERS, 'SetTags("Orders", {"Team": "core"})', *adds])
    assert _codes(behind, environment=folding) == ["IDX07"]


def test_what_the_environment_gives_to_new_tables_counts() -> None:
    """Protection, backups and capacity may come from there."""
    defaults = (SetDeletionProtection("*", enabled=True), SetPointInTimeRecovery("*", enabled=True))
    assert _codes(ORDERS, environment=LintEnvironment(name="prod", protected=True, defaults=defaults)) == []
    (found,) = _found(ORDERS, environments=[PROD])
    assert found.message == (
        "Orders has no deletion protection and no point-in-time recovery, in a protected environment"
    )
    backed = LintEnvironment(name="dev", defaults=defaults[1:])
    assert _codes('DropTable("Orders")', given=[ORDERS], environment=backed) == []
    capacity = LintEnvironment(name="dev", defaults=(SetBilling.provisioned("*", read=9, write=9),))
    small = 'AddIndex("Orders", "by-a", S("a"), throughput=Throughput(5, 5))'
    assert _codes(small, given=[ORDERS], environment=capacity) == ["IDX13"]


def test_protection_that_a_later_script_declares_counts() -> None:
    """A protected table is not found because it was created bare; one that loses its protection is."""
    on = 'SetDeletionProtection("Orders", enabled=True)\nSetPointInTimeRecovery("Orders", enabled=True)'
    assert _codes(ORDERS, on, environment=PROD) == []
    off = 'SetDeletionProtection("Orders", enabled=False)'
    (found,) = _found(off, given=[ORDERS, on], environments=[PROD])
    assert (found.code, found.message.partition(",")[0]) == ("PRO01", "Orders has no deletion protection")


def test_the_environments_in_which_something_is_so_are_named() -> None:
    """None are, where it is so in all of them."""
    other = LintEnvironment(name="staging")
    found = _found(ORDERS, 'AddIndex("Orders", "by-status", S("status"))', environments=[DEV, other, PROD])
    assert {one.code: one.environments for one in found} == {"PRO01": ("prod",), "IDX01": ()}


def test_autoscaled_tables_are_those_of_the_configuration() -> None:
    """All of them, or some by name."""
    less = 'SetBilling.provisioned("Orders", read=8, write=8)'
    for autoscaled, codes in ((True, ["BIL02"]), (("Orders",), ["BIL02"]), (("Carts",), []), (False, [])):
        environment = LintEnvironment(name="dev", autoscaled=autoscaled)
        assert _codes(less, given=[PROVISIONED], environment=environment) == codes


def test_a_rule_that_is_ignored_finds_nothing() -> None:
    """Nor is it among those that could have found something."""
    scripts = _scripts(ORDERS, 'AddIndex("Orders", "by-status", S("status"))')
    assert lint(scripts, [DEV], ignored={"IDX01"}) == ()
    assert "IDX01" not in judged(by_release=True, everywhere=True, ignored={"IDX01"})
    assert judged(by_release=True, everywhere=True) == {rule.code for rule in RULES}
    assert "IDX02" not in judged(by_release=False, everywhere=True)
    assert "PRO01" not in judged(by_release=True, everywhere=False)


def test_scripts_that_do_not_fit_together_are_refused() -> None:
    """As everywhere, with the file."""
    with pytest.raises(ScriptOperationInapplicable, match=r"0001_script.py: cannot drop table Orders"):
        lint(_scripts('DropTable("Orders")'), [DEV])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("isActive", ("is", "active")),
        ("IS_ACTIVE", ("is", "active")),
        ("HTTPStatus", ("http", "status")),
        ("order-date2", ("order", "date", "2")),
        ("größe#", ("gr", "e")),
        ("", ()),
    ],
)
def test_the_words_of_a_name(name: str, expected: tuple[str, ...]) -> None:
    """However it is spelled."""
    assert words(name) == expected
