"""SetBilling: on-demand or provisioned, with the throughput of the table and its indexes."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, ClassVar, Literal, Self

from typing_extensions import TypedDict

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation, Setting
from osem_migrate.operations.estimate import SWITCH_BILLING
from osem_migrate.operations.step import Call
from osem_migrate.schema import Index, Schema, Table, Throughput, as_throughput
from osem_migrate.schema.throughput import ThroughputData
from osem_migrate.schema.value import altered, as_found, value

BillingMode = Literal["PAY_PER_REQUEST", "PROVISIONED"]

_UNLIMITED = -1  # how OnDemandThroughput spells "no maximum"


class BillingData(TypedDict):
    """How a table is paid for."""

    mode: str
    """PAY_PER_REQUEST or PROVISIONED."""
    throughput: ThroughputData | None
    """Capacity when provisioned, the maximum when on-demand; null where there is none."""


@value
class SetBilling(Setting):
    """Choose how the table is paid for; write it with ``SetBilling.on_demand`` or ``SetBilling.provisioned``.

    A table of which no script and no ``capacity`` of the configuration says so is on-demand. AWS lets a table switch to
    on-demand four times in 24 hours.

    Attributes:
        table: logical name of the table.
        mode: ``PAY_PER_REQUEST`` is on-demand.
        throughput: capacity when provisioned, the maximum when on-demand.
        indexes: the same by name of an index; None for none of its own, which is the table's capacity when provisioned,
            and no maximum when on-demand. An index that is left out keeps what it has, and has none of its own after a
            switch to the other mode.

    Example:
        SetBilling.provisioned("Orders", read=10, write=5, indexes={"by-status": Throughput(2, 5)})
        SetBilling.on_demand("Orders", max_write=1000)
    """

    table: str
    mode: BillingMode = "PAY_PER_REQUEST"
    throughput: Throughput | None = None
    indexes: Mapping[str, Throughput | None] = field(default_factory=dict, hash=False)

    noun: ClassVar[str] = "billing"
    members: ClassVar[frozenset[str]] = frozenset({"BillingModeSummary", "ProvisionedThroughput", "OnDemandThroughput"})
    drift: ClassVar[str] = "DRIFT_BILLING"
    depends_on_rest: ClassVar[bool] = True
    is_watched: ClassVar[bool] = False  # every table declares one: on-demand where its script says nothing

    def __post_init__(self) -> None:
        """Check that a provisioned table says how much; bring every throughput to its canonical spelling."""
        self._spell()
        if self.mode == "PROVISIONED":
            if self.throughput is None:
                raise DefinitionError(
                    f"table {self.table!r}: provisioned billing needs read and write capacity", table=self.table
                )
            _check_provisioned(self.table, "the table", self.throughput)
            for name, throughput in self.indexes.items():
                _check_provisioned(self.table, f"index {name!r}", throughput)

    def _spell(self) -> None:
        object.__setattr__(self, "throughput", as_throughput(self.throughput))
        object.__setattr__(self, "indexes", {name: as_throughput(self.indexes[name]) for name in sorted(self.indexes)})

    @classmethod
    def on_demand(
        cls,
        table: str,
        *,
        max_read: int | None = None,
        max_write: int | None = None,
        indexes: Mapping[str, Throughput | None] | None = None,
    ) -> Self:
        """Pay for each request, with an optional maximum.

        Args:
            table: logical name of the table.
            max_read: read request units a second at most.
            max_write: write request units a second at most.
            indexes: maximum by name of an index.
        """
        return cls(table, "PAY_PER_REQUEST", Throughput(max_read, max_write), indexes or {})

    @classmethod
    def provisioned(
        cls, table: str, *, read: int, write: int, indexes: Mapping[str, Throughput | None] | None = None
    ) -> Self:
        """Pay for capacity, used or not.

        Args:
            table: logical name of the table.
            read: read capacity units a second.
            write: write capacity units a second.
            indexes: capacity by name of an index.
        """
        return cls(table, "PROVISIONED", Throughput(read, write), indexes or {})

    @classmethod
    def of(cls, table: Table) -> "SetBilling":
        """The billing of a table; what it has when nobody declared one."""
        return table.setting(SetBilling) or cls.default(table.name)

    @classmethod
    def default(cls, table: str) -> Self:
        """On-demand without a maximum: what CreateTable here sends when a script says nothing."""
        return cls(table)

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """BillingModeSummary is absent on tables that were always provisioned (DescribeTable, TableDescription)."""
        described = description.get("Table", {})
        mode = read_mode(described)
        return as_found(cls, table, mode, read_throughput(mode, described))

    def create_parameters(self) -> dict[str, Any]:
        """BillingMode and the table's throughput."""
        return {"BillingMode": self.mode, **self.index_parameters(self.throughput)}

    def index_parameters(self, throughput: Throughput | None) -> dict[str, Any]:
        """The throughput member of an index on a table with this billing; empty when there is none to send."""
        effective = self.index_throughput(throughput)
        return _throughput_parameters(self.mode, effective) if effective is not None else {}

    def index_throughput(self, declared: Throughput | None) -> Throughput | None:
        """What an index really has: its own, else the table's capacity when provisioned, else no maximum."""
        return declared or (self.throughput if self.mode == "PROVISIONED" else None)

    def check_index(self, index: Index) -> None:
        """Raise DefinitionError when the index's own throughput does not suit this billing."""
        if self.mode == "PROVISIONED":
            _check_provisioned(self.table, f"index {index.name!r}", index.throughput)

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By the billing, and by each index that it gives other throughput; by a lost one only where that is named.

        An index that nobody declares comes along: it gets the capacity of its table, which AWS asks for.
        """
        if aspect.index is None:
            return Setting.is_concerned(self, aspect, before)
        if aspect.index in self.indexes or before is None:
            return True
        index = before.index(aspect.index)
        if index is None:
            return False
        inherits = self.is_provisioned and index.throughput is None
        return not aspect.is_lost_index and (inherits or self.of(before).mode != self.mode)

    def complete(self, table: Table) -> Self:
        """With the throughput of each index."""
        return altered(self, indexes={index.name: index.throughput for index in table.indexes})

    def overlooked(self, live: Table, state: Table) -> Table:
        """The billing, and with it the throughput of each index that this names."""
        table = Setting.overlooked(altered(self, indexes={}), live, state)
        if table is live:
            return live

        def seen(index: Index) -> Index:
            wanted = state.index(index.name)
            if wanted is None or index.name not in self.indexes:
                return index
            is_so = self.index_throughput(index.throughput) == self.index_throughput(self.indexes[index.name])
            return _with_throughput(index, wanted.throughput) if is_so else index

        return altered(table, indexes=[seen(index) for index in table.indexes])

    def on(self, table: Table) -> Table:
        """The table with this billing, each index with the throughput named for it."""
        names = {index.name for index in table.indexes}
        for name in self.indexes:
            if name not in names:
                raise InapplicableOperation(f"table {table.name!r} has no index {name!r}", table=table.name, index=name)
        kept = self.of(table).mode == self.mode
        indexes = tuple(
            _with_throughput(index, self.indexes.get(index.name, index.throughput if kept else None))
            for index in table.indexes
        )
        for index in indexes:
            self.check_index(index)
        paid = table.with_setting(replace(self, indexes={}) if self.indexes else self)
        return altered(paid, indexes=indexes) if indexes != paid.indexes else paid

    def steps_on(self, before: Table) -> tuple[Call, ...]:
        """One concern a call: the table's mode and throughput, then the throughput of the indexes that change."""
        after = self.on(before)
        previous = self.of(before)
        calls: list[tuple[dict[str, Any], Table]] = []
        between = before
        if previous.mode != self.mode:
            between = after if self.mode == "PROVISIONED" else self._with_indexes(after, lambda _: None)
            calls.append((self._switch_parameters(after), between))
        elif previous.throughput != self.throughput:
            # The call changes the table alone, so an index that has the table's capacity keeps the old one for now.
            between = self._with_indexes(before, lambda index: previous.index_throughput(index.throughput))
            calls.append((_throughput_parameters(self.mode, self.throughput), between))
        updates = self._index_updates(between, after)
        if updates:
            calls.append(({"GlobalSecondaryIndexUpdates": updates}, after))
        return tuple(
            replace(
                self.step(before, "update_table", parameters),
                after=state,
                usual=SWITCH_BILLING if "BillingMode" in parameters else self.usual,
            )
            for parameters, state in calls
        )

    def reverse(self, before: Schema) -> Operation:
        """The billing as it was, naming each index that would not get back what it had by itself."""
        table = before.table(self.table)
        previous = self.of(table)
        left_alone = previous.on(self.on(table))
        had = {
            index.name: index.throughput
            for index, now in zip(table.indexes, left_alone.indexes, strict=True)
            if index != now
        }
        return replace(previous, indexes=had)

    def data(self) -> BillingData:
        """Mode and throughput of the table."""
        return {"mode": self.mode, "throughput": self.throughput.data() if self.throughput is not None else None}

    @property
    def text(self) -> str:
        """``on-demand``, or ``provisioned, 5 read and 5 write units``."""
        if self.mode == "PROVISIONED" and self.throughput is not None:
            return f"provisioned, {self.throughput.text}"
        if self.throughput is not None:
            return f"on-demand, at most {self.throughput.text}"
        return "on-demand" if self.mode == "PAY_PER_REQUEST" else self.mode

    @property
    def is_provisioned(self) -> bool:
        """Whether capacity is paid for, rather than requests."""
        return self.mode == "PROVISIONED"

    @property
    def may_be_autoscaled(self) -> bool:
        """Only provisioned capacity is."""
        return self.is_provisioned

    def is_forgotten(self, live: Self) -> bool:
        """Local engines forget the maximum throughput of an on-demand table (it comes and goes with index changes)."""
        return self.mode == live.mode == "PAY_PER_REQUEST"

    def repair(self, live: Self, found: Table, expected: Table) -> Self:
        """A switch to the other mode also says what each index is to have: it would keep nothing of its own."""
        if self.mode == live.mode:
            return self
        own = {index.name: index.throughput for index in expected.indexes if index.throughput is not None}
        return replace(self, indexes={name: units for name, units in own.items() if found.index(name) is not None})

    def _switch_parameters(self, after: Table) -> dict[str, Any]:
        parameters = self.create_parameters()
        if self.mode == "PROVISIONED" and after.indexes:
            parameters["GlobalSecondaryIndexUpdates"] = [
                {"Update": {"IndexName": index.name, **self.index_parameters(index.throughput)}}
                for index in after.indexes
            ]
        return parameters

    def _index_updates(self, before: Table, after: Table) -> list[dict[str, Any]]:
        updates = []
        for old, new in zip(before.indexes, after.indexes, strict=True):
            now = self.index_throughput(new.throughput)
            if self.index_throughput(old.throughput) != now:
                updates.append({"Update": {"IndexName": new.name, **_throughput_parameters(self.mode, now)}})
        return updates

    def _with_indexes(self, table: Table, throughput: Callable[[Index], Throughput | None]) -> Table:
        """The table with this billing, and with what the function says of each index."""
        indexes = [altered(index, throughput=throughput(index)) for index in table.indexes]
        return altered(table.with_setting(replace(self, indexes={})), indexes=indexes)


def read_mode(described: Mapping[str, Any]) -> BillingMode:
    """The mode of a described table."""
    mode: BillingMode = described.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    return mode


def read_throughput(mode: str, described: Mapping[str, Any]) -> Throughput | None:
    """Throughput of a described table or index; None for an on-demand one without a maximum."""
    if mode == "PROVISIONED":
        provisioned = described.get("ProvisionedThroughput", {})
        units = (provisioned.get(member) for member in ("ReadCapacityUnits", "WriteCapacityUnits"))
        return as_throughput(as_found(Throughput, *units))
    maximum = described.get("OnDemandThroughput", {})
    read, write = (_limit(maximum.get(member)) for member in ("MaxReadRequestUnits", "MaxWriteRequestUnits"))
    return as_throughput(as_found(Throughput, read, write))


def _with_throughput(index: Index, throughput: Throughput | None) -> Index:
    """The index, which may be evidence, with another throughput."""
    return index if index.throughput == throughput else altered(index, throughput=throughput)


def _limit(units: int | None) -> int | None:
    return units if units is not None and units > 0 else None


def _throughput_parameters(mode: BillingMode, throughput: Throughput | None) -> dict[str, Any]:
    """The member that sets a throughput; with none, the one that lifts the maximum of an on-demand table or index."""
    read, write = (throughput.read, throughput.write) if throughput is not None else (None, None)
    if mode == "PROVISIONED":
        return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}
    return {
        "OnDemandThroughput": {
            "MaxReadRequestUnits": read or _UNLIMITED,
            "MaxWriteRequestUnits": write or _UNLIMITED,
        }
    }


def _check_provisioned(table: str, where: str, throughput: Throughput | None) -> None:
    if throughput is not None and (throughput.read is None or throughput.write is None):
        raise DefinitionError(
            f"table {table!r}: provisioned billing of {where} needs both read and write capacity", table=table
        )
