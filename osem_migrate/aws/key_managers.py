"""KeyManagers: whether AWS or the customer manages a key of KMS. DescribeTable shows both by their ARN."""

from collections.abc import Callable
from typing import Any

from osem_migrate.aws.failures.classify import door
from osem_migrate.errors import AwsError


class KeyManagers:
    """Asks KMS once for each key.

    Args:
        client: gives boto3's client of KMS; asked for when the first question is.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._known: dict[str, str | None] = {}

    def manager(self, key: str) -> str | None:
        """``AWS`` or ``CUSTOMER`` for the ARN of a key; None where KMS does not say, as when the role may not ask."""
        if key not in self._known:
            self._known[key] = self._ask(key)
        return self._known[key]

    def _ask(self, key: str) -> str | None:
        try:
            with door("kms:DescribeKey", key):
                found = self._client().describe_key(KeyId=key)
        except AwsError:
            return None
        manager: str | None = found.get("KeyMetadata", {}).get("KeyManager")
        return manager
