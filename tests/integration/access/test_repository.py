"""Repositories on DynamoDB Local, one entity after the other, with nothing mocked: what it takes is what we say."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osem_migrate.access import Contract, Repository, begins_with, between, gte, lt
from osem_migrate.access.values import ENCODERS
from osem_migrate.config import Project
from osem_migrate.errors import ConditionNotMet, ItemTooLarge
from osem_migrate.migrator import Migrator
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, item_size
from tests.doubles.contract_tables import create_tables
from tests.engines.engine import Engine
from tests.unit.access.builders import document

Make = Callable[..., Repository]
NAME = "shop-test-{}"


@pytest.fixture
def repository(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Gives the repository of an entity, whose table is there."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    create_tables(engine.client(), document(), NAME)
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(document()))
    contract = Contract.load(path)
    yield lambda entity, **options: contract.repository(
        entity, tables={table: NAME.format(table) for table in ("Things", "Shop", "Counters", "Blobs")}, **options
    )
    contract.close()


ENTITIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Things": (
        {
            "id": "größe-😀", "a_s": "x", "a_n": Decimal("-1.5E-20"), "a_b": b"\x00", "a_bool": True, "a_null": None,
            "a_ss": {"é", "b"}, "a_ns": {10**37, Decimal("0.5")}, "a_bs": {b"x", b""},
            "a_l": ["", None, {"deep": [{1, 2}]}], "a_m": {"a b": {"#": ""}},
        },
        {"a_n": 7, "a_m": {}, "a_bool": None},
    ),
    "USER": ({"email": "a@b", "name": ""}, {"name": "Zoë"}),
    "CART": ({"email": "a@b", "product_id": 42, "quantity": 2}, {"quantity": 3}),
    "ORDER": (
        {"email": "a@b", "created_at": "2026-01-02 03:04:05", "order_id": 9, "status": "paid", "total": Decimal("9.9")},
        {"status": None},
    ),
    "NOTE": ({"email": "a@b", "title": "Hello"}, {}),
    "LINE": ({"email": "a@b", "created_at": "2026", "order_id": 9, "line": 1}, {}),
    "Counters": ({"id": 5, "at": Decimal("0.1"), "hash": b"x"}, {"hash": None}),
    "Blobs": ({"digest": b"\xff\x00"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("entity", ENTITIES)
def test_one_entity(repository: Make, entity: str) -> None:
    """Put, got, queried, updated, refused, deleted: what comes back is what was given."""
    values, changes = ENTITIES[entity]
    items = repository(entity)
    key = items.key_of(values)
    assert items.get(key) is None
    items.put(values, if_absent=True)
    assert items.get(key, consistent=True) == values
    with pytest.raises(ConditionNotMet) as refused:
        items.put(values, if_absent=True)
    assert refused.value.found == values
    assert list(items.query(key)) == [values]
    assert items.batch_get([key]) == [values]
    if changes:
        expected = {
            name: value for name, value in {**values, **changes}.items() if value is not None or name == "a_null"
        }
        assert items.update(key, changes, expected={name: values[name] for name in changes}) == expected
        values = expected
    items.batch_put([values])
    assert items.get(key, consistent=True) == values
    items.delete(key)
    assert items.get(key, consistent=True) is None


def test_queries_of_several_entities(repository: Make) -> None:
    """In one partition, each finds its own, by whatever its keys allow, and a page of them at a time."""
    for entity in ("USER", "NOTE"):
        repository(entity).put(ENTITIES[entity][0])
    repository("CART").batch_put([{"email": "a@b", "product_id": number} for number in range(12)])
    orders, lines = repository("ORDER"), repository("LINE")
    days = [f"2026-01-{day:02}" for day in range(1, 29)]
    orders.batch_put(
        [{"email": "a@b", "created_at": f"{day} 12:00", "order_id": number, "status": "paid", "total": number}
         for number, day in enumerate(days)]
    )  # fmt: skip
    lines.batch_put(
        [
            {"email": "a@b", "created_at": f"{day} 12:00", "order_id": number, "line": 1}
            for number, day in enumerate(days)
        ]
    )

    def ids(*conditions: Any, **options: Any) -> list[int]:
        return [found["order_id"] for found in orders.query(*conditions, **options)]

    assert ids({"email": "a@b"}) == list(range(28))
    assert ids({"email": "a@b", "created_at": between("2026-01-03", "2026-01-05")}) == [2, 3]
    assert ids({"email": "a@b", "created_at": between("2026-01-03", "2026-01-05 12:00")}) == [2, 3, 4]
    assert ids({"email": "a@b", "created_at": gte("2026-01-27")}, descending=True) == [27, 26]
    assert ids({"email": "a@b", "created_at": lt("2026-01-02")}) == [0]
    assert ids({"email": "a@b", "created_at": begins_with("2026-01-1")}) == list(range(9, 19))
    assert ids({"status": "paid", "total": between(5, 7)}, index="by-status") == [5, 6, 7]
    page = orders.page({"email": "a@b"}, limit=20)
    more = orders.page({"email": "a@b"}, limit=20, cursor=page.cursor)
    assert [found["order_id"] for found in (*page.items, *more.items)] == list(range(28))
    assert more.cursor is None
    assert len(list(lines.query({"email": "a@b"}))) == 28
    assert len(list(repository("CART").query({"email": "a@b"}))) == 12
    assert list(repository("CART").query({"product_id": 3}, index="turned")) == [{"email": "a@b", "product_id": 3}]


def test_400_kb(repository: Make, engine: Engine) -> None:
    """Exactly 400 KB are taken by us and by DynamoDB; a byte more is too much for both, and told before the call."""
    things = repository("Things")
    room = MAX_ITEM_BYTES - len("id1a_b")
    things.put({"id": "1", "a_b": bytes(room)})
    with pytest.raises(ItemTooLarge):
        things.put({"id": "1", "a_b": bytes(room + 1)})
    with pytest.raises(ClientError, match="Item size has exceeded"):
        engine.client().put_item(TableName=things.table, Item={"id": {"S": "1"}, "a_b": {"B": bytes(room + 1)}})
    with pytest.raises(ItemTooLarge, match="Things: the item has more than 409,600 bytes"):
        things.update({"id": "1"}, {"a_n": 1})  # only DynamoDB knows the rest of the item


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
NUMBERS = st.integers(-(10**20), 10**20)
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none() | st.binary(max_size=9) | st.sets(TEXTS, min_size=1, max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(VALUES, max_size=4))
def test_sizes_are_those_of_dynamodb(repository: Make, engine: Engine, value: list[Any]) -> None:
    """Whatever else is in an item: with what we leave it of the 400 KB it is taken, and with a byte more it is not."""
    item: dict[str, Any] = {"id": {"S": "1"}, "a_l": ENCODERS["L"](value, "a_l"), "a_b": {"B": b""}}
    room = MAX_ITEM_BYTES - item_size(item)
    client = engine.client()
    client.put_item(TableName=NAME.format("Things"), Item={**item, "a_b": {"B": bytes(room)}})
    with pytest.raises(ClientError, match="Item size has exceeded"):
        client.put_item(TableName=NAME.format("Things"), Item={**item, "a_b": {"B": bytes(room + 1)}})


def test_it_reaches_the_tables_that_upgrade_made(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a project, an environment is the same to both: pattern, mapped name, region and endpoint."""
    for name, value in engine.environ().items():
        if "ENDPOINT" not in name:
            monkeypatch.setenv(name, value)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_create.py").write_text(
        '"""Two tables."""\n\nfrom osem_migrate import CreateTable, S\n\n'
        'operations = [CreateTable("Shop", S("PK"), S("SK")), CreateTable("Things", S("id"))]\n'
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.osem-migrate]\napplication = "app"\ntable_name = "{entity}-{env}"\n'
        f'[tool.osem-migrate.environments.dev]\nname = "Dev"\nregion = "us-east-1"\n'
        f'endpoint_url = "{engine.endpoint_url}"\ntables = {{ Shop = "MyStack-Shop-1A" }}\n'
    )
    Migrator.open("dev", project=Project.find(tmp_path)).upgrade()
    (tmp_path / "contract.json").write_text(json.dumps(document()))
    contract = Contract.load(tmp_path / "contract.json")
    for entity, table in (("USER", "MyStack-Shop-1A"), ("Things", "Things-Dev")):
        items = contract.repository(entity, env="dev")
        items.put(ENTITIES[entity][0])
        assert len(engine.client().scan(TableName=table)["Items"]) == 1
    contract.close()
