"""Place: where a command is at work, as far as that is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An environment of an application, and where its tables are; None is what nobody knows yet.

    Attributes:
        environment: its name.
        application: whose history it has.
        region: of AWS.
        account_id: of the identity in use, or as configured; None on a local engine.
        endpoint_url: instead of AWS's own endpoint.
        table_pattern: ``osem-dev-*``, what its tables are called unless they are mapped.
    """

    environment: str | None = None
    application: str | None = None
    region: str | None = None
    account_id: str | None = None
    endpoint_url: str | None = None
    table_pattern: str | None = None
