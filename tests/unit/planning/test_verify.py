"""Checklists: every point, its name, and how it stands."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from osem_migrate.live_table import LiveIndex, LiveTable
from osem_migrate.operations import (
    CreateTable,
    SetBilling,
    SetEncryption,
    SetPointInTimeRecovery,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.planning import verify as module
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.verify import Check, Checklist, check_table, unfinished
from osem_migrate.schema import B, Index, LocalIndex, N, S, Table, Throughput
from tests import strategies
from tests.unit.planning.builders import created, described, live, live_of
from tests.unit.planning.drifts import Drift, drifts, undeclared

TEAMS = created(
    CreateTable(
        "Teams",
        S("teamId"),
        N("version"),
        indexes=[Index("manager-index", (S("managerId"), B("digest")), N("since"), "INCLUDE", ["title"])],
        local_indexes=[LocalIndex("status-local", S("status"), "KEYS_ONLY")],
        settings=[SetBilling.provisioned("Teams", read=5, write=6), SetTimeToLive("Teams", "expiresAt")],
    )
)
INCLUDE = "projection INCLUDE (title)"
MANAGER = f"keys managerId S, digest B / since N, {INCLUDE}"


def index(status: str = "ACTIVE", **more: Any) -> dict[str, LiveIndex]:
    """How the index of Teams stands."""
    return {"manager-index": LiveIndex(status=status, **more)}


def lines(checklist: Checklist) -> list[str]:
    """Every check with its sign."""
    return [f"{'+' if check.passed else '-'} {check.describe()}" for check in checklist.checks]


def failed(found: LiveTable, expected: Table = TEAMS) -> list[str]:
    """What did not pass."""
    return [check.describe() for check in check_table(found, expected).checks if not check.passed]


def test_a_table_as_declared_passes_every_point() -> None:
    """In the order in which one would look: there, ready, keys, indexes, local indexes, settings."""
    checklist = check_table(live_of(TEAMS, indexes=index()), TEAMS)
    assert lines(checklist) == [
        "+ table: present",
        "+ status: ACTIVE",
        "+ keys: teamId S / version N",
        f"+ index manager-index: ACTIVE, {MANAGER}",
        "+ local index status-local: sort key status S, projection KEYS_ONLY",
        "+ billing: provisioned, 5 read and 6 write units",
        "+ time to live: expiresAt",
    ]
    assert (checklist.table, checklist.physical_name) == ("Teams", "osem-staging-Teams")
    assert (checklist.passed, checklist.was_checked, checklist.notes) == (True, True, ())


def test_a_table_that_is_not_there() -> None:
    """One point says it all."""
    checklist = check_table(live(None, name="Teams", status=None), TEAMS)
    assert lines(checklist) == ["- table: expected present, found missing"]
    assert (checklist.passed, checklist.was_checked) == (False, True)


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"])
def test_a_table_that_is_not_active(status: str) -> None:
    """Whatever else it is."""
    assert failed(live_of(TEAMS, indexes=index(), status=status)) == [f"status: expected ACTIVE, found {status}"]


@pytest.mark.parametrize(
    ("indexes", "phase"),
    [
        (index("CREATING"), "allocating"),
        (index("CREATING", backfilling=True), "backfilling"),
        (index(backfilling=True), "backfilling"),
        (index("UPDATING"), "updating"),
        (index("DELETING"), "deleting"),
    ],
)
def test_an_index_that_is_not_ready(indexes: dict[str, LiveIndex], phase: str) -> None:
    """ACTIVE is not enough while it is backfilling."""
    assert failed(live_of(TEAMS, indexes=indexes)) == [
        f"index manager-index: expected ACTIVE, {MANAGER}, found {phase}, {MANAGER}"
    ]


def test_a_setting_on_its_way_has_not_settled() -> None:
    """It shows as declared already, and is not yet."""
    found = live_of(TEAMS, indexes=index(), changing=("time to live",))
    assert failed(found) == ["time to live: expected expiresAt, found changing"]


def test_every_difference_is_named() -> None:
    """What was expected, and what is there instead."""
    (manager,) = described(TEAMS).indexes
    other = Table(
        "Teams",
        S("id"),
        N("version"),
        [replace(manager, sort_key=None), Index("extra-index", S("x"), throughput=manager.throughput)],
        [LocalIndex("more-local", S("z"))],
        [SetBilling("Teams"), SetTimeToLive("Teams", None, enabled=False)],
    )
    assert failed(live(other, indexes=index())) == [
        "keys: expected teamId S / version N, found id S / version N",
        "index extra-index: expected no index, found ACTIVE, keys x S, projection ALL",
        f"index manager-index: expected ACTIVE, {MANAGER}, found ACTIVE, keys managerId S, digest B, {INCLUDE}",
        "local index more-local: expected none, found sort key z S, projection ALL",
        "local index status-local: expected sort key status S, projection KEYS_ONLY, found none",
        "billing: expected provisioned, 5 read and 6 write units, found on-demand",
        "time to live: expected expiresAt, found off",
    ]


def test_an_index_that_is_gone_and_one_with_other_throughput() -> None:
    """Both are points of that index."""
    table = described(TEAMS)
    assert failed(live(replace(table, indexes=[]))) == [f"index manager-index: expected ACTIVE, {MANAGER}, found none"]
    slower = replace(table.indexes[0], throughput=Throughput(1, 6))
    (line,) = failed(live(replace(table, indexes=[slower]), indexes=index()))
    assert "throughput of 5 read and 6 write units, found ACTIVE" in line
    assert line.endswith("throughput of 1 read and 6 write units")


def test_what_a_local_engine_cannot_tell_is_said_to_be_left_out() -> None:
    """It is neither passed nor failed."""
    users = created(CreateTable("Users", S("id"), settings=[SetPointInTimeRecovery("Users", enabled=True)]))
    found = live(
        replace(described(users), settings=[SetBilling("Users")]),
        emulated=True,
        unreadable=frozenset({SetPointInTimeRecovery, SetEncryption}),
    )
    checklist = check_table(found, users)
    assert [check.name for check in checklist.checks] == ["table", "status", "keys", "billing"]
    assert checklist.notes == ("this local engine does not support point-in-time recovery; it was not checked",)


def test_two_settings_that_differ_are_two_points() -> None:
    """Each with its own values, though both are settings of one table."""
    users = created(
        CreateTable("Users", S("id"), settings=[SetTimeToLive("Users", "at"), SetTags("Users", {"Team": "core"})])
    )
    other = described(users).with_setting(SetTimeToLive.default("Users")).with_setting(SetTags("Users", {"Team": "x"}))
    assert failed(live(other), users) == [
        "tags: expected Team=core, found Team=x",
        "time to live: expected at, found off",
    ]


def test_a_difference_without_a_point_of_its_own_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever drift may learn to tell one day fails here, too."""
    more = Difference(code=DriftCode.TABLE_STATUS, table="Teams", subject="replica", expected="two", found="one")
    monkeypatch.setattr(module, "diff", lambda _live, _expected: (more,))
    assert failed(live_of(TEAMS, indexes=index())) == ["replica: expected two, found one"]


def test_a_table_of_an_unfinished_migration_is_said_to_be_so() -> None:
    """It has no points, and does not fail."""
    checklist = unfinished("Teams", "osem-staging-Teams", "a migration there is unfinished or was changed")
    assert (checklist.checks, checklist.was_checked, checklist.passed) == ((), False, True)
    assert "unfinished" in checklist.notes[0]


def test_more_can_be_added() -> None:
    """What a probe found comes behind what was described."""
    checklist = check_table(live_of(TEAMS, indexes=index()), TEAMS)
    longer = checklist.extended(Check("probe table", passed=False, expected="a", found="b"), notes=["so"])
    assert longer.checks[:-1] == checklist.checks
    assert [check.of_probe for check in longer.checks] == [False] * 7 + [True]
    assert (longer.passed, longer.notes) == (False, ("so",))


@given(strategies.tables().flatmap(lambda table: undeclared(table).map(lambda found: (table, found))))
def test_no_false_alarm(pair: tuple[Table, Table]) -> None:
    """Law: whatever is live as declared passes, with anything that nobody declared."""
    table, found = pair
    ready = {one.name: LiveIndex(status="ACTIVE") for one in found.indexes}
    assert failed(live(found, indexes=ready), table) == []


@given(drifts())
def test_nothing_is_missed(drift: Drift) -> None:
    """Law: each change by hand fails exactly one point, which is named after it."""
    ready = {one.name: LiveIndex(status="ACTIVE") for one in drift.live.indexes} if drift.live is not None else {}
    found = live(drift.live, name=drift.expected.name) if drift.live is None else live(drift.live, indexes=ready)
    (check,) = [check for check in check_table(found, drift.expected).checks if not check.passed]
    names = {
        DriftCode.TABLE_MISSING: "table",
        DriftCode.TABLE_KEYS: "keys",
        DriftCode.LOCAL_INDEX: f"local index {drift.subject}",
        DriftCode.BILLING: "billing",
    }
    if drift.code == DriftCode.SETTING:
        assert check.name in {setting.noun for setting in drift.expected.settings}
    else:
        assert check.name == names.get(DriftCode.of(drift.code), f"index {drift.subject}")
    assert check.expected != check.found
