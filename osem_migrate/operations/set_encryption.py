"""SetEncryption: the key that encrypts the table at rest."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar, Self

from typing_extensions import TypedDict

from osem_migrate.errors import DefinitionError
from osem_migrate.operations.base import Setting
from osem_migrate.operations.step import TRANSITIONS
from osem_migrate.schema.value import as_found, value

AWS_OWNED = "AWS_OWNED"
AWS_MANAGED = "AWS_MANAGED"

_AWS, _CUSTOMER = "AWS", "CUSTOMER"


class EncryptionData(TypedDict):
    """The key that encrypts a table."""

    key: str
    """AWS_OWNED, AWS_MANAGED or the ARN of a key; of a live table, the managed key shows an ARN, too."""


@value
class SetEncryption(Setting):
    """Choose the key that encrypts the table at rest.

    AWS accepts four changes in 24 hours, then one in six.

    Attributes:
        table: logical name of the table.
        key: ``AWS_OWNED`` (free, the default), ``AWS_MANAGED`` (``alias/aws/dynamodb`` in KMS) or the ARN of a key of
            your own, which belongs to one account and region.

    Example:
        SetEncryption("Orders", "AWS_MANAGED")
    """

    table: str
    key: str

    manager: str | None = field(default=None, init=False, repr=False, compare=False)
    """Who manages a live key, where KMS was asked and says so: ``AWS`` or ``CUSTOMER``."""

    noun: ClassVar[str] = "encryption"
    members: ClassVar[frozenset[str]] = frozenset({"SSEDescription"})
    doubt: ClassVar[str] = (
        "which may be AWS's key or your own: KMS did not say (allow kms:DescribeKey on it, or declare this ARN)"
    )

    def __post_init__(self) -> None:
        """Only an ARN of a key names it the way DescribeTable does, so only that can be compared later."""
        if self.key not in {AWS_OWNED, AWS_MANAGED} and not (self.key.startswith("arn:") and ":key/" in self.key):
            raise DefinitionError(
                f"table {self.table!r}: encryption takes {AWS_OWNED}, {AWS_MANAGED} or the ARN of a KMS key "
                f"(arn:aws:kms:REGION:ACCOUNT:key/ID), not {self.key!r}",
                table=self.table,
            )

    @classmethod
    def default(cls, table: str) -> Self:
        """The key that AWS owns."""
        return cls(table, AWS_OWNED)

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """SSEDescription is absent with a key that AWS owns; the managed key and your own both show an ARN."""
        described = description.get("Table", {}).get("SSEDescription", {})
        if described.get("Status") in {None, "DISABLED", "DISABLING"}:
            return None
        return as_found(cls, table, described.get("KMSMasterKeyArn", AWS_MANAGED))

    def matches(self, live: Self) -> bool:
        """DescribeTable shows the managed key by its ARN, which only KMS can tell from your own (``is_sure``)."""
        if self.key == AWS_MANAGED:
            return live.key != AWS_OWNED and live.manager != _CUSTOMER
        return self == live

    def is_sure(self, live: Self) -> bool:
        """Whether KMS has said whose the key is, where that decides."""
        return self.key != AWS_MANAGED or not live.key.startswith("arn:") or live.manager is not None

    def spelled(self) -> Self:
        """As a script declares it: ``AWS_MANAGED`` for a live key that is known to be AWS's."""
        return self if self.manager != _AWS else type(self)(self.table, AWS_MANAGED)

    def create_parameters(self) -> dict[str, Any]:
        """SSESpecification."""
        if self.key == AWS_OWNED:
            return {"SSESpecification": {"Enabled": False}}
        specification: dict[str, Any] = {"Enabled": True, "SSEType": "KMS"}
        if self.key != AWS_MANAGED:
            specification["KMSMasterKeyId"] = self.key
        return {"SSESpecification": specification}

    @classmethod
    def is_changing(cls, description: Mapping[str, Any]) -> bool:
        """While SSEDescription says so (facts: ENABLING, DISABLING, UPDATING)."""
        return description.get("Table", {}).get("SSEDescription", {}).get("Status") in TRANSITIONS

    @property
    def kms_keys(self) -> tuple[str, ...]:
        """The key, where it is not AWS's."""
        return (self.key,) if self.key.startswith("arn:") else ()

    @property
    def caveat(self) -> str | None:
        """A key belongs to one account and region, and DescribeTable shows AWS's own by its ARN, too."""
        if not self.kms_keys:
            return None
        return (
            f"its script names the key {self.key}, which other accounts and regions do not have; if it is the "
            "key that AWS manages, let the script declare AWS_MANAGED, and accept its new checksum."
        )

    def data(self) -> EncryptionData:
        """The key."""
        return {"key": self.key}

    @property
    def text(self) -> str:
        """``AWS_OWNED``, ``AWS_MANAGED`` or the ARN of a key."""
        return self.key
