"""Verification: which tables are looked at, what is asked, and what a changing history means."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from osem_migrate.commands import verify as module
from osem_migrate.commands.verify import Verification, VerifyOptions, verify
from osem_migrate.deployment.observation import LOOKS
from osem_migrate.errors import AccountMismatch, ExitCode, HistoryError, ProbeUnconfirmed
from osem_migrate.history import History, RecordedState
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, DropTable, SetBilling, SetTimeToLive, Setting
from osem_migrate.planning.drift.autoscaled import dimensions
from osem_migrate.planning.replay import replay
from osem_migrate.planning.status.remedy import Caller
from osem_migrate.planning.verify import Check
from osem_migrate.schema import S, Schema, Table
from osem_migrate.stop import Stop
from tests.doubles.typed import typed
from tests.simulator.clock import VirtualClock
from tests.unit.planning.builders import applied, history, live, live_of, migration, record

USERS = migration(1, CreateTable("Users", S("userId"), settings=[SetTimeToLive("Users", "expiresAt")]))
TEAMS = migration(2, CreateTable("Teams", S("teamId")))
MANAGERS = migration(3, AddIndex("Teams", "manager-index", S("managerId")))
ALL = (USERS, TEAMS, MANAGERS)


class Environment:
    """A deployment in memory.

    Attributes:
        histories: what each reading of the history gives; the last one from then on.
        tables: what is live, by name.
        described: the settings asked for, by table, of each look.
    """

    def __init__(self, *histories: History, migrations: tuple[Migration, ...] = ALL, protected: bool = False) -> None:
        self.histories = list(histories)
        self.tables: dict[str, Table] = dict(replay(migrations, Schema()).tables)
        self.described: list[dict[str, list[str]]] = []
        self.account_is_wrong = False
        self.autoscaled: set[str] = set()
        self.settings = SimpleNamespace(protected=protected)

    @property
    def deployment(self) -> Any:
        """What the code under test is given."""
        return SimpleNamespace(
            check_account=self._check_account,
            history=SimpleNamespace(read=self._read, look=lambda: self.histories[0]),
            gateway=SimpleNamespace(describe_all=self._describe_all, learn=self._learn, emulated=True),
            environment=SimpleNamespace(
                name="dev",
                defaults=(),
                physical_name="osem-dev-{}".format,
                settings=self.settings,
            ),
            caller=Caller("dev"),
            clock=VirtualClock().clock,
            session=SimpleNamespace(dynamodb=lambda: None),
        )

    def verify(self, migrations: tuple[Migration, ...] = ALL, options: VerifyOptions | None = None) -> Verification:
        """One verification."""
        return verify(self.deployment, migrations, options or VerifyOptions())

    def _check_account(self) -> None:
        if self.account_is_wrong:
            raise AccountMismatch("another account")

    def _learn(self, live: LiveTable, states: tuple[Table]) -> LiveTable:
        owned = dimensions(states[0]) if live.name in self.autoscaled else frozenset()
        return replace(live, autoscaled=owned)

    def _read(self) -> History:
        return self.histories.pop(0) if len(self.histories) > 1 else self.histories[0]

    def _describe_all(self, wanted: Mapping[str, tuple[type[Setting], ...]]) -> list[LiveTable]:
        self.described.append({name: sorted(kind.noun for kind in kinds) for name, kinds in wanted.items()})
        return [live_of(self.tables[name]) if name in self.tables else live(None, name=name) for name in wanted]


def names(found: Verification) -> dict[str, bool | None]:
    """Whether each table passed; None for those that were not checked."""
    return {one.table: one.passed if one.was_checked else None for one in found.tables}


def test_every_applied_table_is_checked_for_what_it_declares() -> None:
    """In the order of their names; only settings that were declared are asked for."""
    environment = Environment(applied(*ALL))
    found = environment.verify()
    assert names(found) == {"Teams": True, "Users": True}
    assert environment.described == [{"Teams": ["billing"], "Users": ["billing", "time to live"]}]
    assert (found.passed, found.exit_code(), found.probed) == (True, ExitCode.OK, frozenset())
    assert list(found.live_tables) == ["Teams", "Users"]


def test_nothing_applied_is_nothing_to_verify() -> None:
    """Before the first upgrade, whatever is there already."""
    found = Environment(History()).verify()
    assert (found.tables, found.passed, found.exit_code()) == ((), True, ExitCode.OK)


def test_a_table_that_differs_is_drift() -> None:
    """Exit code 5; the others pass."""
    environment = Environment(applied(*ALL))
    del environment.tables["Users"]
    found = environment.verify()
    assert names(found) == {"Teams": True, "Users": False}
    assert found.exit_code() is ExitCode.DRIFT


def test_tables_of_unfinished_migrations_are_named_and_not_asked_for() -> None:
    """Also one that does not exist yet."""
    environment = Environment(history(record(USERS), record(TEAMS, RecordedState.RUNNING, 0)))
    found = environment.verify()
    assert names(found) == {"Teams": None, "Users": True}
    assert found.tables[0].physical_name == "osem-dev-Teams"
    assert list(environment.described[0]) == ["Users"]
    assert found.exit_code() is ExitCode.OK


def test_a_dropped_table_is_no_longer_looked_for() -> None:
    """By the history it is gone."""
    drop = migration(4, DropTable("Teams"))
    assert names(Environment(applied(*ALL, drop)).verify((*ALL, drop))) == {"Users": True}


def test_an_upgrade_that_begins_meanwhile_is_no_drift() -> None:
    """The index came after the history was read: the history is read again, and then it is a table under way."""
    before = applied(USERS, TEAMS)
    during = history(record(USERS), record(TEAMS), record(MANAGERS, RecordedState.RUNNING, 0))
    environment = Environment(before, during)
    assert names(environment.verify()) == {"Teams": None, "Users": True}
    assert len(environment.described) == 2


def test_an_upgrade_that_ends_meanwhile_is_no_drift() -> None:
    """The same, when all of it is recorded by then."""
    environment = Environment(applied(USERS, TEAMS), applied(*ALL))
    assert names(environment.verify()) == {"Teams": True, "Users": True}


def test_a_history_that_never_rests_is_not_followed_for_ever() -> None:
    """After some looks what was seen last is the answer."""
    histories = [history(*(record(one, fence=fence) for one in (USERS, TEAMS))) for fence in range(9)]
    environment = Environment(*histories)
    assert not environment.verify().passed
    assert len(environment.described) == LOOKS


def test_scripts_that_are_gone_are_an_error() -> None:
    """What the tables should be like cannot be known, and saying nothing would be a promise."""
    with pytest.raises(HistoryError, match="0003_change ran here but is not among the scripts") as caught:
        Environment(applied(*ALL)).verify((USERS, TEAMS))
    assert typed(caught.value).endswith("osem-migrate status --env dev")


def test_capacity_that_an_autoscaler_owns_is_no_drift() -> None:
    """As status sees it: what it sets is its own affair, and is said not to have been checked."""
    orders = migration(1, CreateTable("Orders", S("id"), settings=[SetBilling.provisioned("Orders", read=5, write=6)]))
    environment = Environment(applied(orders), migrations=(orders,))
    environment.tables["Orders"] = SetBilling.provisioned("Orders", read=9, write=6).on(environment.tables["Orders"])
    assert not environment.verify((orders,)).passed
    environment.autoscaled.add("Orders")
    (checklist,) = environment.verify((orders,)).tables
    assert checklist.passed
    assert checklist.notes == ("an autoscaler manages some of its capacity, which was not checked",)


def test_another_account_is_not_looked_at() -> None:
    """The first thing that is made sure."""
    environment = Environment(applied(*ALL))
    environment.account_is_wrong = True
    with pytest.raises(AccountMismatch):
        environment.verify()
    assert environment.described == []


def test_only_tables_that_are_ready_are_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are said not to be; what the probe finds comes behind the other checks."""
    more = migration(4, CreateTable("More", S("id")))
    past = history(*(record(one) for one in ALL), record(more, RecordedState.RUNNING, 0))
    environment = Environment(past, migrations=(*ALL, more))
    del environment.tables["Users"]
    given: list[LiveTable] = []

    def probe_tables(
        _deployment: object, live_tables: list[LiveTable], _stop: Stop, *, again: str
    ) -> dict[str, tuple[Check, ...]]:
        assert typed(again) == "osem-migrate verify --probe --env dev"
        given.extend(live_tables)
        return {live.name: (Check("probe table", passed=False, expected="a", found="b"),) for live in live_tables}

    monkeypatch.setattr(module, "probe_tables", probe_tables)
    probed = environment.verify((*ALL, more), VerifyOptions(probe=True, stop=Stop(VirtualClock().clock)))
    assert [live.name for live in given] == ["Teams"]
    assert probed.probed == {"Teams"}
    notes = {checklist.table: checklist.notes for checklist in probed.tables}
    assert notes["Teams"] == ()
    assert notes["More"][-1] == notes["Users"][-1] == "it was not probed"
    teams = next(checklist for checklist in probed.tables if checklist.table == "Teams")
    assert teams.checks[-1].name == "probe table"
    assert probed.exit_code() is ExitCode.DRIFT


def test_a_protected_environment_wants_to_be_confirmed() -> None:
    """The remedy is the command with --yes."""
    with pytest.raises(ProbeUnconfirmed) as caught:
        Environment(History(), protected=True).verify(options=VerifyOptions(probe=True))
    assert typed(caught.value) == "Confirm it with: osem-migrate verify --probe --yes --env dev"
    confirmed = VerifyOptions(probe=True, allow_protected=True, stop=Stop(VirtualClock().clock))
    assert Environment(History(), migrations=(), protected=True).verify((), confirmed).passed
