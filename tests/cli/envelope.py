"""The envelope of --json as a schema: what every document owes, whatever the command and however it ended."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, TypeAdapter

from tests.cli.command_line import Result


class Error(BaseModel):
    """The ``error`` member: exactly these members, none empty but ``details``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: StrictStr
    message: StrictStr
    remediation: StrictStr
    details: dict[str, Any]


class Success(BaseModel):
    """The envelope of a command that did what it was asked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    schema_version: Literal[1]
    success: Literal[True]
    command: StrictStr
    environment: StrictStr | None
    region: StrictStr | None
    timestamp: StrictStr
    duration: StrictInt
    data: dict[str, Any]


class Failure(Success):
    """The envelope of a command that failed: the same, and the error."""

    success: StrictBool  # type: ignore[assignment]
    error: Error


def checked(result: Result) -> Success:
    """The document, after everything that every document owes."""
    shape = Failure if "error" in result.document else Success
    document: Success = TypeAdapter(shape).validate_python(result.document)
    assert document.success is (shape is Success)
    assert document.timestamp.endswith("Z")
    moment = datetime.fromisoformat(document.timestamp)
    assert moment.tzinfo == UTC
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert 0 <= document.duration < 60_000
    return document
