"""One table of DynamoDB, as an application uses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from osem_migrate.access.given import check, wrong
from osem_migrate.access.session import ATTEMPTS, LOGGER, LazySession
from osem_migrate.errors import AwsError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from mypy_boto3_dynamodb import DynamoDBClient as BotoClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef


class DynamoDBClient:
    """One table, on AWS, DynamoDB Local, LocalStack or moto; made for being derived from.

    Nothing is connected, and no credential is looked up, before the table is first used. One object serves all threads.

    Args:
        table: its physical name, such as ``VibeDigest-dev``.
        region: goes before AWS_REGION, AWS_DEFAULT_REGION and the profile's; us-east-1 where none is set.
        endpoint_url: instead of AWS's own; goes before AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL. An engine on
            this machine needs no credentials.
        profile: of the AWS files; goes before AWS_PROFILE.
        validate: test the connection at once; this then raises what ``test_connection`` raises.
        attempts: requests that a call may take, the first included: refusals that pass by themselves (throttling,
            internal errors, a lost connection) are tried again after growing, random pauses of seconds altogether.

    Attributes:
        table_name: the physical name.

    Raises:
        ArgumentInvalid: an argument is of another type, ``table`` is empty, or ``attempts`` is less than 1.
    """

    def __init__(  # noqa: PLR0913 - one argument for each thing that an application may choose
        self,
        table: str,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        validate: bool = False,
        attempts: int = ATTEMPTS,
    ) -> None:
        check(
            "DynamoDBClient",
            (str, table, "table"),
            (str | None, region, "region"),
            (str | None, endpoint_url, "endpoint_url"),
            (str | None, profile, "profile"),
            (bool, validate, "validate"),
            (int, attempts, "attempts"),
        )
        if not table:
            raise wrong("DynamoDBClient", "table takes the name of a table, not ''", "table")
        if attempts < 1:
            raise wrong("DynamoDBClient", f"attempts takes 1 or more, not {attempts}", "attempts")
        self.table_name = table
        self._session = LazySession(region=region, endpoint_url=endpoint_url, profile=profile, attempts=attempts)
        if validate:
            self.test_connection()

    @property
    def table(self) -> Table:
        """boto3's resource of the table, which takes and gives values of Python; one for each thread.

        Its methods raise what boto3 raises; inside ``calling`` that becomes an AwsError.

        Raises:
            AwsError: on first use, where region, endpoint, profile or credentials cannot be used.
        """
        return self._session.table(self.table_name)

    @property
    def client(self) -> BotoClient:
        """boto3's client of DynamoDB, for calls that the table has not; its values are typed (``{"S": "text"}``).

        Raises:
            AwsError: as ``table`` does.
        """
        return self._session.client

    def calling(self, operation: str) -> AbstractContextManager[None]:
        """Let what boto3 raises inside be an AwsError, which has a stable ``code`` and a ``remediation``.

        ``with self.calling("PutItem"): self.table.put_item(Item=item)``

        Args:
            operation: the operation of DynamoDB, for the message.

        Raises:
            AwsError: of the class that says what it was, such as ConditionFailed, Throttled or AccessDenied.
        """
        return self._session.calling(f"dynamodb:{operation}", self.table_name)

    def test_connection(self) -> TableDescriptionTypeDef:
        """Ask DynamoDB for the table: one call, DescribeTable.

        Returns:
            What DynamoDB says of it, as it stands: TableName, TableArn, TableStatus, KeySchema, AttributeDefinitions,
            BillingModeSummary, GlobalSecondaryIndexes and so on, as far as there are any. ItemCount and TableSizeBytes
            are up to six hours old.

        Raises:
            AwsError: the table cannot be used so. CredentialsMissing, CredentialsExpired and so on: nobody may call.
                RegionMissing, ProfileUnknown, EndpointInvalid, EndpointUnreachable: the way there is wrong.
                AccessDenied: the identity lacks dynamodb:DescribeTable. ResourceNotFound: there is no such table.
        """
        LOGGER.info("Connecting to table %s", self.table_name)
        started = time.monotonic()
        try:
            with self.calling("DescribeTable"):
                found = self.client.describe_table(TableName=self.table_name)["Table"]
        except AwsError as error:
            LOGGER.warning("No connection to table %s: %s (%s)", self.table_name, error.message, error.code)
            raise
        LOGGER.info(
            "Connected to table %s at %s after %.0f ms: it is %s",
            self.table_name,
            self._session.address,
            (time.monotonic() - started) * 1000,
            found.get("TableStatus"),
        )
        return found

    def close(self) -> None:
        """Close the connections that are open; the next use opens new ones."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.table_name}>"
