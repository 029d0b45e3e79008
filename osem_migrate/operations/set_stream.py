"""SetStream: the table's change stream and what its records carry."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self, cast, get_args

from typing_extensions import TypedDict

from osem_migrate.operations.base import Setting
from osem_migrate.operations.step import Call
from osem_migrate.schema import Table
from osem_migrate.schema.value import as_found, value

StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


class StreamData(TypedDict):
    """The change stream of a table."""

    enabled: bool
    view: str | None
    """KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES; null when it is off."""


@value
class SetStream(Setting):
    """Stream the table's changes, or stop that.

    Attributes:
        table: logical name of the table.
        view: what each record of the stream shows of the item; ``None`` turns the stream off. Another view is another
            stream, with another ARN: DynamoDB has to turn the old one off first.

    Example:
        SetStream("Orders", "NEW_AND_OLD_IMAGES")
        SetStream("Orders", None)
    """

    table: str
    view: StreamView | None

    noun: ClassVar[str] = "stream"
    turned_on_from_off: ClassVar[bool] = True
    spoken: ClassVar[tuple[str, ...]] = ("stream", "streams")
    members: ClassVar[frozenset[str]] = frozenset({"StreamSpecification"})

    @classmethod
    def default(cls, table: str) -> Self:
        """Off."""
        return cls(table, None)

    @classmethod
    def asked(cls, table: str, value: str | None, known: Sequence[Self], *, on: bool) -> Self | None:
        """With the view of that name, else with both images, of which a consumer can make any other."""
        del known
        view = get_args(StreamView)[-1] if value is None else value.upper()
        if not on:
            return cls(table, None)
        return cls(table, cast("StreamView", view)) if view in get_args(StreamView) else None

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """StreamSpecification is absent when the stream is off."""
        specification = description.get("Table", {}).get("StreamSpecification", {})
        view = specification.get("StreamViewType", "on") if specification.get("StreamEnabled") else None
        return as_found(cls, table, view)

    def create_parameters(self) -> dict[str, Any]:
        """StreamSpecification, left out when off."""
        return self._specification() if self.view is not None else {}

    def steps_on(self, before: Table) -> tuple[Call, ...]:
        """One UpdateTable; two for another view, because DynamoDB only changes it by off and on again."""
        previous = before.setting(SetStream)
        steps: list[Call] = []
        if self.view is not None and previous is not None and previous.view is not None:
            off = SetStream(self.table, None)
            steps.append(replace(off.step(before, "update_table", off._specification()), part="off"))
            steps.append(replace(self.step(before, "update_table", self._specification()), part=f"on, {self.view}"))
        else:
            steps.append(self.step(before, "update_table", self._specification()))
        return tuple(steps)

    def hazard_on(self, before: Table | None) -> str | None:
        """Off, or another view: the stream that was on ends, and whoever reads it does not follow to a new one."""
        previous = before.setting(SetStream) if before is not None else None
        was_off = previous is not None and previous.view is None
        if was_off or (self.view is not None and (previous is None or previous.view == self.view)):
            return None
        lost = f"what is unread in the stream of table {self.table} is lost"
        return f"{lost}, and its consumers stay on the old stream: the new one has another ARN" if self.view else lost

    def data(self) -> StreamData:
        """Whether it is on, and its view."""
        return {"enabled": self.view is not None, "view": self.view}

    @property
    def text(self) -> str:
        """``NEW_IMAGE`` or ``off``."""
        return self.view or "off"

    def _specification(self) -> dict[str, Any]:
        if self.view is None:
            return {"StreamSpecification": {"StreamEnabled": False}}
        return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": self.view}}
