"""The published schema of --json, and whether a document is what it says."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.documentation.shown import DOCS

PUBLISHED = DOCS / "osem-migrate.schema.json"


@cache
def validator() -> Any:
    """Of docs/osem-migrate.schema.json; that this is a schema itself, a test of its own says."""
    return Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def check(document: Any) -> None:
    """Fail unless the document is as published, with the place where it is not."""
    wrong = best_match(validator().iter_errors(document))
    assert wrong is None, f"{wrong.json_path}: {wrong.message}"


def check_part(name: str, part: Any) -> None:
    """The same of a part of a document, by the name that it has in the schema."""
    schema = validator().schema
    wrong = best_match(Draft202012Validator({**schema["$defs"][name], "$defs": schema["$defs"]}).iter_errors(part))
    assert wrong is None, f"{wrong.json_path}: {wrong.message}"


def objects(schema: Any, place: str = "#") -> Iterator[tuple[str, Any]]:
    """Everything in a schema that describes an object, with its place."""
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema:
            yield place, schema
        for name, inner in schema.items():
            yield from objects(inner, f"{place}/{name}")
    if isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from objects(inner, f"{place}/{number}")
