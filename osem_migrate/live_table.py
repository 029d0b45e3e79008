"""Live: what DynamoDB says of one table right now, in our own values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from osem_migrate.operations import SetDeletionProtection, Setting
from osem_migrate.schema import Table

Dimension = tuple[str | None, str]
"""One side of the capacity, ``read`` or ``write``, of an index by its name, or of the table itself (None)."""

UNUSABLE = frozenset({"INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED", "REPLICATION_NOT_AUTHORIZED"})
"""Every TableStatus in which a table cannot be used and that no waiting ends."""

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")
_STEP = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIndex:
    """Status of one index (CREATING, UPDATING, DELETING or ACTIVE), and what it holds by AWS's six-hourly count."""

    status: str
    backfilling: bool = False
    items: int = 0
    size_bytes: int = 0

    @property
    def phase(self) -> str | None:
        """What it is doing, or None when it is ready (facts: ACTIVE alone is not enough)."""
        if self.backfilling:
            return "backfilling"
        return None if self.status == "ACTIVE" else {"CREATING": "allocating"}.get(self.status, self.status.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTable:
    """One table as described.

    Attributes:
        name: the logical name.
        physical_name: the name in DynamoDB.
        table: its value, with every setting that was read; None when the table does not exist.
        status: TableStatus, or None.
        indexes: status of each global index by name.
        changing: settings on their way, such as ``encryption``; empty when they have settled.
        unreadable: settings that this endpoint cannot tell (local engines only).
        emulated: whether the endpoint is a local engine, which keeps less than AWS does.
        autoscaled: the sides of its capacity that an autoscaler owns, as far as that was asked; DescribeTable never
            shows it.
        arn: the table's ARN, or None.
        table_id: what tells it from an earlier or a later table of that name, or None.
        beyond: what DescribeTable shows of it that no operation declares, in words for people, such as ``Replicas``.
        replicas: the other regions that have a replica of it.
        stack: the CloudFormation stack that it belongs to, as its tags say; None also where these were not read.
        refusal: why it could not be described, where only ``list`` asked; ``table`` is None then, too.
    """

    name: str
    physical_name: str
    table: Table | None
    status: str | None = None
    indexes: Mapping[str, LiveIndex] = field(default_factory=dict)
    changing: tuple[str, ...] = ()
    unreadable: frozenset[type[Setting]] = frozenset()
    emulated: bool = False
    autoscaled: frozenset[Dimension] = frozenset()
    arn: str | None = None
    table_id: str | None = None
    items: int = 0
    size_bytes: int = 0
    created_at: int | None = None
    beyond: tuple[str, ...] = ()
    replicas: tuple[str, ...] = ()
    stack: str | None = None
    refusal: str | None = None

    @property
    def is_protected(self) -> bool:
        """Whether deletion protection is on."""
        setting = self.table.setting(SetDeletionProtection) if self.table is not None else None
        return setting is not None and setting.enabled

    @property
    def busy(self) -> dict[str, str]:
        """Phase of everything that has not settled, by subject: the table, an index, or a setting's noun."""
        phases = {name: index.phase for name, index in self.indexes.items() if index.phase is not None}
        if self.status is not None and self.status not in UNUSABLE | {"ACTIVE"}:
            phases[self.name] = self.status.lower()
        return phases | dict.fromkeys(self.changing, "changing")


def size_text(count: int) -> str:
    """``512 bytes``, ``1.5 KB``."""
    number, units = float(count), iter(_UNITS)
    unit = next(units)
    while number >= _STEP and unit != _UNITS[-1]:
        number, unit = number / _STEP, next(units)
    return f"{number:.0f} {unit}" if unit == _UNITS[0] else f"{number:.1f} {unit}"
