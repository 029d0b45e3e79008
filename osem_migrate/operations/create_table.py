"""CreateTable: a new table with its keys, indexes and settings."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from osem_migrate.arguments import mismatch, shown
from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations import parameters
from osem_migrate.operations.base import Operation, Setting
from osem_migrate.operations.drop_table import DropTable
from osem_migrate.operations.estimate import CREATE_TABLE, CREATE_TABLE_WITH_INDEXES
from osem_migrate.operations.set_billing import SetBilling
from osem_migrate.operations.step import Call
from osem_migrate.schema import Index, Key, LocalIndex, Schema, Table
from osem_migrate.schema.value import value


@value
class CreateTable(Operation):
    """Create a table. Billing is on-demand unless ``settings`` has a SetBilling.

    Tags, capacity, deletion protection and point-in-time recovery that the configuration gives to new tables come with
    it, where the script does not say otherwise.

    Attributes:
        table: its logical name; the environment makes the physical one of it.
        partition_key: one attribute, which every item has.
        sort_key: one attribute, which every item has, too; without one, the partition key alone identifies an item.
        indexes: global secondary indexes; AWS's quota is 20.
        local_indexes: local secondary indexes, up to 5. They need a sort key, and can never be added or dropped later.
        settings: the same operations that change a table later, such as ``SetTimeToLive("Sessions", "expiresAt")``;
            a line can move between the two places unchanged.

    Example:
        CreateTable("Sessions", partition_key=S("sessionId"), settings=[SetTimeToLive("Sessions", "expiresAt")])
        CreateTable(
            "Carts",
            partition_key=S("customerId"),
            sort_key=S("productId"),
            indexes=[Index("by-product", partition_key=S("productId"))],
        )
    """

    table: str
    partition_key: Key
    sort_key: Key | None = None
    indexes: Sequence[Index] = ()
    local_indexes: Sequence[LocalIndex] = ()
    settings: Sequence[Any] = ()

    creates_table: ClassVar[bool] = True

    @classmethod
    def of(cls, table: Table) -> Self:
        """The operation that creates this very table."""
        return cls(table.name, table.partition_key, table.sort_key, table.indexes, table.local_indexes, table.settings)

    @property
    def declared_settings(self) -> tuple[Setting, ...]:
        """Those that the script gives the table; the environment's defaults are none of them."""
        return tuple(self.settings)

    def __post_init__(self) -> None:
        """Check the settings' kind and table; building the Table checks everything else."""
        # A text is a sequence, too, of letters.
        if (complaint := mismatch(Sequence[Any], self.settings, "settings")) is not None:
            raise DefinitionError(f"CreateTable: {complaint}", value="CreateTable", table=self.table)
        for setting in self.settings:
            if not isinstance(setting, Setting):
                raise DefinitionError(f"table {self.table!r}: {shown(setting)} is not a setting", table=self.table)
            if setting.table != self.table:
                raise DefinitionError(
                    f"table {self.table!r}: its {setting.noun} setting names table {setting.table!r}", table=self.table
                )
        bare = Table(
            self.table, self.partition_key, self.sort_key, self.indexes, self.local_indexes, tuple(self.settings)
        )
        object.__setattr__(self, "indexes", bare.indexes)
        object.__setattr__(self, "local_indexes", bare.local_indexes)
        object.__setattr__(self, "settings", bare.settings)
        self._table(Schema())

    def apply(self, schema: Schema) -> Schema:
        """Add the table, with the schema's defaults under what the script declares."""
        if self.table in schema.tables:
            raise InapplicableOperation(f"table {self.table!r} exists already at this point", table=self.table)
        return schema.with_table(self._table(schema))

    def steps(self, before: Schema) -> tuple[Call, ...]:
        """One CreateTable, then the calls for each setting that CreateTable cannot carry."""
        whole = self._table(before)
        # A new table has AWS's defaults, so a setting that asks for them needs no call of its own.
        later = [s for s in whole.settings if not s.create_parameters() and not s.matches(s.default(self.table))]
        table = self._table(before, without=later)
        request = parameters.create_table(table)
        for setting in table.settings:
            request |= setting.create_parameters()
        create = Call(
            table=self.table,
            method="create_table",
            parameters=request,
            after=table,
            subject=self.table,
            usual=CREATE_TABLE_WITH_INDEXES if table.indexes else CREATE_TABLE,
            also_needs=tuple(action for setting in table.settings for action in setting.create_permissions),
            kms_keys=tuple(key for setting in table.settings for key in setting.kms_keys),
        )
        steps, defaults = [create], tuple(self._defaults(before))
        for setting in later:
            steps += (replace(s, after=_knowing(s.after or table, defaults)) for s in setting.steps_on(table))
            table = setting.on(table)
        return tuple(steps)

    def with_indexes(self, indexes: Collection[Index]) -> Operation:
        """The same table with more indexes."""
        return replace(self, indexes=(*self.indexes, *indexes))

    def reverse(self, before: Schema) -> Operation:
        """Drop the table."""
        del before
        return DropTable(self.table)

    def describe(self) -> str:
        """``create table Teams``."""
        return f"create table {self.table}"

    def _defaults(self, schema: Schema) -> Iterator[Setting]:
        """The schema's defaults as far as the script does not declare the same."""
        declared = {type(setting): setting for setting in self.settings}
        for setting in (default.for_table(self.table) for default in schema.defaults):
            left = setting.less(declared[type(setting)]) if type(setting) in declared else setting
            if left is not None:
                yield left

    def _table(self, schema: Schema, *, without: Sequence[Setting] = ()) -> Table:
        """The table as it will be: on-demand billing, then the schema's defaults, then the script's settings.

        Of several billings only the last counts: a table is not created in one mode and switched to another, which
        would take their own throughput from its indexes.
        """
        defaults = [setting.for_table(self.table) for setting in schema.defaults]
        wanted: list[Setting] = [SetBilling.default(self.table), *defaults, *self.settings]
        *_, billing = (setting for setting in wanted if isinstance(setting, SetBilling))
        bare = replace(billing, indexes={})
        table = Table(self.table, self.partition_key, self.sort_key, self.indexes, self.local_indexes, (bare,))
        kinds = {SetBilling, *(type(setting) for setting in without)}
        for setting in (billing, *(setting for setting in wanted if type(setting) not in kinds)):
            table = setting.on(table)
        return _knowing(table, tuple(self._defaults(schema)))


def _knowing(table: Table, defaults: Sequence[Setting]) -> Table:
    """The table, which knows what of it only the environment gives."""
    return replace(table, defaults=tuple(known for known in defaults if table.setting(type(known)) is not None))
