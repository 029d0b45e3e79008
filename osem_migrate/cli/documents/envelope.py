"""The envelope that every document of ``--json`` has."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from osem_migrate.clock import iso
from osem_migrate.details import ErrorDocument, Timestamp
from osem_migrate.errors import OsemMigrateError
from osem_migrate.place import Place

SCHEMA_VERSION: Literal[2] = 2
"""Raised when a member goes, or changes its meaning; more members may come at any time."""


class Envelope(TypedDict):
    """The one document that a command prints with --json."""

    schema_version: Literal[2]
    success: bool
    """Whether the command did what it was asked; what status and verify find is no failure."""
    exit_code: int
    """Of the process."""
    command: str | None
    """Null where the command line names none."""
    environment: str | None
    """Null of commands that have none."""
    application: str | None
    """With table_pattern, account_id and endpoint_url: null while it is not known."""
    table_pattern: str | None
    """What the names of its tables in DynamoDB begin with."""
    region: str | None
    account_id: str | None
    """As configured, or as AWS has said."""
    endpoint_url: str | None
    """Instead of AWS's own endpoint."""
    timestamp: Timestamp
    """When it was printed."""
    duration_ms: int
    data: Mapping[str, object]
    """What the command says; after a failure as far as it came, or nothing."""
    error: NotRequired[ErrorDocument]
    """After a failure."""


def envelope(  # noqa: PLR0913 - what only the command line knows
    *,
    command: str | None,
    place: Place,
    seconds: float,
    exit_code: int,
    data: Mapping[str, object],
    error: OsemMigrateError | None = None,
) -> Envelope:
    """The whole document, now."""
    document: Envelope = {
        "schema_version": SCHEMA_VERSION,
        "success": error is None,
        "exit_code": int(exit_code),
        "command": command,
        "environment": place.environment,
        "application": place.application,
        "table_pattern": place.table_pattern,
        "region": place.region,
        "account_id": place.account_id,
        "endpoint_url": place.endpoint_url,
        "timestamp": iso(datetime.now(UTC)),
        "duration_ms": round(seconds * 1000),
        "data": data,
    }
    if error is not None:
        document["error"] = error.as_dict()
    return document
