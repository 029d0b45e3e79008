"""What other commands than ``items`` say of a pass while it runs, waits, or was left, on the simulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import PassOrder, Resolution, ResolveOptions, SteerOptions, UnfinishedPassesOptions, UnlockOptions
from osem_migrate.cli.documents.unfinished_pass import unfinished_pass_documents
from osem_migrate.cli.documents.verify import verify_document
from osem_migrate.commands.doctor import DoctorOptions
from osem_migrate.commands.verify import Verification
from osem_migrate.errors import LockHeld
from osem_migrate.migrator import Migrator
from osem_migrate.planning.doctor import Finding
from osem_migrate.planning.pass_advice import pass_stands
from tests.doubles.pass_site import FULL_NAME, USERS, PassSite
from tests.doubles.project import HISTORY
from tests.doubles.typed import typed

NAME = f"the pass of 0002_pass over the items of {USERS}"
LOOK = "See how far it is with: osem-migrate items status --env dev"
RESUME = "Let it go on with: osem-migrate items resume --env dev"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Twenty users, and a script that names them."""
    with PassSite.standing(tmp_path) as standing:
        yield standing.declare(FULL_NAME.replace("segments=4", "segments=1"))


def examined(site: PassSite, check: str) -> list[Finding]:
    """What doctor finds of one thing."""
    folder, clock = site.site.folder, site.site.clock.clock
    report = Migrator.doctor(DoctorOptions(environment="dev", start=folder, tool_version="1", clock=clock))
    return [finding for finding in report.findings if finding.check == check]


def notes(verification: Verification) -> list[str]:
    """Those of the one table."""
    (checklist,) = verification.tables
    return [typed(note) for note in checklist.notes]


def refused(site: PassSite) -> list[LockHeld]:
    """What somebody is told who wants the lock, for a correction and for good."""
    migrator = site.watched().migrator
    with pytest.raises(LockHeld) as resolving:
        migrator.resolve(ResolveOptions("2", Resolution.APPLIED, lock_timeout=0))
    seen = migrator.lock()
    assert seen is not None
    with pytest.raises(LockHeld) as unlocking:
        migrator.unlock(seen)
    return [resolving.value, unlocking.value]


def test_while_it_runs_and_while_it_is_paused(site: PassSite) -> None:
    """Whoever verifies, lists, examines or wants the lock learns of it, and what to type; who is at work goes on."""
    seen: list[object] = []

    def look() -> None:
        verification = site.watched().migrator.verify()
        seen.append((notes(verification)[-1], verification.passed))
        assert verify_document(verification)["passes"] == unfinished_pass_documents(verification.passes)
        seen.append([pass_stands(one) for one in site.watched().migrator.unfinished_passes()])
        seen.append([(one.health.value, one.message, typed(one.advice)) for one in examined(site, "item passes")])
        seen.append(typed(examined(site, "lock")[0].advice))
        seen.append([typed(error) for error in refused(site)])

    def look_twice(_: object) -> None:
        look()
        site.watched().migrator.steer(SteerOptions(PassOrder.PAUSE))
        look()
        site.watched().migrator.steer(SteerOptions(PassOrder.RESUME))

    site.at(5, look_twice)
    site.upgrade()
    waits = f"{NAME} was paused by {seen[6][0].partition(' by ')[2]}"  # type: ignore[index]
    (running, paused) = (seen[:5], seen[5:])
    assert running[:4] == [
        (f"{NAME} is running\n{LOOK}", True),
        [f"{NAME} is running"],
        [("ok", f"{NAME} is running", LOOK)],
        "Wait for that run; see how far it is: osem-migrate status --env dev",
    ]
    over = "The pass of 0002_pass over items is running."
    assert [text.splitlines()[:2] for text in running[4]] == [[over, LOOK]] * 2  # type: ignore[attr-defined]
    assert paused[:4] == [
        (f"{waits}\n{RESUME}", True),
        [waits],
        [("warning", waits, RESUME)],
        "That run waits until its pass over items is resumed: osem-migrate items resume --env dev",
    ]
    assert [text.splitlines()[1] for text in paused[4]] == [RESUME] * 2  # type: ignore[attr-defined]
    assert site.watched().migrator.unfinished_passes() == ()


def test_once_its_run_is_gone(site: PassSite) -> None:
    """Killed, it leaves the lock: nobody is at work on it, before that is taken away as after it."""
    left: list[dict[str, Any]] = []
    site.at(5, lambda _: left.extend(site.history()))
    site.failing(stop=site.stop_at(9))
    site.site.aws.simulator.faults.clear()
    for item in left:
        site.site.client.put_item(TableName=HISTORY, Item=item)  # as it was when it was killed
    site.site.settle()
    stands, go_on = f"{NAME} is unfinished; no run is at work on it", "Go on with: osem-migrate upgrade --env dev"
    migrator = site.watched().migrator
    assert notes(migrator.verify())[-1] == f"{stands}\n{go_on}"
    assert [typed(one.advice) for one in examined(site, "item passes")] == [go_on]
    assert "its heartbeat has stopped" in examined(site, "lock")[0].message
    seen = migrator.lock()
    assert seen is not None
    assert [one.is_attended for one in migrator.unfinished_passes(UnfinishedPassesOptions(watch=False))] == [True]
    assert migrator.unlock(seen, UnlockOptions(force=True))
    assert [pass_stands(one) for one in migrator.unfinished_passes()] == [stands]
