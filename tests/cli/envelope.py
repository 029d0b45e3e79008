"""The envelope of --json: what every document owes beyond the published schema, however the command ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cli.command_line import Result


@dataclass(frozen=True, kw_only=True)
class Error:
    """The ``error`` member."""

    code: str
    message: str
    remediation: str
    details: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Success:
    """The envelope of a command that did what it was asked."""

    schema_version: int
    success: bool
    exit_code: int
    command: str | None
    environment: str | None
    application: str | None
    table_pattern: str | None
    region: str | None
    account_id: str | None
    endpoint_url: str | None
    timestamp: str
    duration_ms: int
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Failure(Success):
    """The envelope of a command that failed: the same, and the error."""

    error: Error


def checked(result: Result) -> Success:
    """The document: valid, of now, and with the exit code of the process."""
    members = dict(result.document)
    error = members.pop("error", None)
    document = Failure(**members, error=Error(**error)) if error is not None else Success(**members)
    moment = datetime.fromisoformat(document.timestamp)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert 0 <= document.duration_ms < 60_000
    assert document.exit_code == result.code
    return document
