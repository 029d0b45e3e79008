"""What a test is given to reach an engine."""

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def _access_key() -> str:
    return f"AKIA{secrets.token_hex(8).upper()}"


@dataclass(frozen=True)
class Engine:
    """An engine seen through credentials of its own: in DynamoDB Local, a database that nobody else uses.

    DynamoDB Local has three threads look for work in every database until it ends, so that two hundred of them take a
    fifth of a processor while nobody asks anything. Empty one and use it again where that will do.

    Args:
        endpoint_url: where it listens.
        region: part of what separates databases in DynamoDB Local.
        access_key: alphanumeric, for DynamoDB Local refuses anything else.
        secret_key: any text; the engines do not check signatures.
    """

    endpoint_url: str
    region: str = "us-east-1"
    access_key: str = field(default_factory=_access_key)
    secret_key: str = field(default_factory=secrets.token_urlsafe, repr=False)

    def client(self) -> "DynamoDBClient":
        """A new client with these credentials."""
        session = boto3.session.Session(
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key, region_name=self.region
        )
        return session.client("dynamodb", endpoint_url=self.endpoint_url)

    def empty(self) -> None:
        """Delete every table."""
        client = self.client()
        for page in client.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                try:
                    client.delete_table(TableName=name)
                except client.exceptions.ClientError:
                    client.update_table(TableName=name, DeletionProtectionEnabled=False)
                    client.delete_table(TableName=name)

    def environ(self) -> dict[str, str]:
        """The AWS_* variables that give a process the same view."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint_url,
        }
