"""A pass over the items of a table, on the simulator: what is written, what never is, and how it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, Pace, PartialError, UpgradeOptions
from osem_migrate.errors import ExitCode, Interrupted, ItemsFailed, ItemsStillChanging, PassTableReplaced
from osem_migrate.history import RecordedState
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, USERS, PassSite, named, note, progress, user, written
from tests.doubles.typed import typed
from tests.simulator import INTERNAL, THROTTLED, Drop, Fail, LoseResponse
from tests.simulator.faults import Fault

ALONE = FULL_NAME.replace("segments=4", "segments=1")
FAULTS = {"lost": LoseResponse(), "cut": Drop(), "500": INTERNAL, "throttled": THROTTLED}

UNWAITED = pytest.mark.parametrize("pace", [Pace.NO_WAIT, Pace.WAIT_ONLY])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Twenty users."""
    with PassSite.standing(tmp_path) as standing:
        yield standing


def everybody(count: int = 20) -> dict[str, dict[str, str]]:
    """All users with their full names."""
    return {f"u{number}": named(number) for number in range(count)}


def test_every_item_is_changed_once(site: PassSite) -> None:
    """Each by one write; a scan that verifies it follows; a second upgrade has nothing to do."""
    first = site.declare(FULL_NAME).upgrade()
    assert site.items() == everybody()
    assert written(first) == 20
    assert (progress(first).examined, progress(first).changed, progress(first).scan) == (40, 20, 1)
    assert note(first) == "20 items examined, 20 changed"
    assert site.upgrade().counts()["Scan"] == 0
    assert site.watched().migrator.status().exit_code() is ExitCode.OK


def test_a_downgrade_takes_it_back(site: PassSite) -> None:
    """By the undo function, of every item; an upgrade after it begins anew."""
    site.declare(FULL_NAME).upgrade()
    watched = site.watched()
    assert watched.migrator.downgrade(DowngradeOptions("1")).reverted == ("0002_pass",)
    assert site.items() == {f"u{number}": user(number) for number in range(20)}
    site.upgrade()
    assert site.items() == everybody()


def test_items_out_of_scope_are_left(site: PassSite) -> None:
    """The condition is a filter of the scan, and part of every write."""
    site.put({**user(3), "fullName": "chosen"})
    watched = site.declare(
        'UpdateItems("Users", full_name, where="attribute_not_exists(fullName) AND id <> \'u4\'")'
    ).upgrade()
    assert site.items() == {**everybody(), "u3": {**user(3), "fullName": "chosen"}, "u4": user(4)}
    assert progress(watched).examined == 40, "those that the filter leaves out were looked at, too"
    assert written(watched) == 18
    scans = [call for call in site.site.aws.simulator.calls if call.action == "Scan" and call.table == USERS]
    assert all("FilterExpression" in call.members for call in scans)


def test_a_write_of_the_application_is_never_lost(site: PassSite) -> None:
    """Written between the scan and our write: the function is asked again, of the item as it is by then."""

    def write(call: object) -> None:
        del call
        for number in range(20):
            site.put({**user(number), "first": "Eve", "new": "x"})

    site.at(1, write)
    watched = site.declare(ALONE).upgrade()
    for number in range(20):
        assert site.items()[f"u{number}"] == {**user(number), "first": "Eve", "new": "x", "fullName": f"Eve {number}"}
    assert progress(watched).changed == 20


def test_an_item_that_is_deleted_meanwhile_stays_deleted(site: PassSite) -> None:
    """It is gone, and that is no failure."""
    keys = [{"id": {"S": f"u{number}"}} for number in range(20)]
    site.at(1, lambda _: [site.site.client.delete_item(TableName=USERS, Key=key) for key in keys])
    watched = site.declare(ALONE).upgrade()
    assert site.items() == {}
    assert (progress(watched).changed, progress(watched).failed) == (0, 0)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("action", ["UpdateItem", "Scan"])
def test_a_disturbed_call_is_repeated(site: PassSite, fault: Fault, action: str) -> None:
    """Each item ends as ever, and a write whose answer was lost counts as one."""
    site.declare(FULL_NAME)
    site.site.aws.simulator.faults.plan(fault, action=action, table=USERS, nth=3, times=2)
    watched = site.upgrade()
    assert site.items() == everybody()
    assert progress(watched).changed == 20


def test_an_item_that_others_write_again_and_again_is_left_to_a_later_scan(site: PassSite) -> None:
    """Three times it is computed again; the scan that verifies comes to it."""

    def write(call: object) -> None:
        del call
        site.put({**user(0), "first": f"Eve{next(turns)}"})

    turns = iter(range(100))
    site.at(1, write, times=6)
    site.declare('UpdateItems("Users", full_name, where="id = \'u0\'", segments=1)').upgrade()
    assert site.items()["u0"]["fullName"] == f"{site.items()['u0']['first']} 0"


def test_what_cannot_be_handled_is_set_aside_and_tried_again(site: PassSite) -> None:
    """The others are done; exit 2 names the item; after it was corrected nothing but it is read."""
    site.put({"id": "u7", "first": "Ada"})
    watched = site.declare(FULL_NAME).watched()
    with pytest.raises(PartialError) as caught:
        watched.migrator.upgrade()
    assert caught.value.exit_code is ExitCode.PARTIAL
    assert isinstance(caught.value.cause, ItemsFailed)
    assert "1 item of osem-dev-Users could not be handled: id u7: " in caught.value.message
    assert "osem-migrate upgrade" in typed(caught.value)
    assert site.items() == {**everybody(), "u7": {"id": "u7", "first": "Ada"}}
    cause, again = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert (again.counts()["Scan"], written(again)) == (0, 0)
    site.put(user(7))
    corrected = site.upgrade()
    assert site.items() == everybody()
    assert (corrected.counts()["Scan"], written(corrected)) == (0, 1)


def test_an_item_that_was_set_aside_may_have_gone_since(site: PassSite) -> None:
    """Then nothing is left to correct."""
    site.put({"id": "u7", "first": "Ada"})
    site.declare(FULL_NAME).failing()
    site.site.client.delete_item(TableName=USERS, Key={"id": {"S": "u7"}})
    site.upgrade()
    assert "u7" not in site.items()


def test_so_many_failures_may_be(site: PassSite) -> None:
    """A number that may be raised in the script afterwards, and ends nothing."""
    site.put({"id": "u7", "first": "Ada"})
    site.declare(FULL_NAME).failing()
    watched = site.declare(FULL_NAME.replace("segments", "max_failures=1, segments")).upgrade()
    assert note(watched) == "20 items examined, 19 changed, 1 left as it is"
    assert site.watched().migrator.status().exit_code() is ExitCode.OK


def test_it_ends_early_where_everything_fails(site: PassSite) -> None:
    """After ``stop_after`` failures, and a few more of those who were at work; nothing is changed, so exit 1."""
    site.declare(
        'UpdateItems("Users", broken, stop_after=3, segments=1)',
        functions=FUNCTIONS
        + """
def broken(item):
    return {"x": item["nothing"]}
""",
    )
    watched = site.watched()
    with pytest.raises(ItemsFailed, match="3 items of osem-dev-Users could not be handled") as caught:
        watched.migrator.upgrade()
    assert caught.value.exit_code is ExitCode.ERROR
    assert written(watched) == 0


def test_a_refusal_of_one_item_sets_it_aside(site: PassSite) -> None:
    """Our sizes are forecasts: DynamoDB decides."""
    site.declare(FULL_NAME)
    refusal = Fail("ValidationException", "Item size to update has exceeded the maximum allowed size")
    for nth, times in ((1, 1), (len(everybody()) + 1, 2)):  # one item, also when it is verified, and at the end
        site.site.aws.simulator.faults.plan(refusal, action="UpdateItem", table=USERS, nth=nth, times=times)
    cause, _ = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert cause.message.startswith("1 item of")
    assert "exceeded the maximum allowed size" in cause.message
    site.upgrade()
    assert site.items() == everybody()


def test_what_concerns_all_items_stops_at_once(site: PassSite) -> None:
    """A permission that is missing is no reason to set items aside."""
    site.declare(FULL_NAME)
    site.at(5, lambda _: site.site.aws.simulator.faults.deny("UpdateItem"))
    cause, _ = site.failing()
    assert cause.code == "AWS_ACCESS_DENIED"


def test_the_item_at_which_it_ended_is_not_left_out(site: PassSite) -> None:
    """A checkpoint stands behind what is done, and not before it: the next run begins with that item."""
    site.declare(ALONE.replace("segments=1", "segments=1, verify=False"))
    denied = Fail("AccessDeniedException", "no identity-based policy allows the dynamodb:UpdateItem action")
    site.site.aws.simulator.faults.plan(denied, action="UpdateItem", table=USERS, nth=5, times=None)
    site.failing()
    site.site.aws.simulator.faults.clear()
    watched = site.upgrade()
    assert site.items() == everybody()
    assert note(watched) == "20 items examined, 20 changed"


def test_it_goes_on_where_it_was_stopped(site: PassSite) -> None:
    """Ctrl-C between two items: the next run writes the others, and looks at no item twice."""
    site.declare(FULL_NAME)
    cause, first = site.failing(stop=site.stop_at(8))
    assert isinstance(cause, Interrupted)
    done = written(first)
    assert done < 20
    second = site.upgrade()
    assert site.items() == everybody()
    assert done + written(second) == 20
    assert (progress(second).examined, progress(second).changed) == (40, 20)


def test_an_edited_function_begins_anew(site: PassSite) -> None:
    """What the old one has written is gone through again by the new one, without a scan that would find it out."""
    once = FULL_NAME.replace("segments=4", "segments=4, verify=False")
    site.declare(once)
    site.failing(stop=site.stop_at(8))
    site.declare(once, functions=FUNCTIONS.replace("{item['first']} {item['last']}", "{item['last']}"))
    site.upgrade()
    assert site.items() == {f"u{number}": {**user(number), "fullName": str(number)} for number in range(20)}


def test_another_table_of_that_name_is_refused(site: PassSite) -> None:
    """Nothing is written to it, and the error says what to type; then it begins anew."""
    site.declare(FULL_NAME)
    site.failing(stop=site.stop_at(8))
    site.site.client.delete_table(TableName=USERS)
    site.site.settle()
    site.site.client.create_table(
        TableName=USERS,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    site.site.settle()
    site.put(user(1))
    cause, watched = site.failing()
    assert isinstance(cause, PassTableReplaced)
    assert written(watched) == 0
    assert "osem-migrate resolve 0002_pass --reverted --no-verify" in typed(cause)


def test_items_that_others_keep_writing_in_the_old_shape_are_told(site: PassSite) -> None:
    """Three scans verify it; then it is exit 2, and the next upgrade looks again."""
    site.declare(ALONE)
    site.at(1, lambda _: site.put(user(0)), action="Scan", times=None)
    cause, _ = site.failing()
    assert isinstance(cause, ItemsStillChanging)
    assert "after 3 more scans there was still 1 to change: id u0" in cause.message
    site.site.aws.simulator.faults.clear()
    watched = site.upgrade()
    assert site.items() == everybody()
    assert progress(watched).scan == 4, "one more scan finds nothing"


def test_without_verification_it_ends_with_the_scan(site: PassSite) -> None:
    """As the script says."""
    watched = site.declare(FULL_NAME.replace("segments=4", "segments=4, verify=False")).upgrade()
    assert site.items() == everybody()
    assert watched.counts()["Scan"] == 4


def test_nobody_waits_for_a_pass_who_does_not_want_to(site: PassSite) -> None:
    """It does not begin."""
    watched = site.declare(FULL_NAME).watched()
    result = watched.migrator.upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert (result.in_progress, result.at_passes) == ((), ("0002_pass",))
    assert watched.counts()["Scan"] == 0
    site.upgrade(pace=Pace.WAIT_ONLY)
    assert site.items()["u1"] == user(1)
    site.upgrade()
    assert site.items() == everybody()
    assert UpgradeOptions().pace is Pace.FULL


@UNWAITED
def test_a_pass_that_was_stopped_is_kept_by_whoever_does_not_wait(site: PassSite, pace: Pace) -> None:
    """Nothing of it is in progress meanwhile, and the next run that waits goes on with it."""
    site.declare(FULL_NAME)
    site.failing(stop=site.stop_at(8))
    before = sum("fullName" in item for item in site.items().values())
    assert 0 < before < 20
    for _ in range(2):
        assert site.watched().migrator.upgrade(UpgradeOptions(pace=pace)).in_progress == ()
    watched = site.upgrade()
    assert site.items() == everybody()
    assert written(watched) == 20 - before
    assert note(watched) == "20 items examined, 20 changed"


@UNWAITED
def test_a_downgrade_that_was_stopped_is_not_forgotten_by_whoever_does_not_wait(site: PassSite, pace: Pace) -> None:
    """What it has undone is done again by an upgrade, and nothing counts as live meanwhile."""
    site.declare(FULL_NAME).upgrade()
    with pytest.raises(PartialError):
        site.watched().migrator.downgrade(DowngradeOptions("1", stop=site.stop_at(8)))
    undone = sum("fullName" not in item for item in site.items().values())
    assert undone > 0
    before = site.history()
    site.watched().migrator.upgrade(UpgradeOptions(pace=pace))
    assert site.watched().migrator.deployment.history.read().records["0002_pass"].doubt == (0,)
    if pace is Pace.WAIT_ONLY:
        assert site.history() == before, "who only waits turns nothing round"
    site.upgrade()
    assert site.items() == everybody()


@UNWAITED
def test_a_pass_that_failed_is_shown_so_whoever_does_not_wait(site: PassSite, pace: Pace) -> None:
    """Nothing is written about it, and so its error is still to be seen, not only in the log."""
    site.put({"id": "u7", "first": "Ada"})
    cause, _ = site.declare(FULL_NAME).failing()
    before = site.history()
    assert site.watched().migrator.upgrade(UpgradeOptions(pace=pace)).in_progress == ()
    assert site.history() == before
    (problem,) = site.watched().migrator.status().problems
    assert (problem.state, problem.message) == ("failed", f"failed after 0 of 1 operations: {cause.message}")


@UNWAITED
def test_a_half_done_upgrade_is_not_turned_round_by_who_does_not_wait(site: PassSite, pace: Pace) -> None:
    """Nothing of the downgrade is begun; the next upgrade goes on where it was stopped."""
    site.declare(FULL_NAME)
    site.failing(stop=site.stop_at(8))
    done, before = sum("fullName" in item for item in site.items().values()), site.history()
    assert site.watched().migrator.downgrade(DowngradeOptions("1", pace=pace, allow_data_loss=True)).reverted == ()
    assert site.history() == before
    watched = site.upgrade()
    assert written(watched) == 20 - done
    assert note(watched) == "20 items examined, 20 changed"


def test_what_else_a_failed_migration_does_goes_on_and_it_stays_failed(site: PassSite) -> None:
    """By runs that do not come to its pass; the next one that does ends it."""
    site.put({"id": "u7", "first": "Ada"})
    site.declare('CreateTable("Teams", S("id"))', "0002_teams").upgrade()
    indexes = ", ".join(f'AddIndex("Teams", "by-{name}", S("{name}"))' for name in ("name", "mail"))
    site.declare(f"{FULL_NAME}, {indexes}", "0003_both").failing()
    history = site.watched().migrator.deployment.history
    failed = history.read().records["0003_both"]
    assert (failed.state, failed.done, failed.doubt) == (RecordedState.FAILED, (1,), (0,))
    for pace, doubt, done in ((Pace.NO_WAIT, (0, 2), (1,)), (Pace.WAIT_ONLY, (0,), (1, 2))):
        site.watched().migrator.upgrade(UpgradeOptions(pace=pace))
        kept = history.read().records["0003_both"]
        assert (kept.state, kept.error, kept.doubt, kept.done) == (failed.state, failed.error, doubt, done)
    site.put(user(7))
    site.upgrade()
    assert site.watched().migrator.status().in_sync


def test_a_pass_that_is_overtaken_did_not_come_late(site: PassSite) -> None:
    """What nobody waits for is pending, not out of order, although what comes behind it is applied."""
    site.declare(FULL_NAME).declare('CreateTable("Teams", S("id"))', "0003_teams")
    begun = site.watched().migrator.upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert (begun.in_progress, begun.at_passes) == (("0003_teams",), ("0002_pass",))
    site.site.settle()
    assert site.watched().migrator.upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY)).applied == ("0003_teams",)
    (problem,) = site.watched().migrator.status().problems
    assert (problem.subject, problem.state) == ("0002_pass", "pending")
    site.upgrade()
    assert site.items() == everybody()


def test_a_pass_that_nobody_waits_for_leaves_no_trace(site: PassSite) -> None:
    """Where it is all there is to do, nothing is written, in neither direction."""
    before = site.history()
    site.declare(FULL_NAME).watched().migrator.upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert site.history() == before
    site.upgrade()
    before = site.history()
    assert site.watched().migrator.downgrade(DowngradeOptions("1", pace=Pace.NO_WAIT)).reverted == ()
    assert site.history() == before
    assert site.watched().migrator.status().in_sync


def test_an_item_that_others_kept_from_us_is_not_left_out(site: PassSite) -> None:
    """Without verification, too: the table is scanned again for it, and whoever never lets us have it is told of."""
    names = iter(range(1000))
    site.at(1, lambda _: site.put({**user(0), "first": f"Eve {next(names)}"}), times=4)
    for number in range(1, 20):
        site.site.client.delete_item(TableName=USERS, Key={"id": {"S": f"u{number}"}})
    once = ALONE.replace("segments=1", "segments=1, verify=False")
    watched = site.declare(once).upgrade()
    assert site.items() == {"u0": {**user(0), "first": "Eve 3", "fullName": "Eve 3 0"}}
    assert progress(watched).scan == 1
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    site.at(1, lambda _: site.put({**user(0), "first": f"Eve {next(names)}"}), times=None)
    assert isinstance(site.failing()[0], ItemsStillChanging)
