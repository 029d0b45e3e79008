"""What applications import: one table as a client, and repositories by contract. Nothing else in osem-migrate needs it.

Names are loaded on first use, so that this costs an application no more to import than boto3 does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Contract": "osem_migrate.access.contract",
    "DynamoDBClient": "osem_migrate.access.client",
    "Page": "osem_migrate.access.repository",
    "Repository": "osem_migrate.access.repository",
    "Retries": "osem_migrate.access.attempts",
    "begins_with": "osem_migrate.access.query",
    "between": "osem_migrate.access.query",
    "correlated": "osem_migrate.access.attempts",
    "gt": "osem_migrate.access.query",
    "gte": "osem_migrate.access.query",
    "lt": "osem_migrate.access.query",
    "lte": "osem_migrate.access.query",
}

if TYPE_CHECKING:
    from osem_migrate.access.attempts import Retries as Retries
    from osem_migrate.access.attempts import correlated as correlated
    from osem_migrate.access.client import DynamoDBClient as DynamoDBClient
    from osem_migrate.access.contract import Contract as Contract
    from osem_migrate.access.query import begins_with as begins_with
    from osem_migrate.access.query import between as between
    from osem_migrate.access.query import gt as gt
    from osem_migrate.access.query import gte as gte
    from osem_migrate.access.query import lt as lt
    from osem_migrate.access.query import lte as lte
    from osem_migrate.access.repository import Page as Page
    from osem_migrate.access.repository import Repository as Repository
else:

    def __getattr__(name: str) -> Any:
        if name == "__all__":
            return sorted(_HOMES)
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted({*_HOMES, *(name for name in globals() if name.startswith("__"))})
