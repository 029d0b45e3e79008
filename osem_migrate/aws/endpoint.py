"""Where the calls go when not to AWS: the endpoint URL, where it is configured, and a mock in this process."""

import sys
from collections.abc import Mapping
from typing import Any

from osem_migrate.aws.failures.redaction import redact
from osem_migrate.errors import EndpointInvalid
from osem_migrate.place import is_url


def is_mocked() -> bool:
    """Whether moto answers in this process, inside ``mock_aws``; the calls seem to go to AWS then."""
    # Asked of it only where somebody has imported it: it is no dependency, and takes long to import.
    stubber = getattr(sys.modules.get("moto.core.models"), "botocore_stubber", None)
    return bool(getattr(stubber, "enabled", False))


def configured_endpoint(
    environ: Mapping[str, str], settings: Mapping[str, Any], files: Mapping[str, Any]
) -> str | None:
    """The endpoint of DynamoDB that is configured for every AWS SDK, in its documented order.

    Args:
        environ: the environment variables.
        settings: the chosen profile of the AWS files.
        files: the AWS files as a whole, whose ``services`` a profile may point to.
    """
    ignore = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or settings.get("ignore_configured_endpoint_urls") or ""
    if str(ignore).lower() == "true":
        return None
    services = files.get("services", {}).get(settings.get("services"), {})
    candidates = (
        environ.get("AWS_ENDPOINT_URL_DYNAMODB"),
        environ.get("AWS_ENDPOINT_URL"),
        services.get("dynamodb", {}).get("endpoint_url"),
        settings.get("endpoint_url"),
    )
    return next((str(url) for url in candidates if url), None)


def require_url(url: str) -> None:
    """Raise EndpointInvalid for what botocore would refuse without a hint, or only at the first call."""
    if not is_url(url):
        raise EndpointInvalid(f"The endpoint {redact(url)!r} is not an http or https URL.", endpoint_url=redact(url))
