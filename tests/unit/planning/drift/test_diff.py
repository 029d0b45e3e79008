"""Drift of one table."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.planning.drift.diff import diff, matches, overlooking
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests.unit.planning.builders import created, described, live, live_of

PLANS = created(
    CreateTable(
        "Plans",
        S("planId"),
        N("version"),
        indexes=[
            Index("member-index", (S("teamId"), S("memberId")), (N("createdAt"), S("status")), "INCLUDE", ["title"]),
            Index("owner-index", S("ownerId")),
        ],
        local_indexes=[LocalIndex("status-local", S("status"), "INCLUDE", ["title"])],
        settings=[
            SetBilling.provisioned("Plans", read=5, write=6),
            SetDeletionProtection("Plans", enabled=True),
            SetEncryption("Plans", "AWS_OWNED"),
            SetPointInTimeRecovery("Plans", enabled=True, days=7),
            SetStream("Plans", "NEW_IMAGE"),
            SetTableClass("Plans", "STANDARD"),
            SetTags("Plans", {"Team": "core", "Old": None}),
            SetTimeToLive("Plans", "expiresAt"),
        ],
    )
)
ON_DEMAND = created(CreateTable("Teams", S("teamId"), indexes=[Index("manager-index", S("managerId"))]))
Change = Callable[[Table], Table]


def index(name: str, **changes: Any) -> Change:
    """Change one index."""
    return lambda table: replace(
        table, indexes=[replace(known, **changes) if known.name == name else known for known in table.indexes]
    )


def local(**changes: Any) -> Change:
    """Change the local index."""
    return lambda table: replace(table, local_indexes=[replace(table.local_indexes[0], **changes)])


def setting(value: Setting) -> Change:
    """Change one setting."""
    return lambda table: table.with_setting(value)


MEMBER_KEYS = "keys teamId S, memberId S / createdAt N, status S"
CASES = [
    pytest.param(
        lambda table: replace(table, partition_key=N("planId")),
        ("DRIFT_TABLE_KEYS", "Plans", "keys planId S / version N", "keys planId N / version N"),
        id="type of the partition key",
    ),
    pytest.param(
        lambda table: replace(table, partition_key=N("version"), sort_key=S("planId")),
        ("DRIFT_TABLE_KEYS", "Plans", "keys planId S / version N", "keys version N / planId S"),
        id="table keys the other way round",
    ),
    pytest.param(
        lambda table: replace(table, sort_key=None, local_indexes=()),
        ("DRIFT_TABLE_KEYS", "Plans", "keys planId S / version N", "keys planId S"),
        id="no sort key",
    ),
    pytest.param(
        lambda table: replace(table, indexes=table.indexes[:1]),
        ("DRIFT_INDEX_MISSING", "owner-index", "keys ownerId S, projection ALL", "none"),
        id="index missing",
    ),
    pytest.param(
        lambda table: replace(table, indexes=[*table.indexes, Index("by-hand", S("x"), projection="KEYS_ONLY")]),
        ("DRIFT_INDEX_UNEXPECTED", "by-hand", "no index", "keys x S, projection KEYS_ONLY"),
        id="index unexpected",
    ),
    pytest.param(
        index("member-index", partition_key=(S("memberId"), S("teamId"))),
        ("DRIFT_INDEX_KEYS", "member-index", MEMBER_KEYS, "keys memberId S, teamId S / createdAt N, status S"),
        id="order of the partition keys",
    ),
    pytest.param(
        index("member-index", sort_key=(S("status"), N("createdAt"))),
        ("DRIFT_INDEX_KEYS", "member-index", MEMBER_KEYS, "keys teamId S, memberId S / status S, createdAt N"),
        id="order of the sort keys",
    ),
    pytest.param(
        index("member-index", partition_key=S("teamId"), sort_key=(S("memberId"), N("createdAt"), S("status"))),
        ("DRIFT_INDEX_KEYS", "member-index", MEMBER_KEYS, "keys teamId S / memberId S, createdAt N, status S"),
        id="a partition key that sorts",
    ),
    pytest.param(
        index("owner-index", sort_key=N("createdAt")),
        ("DRIFT_INDEX_KEYS", "owner-index", "keys ownerId S", "keys ownerId S / createdAt N"),
        id="a sort key too many",
    ),
    pytest.param(
        index("owner-index", partition_key=N("ownerId")),
        ("DRIFT_INDEX_KEYS", "owner-index", "keys ownerId S", "keys ownerId N"),
        id="type of an index key",
    ),
    pytest.param(
        index("owner-index", projection="KEYS_ONLY"),
        ("DRIFT_INDEX_PROJECTION", "owner-index", "projection ALL", "projection KEYS_ONLY"),
        id="projection",
    ),
    pytest.param(
        index("member-index", include=("title", "author")),
        (
            "DRIFT_INDEX_PROJECTION",
            "member-index",
            "projection INCLUDE (title)",
            "projection INCLUDE (author, title)",
        ),
        id="included attributes",
    ),
    pytest.param(
        index("owner-index", throughput=Throughput(5, 7)),
        (
            "DRIFT_INDEX_THROUGHPUT",
            "owner-index",
            "throughput of 5 read and 6 write units",
            "throughput of 5 read and 7 write units",
        ),
        id="capacity of an index",
    ),
    pytest.param(
        local(sort_key=S("state")),
        (
            "DRIFT_LOCAL_INDEX",
            "status-local",
            "sort key status S, projection INCLUDE (title)",
            "sort key state S, projection INCLUDE (title)",
        ),
        id="sort key of a local index",
    ),
    pytest.param(
        local(projection="ALL", include=()),
        (
            "DRIFT_LOCAL_INDEX",
            "status-local",
            "sort key status S, projection INCLUDE (title)",
            "sort key status S, projection ALL",
        ),
        id="projection of a local index",
    ),
    pytest.param(
        lambda table: replace(table, local_indexes=()),
        ("DRIFT_LOCAL_INDEX", "status-local", "sort key status S, projection INCLUDE (title)", "none"),
        id="local index missing",
    ),
    pytest.param(
        lambda table: replace(table, local_indexes=[*table.local_indexes, LocalIndex("x-local", S("x"))]),
        ("DRIFT_LOCAL_INDEX", "x-local", "none", "sort key x S, projection ALL"),
        id="local index unexpected",
    ),
    pytest.param(
        setting(SetBilling.provisioned("Plans", read=9, write=6)),
        (
            "DRIFT_BILLING",
            "Plans",
            "billing provisioned, 5 read and 6 write units",
            "billing provisioned, 9 read and 6 write units",
        ),
        id="capacity",
    ),
    pytest.param(
        lambda table: SetBilling.on_demand("Plans").on(table),
        ("DRIFT_BILLING", "Plans", "billing provisioned, 5 read and 6 write units", "billing on-demand"),
        id="billing mode",
    ),
    pytest.param(
        setting(SetDeletionProtection("Plans", enabled=False)),
        ("DRIFT_SETTING", "Plans", "deletion protection on", "deletion protection off"),
        id="deletion protection",
    ),
    pytest.param(
        setting(SetEncryption("Plans", "AWS_MANAGED")),
        ("DRIFT_SETTING", "Plans", "encryption AWS_OWNED", "encryption AWS_MANAGED"),
        id="encryption",
    ),
    pytest.param(
        setting(SetPointInTimeRecovery("Plans", enabled=True, days=35)),
        ("DRIFT_SETTING", "Plans", "point-in-time recovery 7 days", "point-in-time recovery 35 days"),
        id="days of recovery",
    ),
    pytest.param(
        setting(SetStream("Plans", None)),
        ("DRIFT_SETTING", "Plans", "stream NEW_IMAGE", "stream off"),
        id="stream",
    ),
    pytest.param(
        setting(SetTableClass("Plans", "STANDARD_INFREQUENT_ACCESS")),
        ("DRIFT_SETTING", "Plans", "table class STANDARD", "table class STANDARD_INFREQUENT_ACCESS"),
        id="table class",
    ),
    pytest.param(
        setting(SetTags("Plans", {"Team": "core", "Old": "here"})),
        ("DRIFT_SETTING", "Plans", "tags -Old, Team=core", "tags Old=here, Team=core"),
        id="a tag that was removed",
    ),
    pytest.param(
        setting(SetTags("Plans", {})),
        ("DRIFT_SETTING", "Plans", "tags -Old, Team=core", "no tags"),
        id="tags missing",
    ),
    pytest.param(
        setting(SetTimeToLive("Plans", "deleteAt")),
        ("DRIFT_SETTING", "Plans", "time to live expiresAt", "time to live deleteAt"),
        id="time to live",
    ),
]


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_one_change_of_the_live_table_is_named_exactly(change: Change, expected: tuple[str, str, str, str]) -> None:
    """Code, subject and both sides say what differs, and nothing else is reported."""
    found = live_of(PLANS)
    assert found.table is not None
    changed = change(found.table)
    differences = [one for one in diff(live(changed), PLANS) if one.code != "DRIFT_LOCAL_INDEX" or changed.sort_key]
    assert [(one.code, one.subject, one.expected, one.found) for one in differences] == [expected]
    assert differences[0].describe() == f"{expected[1]}: expected {expected[2]}, found {expected[3]}"


def test_no_change_is_no_difference() -> None:
    """A table that is as declared has none, in whatever order AWS lists it."""
    assert diff(live_of(PLANS), PLANS) == ()
    assert matches(live_of(PLANS), PLANS)


def test_a_missing_table_is_created_as_declared() -> None:
    """The repair of a missing table is the whole table."""
    (difference,) = diff(live(None, name="Plans"), PLANS)
    assert (difference.code, difference.describe()) == ("DRIFT_TABLE_MISSING", "Plans: expected a table, found none")
    (create,) = difference.repair
    assert create.apply(Schema()).table("Plans") == PLANS


def test_a_table_that_should_not_be_is_never_dropped() -> None:
    """Nobody knows whose items an unexpected table holds, so there is no repair."""
    (difference,) = diff(live_of(PLANS), None)
    assert (difference.code, difference.repair) == ("DRIFT_TABLE_UNEXPECTED", ())
    assert difference.describe() == "Plans: expected no table, found one"


def test_no_table_where_none_is_expected_is_right() -> None:
    """A table that was dropped, and is gone, is no difference."""
    assert diff(live(None, name="Plans"), None) == ()
    assert matches(live(None, name="Plans"), None)
    assert not matches(live_of(PLANS), None)


def test_what_nobody_declared_does_not_matter() -> None:
    """Only declared settings are compared, the index throughput under an undeclared billing included."""
    bare = Table("Plans", S("planId"), indexes=[Index("owner-index", S("ownerId"))])
    found = replace(PLANS, sort_key=None, local_indexes=(), indexes=[replace(PLANS.indexes[1], throughput=None)])
    assert diff(live_of(found), bare) == ()
    assert diff(live(bare), found) == ()


def test_tags_of_others_and_an_attribute_of_a_time_to_live_that_is_off_do_not_matter() -> None:
    """Declared tags are compared by key, and what is off has no attribute."""
    declared = PLANS.with_setting(SetTimeToLive("Plans", "expiresAt", enabled=False))
    found = declared.with_setting(SetTags("Plans", {"Team": "core", "Cost": "42"}))
    assert diff(live_of(found), declared) == ()
    assert diff(live(found.with_setting(SetTimeToLive("Plans", None, enabled=False))), declared) == ()


def test_the_managed_key_is_known_by_any_arn() -> None:
    """DescribeTable shows AWS's managed key by its ARN, so every key of KMS counts as it."""
    declared = PLANS.with_setting(SetEncryption("Plans", "AWS_MANAGED"))
    assert diff(live_of(declared), declared) == ()
    assert [one.code for one in diff(live_of(PLANS), declared)] == ["DRIFT_SETTING"]


@pytest.mark.parametrize("kind", [type(one) for one in PLANS.settings])
def test_a_setting_that_cannot_be_read_is_not_compared(kind: type[Setting]) -> None:
    """A local engine that lacks a call shows neither the declared value nor another one."""
    found = live_of(PLANS)
    assert found.table is not None
    others = [one for one in found.table.settings if type(one) is not kind]
    blind = replace(found.table, settings=others)
    assert diff(live(blind, emulated=True, unreadable=frozenset({kind})), PLANS) == ()
    assert diff(live(blind), PLANS) == ()
    claimed = live(blind.with_setting(kind.default("Plans")), unreadable=frozenset({kind}), emulated=True)
    assert [one.code for one in diff(claimed, PLANS) if one.code != "DRIFT_INDEX_THROUGHPUT"] == []


def test_an_index_without_capacity_of_its_own_has_the_tables() -> None:
    """AWS shows a capacity for every index of a provisioned table; only a different one is a difference."""
    declared = created(
        CreateTable(
            "Plans",
            S("planId"),
            indexes=[Index("a-index", S("a")), Index("b-index", S("b"), throughput=Throughput(1, 2))],
            settings=[SetBilling.provisioned("Plans", read=5, write=6)],
        )
    )
    found = replace(
        declared,
        indexes=[
            replace(declared.indexes[0], throughput=Throughput(5, 6)),
            replace(declared.indexes[1], throughput=Throughput(1, 2)),
        ],
    )
    assert diff(live(found), declared) == ()
    swapped = replace(
        found,
        indexes=[
            replace(found.indexes[0], throughput=Throughput(1, 2)),
            replace(found.indexes[1], throughput=Throughput(5, 6)),
        ],
    )
    assert [(one.code, one.subject) for one in diff(live(swapped), declared)] == [
        ("DRIFT_INDEX_THROUGHPUT", "a-index"),
        ("DRIFT_INDEX_THROUGHPUT", "b-index"),
    ]


def test_a_maximum_that_nobody_declared_is_lifted() -> None:
    """The repair of a maximum on an index of an on-demand table takes it away again."""
    capped = index("manager-index", throughput=Throughput(40, None))(ON_DEMAND)
    (difference,) = diff(live(capped), ON_DEMAND)
    assert difference.describe() == (
        "manager-index: expected no maximum throughput, found throughput of 40 read and ∞ write units"
    )
    (repair,) = difference.repair
    assert repair.apply(Schema({"Teams": capped})).table("Teams") == ON_DEMAND
    assert repair.steps(Schema({"Teams": capped}))


def test_local_engines_forget_maximum_throughput() -> None:
    """They drop it when an index is added, so there it says nothing; on AWS it does, and a mode says so everywhere."""
    declared = created(
        CreateTable(
            "Teams",
            S("teamId"),
            indexes=[Index("manager-index", S("managerId"), throughput=Throughput(9, 9))],
            settings=[SetBilling.on_demand("Teams", max_read=10)],
        )
    )
    assert diff(live(ON_DEMAND, emulated=True), declared) == ()
    assert [one.code for one in diff(live(ON_DEMAND), declared)] == ["DRIFT_INDEX_THROUGHPUT", "DRIFT_BILLING"]
    provisioned = SetBilling.provisioned("Teams", read=1, write=1).on(ON_DEMAND)
    assert [one.code for one in diff(live(provisioned, emulated=True), declared)] == ["DRIFT_BILLING"]
    more = SetBilling.provisioned("Teams", read=2, write=1).on(ON_DEMAND)
    assert [one.code for one in diff(live(more, emulated=True), provisioned)] == [
        "DRIFT_INDEX_THROUGHPUT",
        "DRIFT_BILLING",
    ]


def test_another_billing_mode_is_one_difference() -> None:
    """Throughput of indexes means something else in each mode, so it is compared only within one."""
    declared = created(
        CreateTable(
            "Plans",
            S("planId"),
            indexes=[Index("a-index", S("a"), throughput=Throughput(3, 4)), Index("b-index", S("b"))],
            settings=[SetBilling.provisioned("Plans", read=5, write=6)],
        )
    )
    switched = SetBilling.on_demand("Plans").on(declared)
    (difference,) = diff(live(switched), declared)
    assert difference.repair == (
        SetBilling.provisioned("Plans", read=5, write=6, indexes={"a-index": Throughput(3, 4)}),
    )
    without = replace(switched, indexes=switched.indexes[1:])
    billing = next(one for one in diff(live(without), declared) if one.code == "DRIFT_BILLING")
    assert billing.repair == (SetBilling.provisioned("Plans", read=5, write=6),)


def test_an_index_is_repaired_by_what_its_difference_needs() -> None:
    """A missing index is added, an unexpected one dropped, and a wrong one dropped and added."""
    add = AddIndex("Teams", "manager-index", S("managerId"))
    drop = DropIndex("Teams", "manager-index")
    bare = replace(ON_DEMAND, indexes=())
    wrong = index("manager-index", partition_key=S("boss"), projection="KEYS_ONLY")(ON_DEMAND)
    assert [one.repair for one in diff(live(bare), ON_DEMAND)] == [(add,)]
    assert [one.repair for one in diff(live(ON_DEMAND), bare)] == [(drop,)]
    assert [(one.code, one.repair) for one in diff(live(wrong), ON_DEMAND)] == [
        ("DRIFT_INDEX_KEYS", (drop, add)),
        ("DRIFT_INDEX_PROJECTION", (drop, add)),
    ]


def test_differences_come_in_one_order() -> None:
    """Table keys, then indexes by name, local indexes, and settings: the same text every time."""
    other = Table(
        "Plans",
        S("id"),
        N("version"),
        indexes=[Index("z-index", S("z")), Index("b-index", S("b"))],
        local_indexes=[LocalIndex("b-local", S("b"))],
        settings=[SetStream("Plans", None), SetBilling("Plans")],
    )
    subjects: Sequence[tuple[str, str]] = [(one.code, one.subject) for one in diff(live(other), PLANS)]
    assert subjects == [
        ("DRIFT_TABLE_KEYS", "Plans"),
        ("DRIFT_INDEX_UNEXPECTED", "b-index"),
        ("DRIFT_INDEX_MISSING", "member-index"),
        ("DRIFT_INDEX_MISSING", "owner-index"),
        ("DRIFT_INDEX_UNEXPECTED", "z-index"),
        ("DRIFT_LOCAL_INDEX", "b-local"),
        ("DRIFT_LOCAL_INDEX", "status-local"),
        ("DRIFT_BILLING", "Plans"),
        ("DRIFT_SETTING", "Plans"),
    ]


BY_NAME = Index("name-index", S("name"))


def test_an_index_that_is_expected_later_is_no_surprise() -> None:
    """It is there already, exactly as it will be declared: folded into CreateTable, or made by hand."""
    early = live(replace(described(PLANS), indexes=[*described(PLANS).indexes, BY_NAME]))
    assert not matches(early, PLANS)
    assert matches(early, PLANS, [BY_NAME])
    assert diff(overlooking(early, PLANS, [BY_NAME]), PLANS) == ()


def test_an_index_that_is_expected_later_may_be_spelled_otherwise() -> None:
    """Whether its projection names the keys, which every index has anyway, makes no other index of it."""
    spelled = Index("name-index", S("name"), projection="INCLUDE", include=[PLANS.partition_key.name])
    early = live(replace(described(PLANS), indexes=[*described(PLANS).indexes, spelled]))
    assert matches(early, PLANS, [Index("name-index", S("name"), projection="KEYS_ONLY")])


@pytest.mark.parametrize(
    "other",
    [Index("name-index", N("name")), Index("name-index", S("name"), (), "KEYS_ONLY"), Index("nom-index", S("name"))],
    ids=["other keys", "another projection", "another name"],
)
def test_an_index_that_only_looks_like_it_is_a_surprise(other: Index) -> None:
    """What can never be changed has to be right."""
    found = live(replace(described(PLANS), indexes=[*described(PLANS).indexes, other]))
    assert not matches(found, PLANS, [BY_NAME])


def test_the_capacity_of_what_is_expected_later_is_not_compared() -> None:
    """It can be changed, and the operation that adds the index says what it should be."""
    early = Index("name-index", S("name"), throughput=Throughput(3, 3))
    found = live(replace(described(PLANS), indexes=[*described(PLANS).indexes, early]))
    assert matches(found, PLANS, [BY_NAME])


def test_an_index_of_the_state_itself_is_never_overlooked() -> None:
    """Although a later operation adds it again, the state has it now: its absence and its presence both count."""
    owner = PLANS.index("owner-index")
    assert owner is not None
    assert matches(live_of(PLANS), PLANS, [owner])
    without = live(
        replace(described(PLANS), indexes=[one for one in described(PLANS).indexes if one.name != owner.name])
    )
    assert not matches(without, PLANS, [owner])


def test_where_there_is_no_table_nothing_is_overlooked() -> None:
    """A missing table is missing, and one too many is one too many."""
    gone, there = live(None, name="Plans"), live_of(PLANS)
    assert overlooking(gone, PLANS, [BY_NAME]) is gone
    assert overlooking(there, None, [BY_NAME]) is there
    assert overlooking(there, PLANS, []) is there
