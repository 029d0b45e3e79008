"""What an error tells a program: the ``error`` member of a JSON document, with every member that its details may have.

Types only, which nobody imports but to check them and to publish the schema.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own from Python 3.12 on only

Timestamp = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$")]
"""A time as ``clock.iso`` writes it."""


class HolderDocument(TypedDict):
    """Who holds the upgrade lock."""

    identity: str
    """The ARN of the identity, or ``user@host`` on a local engine."""
    host: str
    pid: int
    run_url: str | None
    """Of the CI run."""
    acquired_at: Timestamp | None
    """Null where what is recorded is no time."""
    fence: int
    heartbeat: int
    lease_ms: int
    """How long it counts without a heartbeat."""


class DifferenceDocument(TypedDict):
    """One thing in which a live table is not as it has to be."""

    physical_name: str
    """In DynamoDB."""
    code: str
    """Such as DRIFT_INDEX_MISSING."""
    message: str


class OwnerDocument(TypedDict):
    """Whose a table is."""

    physical_name: str
    """In DynamoDB."""
    application: str


class Details(TypedDict, total=False):
    """Facts about an error; each is there where it applies."""

    action: str
    """The IAM action of the call that failed, such as dynamodb:UpdateTable."""
    argument: str
    """The method or the field that was given something of another type."""
    attribute: str
    attributes: Sequence[str] | None
    """Those of an item that are other than a write expects."""
    aws_code: str
    """AWS's own error code."""
    built_upon_by: Sequence[str]
    cause: "ErrorDocument"
    """What stopped a run that had changed something."""
    differences: Sequence[DifferenceDocument]
    endpoint_url: str | None
    environment: str
    environments: Sequence[str]
    expected: str
    file: str
    found: str
    future: Sequence[str]
    hazards: Sequence[str]
    """What would be lost, in sentences."""
    holder: HolderDocument | None
    index: str
    key: str
    """A key of pyproject.toml."""
    limit: int
    library: str
    """The one that is not installed."""
    line: int | None
    """In ``file``."""
    log: str
    migration: str
    newest_applied: int
    other: str
    """The other one of two files."""
    owners: Sequence[OwnerDocument]
    path: str
    pending: Sequence[str] | None
    pid: int
    pointer: str | None
    """Where in a file, as a JSON pointer."""
    port: int
    principal: str
    reason: str
    reasons: Sequence[str] | None
    """The codes of a transaction's parts."""
    recorded: str
    renamed_to: str | None
    request_id: str | None
    resource: str | None
    sdk_error: str
    table: str
    """By the name that the message uses."""
    tables: Sequence[str]
    """Their names in DynamoDB."""
    timeout_seconds: float
    value: str
    version: str


class ErrorDocument(TypedDict):
    """What went wrong."""

    code: str
    """Stable; docs/troubleshooting.md has all of them."""
    message: str
    remediation: str
    """The next thing to type."""
    details: Details
