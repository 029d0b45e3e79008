"""SetTimeToLive: the attribute that holds the time at which DynamoDB deletes an item."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from typing_extensions import TypedDict

from osem_migrate.errors import DefinitionError
from osem_migrate.operations.base import Setting
from osem_migrate.operations.estimate import TIME_TO_LIVE_AGAIN
from osem_migrate.operations.step import TRANSITIONS, Call, Description
from osem_migrate.schema import Table, check_attribute_name
from osem_migrate.schema.value import as_found, value


class TimeToLiveData(TypedDict):
    """Time to live of a table's items."""

    enabled: bool
    attribute: str | None
    """That holds the time; null when it is off."""


@value
class SetTimeToLive(Setting):
    """Let DynamoDB delete items whose time has come, or stop that.

    AWS accepts a change about every half hour (documented: one hour), so another attribute means two calls and a wait.

    Attributes:
        table: logical name of the table.
        attribute: what holds the time, in Unix seconds as a Number; items without it stay. May be None when off.
        enabled: on or off.

    Example:
        SetTimeToLive("Orders", "expiresAt")
    """

    table: str
    attribute: str | None
    enabled: bool = True

    noun: ClassVar[str] = "time to live"
    turned_on_from_off: ClassVar[bool] = True
    spoken: ClassVar[tuple[str, ...]] = ("time to live", "ttl")
    described_by: ClassVar[Description] = Description.TIME_TO_LIVE
    shows_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the attribute name: 1 to 255 bytes; it may be left out only when nothing is enabled."""
        if self.attribute is None and not self.enabled:
            return
        if self.attribute is None:
            raise DefinitionError(f"table {self.table!r}: time to live needs an attribute", table=self.table)
        check_attribute_name(f"table {self.table!r}: time to live attribute", self.attribute)

    @classmethod
    def default(cls, table: str) -> Self:
        """Off."""
        return cls(table, None, enabled=False)

    @classmethod
    def asked(cls, table: str, value: str | None, known: Sequence[Self], *, on: bool) -> Self | None:
        """By the attribute of that name, else the one that all other tables have, else ``expiresAt``."""
        usual = {one.attribute for one in known if one.enabled}
        attribute = value or (usual.pop() if len(usual) == 1 else "expiresAt")
        return cls(table, attribute) if on else cls.default(table)

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """TimeToLiveDescription; ENABLING counts as enabled, DISABLING as disabled."""
        described = description.get("TimeToLiveDescription", {})
        enabled = described.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
        return as_found(cls, table, described.get("AttributeName") if enabled else None, enabled=enabled)

    @classmethod
    def is_changing(cls, description: Mapping[str, Any]) -> bool:
        """While TimeToLiveStatus says so."""
        return description.get("TimeToLiveDescription", {}).get("TimeToLiveStatus") in TRANSITIONS

    def matches(self, live: Self) -> bool:
        """When off, the attribute is of no account."""
        return self.enabled == live.enabled and (not self.enabled or self.attribute == live.attribute)

    def create_parameters(self) -> dict[str, Any]:
        """CreateTable has no member for it."""
        return {}

    def steps_on(self, before: Table) -> tuple[Call, ...]:
        """One UpdateTimeToLive; two where another attribute was enabled before, which DynamoDB wants disabled first."""
        previous = before.setting(SetTimeToLive)
        if previous is not None and self.matches(previous):
            return ()
        current = previous.attribute if previous is not None and previous.enabled else None
        if not self.enabled:
            attribute = current or self.attribute
            return (self._update(before, attribute),) if attribute is not None else ()
        if current is None:
            return (self._update(before, self.attribute),)
        off = SetTimeToLive(self.table, current, enabled=False)
        return (
            replace(off._update(before, current), part="off"),
            replace(self._update(before, self.attribute), part=f"on, {self.attribute}"),
        )

    def data(self) -> TimeToLiveData:
        """Whether it is on, and the attribute."""
        return {"enabled": self.enabled, "attribute": self.attribute if self.enabled else None}

    @property
    def text(self) -> str:
        """``expiresAt`` or ``off``."""
        return (self.attribute or "on") if self.enabled else "off"

    def _update(self, before: Table, attribute: str | None) -> Call:
        specification = {"Enabled": self.enabled, "AttributeName": attribute}
        parameters = {"TimeToLiveSpecification": specification}
        return self.step(before, "update_time_to_live", parameters, again=TIME_TO_LIVE_AGAIN)
