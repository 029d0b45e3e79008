"""Operation, one change to one table, and Setting, a table property that is also the operation that sets it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self, cast

from osem_migrate.items.function import ItemFunction
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.change import Change, ChangeKind, changes_between
from osem_migrate.operations.estimate import NO_TIME, SIDE_CALL, UPDATE_TABLE, Estimate
from osem_migrate.operations.step import Call, Description, Step
from osem_migrate.schema import Index, Schema, Table


class Operation(ABC):
    """One change, as a frozen value: what it does in memory (``apply``) and on DynamoDB (``steps``)."""

    __slots__ = ()

    table: str

    creates_table: ClassVar[bool] = False
    """Whether there is no such table before it."""

    drops_table: ClassVar[bool] = False
    """Whether there is no such table after it."""

    is_repair: ClassVar[bool] = False
    """Whether it brings a table that somebody changed back to what is declared: its table has to be ours."""

    depends_on_rest: ClassVar[bool] = False
    """Whether its requests also say what the rest of the table is like, such as the types of other key attributes."""

    found_done: ClassVar[str] = "it was there already"
    """What to say where nothing had to be done, and nobody had begun it."""

    unhashed: ClassVar[frozenset[str]] = frozenset()
    """The fields that say how it is done and not what: no checksum is over them, so they may be edited afterwards."""

    @abstractmethod
    def apply(self, schema: Schema) -> Schema:
        """The schema after this change; raises InapplicableOperation where it does not fit."""

    @abstractmethod
    def steps(self, before: Schema) -> tuple[Step, ...]:
        """What to ask of DynamoDB to get from ``before`` to ``apply(before)``, in order."""

    def start(self, before: Schema) -> Table | None:
        """The table as the first step finds it: as declared before, unless that is what needs a repair."""
        return before.tables.get(self.table)

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """Whether it needs or changes this of the table, which was declared as ``before``; else it leaves it as it is.

        An operation that does not say otherwise is concerned by everything.
        """
        del aspect, before
        return True

    @abstractmethod
    def reverse(self, before: Schema) -> "Operation":
        """The operation that leads from ``apply(before)`` back to ``before``."""

    @property
    def is_reversible(self) -> bool:
        """Whether ``reverse`` gives an operation. Where it does not, a downgrade is refused before it begins."""
        return True

    @property
    def reads(self) -> tuple[str, ...]:
        """Logical names of other tables that its steps read: what is done to them waits for it, and it for them."""
        return ()

    @property
    def functions(self) -> tuple[ItemFunction, ...]:
        """The functions of the script that it runs for items."""
        return ()

    def hashed(self, field: str) -> Any:
        """A field as the checksum is over it: where a value has several spellings, the one that they share."""
        return getattr(self, field)

    @abstractmethod
    def describe(self) -> str:
        """One line for people, in the imperative: ``add index managerId-index to Teams``."""

    def changes(self, before: Table | None, after: Table | None) -> tuple[Change, ...]:
        """What is otherwise on its table afterwards, for people and for JSON.

        ``before`` and ``after`` are the table as the first step finds it, and as the last one leaves it.
        """
        return tuple(changes_between(before, after))

    @property
    def is_foreign(self) -> bool:
        """Whether it is of a class that a project wrote for itself."""
        return not type(self).__module__.startswith("osem_migrate.")

    @property
    def writes_items(self) -> bool:
        """Whether it writes or deletes items of its table."""
        return False

    @property
    def written_attributes(self) -> frozenset[str]:
        """The attributes that it gives to all items of its table, as far as its functions show."""
        return frozenset()

    def checks_items_for(self, index: Index) -> bool:
        """Whether it looks for items of its table whose values cannot be in the key of that index."""
        del index
        return False

    @property
    def hazard(self) -> str | None:
        """What is lost for good when this runs, or None when nothing is."""
        return None

    def hazard_on(self, before: Table | None) -> str | None:
        """The same on the table as it is declared before, which may have nothing to lose; what a plan asks."""
        del before
        return self.hazard

    @property
    def declared_settings(self) -> "tuple[Setting, ...]":
        """The settings that it declares of its table; none for most operations."""
        return ()

    @property
    def added_index(self) -> Index | None:
        """The index that it adds to a table that is there already; None when it adds none."""
        return None

    @property
    def dropped_index(self) -> str | None:
        """The name of the index that it drops from a table that stays; None when it drops none."""
        return None

    @property
    def may_be_autoscaled(self) -> bool:
        """Whether it sets a capacity that an autoscaler may own."""
        return False

    def with_indexes(self, indexes: Collection[Index]) -> "Operation | None":
        """The same operation bringing these indexes along; None where it cannot."""
        del indexes
        return None

    def checking_items(self) -> "Operation | None":
        """The same operation looking at the items first; None where it has nothing more to look for."""
        return None

    def when_found(self, unreadable: Collection[type["Setting"]], *, resumed: bool) -> str:
        """What to say where nothing had to be done.

        ``unreadable`` are the settings that the endpoint cannot tell; ``resumed`` says that an earlier run began it.
        """
        del unreadable
        return "an earlier run had begun it" if resumed else self.found_done


class Setting(Operation):
    """A table property that is also the operation that sets it. It answers every question about itself.

    A new one is a class in a file of its own and a line in ``operations/__init__.py``; no other module names it.
    """

    __slots__ = ()

    noun: ClassVar[str]
    """What people call it: ``time to live``."""

    spoken: ClassVar[tuple[str, ...]] = ()
    """What the titles of scripts call it where they ask for it, in small letters: ``time to live``, ``ttl``."""

    described_by: ClassVar[Description] = Description.TABLE
    """The description that shows it."""

    members: ClassVar[frozenset[str]] = frozenset()
    """The members of DescribeTable that it reads, where that is the description which shows it."""

    drift: ClassVar[str] = "DRIFT_SETTING"
    """The code of its drift."""

    shows_target: ClassVar[bool] = False
    """Whether its description shows, while it is on its way, where it is going."""

    doubt: ClassVar[str] = "which the description does not tell for certain"
    """What to say, after the value that is live, where ``is_sure`` says no: who would know."""

    turned_on_from_off: ClassVar[bool] = False
    """Whether DynamoDB turns it on only where it is off, so that what nobody declared must not be on."""

    is_watched: ClassVar[bool] = True
    """Whether ``status`` tells of it although nobody declared it."""

    @classmethod
    def member(cls) -> str:
        """Its name as a member of data: ``time_to_live``."""
        return re.sub(r"\W", "_", cls.noun)

    @abstractmethod
    def data(self) -> Mapping[str, object]:
        """Its value for machines: ``{"enabled": True, "days": 35}``; of what type the method says in each kind."""

    @classmethod
    @abstractmethod
    def default(cls, table: str) -> Self:
        """What AWS has when nobody ever set it: what not declaring it means."""

    @classmethod
    @abstractmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """The setting found in a description (the response of ``described_by``), or None when it does not say.

        Not saying means the default on AWS, and nothing at all on a local engine that does not keep the setting.
        """

    @classmethod
    def is_changing(cls, description: Mapping[str, Any]) -> bool:
        """Whether that description says that the setting is still on its way."""
        del description
        return False

    @classmethod
    def asked(cls, table: str, value: str | None, known: Sequence[Self], *, on: bool) -> Self | None:
        """What a title asks for that says on or off and perhaps a value; None where it does not say enough.

        ``known`` are those of all tables, as an example of what is usual.
        """
        del table, value, known, on
        return None

    @abstractmethod
    def create_parameters(self) -> dict[str, Any]:
        """Its members of CreateTable; empty when it takes a call of its own."""

    @property
    @abstractmethod
    def text(self) -> str:
        """Its value for people: ``35 days``, ``off``, ``NEW_IMAGE``."""

    @property
    def phrase(self) -> str:
        """Name and value, without the table: ``point-in-time recovery 35 days``."""
        return f"{self.noun} {self.text}"

    @property
    def create_permissions(self) -> tuple[str, ...]:
        """The IAM actions that a CreateTable with this setting needs beside its own."""
        return ()

    @property
    def kms_keys(self) -> tuple[str, ...]:
        """The ARNs of the keys of KMS that it names."""
        return ()

    @property
    def caveat(self) -> str | None:
        """What to know of a script that declares just this, where it may not fit another account or region."""
        return None

    @property
    def usual(self) -> Estimate:
        """How long a call that sets it usually takes."""
        return UPDATE_TABLE if self.described_by is Description.TABLE else SIDE_CALL

    def steps_on(self, before: Table) -> tuple[Call, ...]:
        """The calls that bring the table, as declared before, to this setting; most settings take one UpdateTable."""
        return (self.step(before, "update_table", self.create_parameters()),)

    def step(self, before: Table, method: str, parameters: Mapping[str, Any], *, again: Estimate = NO_TIME) -> Call:
        """A call that puts this setting on the table."""
        return Call(
            table=self.table,
            method=method,
            parameters=parameters,
            after=self.on(before),
            settles=self.described_by,
            subject=self.table,
            usual=self.usual,
            again=again,
            kms_keys=self.kms_keys,
        )

    def matches(self, live: Self) -> bool:
        """Whether the live setting is what was declared."""
        return self == live

    def is_sure(self, live: Self) -> bool:
        """Whether the description tells for certain that ``live`` matches; else a call is worth more than belief."""
        del live
        return True

    def is_forgotten(self, live: Self) -> bool:
        """Whether a local engine that keeps less than AWS may show ``live`` where this was set."""
        del live
        return False

    def repair(self, live: Self, found: Table, expected: Table) -> Self:
        """The operation that puts it back where ``live`` stands on the table ``found``, declared as ``expected``."""
        del live, found, expected
        return self

    def as_changed_to(self, live: Self) -> Self:
        """The operation that would make what this declares into what is live."""
        return live

    def beyond(self, given: Self) -> Iterator[Self]:
        """What a script has to declare where a new table gets ``given`` anyway; nothing when that is enough."""
        if not given.matches(self):
            yield self

    @property
    def declared_settings(self) -> "tuple[Setting, ...]":
        """Itself."""
        return (self,)

    def changes_from(self, earlier: Self) -> Iterator[Change]:
        """What is otherwise once this setting stands where the earlier one did; most settings are one whole."""
        if not self.matches(earlier):
            yield Change(kind=ChangeKind.ALTER, what=self.noun, before=earlier.text, after=self.text)

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """Only by a setting of its kind."""
        del before
        return aspect.index is None and type(aspect.declared) is type(self)

    def complete(self, table: Table) -> Self:
        """The setting of a table, with all that the table itself keeps of it."""
        del table
        return self

    def overlooked(self, live: Table, state: Table) -> Table:
        """The live table with what ``state`` declares in place of this setting, as far as it is surely live already."""
        declared, found = state.setting(type(self)), live.setting(type(self))
        if declared is None or found is None or not (self.matches(found) and self.is_sure(found)):
            return live
        return live.with_setting(declared)

    def less(self, other: Self) -> Self | None:
        """What of this one is left beside another of its kind; None where nothing is: most settings are one whole."""
        del other
        return None

    def declared_on(self, table: Table) -> Self | None:
        """What of it scripts declare, on a table that may have the rest from the environment; None where nothing is."""
        given = table.default(type(self))
        return self.less(given) if given is not None else self

    def for_table(self, table: str) -> Self:
        """The same setting of another table."""
        return cast("Self", replace(cast("Any", self), table=table))

    def on(self, table: Table) -> Table:
        """The table once it carries this setting; most settings replace an earlier one of their kind whole."""
        return table.with_setting(self)

    def apply(self, schema: Schema) -> Schema:
        """Put the setting on its table."""
        return schema.with_table(self.on(schema.table(self.table)))

    def steps(self, before: Schema) -> tuple[Call, ...]:
        """The calls from the table as declared before to this setting; none where it was declared just so.

        DynamoDB refuses many a request for what is so already: the same capacity, a stream that is on, the same class.
        """
        table = before.table(self.table)
        if self.on(table) != table:
            return self.steps_on(table)
        # What only the environment's defaults say of the table may never have been asked for.
        return self.steps_on(table.without_setting(type(self))) if table.default(type(self)) is not None else ()

    def reverse(self, before: Schema) -> Operation:
        """The same kind of setting with the value it had; AWS's default when nothing was declared."""
        previous = before.table(self.table).setting(type(self))
        return previous if previous is not None else self.default(self.table)

    def start(self, before: Schema) -> Table | None:
        """As declared before, or off where nothing was declared of what can only be turned on from there."""
        table, off = before.tables.get(self.table), self.default(self.table)
        if table is None or not self.turned_on_from_off or self.matches(off) or table.setting(type(self)) is not None:
            return table
        return off.on(table)

    def describe(self) -> str:
        """``set stream of Teams to NEW_IMAGE``."""
        return f"set {self.noun} of {self.table} to {self.text}"

    def when_found(self, unreadable: Collection[type["Setting"]], *, resumed: bool) -> str:
        """A local engine that does not support the setting was not asked for it."""
        if type(self) in unreadable:
            return f"this local engine does not support {self.noun}; it was left out"
        return super().when_found(unreadable, resumed=resumed)
