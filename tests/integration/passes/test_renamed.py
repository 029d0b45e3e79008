"""A script that is renamed while a pass of it is half done: what is recorded of it follows, whatever strikes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, OsemMigrateError, Resolution, ResolveOptions, SteerOptions
from osem_migrate.errors import MigrationMissing, ResolutionRefused
from osem_migrate.pass_state import PassKey, PassOrder, Said
from tests.doubles.pass_site import FULL_NAME, USERS, PassSite, named, note, user, written
from tests.doubles.project import HISTORY, Watched
from tests.doubles.typed import typed
from tests.simulator import Drop, Hook, LoseResponse
from tests.simulator.faults import Fault

USER_COUNT = 20
OLD, NEW = "0002_pass", "0004_names"
WRITES = ("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems")
PASS = FULL_NAME.replace("segments=4", "segments=4, verify=False")
LATER, BACK = "0003_back", 'UpdateItems("Users", no_full_name, undo=full_name, segments=1, verify=False)'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Twenty users, one of whom cannot be handled, and a pass that was stopped among them, slowly."""
    with PassSite.standing(tmp_path, USER_COUNT) as standing:
        standing.put({"id": "u7", "first": "Ada"})
        standing.declare(PASS, OLD)
        standing.failing(stop=standing.stop_at(8))
        standing.site.aws.simulator.faults.clear()
        yield standing


def rename(site: PassSite, old: str = OLD, new: str = NEW) -> None:
    """In the folder."""
    (site.site.folder / "migrations" / f"{old}.py").unlink()
    site.scripts[new] = site.scripts.pop(old)


def resolve(site: PassSite, name: str = NEW) -> Watched:
    """In a new process."""
    watched = site.watched()
    watched.migrator.resolve(ResolveOptions(name, Resolution.RENAMED))
    return watched


def kept(site: PassSite) -> dict[str, list[dict[str, Any]]]:
    """What the history holds of each migration's passes, without their partition, by its id."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item in site.history():
        if "#pass#" in item["scope"]["S"]:
            owner = item["scope"]["S"].split("#")[2]
            found.setdefault(owner, []).append({name: value for name, value in item.items() if name != "scope"})
    return found


def records(site: PassSite) -> set[str]:
    """The migrations of which there is a record."""
    return {
        item["item"]["S"].removeprefix("migration#")
        for item in site.history()
        if item["item"]["S"].startswith("migration#")
    }


def test_a_pass_goes_on_under_the_new_name(site: PassSite) -> None:
    """The command that upgrade names moves the record, cursors, counts and failures; nothing is gone through again."""
    before = kept(site)[OLD]
    changed = sum("fullName" in item for item in site.items().values())
    assert 0 < changed < USER_COUNT
    rename(site)
    refused, _ = site.failing()
    assert isinstance(refused, MigrationMissing)
    assert typed(refused).splitlines()[-1] == f"osem-migrate resolve {NEW} --renamed --env dev"
    resolve(site)
    assert kept(site) == {NEW: before}
    assert records(site) == {"0001_users", NEW}
    entry = list(site.watched().migrator.entries())[-1]
    assert (entry.what, entry.migration) == ("renamed", NEW)
    assert entry.detail == f"was {OLD}, running, compared with {USERS}"
    site.put(user(7))
    going_on = site.upgrade()
    assert note(going_on) == f"{USER_COUNT} items examined, {USER_COUNT} changed"
    assert written(going_on) == USER_COUNT - changed
    assert site.items() == {f"u{number}": named(number) for number in range(USER_COUNT)}
    assert resolve(site).writes() == {}, "said twice, it writes nothing"


def test_a_half_done_downgrade_goes_on_under_the_new_name(site: PassSite) -> None:
    """Its own pass, and where it was to end."""
    site.put(user(7))
    site.upgrade()
    watched = site.watched()
    with pytest.raises(OsemMigrateError):
        watched.migrator.downgrade(DowngradeOptions("1", stop=site.stop_at(5)))
    site.site.aws.simulator.faults.clear()
    rename(site)
    resolve(site)
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert site.items() == {f"u{number}": user(number) for number in range(USER_COUNT)}
    assert set(kept(site)) == {NEW}


def test_what_an_applied_pass_left_follows_too(site: PassSite) -> None:
    """Failures that may be stay known by the new name."""
    site.declare(PASS.replace("segments", "max_failures=1, segments"), OLD).upgrade()
    rename(site)
    resolve(site)
    (failure,) = site.watched().migrator.failures().failures
    assert (failure.key.migration, failure.item.key) == (NEW, {"id": {"S": "u7"}})


@pytest.mark.parametrize("fault", [Drop(), LoseResponse()], ids=["not applied", "answer lost"])
def test_a_renaming_that_is_killed_at_any_call_is_finished_by_the_next(site: PassSite, fault: Fault) -> None:
    """There is one record at any time, with all that belongs to it, and in the end nothing else.

    Only writes are struck: killed at a read, it leaves what it does when it is killed at the write that follows.
    """
    simulator, (old, new) = site.site.aws.simulator, (OLD, NEW)
    before, struck = kept(site)[OLD], 0
    while True:
        rename(site, old, new)
        here = {"table": HISTORY, "action": WRITES}
        planned = simulator.faults.plan(fault, nth=struck + 1, **here)  # type: ignore[arg-type]
        simulator.faults.plan(Drop(), nth=struck + 2, times=None, **here)  # type: ignore[arg-type]
        try:
            resolve(site, new)
        except OsemMigrateError:
            failed = True
        else:
            failed = False
        simulator.faults.clear()
        names = records(site) - {"0001_users"}
        assert len(names) == 1
        assert kept(site)[names.pop()] == before
        resolve(site, new)
        assert (kept(site), records(site)) == ({new: before}, {"0001_users", new})
        if not failed and not planned.struck:
            break
        struck, (old, new) = struck + 1, (new, old)
    assert struck >= 5


def test_the_old_name_may_be_given_back_to_a_renaming_that_was_killed(site: PassSite) -> None:
    """What was copied goes, and the pass goes on as if nothing had happened."""
    before = kept(site)[OLD]
    rename(site)
    simulator = site.site.aws.simulator
    simulator.faults.plan(Drop(), action="TransactWriteItems", table=HISTORY, nth=2, times=None)
    with pytest.raises(OsemMigrateError):
        resolve(site)
    simulator.faults.clear()
    assert set(kept(site)) == {OLD, NEW}
    rename(site, NEW, OLD)
    resolve(site, OLD)
    assert kept(site) == {OLD: before}


def test_an_order_that_comes_while_a_pass_is_moved_is_kept(site: PassSite) -> None:
    """It is given to the old name, after this was copied, and outside the lock."""
    rename(site)
    given: list[PassOrder] = []

    def order(_: object) -> None:
        site.site.aws.simulator.faults.clear()
        site.site.clock.advance(1)
        for order, rate in ((PassOrder.RATE, 7), (PassOrder.RESUME, None)):
            given.append(order)
            site.watched().migrator.steer(SteerOptions(order, rate=rate))

    table = site.watched().migrator.deployment.pass_table(PassKey(migration=OLD, position=0, direction="upgrade"))
    table.orders.give(1, PassOrder.PAUSE, Said(by="ada", at=1))
    site.watched().migrator.steer(SteerOptions(PassOrder.RATE, rate=3))
    hook = Hook(after=order)
    site.site.aws.simulator.faults.plan(hook, action="TransactWriteItems", table=HISTORY)
    resolve(site)
    assert given
    (status,) = site.watched().migrator.passes()
    assert (status.key.migration, status.state.control.rate, status.is_paused) == (NEW, 7, False)


def test_a_script_that_was_changed_as_well_is_not_taken_for_the_old_one(site: PassSite) -> None:
    """Its pass would go on with another function."""
    rename(site)
    site.scripts[NEW] = site.scripts[NEW].replace("verify=False", "where='attribute_exists(last)'")
    with pytest.raises(ResolutionRefused, match="nothing is recorded under another name") as refused:
        resolve(site)
    assert "osem-migrate status" in typed(refused.value)
    assert set(kept(site)) == {OLD}


def test_what_an_earlier_copy_left_is_not_taken_over(site: PassSite) -> None:
    """Killed after the copy, given its old name back, and corrected: a failure that is gone does not come back."""
    site.failing()
    assert any("#failure#" in item["item"]["S"] for item in kept(site)[OLD])
    rename(site)
    site.site.aws.simulator.faults.plan(Drop(), action="TransactWriteItems", table=HISTORY, nth=2, times=None)
    with pytest.raises(OsemMigrateError):
        resolve(site)
    site.site.aws.simulator.faults.clear()
    rename(site, NEW, OLD)
    site.put(user(7))
    site.upgrade()
    before = kept(site)[OLD]
    rename(site)
    resolve(site)
    assert kept(site) == {NEW: before}


def test_a_script_that_has_the_name_of_another_is_not_said_to_be_recorded_so(site: PassSite) -> None:
    """Of two that swapped their names, each has the record of the other: nothing was moved, and nothing is done."""
    site.put(user(7))
    site.declare(BACK, LATER).upgrade()
    site.scripts[OLD], site.scripts[LATER] = site.scripts[LATER], site.scripts[OLD]
    with pytest.raises(ResolutionRefused, match="nothing is recorded under another name"):
        resolve(site, OLD)
