"""The properties that all kinds of table share: types, throughput and settings."""

from collections.abc import Iterator

from osem_migrate.formats import tables
from osem_migrate.formats.document import Node
from osem_migrate.formats.tables import Attributes
from osem_migrate.operations import (
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.set_encryption import AWS_MANAGED, AWS_OWNED
from osem_migrate.schema import Throughput

CAPACITY = ("ReadCapacityUnits", "WriteCapacityUnits")
MAXIMUM = ("MaxReadRequestUnits", "MaxWriteRequestUnits")


class Members:
    """The members of an object, and which of them nobody has asked for."""

    def __init__(self, node: Node, *known: str) -> None:
        self.node = node
        self._left = {name: part for name, part in node.mapping().items() if part.value is not None}
        for name in known:
            self.take(name)

    def take(self, name: str) -> None:
        """Count a member as asked for."""
        self._left.pop(name, None)

    def get(self, name: str) -> Node | None:
        """A member; None where it is missing."""
        self.take(name)
        return self.node.get(name)

    def need(self, name: str) -> Node:
        """A member that has to be there."""
        self.take(name)
        return self.node.need(name)

    def elements(self, name: str) -> list[Node]:
        """The elements of a list, which may be missing."""
        found = self.get(name)
        return found.elements() if found is not None else []

    def left(self) -> list[Node]:
        """The members that nobody has asked for."""
        return list(self._left.values())


def settings_of(properties: Node, rest: Members, name: str) -> Iterator[Setting]:
    """What a Table and the replica of a GlobalTable share, and what stands beside the replicas of one."""
    with properties.blamed():
        if (stream := rest.get("StreamSpecification")) is not None:
            view = stream.need("StreamViewType").one_of("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
            yield SetStream(name, view)  # type: ignore[arg-type]
        if (protection := rest.get("DeletionProtectionEnabled")) is not None:
            yield SetDeletionProtection(name, protection.boolean())
        if (recovery := rest.get("PointInTimeRecoverySpecification")) is not None:
            yield recovery_of(recovery, name)
        if (storage := rest.get("TableClass")) is not None:
            yield SetTableClass(name, storage.one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS"))  # type: ignore[arg-type]
        if (lives := rest.get("TimeToLiveSpecification")) is not None:
            enabled = lives.need("Enabled").boolean()
            attribute = lives.need("AttributeName").text() if enabled else None
            yield SetTimeToLive(name, attribute, enabled=enabled)
        if (tags := rest.get("Tags")) is not None:
            yield tags_of(tags, name)


def types_of(definitions: Node) -> Attributes:
    """The types of the attributes that are defined."""
    types = Attributes()
    for definition in definitions.elements():
        types.declare(definition.need("AttributeName").text(), definition.need("AttributeType"))
    return types


def mode_of(properties: Node) -> str:
    """The billing mode; PROVISIONED where nothing is said."""
    mode = properties.get("BillingMode")
    return mode.one_of("PROVISIONED", "PAY_PER_REQUEST") if mode is not None else "PROVISIONED"


def throughput_of(node: Node, mode: str) -> Throughput | None:
    """What counts in a mode; what stands there for the other one does not."""
    if mode == "PROVISIONED":
        return tables.throughput(node.get("ProvisionedThroughput"), *CAPACITY)
    return tables.throughput(node.get("OnDemandThroughput"), *MAXIMUM)


def recovery_of(node: Node, name: str) -> SetPointInTimeRecovery:
    """Point-in-time recovery."""
    enabled = found.boolean() if (found := node.get("PointInTimeRecoveryEnabled")) is not None else False
    days = node.get("RecoveryPeriodInDays")
    if enabled and days is not None:
        return SetPointInTimeRecovery(name, enabled=True, days=days.integer())
    return SetPointInTimeRecovery(name, enabled)


def encryption_of(node: Node, name: str, replica: Node | None = None) -> SetEncryption:
    """A table says by which key; a global one says only whether, and its replica by which."""
    if not node.need("SSEEnabled").boolean():
        return SetEncryption(name, AWS_OWNED)
    key = (replica or node).get("KMSMasterKeyId")
    if key is None or key.value == "alias/aws/dynamodb":
        return SetEncryption(name, AWS_MANAGED)
    with key.blamed():
        return SetEncryption(name, key.text())


def tags_of(node: Node, name: str) -> SetTags:
    """Tags as a list of keys and values."""
    tags: dict[str, str | None] = {}
    for tag in node.elements():
        key = tag.need("Key").text()
        if key in tags:
            tag.fail(f"tag {key!r} stands here twice")
        tags[key] = _plain(tag.need("Value"))
    return SetTags(name, tags)


def _plain(node: Node) -> str:
    """A tag's value, which templates give as a number or a boolean, too."""
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else node.text()
