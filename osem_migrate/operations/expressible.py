"""Expressible: what a kind of file can say of a table; the rest is neither compared, nor changed because of it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from osem_migrate.operations import SETTINGS, SetBilling, SetTags, Setting
from osem_migrate.schema import Index, LocalIndex, Table
from osem_migrate.schema.value import altered


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Something of a table that a file cannot say.

    Attributes:
        subject: the table, or ``Table/index``.
        text: what it is, in words.
        is_index: whether it is a whole index.
    """

    subject: str
    text: str
    is_index: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expressible:
    """What a kind of file can say of a table.

    Attributes:
        settings: the kinds of settings: one of these that a table lacks has AWS's default.
        maxima: whether it can say at most how much throughput a table on demand, or its index, has.
        composite_keys: whether it can say index keys of several attributes.
        local_indexes: whether it can say local indexes.
    """

    settings: Collection[type[Setting]] = SETTINGS
    maxima: bool = True
    composite_keys: bool = True
    local_indexes: bool = True

    def unsaid(self, table: Table) -> Iterator[Unsaid]:
        """What of a table such a file cannot say, unless it is what a table has that nobody said it of."""
        for setting in without_removed_tags(table).settings:
            if type(setting) not in self.settings and not _is_usual(setting):
                yield Unsaid(table.name, setting.phrase)
        billing = SetBilling.of(table)
        if SetBilling in self.settings and self._hides_maxima(billing) and billing.throughput is not None:
            yield Unsaid(table.name, billing.text)
        for index in table.all_indexes:
            subject = f"{table.name}/{index.name}"
            if isinstance(index, LocalIndex) and not self.local_indexes:
                yield Unsaid(subject, "local index", is_index=True)
            elif isinstance(index, Index) and not self._says_keys(index):
                yield Unsaid(subject, "keys of several attributes", is_index=True)
            elif isinstance(index, Index) and self._hides_maxima(billing) and index.throughput is not None:
                yield Unsaid(subject, "its maximum throughput")

    def says(self, index: Index | LocalIndex) -> bool:
        """Whether such a file can say the index at all."""
        return self.local_indexes if isinstance(index, LocalIndex) else self._says_keys(index)

    def filled_in(self, found: Table, known: Table) -> Table:
        """The table of a file with those parts of the known one that the file cannot say; settings are left alone.

        An index that the file has under the same name is as the file says.
        """
        names = {index.name for index in found.all_indexes}
        unsaid = [index for index in known.all_indexes if index.name not in names and not self.says(index)]
        billing, own = SetBilling.of(found), SetBilling.of(known)
        # What an index has of its own belongs to the billing that it has it under.
        kept = {} if billing.mode == own.mode else {"throughput": None}
        filled = altered(
            found,
            indexes=[*found.indexes, *(altered(index, **kept) for index in unsaid if isinstance(index, Index))],
            local_indexes=[*found.local_indexes, *(index for index in unsaid if isinstance(index, LocalIndex))],
        )
        if not self._hides_maxima(billing) or own.is_provisioned:
            return filled
        maxima = {index.name: index.throughput for index in known.indexes}
        return altered(
            filled.with_setting(altered(billing, throughput=own.throughput)),
            indexes=[altered(index, throughput=maxima.get(index.name)) for index in filled.indexes],
        )

    def _says_keys(self, index: Index) -> bool:
        return self.composite_keys or max(len(index.partition_keys), len(index.sort_keys)) == 1

    def _hides_maxima(self, billing: SetBilling) -> bool:
        return not self.maxima and not billing.is_provisioned


EVERYTHING = Expressible()
"""What scripts can say."""


def without_removed_tags(table: Table) -> Table:
    """No file says that a tag is gone."""
    tags = table.setting(SetTags)
    if tags is None:
        return table
    kept = {key: text for key, text in tags.tags.items() if text is not None}
    return table.with_setting(SetTags(table.name, kept))


def _is_usual(setting: Setting) -> bool:
    """Whether a table without the setting is the same; tags that are more than none match none, but not the reverse."""
    usual = setting.default(setting.table)
    return usual.matches(setting) and setting.matches(usual)
