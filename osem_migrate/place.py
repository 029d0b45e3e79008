"""Place: where a command is at work, as far as that is known, and whether an address is on this machine."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_THIS_MACHINE = ("localhost", "host.docker.internal", "localhost.localstack.cloud")


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


def is_url(text: str) -> bool:
    """Whether it is a whole http or https URL, as an endpoint has to be."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not match, or a port that is no number up to 65535
        return False
    return whole and not any(character.isspace() for character in text)


def is_this_machine(endpoint_url: str | None) -> bool:
    """Whether the URL names this machine: a loopback or unspecified address, localhost, or a container's host."""
    host = _host(endpoint_url)
    if host in _THIS_MACHINE or host.endswith(tuple(f".{name}" for name in _THIS_MACHINE)):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _host(endpoint_url: str | None) -> str:
    try:
        return (urlsplit(endpoint_url or "").hostname or "").rstrip(".")
    except ValueError:
        return ""
