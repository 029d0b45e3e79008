"""Declaration: the operation that makes a live table again says all that is needed, and no more."""

from dataclasses import replace

from hypothesis import given

from osem_migrate.operations import (
    CreateTable,
    SetBilling,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.planning.drift.diff import diff
from osem_migrate.planning.import_tables import declare
from osem_migrate.schema import Index, N, S, Schema, Table, Throughput
from tests import strategies
from tests.unit.planning.builders import created, live, live_of


def again(table: Table, defaults: tuple[Setting, ...] = ()) -> Table:
    """The table that the declaration makes, where new tables get these defaults."""
    return declare(table, defaults).apply(Schema(defaults=defaults)).table(table.name)


@given(strategies.tables(), strategies.defaults())
def test_a_table_declared_is_the_table(table: Table, defaults: tuple[Setting, ...]) -> None:
    """Whatever it uses and whatever others get: nothing differs, and nothing is on that was off."""
    found = live_of(table)
    assert found.table is not None
    made = again(found.table, defaults)
    assert diff(found, made) == ()
    for setting in found.table.settings:
        kind = type(setting)
        assert (made.setting(kind) or kind.default(table.name)).matches(setting)


def test_what_every_table_gets_is_left_out() -> None:
    """AWS's own defaults, and those of the environment."""
    plain = created(CreateTable("Teams", S("teamId")))
    assert declare(plain) == CreateTable("Teams", S("teamId"))
    settings = (SetDeletionProtection("Teams", enabled=True), SetTags("Teams", {"Team": "core"}))
    assert declare(replace(plain, settings=settings), settings) == CreateTable("Teams", S("teamId"))


def test_a_default_that_the_table_lacks_is_taken_back() -> None:
    """Off where others have it on, on demand where others are provisioned, and no tag where others have one."""
    defaults = (
        SetBilling.provisioned("defaults", read=5, write=5),
        SetDeletionProtection("defaults", enabled=True),
        SetTags("defaults", {"Team": "core", "Owner": "ada"}),
    )
    found = (SetBilling.on_demand("Teams"), SetDeletionProtection.default("Teams"), SetTags("Teams", {"Owner": "eve"}))
    table = Table("Teams", S("teamId"), settings=found)
    assert declare(table, defaults).settings == (
        SetBilling.on_demand("Teams"),
        SetDeletionProtection("Teams", enabled=False),
        SetTags("Teams", {"Owner": "eve", "Team": None}),
    )


def test_an_index_says_its_throughput_only_where_it_differs() -> None:
    """One that has the table's capacity has it anyway."""
    index = Index("a-index", S("a"), throughput=Throughput(5, 5))
    other = Index("b-index", S("b"), throughput=Throughput(1, 5))
    table = Table("Teams", S("teamId"), None, [index, other], (), [SetBilling.provisioned("Teams", read=5, write=5)])
    assert [index.throughput for index in declare(table).indexes] == [None, Throughput(1, 5)]


def test_an_index_with_half_a_maximum_fits_any_defaults() -> None:
    """An on-demand index may be capped on one side, which no provisioned one can be."""
    index = Index("a-index", S("a"), throughput=Throughput(5, None))
    table = Table("Teams", S("teamId"), N("at"), [index], (), [SetBilling.on_demand("Teams")])
    assert diff(live(table), again(table, (SetBilling.provisioned("defaults", read=1, write=1),))) == ()


def test_what_is_on_is_said() -> None:
    """Settings that need a call of their own are declared with the table."""
    settings = (SetPointInTimeRecovery("Teams", enabled=True, days=7), SetTimeToLive("Teams", "expiresAt"))
    assert declare(Table("Teams", S("teamId"), settings=settings)).settings == settings
