"""A repository by contract, against bare boto3 doing the same: python benchmarks/bench_repository.py.

The same means: the key is made of its parts, each value is cast to its type and back by boto3's own casts, and the
consumed units are asked for. Calls go to a server in another process that answers at once. Processor time is counted;
the two sides take turns, and the ratio is that of their medians. Exits 1 when a ratio is above its target.
"""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
from bench_access import CALL_TARGET, CALLS, answering, told, turn
from bench_cli import environment
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from osem_migrate.access import Contract

TURNS = 51

ATTRIBUTES = {
    "email": "S",
    "order_id": "N",
    "created_at": "S",
    "status": "S",
    "total": "N",
    "lines": "L",
    "labels": "SS",
}
CONTRACT = {
    "tables": [
        {
            "table": "Shop",
            "pk": "PK",
            "sk": "SK",
            "attributes": [],
            "entities": [
                {
                    "entity_type": "ORDER",
                    "pk_template": "{email}",
                    "sk_template": "ORDER#{created_at}#{order_id}",
                    "attributes": [
                        {"name": name, "type": kind} for name, kind in {"PK": "S", "SK": "S", **ATTRIBUTES}.items()
                    ],
                }
            ],
        }
    ]
}
ORDER = {
    "email": "ann@example.com",
    "order_id": 101,
    "created_at": "2026-11-28T09:30:00Z",
    "status": "placed",
    "total": Decimal("39.90"),
    "lines": [{"product_id": number, "quantity": 2, "price": Decimal("19.95")} for number in range(3)],
    "labels": {"new", "gift"},
}
KEY = {name: ORDER[name] for name in ("email", "created_at", "order_id")}
STORED = {
    name: TypeSerializer().serialize(value)
    for name, value in {**ORDER, "PK": ORDER["email"], "SK": "ORDER#2026-11-28T09:30:00Z#101"}.items()
}
CONSUMED = {"ConsumedCapacity": {"TableName": "shop-dev-Shop", "CapacityUnits": 1.0}}
ANSWERS = {
    "GetItem": {"Item": STORED, **CONSUMED},
    "PutItem": CONSUMED,
    "Query": {"Items": [STORED] * 100, "Count": 100, "ScannedCount": 100, **CONSUMED},
}


def bare_calls(client: Any) -> dict[str, Callable[[], Any]]:
    """What an application would write without us."""
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    target = {"TableName": "shop-dev-Shop", "ReturnConsumedCapacity": "TOTAL"}

    def key(values: Any) -> dict[str, Any]:
        return {"PK": values["email"], "SK": f"ORDER#{values['created_at']}#{values['order_id']}"}

    def typed(values: Any) -> dict[str, Any]:
        return {name: serialize(value) for name, value in values.items()}

    def plain(item: Any) -> dict[str, Any]:
        return {name: deserialize(value) for name, value in item.items()}

    def query() -> list[dict[str, Any]]:
        answer = client.query(
            **target,
            KeyConditionExpression="#p = :p AND begins_with(#s, :s)",
            ExpressionAttributeNames={"#p": "PK", "#s": "SK"},
            ExpressionAttributeValues=typed({":p": ORDER["email"], ":s": "ORDER#"}),
        )
        return [plain(item) for item in answer["Items"]]

    return {
        "put": lambda: client.put_item(**target, Item=typed({**ORDER, **key(ORDER)})),
        "get": lambda: plain(client.get_item(**target, Key=typed(key(KEY)))["Item"]),
        "query, 100 items": query,
    }


def main() -> int:
    """The exit code says whether every ratio keeps to its target."""
    print(f"{'':<34} {'ours':>10} {'boto3':>10} {'ratio':>6} {'target':>7}   medians")
    with answering(ANSWERS) as url, tempfile.TemporaryDirectory(prefix="osem-migrate-bench-") as folder:
        os.environ.update({name: text for name, text in environment(folder).items() if name.startswith("AWS_")})
        path = Path(folder) / "contract.json"
        path.write_text(json.dumps(CONTRACT))
        orders = Contract.load(path).repository("ORDER", table_name="shop-{env}-{entity}", endpoint_url=url)
        config = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=20)
        bare = bare_calls(boto3.client("dynamodb", endpoint_url=url, config=config))
        ours: dict[str, Callable[[], Any]] = {
            "put": lambda: orders.put(ORDER),
            "get": lambda: orders.get(KEY),
            "query, 100 items": lambda: list(orders.query({"email": ORDER["email"]})),
        }
        assert ours["get"]() == ORDER
        assert {name: bare["get"]()[name] for name in ORDER} == ORDER
        assert len(ours["query, 100 items"]()) == len(bare["query, 100 items"]()) == 100  # noqa: PLR2004 - as answered
        kept = []
        for title, call in ours.items():
            turns = [(turn(call), turn(bare[title])) for _ in range(TURNS)]
            mine, other = (statistics.median(side) for side in zip(*turns[1:], strict=True))
            kept.append(told(title, mine / CALLS, other / CALLS, CALL_TARGET))
        return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
