"""A contract with everything in it that a repository knows, and its codecs."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from osem_migrate.access.codec import Codec
from osem_migrate.formats.contract import Contracted, read_entities

Attributes = Mapping[str, str]


def attributes(**types: str) -> list[dict[str, str]]:
    """As a contract spells them."""
    return [{"name": name, "type": kind, "source_table": "t", "source_column": name} for name, kind in types.items()]


def entity(name: str, sk_template: str, /, **types: str) -> dict[str, Any]:
    """One of the table Shop."""
    declared = attributes(PK="S", SK="S", email="S", **types)
    return {"entity_type": name, "pk_template": "{email}", "sk_template": sk_template, "attributes": declared}


def document() -> dict[str, Any]:
    """A table of one entity with every type, a table of several, and one of numbers."""
    everything = {f"a_{kind.lower()}": kind for kind in ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")}
    return {
        "tables": [
            {
                "table": "Things",
                "pk": "id",
                "gsis": [{"index_name": "by-text", "pk": "a_s"}],
                "attributes": attributes(id="S", **everything),
            },
            {
                "table": "Shop",
                "pk": "PK",
                "sk": "SK",
                "gsis": [
                    {"index_name": "by-status", "pk": "status", "sk": "total"},
                    {"index_name": "turned", "pk": "SK", "sk": "PK", "projection": "KEYS_ONLY"},
                ],
                "attributes": [],
                "entities": [
                    entity("USER", "#META", name="S"),
                    entity("CART", "CART#{product_id}", product_id="N", quantity="N"),
                    entity("ORDER", "ORDER#{created_at}#{order_id}", order_id="N", status="S", total="N"),
                    entity("NOTE", "{title}"),
                    entity("EVENT", "{day}#{email}"),
                    entity("LINE", "ORDER#{created_at}#{order_id}#LINE#{line}", order_id="N", line="N"),
                ],
            },
            {"table": "Counters", "pk": "id", "sk": "at", "attributes": attributes(id="N", at="N", hash="B")},
            {"table": "Blobs", "pk": "digest", "attributes": attributes(digest="B")},
        ]
    }


@cache
def tables() -> tuple[Contracted, ...]:
    """Read once."""
    return read_entities(json.dumps(document()), file="c.json")


def codec(name: str, forms: Mapping[str, type] | None = None) -> Codec:
    """Of an entity of that contract."""
    for table in tables():
        for found in table.entities:
            if found.name == name:
                return Codec(found, [other for other in table.entities if other is not found], forms)
    raise LookupError(name)
