"""What applications import: one table as a client. Nothing else in osem-migrate needs it.

Names are loaded on first use, so that this costs an application no more to import than boto3 does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "DynamoDBClient": "osem_migrate.access.client",
}

if TYPE_CHECKING:
    from osem_migrate.access.client import DynamoDBClient as DynamoDBClient
else:

    def __getattr__(name: str) -> Any:
        if name == "__all__":
            return sorted(_HOMES)
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted({*_HOMES, *(name for name in globals() if name.startswith("__"))})
