"""``verify --contract``: entity by entity, in every format, and what is wrong with a file in its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from osem_migrate.commands.verify import VerifyOptions
from osem_migrate.config import Project as Configuration
from osem_migrate.errors import UsageError
from osem_migrate.migrator import Migrator
from tests.cli.command_line import Applied, Project, Run, Tables
from tests.doubles.example_files import contract

USERS = """\
shop-dev-Users
✓ table: present
✓ status: ACTIVE
✓ keys: email S
"""
ORDER = """\
shop-dev-Shop (ORDER)
✓ table: present
✓ status: ACTIVE
✓ keys: PK S / SK S
✓ index by-total: ACTIVE, keys customer S / total N, projection INCLUDE (status)
"""
CART = """\
shop-dev-Shop (CART)
✓ table: present
✓ status: ACTIVE
✓ keys: PK S / SK S
"""


@pytest.fixture
def live(project: Project, run: Run, applied: Applied, tables: Tables) -> Tables:
    """dev, with the tables of a contract and of nothing else."""
    for script in project.migrations.iterdir():
        script.unlink()
    (project.folder / "c.json").write_text(json.dumps(contract()))
    assert run("import", "--from", "c.json").code == 0
    applied()
    return tables


def test_every_entity(live: Tables, project: Project, run: Run) -> None:
    """A heading an entity, with the indexes that hold it; exit 0, nothing written, and no script is read."""
    before = live.everything()
    for script in project.migrations.iterdir():
        script.write_text("no Python")
    said = run("verify", "--contract", "c.json")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{USERS}\n{ORDER}\n{CART}\n")
    assert said.out.endswith(f"✓ dev ({live.endpoint_url}): 2 tables checked; all 10 checks passed.\n")
    assert run("verify", "--contract", "c.json", "--format", "github").out == "::notice::verified\n"
    assert live.everything() == before


def _remake(live: Tables, sort: str = "SK", kind: str = "S", indexes: list[dict[str, Any]] | None = None) -> None:
    """The table Shop by somebody else's hand."""
    live.drop("shop-dev-Shop")
    types = {"PK": "S", sort: kind, "customer": "S", "total": "N", "status": "S"}
    used = {"PK", sort} | {key["AttributeName"] for index in indexes or [] for key in index["KeySchema"]}
    keys: Any = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
    more: Any = {"GlobalSecondaryIndexes": indexes} if indexes else {}
    live.client.create_table(
        TableName="shop-dev-Shop",
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": types[name]} for name in sorted(used)],  # type: ignore[typeddict-item]
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def _index(name: str, partition: str, sort: str, projection: str = "ALL") -> Any:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projection}}


Change = Callable[[Tables], None]
DIFFERENT: dict[str, tuple[Change, list[str], str]] = {
    "a table that is missing": (
        lambda live: live.drop("shop-dev-Users"),
        ["shop-dev-Users\n✗ table: expected present, found missing\n"],
        "1 of 8 checks failed",
    ),
    "another sort key": (
        lambda live: _remake(live, "sort", indexes=[_index("by-total", "customer", "total")]),
        [
            "(ORDER)\n✓ table: present\n✓ status: ACTIVE\n✗ keys: expected PK S / SK S, found PK S / sort S\n",
            "(CART)\n✓ table: present\n✓ status: ACTIVE\n✗ keys: expected PK S / SK S, found PK S / sort S\n",
        ],
        "3 of 10 checks failed",
    ),
    "a key of another type": (
        lambda live: _remake(live, kind="N", indexes=[_index("by-total", "customer", "total")]),
        ["✗ keys: expected PK S / SK S, found PK S / SK N\n"],
        "3 of 10 checks failed",
    ),
    "no index": (
        _remake,
        ["✗ index by-total: expected ACTIVE, keys customer S / total N, projection INCLUDE (status), found none\n"],
        "1 of 10 checks failed",
    ),
    "an index of another key": (
        lambda live: _remake(live, indexes=[_index("by-total", "customer", "status")]),
        ["✗ index by-total: expected ACTIVE, keys customer S / total N, projection INCLUDE (status), found ACTIVE, "],
        "1 of 10 checks failed",
    ),
    "another projection": (
        lambda live: _remake(live, indexes=[_index("by-total", "customer", "total")]),
        ["projection INCLUDE (status), found ACTIVE, keys customer S / total N, projection ALL\n"],
        "1 of 10 checks failed",
    ),
}


@pytest.mark.parametrize(("change", "lines", "count"), DIFFERENT.values(), ids=DIFFERENT)
def test_differences_are_5(live: Tables, run: Run, change: Change, lines: list[str], count: str) -> None:
    """What the contract has, what is there, and where the two may have parted."""
    change(live)
    said = run("verify", "--contract", "c.json")
    assert said.code == 5
    for line in lines:
        assert line in said.out
    assert count in said.out
    assert said.out.endswith(
        "hint: see in what the scripts and the contract differ with: "
        "osem-migrate import --from c.json --check --env dev\n"
    )


def test_differences_in_every_format(live: Tables, run: Run) -> None:
    """The same checks and the same exit code."""
    _remake(live)
    said = run("verify", "--contract", "c.json", "--json")
    data = said.document["data"]
    assert (said.code, data["passed"]) == (5, False)
    assert data["counts"] == {"tables": 2, "checked": 2, "probed": 0, "checks": 10, "failed": 1}
    assert [(one["name"], one["entity"], one["passed"]) for one in data["tables"]] == [
        ("Users", None, True),
        ("Shop", "ORDER", False),
        ("Shop", "CART", True),
    ]
    said = run("verify", "--contract", "c.json", "--format", "github")
    (line,) = said.out.splitlines()
    assert (said.code, line.partition(" expected ")[0]) == (
        5,
        "::error title=VERIFY_FAILED::shop-dev-Shop (ORDER): index by-total:",
    )
    said = run("verify", "--contract", "c.json", "--format", "junit")
    suite = ET.fromstring(said.out)  # noqa: S314 - our own document
    assert (said.code, suite.get("tests"), suite.get("failures")) == (5, "10", "1")
    assert {case.get("classname") for case in suite} == {
        "shop-dev-Users", "shop-dev-Shop (ORDER)", "shop-dev-Shop (CART)"
    }  # fmt: skip


def test_what_the_contract_does_not_have(live: Tables, run: Run) -> None:
    """An index more is no failure; it is told once."""
    live.client.update_table(
        TableName="shop-dev-Shop",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}  # type: ignore[typeddict-item]
            for name, kind in {"PK": "S", "SK": "S", "customer": "S", "total": "N"}.items()
        ],
        GlobalSecondaryIndexUpdates=[{"Create": _index("more", "SK", "PK")}],
    )
    said = run("verify", "--contract", "c.json")
    assert said.code == 0
    assert said.out.count("the contract has no index more\n") == 1


def test_an_index_that_holds_no_entity(live: Tables, project: Project, run: Run) -> None:
    """Its keys are spread over two entities; the first one is asked for it all the same."""
    document = contract()
    document["tables"][1]["gsis"][0]["sk"] = "weight"
    document["tables"][1]["entities"][1]["attributes"].append({"name": "weight", "type": "N"})
    (project.folder / "c.json").write_text(json.dumps(document))
    said = run("verify", "--contract", "c.json")
    assert said.code == 5
    assert said.out.count("✗ index by-total: expected ACTIVE, keys customer S / weight N") == 1


def _without(key: str) -> Callable[[Any], object]:
    return lambda document: document["tables"][1].pop(key)


def _template(document: Any) -> None:
    document["tables"][1]["entities"][1]["sk_template"] = "CART#{product_id"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without("pk"), "c.json: /tables/1: pk: Field required"),
        (_template, "c.json: /tables/1/entities/1/sk_template: template 'CART#{product_id': "),
        (lambda document: document["tables"][0].update(table="x" * 250), "c.json: /tables/0: table 'shop-dev-xxx"),
    ],
)
def test_mistakes_in_the_file(project: Project, run: Run, change: Callable[[Any], object], says: str) -> None:
    """Each with its JSON pointer, before anything is asked of AWS."""
    document = contract()
    change(document)
    (project.folder / "c.json").write_text(json.dumps(document))
    said = run("verify", "--contract", "c.json", "--endpoint-url", "http://127.0.0.1:9")
    assert (said.code, said.out) == (1, "")
    assert f"✗ FORMAT_INVALID: {says}" in said.err


def test_no_file_and_no_probe(project: Project, run: Run, tables: Tables) -> None:
    """A file that is not there is told so; a contract takes no probe, on the command line and in the library."""
    said = run("verify", "--contract", "no.json")
    assert (said.code, said.out) == (1, "")
    assert "✗ FILE_NOT_READABLE: no.json: the file cannot be read: No such file or directory\n" in said.err
    said = run("verify", "--contract", "c.json", "--probe")
    assert (said.code, said.out) == (64, "")
    assert "--contract and --probe cannot be used together" in said.err
    migrator = Migrator.open("dev", project=Configuration.find(project.folder))
    with pytest.raises(UsageError, match="a contract is not verified with a probe"):
        migrator.verify(VerifyOptions(contract=Path("c.json"), probe=True))


def test_a_contract_without_tables(project: Project, run: Run, tables: Tables) -> None:
    """Nothing to verify is no failure."""
    (project.folder / "c.json").write_text("[]")
    said = run("verify", "--contract", "c.json")
    assert (said.code, said.out.splitlines()[-1][2:]) == (0, "c.json has no tables; there is nothing to verify.")
