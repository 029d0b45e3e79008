"""SetPointInTimeRecovery: continuous backups that allow restoring to any second of the last days."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from typing_extensions import TypedDict

from osem_migrate.errors import DefinitionError
from osem_migrate.operations.base import Setting
from osem_migrate.operations.step import Call, Description
from osem_migrate.schema import Table
from osem_migrate.schema.value import as_found, value

MAX_DAYS = 35


class PointInTimeRecoveryData(TypedDict):
    """Point-in-time recovery of a table."""

    enabled: bool
    days: int | None
    """How far back; null when it is off."""


@value
class SetPointInTimeRecovery(Setting):
    """Turn point-in-time recovery on or off: continuous backups, from which any second can be restored.

    Attributes:
        table: logical name of the table.
        enabled: on or off; off loses the recovery history.
        days: how far back, 1 to 35.

    Example:
        SetPointInTimeRecovery("Orders", enabled=True, days=7)
        SetPointInTimeRecovery("Orders", enabled=False)
    """

    table: str
    enabled: bool
    days: int = MAX_DAYS

    noun: ClassVar[str] = "point-in-time recovery"
    spoken: ClassVar[tuple[str, ...]] = ("point in time recovery", "pitr", "backups")
    described_by: ClassVar[Description] = Description.CONTINUOUS_BACKUPS

    def __post_init__(self) -> None:
        """Check the period, 1 to 35 days; when off there is none, and the field goes back to AWS's own."""
        if not 1 <= self.days <= MAX_DAYS:
            raise DefinitionError(
                f"table {self.table!r}: point-in-time recovery keeps 1 to {MAX_DAYS} days, not {self.days}",
                table=self.table,
            )
        self._spell()

    def _spell(self) -> None:
        if not self.enabled:
            object.__setattr__(self, "days", MAX_DAYS)

    @classmethod
    def default(cls, table: str) -> Self:
        """Off."""
        return cls(table, enabled=False)

    @classmethod
    def asked(cls, table: str, value: str | None, known: Sequence[Self], *, on: bool) -> Self | None:
        """For that many days, else for as long as there is."""
        del known
        if not on:
            return cls.default(table)
        days = MAX_DAYS if value is None else int(value) if value.isdecimal() else None
        return cls(table, enabled=True, days=days) if days is not None else None

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """PointInTimeRecoveryDescription; the period is absent when off, and on local engines."""
        backups = description.get("ContinuousBackupsDescription", {})
        described = backups.get("PointInTimeRecoveryDescription", {})
        enabled = described.get("PointInTimeRecoveryStatus") == "ENABLED"
        return as_found(cls, table, enabled=enabled, days=described.get("RecoveryPeriodInDays", MAX_DAYS))

    def create_parameters(self) -> dict[str, Any]:
        """CreateTable has no member for it."""
        return {}

    def steps_on(self, before: Table) -> tuple[Call, ...]:
        """One UpdateContinuousBackups."""
        specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": self.enabled}
        if self.enabled:
            specification["RecoveryPeriodInDays"] = self.days
        parameters = {"PointInTimeRecoverySpecification": specification}
        return (self.step(before, "update_continuous_backups", parameters),)

    def data(self) -> PointInTimeRecoveryData:
        """Whether it is on, and how far back."""
        return {"enabled": self.enabled, "days": self.days if self.enabled else None}

    @property
    def text(self) -> str:
        """``35 days`` or ``off``."""
        return f"{self.days} days" if self.enabled else "off"

    @property
    def hazard(self) -> str | None:
        """Turning it off loses the recovery history."""
        return None if self.enabled else f"the recovery history of table {self.table} is lost"

    def hazard_on(self, before: Table | None) -> str | None:
        """None where it was declared off already."""
        previous = before.setting(SetPointInTimeRecovery) if before is not None else None
        return None if previous is not None and not previous.enabled else self.hazard
