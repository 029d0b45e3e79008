"""The operations on items, carried out on the simulator: seeds, deletions with lookups, and checks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, Resolution, ResolveOptions, UpgradeOptions
from osem_migrate.errors import AccessDenied, DriftFound, ItemsFailed
from tests.doubles.pass_site import FULL_NAME, FUNCTIONS, PassSite, named, note, progress, user, written
from tests.doubles.typed import typed
from tests.simulator import Fail, Hook, LoseResponse

SEED = 'PutItems("Users", [{"id": "a", "first": "A"}, {"id": "u1", "first": "B"}, {"id": "c", "first": "C"}])'
SESSIONS = "osem-dev-Sessions"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Three users."""
    with PassSite.standing(tmp_path, 3) as standing:
        yield standing


def with_sessions(site: PassSite) -> PassSite:
    """Four sessions, two of them of nobody."""
    site.declare('CreateTable("Sessions", S("id"))', "0002_sessions", functions="").upgrade()
    site.site.settle()
    for number, owner in enumerate(["u0", "nobody", "u2", "nobody"]):
        site.put({"id": f"s{number}", "user": owner}, SESSIONS)
    return site.declare('DeleteItems("Sessions", is_orphan, lookups=["Users"], segments=1)', "0003_orphans")


def test_items_are_put_where_there_are_none(site: PassSite) -> None:
    """And never over one that is there, which is no failure; nothing is scanned."""
    watched = site.declare(SEED).upgrade()
    assert site.items()["u1"] == user(1)
    assert {name: item["first"] for name, item in site.items().items() if name in "ac"} == {"a": "A", "c": "C"}
    assert watched.counts()["Scan"] == 0
    assert (progress(watched).examined, progress(watched).changed) == (3, 2)


def test_items_are_taken_back_that_are_as_they_were_put(site: PassSite) -> None:
    """One that somebody has changed since, or added anything to, is theirs."""
    site.declare(SEED.replace("}])", '}, {"id": "d", "first": "D"}])')).upgrade()
    site.put({"id": "c", "first": "C", "note": "added by the application"})
    site.put({"id": "d", "first": "changed"})
    site.watched().migrator.downgrade(DowngradeOptions("1"))
    assert sorted(site.items()) == ["c", "d", "u0", "u1", "u2"]


def test_a_seed_that_was_stopped_goes_on(site: PassSite) -> None:
    """From the item behind the last one."""
    site.declare(SEED)
    site.failing(stop=site.stop_at(2, "PutItem"))
    second = site.upgrade()
    assert written(second) == 1
    assert sorted(site.items()) == ["a", "c", "u0", "u1", "u2"]


def test_a_lost_answer_to_a_seed_is_our_own(site: PassSite) -> None:
    """The item that stands in the way is the one that we have put."""
    site.declare(SEED)
    site.site.aws.simulator.faults.plan(LoseResponse(), action="PutItem", table="osem-dev-Users")
    assert progress(site.upgrade()).changed == 2


def test_items_are_deleted_of_which_the_function_says_so(site: PassSite) -> None:
    """One transaction each, which checks what was looked up."""
    watched = with_sessions(site).upgrade()
    assert sorted(site.items(SESSIONS)) == ["s0", "s2"]
    assert progress(watched).changed == 2


def test_what_comes_while_an_item_is_being_deleted_saves_it(site: PassSite) -> None:
    """The user is created between the lookup and the deletion: the session stays."""
    with_sessions(site)
    site.site.aws.simulator.faults.plan(
        Hook(before=lambda _: site.put({**user(0), "id": "nobody"})),
        action="TransactWriteItems",
        where=lambda call: call.table != "osem-dev-SchemaMigrations",
    )
    watched = site.upgrade()
    assert sorted(site.items(SESSIONS)) == ["s0", "s1", "s2", "s3"]
    refused = [call for call in watched.calls if call.outcome == "TransactionCanceledException"]
    assert len(refused) == 1, "what was looked up is read anew, for the item behind it as well"


def test_a_lost_answer_to_a_deletion_is_our_own(site: PassSite) -> None:
    """It counts as changed."""
    with_sessions(site)
    site.site.aws.simulator.faults.plan(
        LoseResponse(), action="TransactWriteItems", where=lambda call: call.table != "osem-dev-SchemaMigrations"
    )
    assert progress(site.upgrade()).changed == 2
    assert sorted(site.items(SESSIONS)) == ["s0", "s2"]


def test_an_index_is_not_begun_where_items_do_not_fit_it(site: PassSite) -> None:
    """The items are named, and nothing is changed; once they are corrected, the index is built."""
    site.site.client.put_item(TableName="osem-dev-Users", Item={"id": {"S": "odd"}, "email": {"N": "1"}})
    site.declare('AddIndex("Users", "by-email", S("email"), check_items=True)')
    cause, watched = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert "id odd: " in cause.message
    assert "email has the type N where S is the type of the key, in index by-email" in cause.message
    assert watched.counts()["UpdateTable"] == 0
    site.put({"id": "odd", "email": "odd@example.org"})
    assert site.upgrade().counts()["UpdateTable"] == 1


def test_a_check_that_was_begun_is_not_passed_over(site: PassSite) -> None:
    """By a run that nobody tells to check again: not while items do not fit, nor after a stop behind the check."""
    site.site.client.put_item(TableName="osem-dev-Users", Item={"id": {"S": "odd"}, "email": {"N": "1"}})
    site.declare('AddIndex("Users", "by-email", S("email"))')
    for options in ({"check_items": True}, {}):
        cause, watched = site.failing(**options)
        assert isinstance(cause, ItemsFailed)
        assert watched.counts()["UpdateTable"] == 0
    site.put({"id": "odd", "email": "odd@example.org"})
    site.failing(stop=site.stop_at(1, "UpdateTable"))
    watched = site.upgrade()
    assert watched.counts()["Scan"] == 0
    assert watched.migrator.status().in_sync


def test_a_check_that_was_begun_is_found_where_it_stands_by_now(site: PassSite) -> None:
    """Something was put in before it that corrects items, though not this one: they are looked at all the same."""
    site.site.client.put_item(TableName="osem-dev-Users", Item={"id": {"S": "odd"}, "email": {"N": "1"}})
    index = 'AddIndex("Users", "by-email", S("email"))'
    site.declare(index).failing(check_items=True)
    corrects = "def as_text(item):\n    return {'email': str(item['email'])} if item['id'] == 'even' else None\n"
    site.declare(f'UpdateItems("Users", as_text), {index}', functions=FUNCTIONS + corrects)
    cause, watched = site.failing()
    assert isinstance(cause, ItemsFailed)
    assert "id odd: " in cause.message
    assert watched.counts()["UpdateTable"] == 0
    assert watched.migrator.deployment.history.read().records["0002_pass"].doubt == (1,)
    site.put({"id": "odd", "email": "odd@example.org"})
    assert site.watched().migrator.upgrade(UpgradeOptions()).applied == ("0002_pass",)
    assert site.watched().migrator.status().in_sync


def test_a_check_can_be_forgotten(site: PassSite) -> None:
    """As ``resolve`` says that nothing of it was done; then the index is built, as somebody wants it."""
    site.site.client.put_item(TableName="osem-dev-Users", Item={"id": {"S": "odd"}, "email": {"N": "1"}})
    site.declare('AddIndex("Users", "by-email", S("email"))')
    site.failing(check_items=True)
    site.watched().migrator.resolve(ResolveOptions("0002_pass", Resolution.REVERTED))
    assert site.upgrade().counts()["UpdateTable"] == 1


def test_items_are_checked_for_an_index_that_is_to_come(site: PassSite) -> None:
    """As CheckItems says, by itself; so many may be."""
    site.site.client.put_item(TableName="osem-dev-Users", Item={"id": {"S": "odd"}, "email": {"N": "1"}})
    site.declare('CheckItems("Users", Index("by-email", S("email")))')
    cause, _ = site.failing()
    assert isinstance(cause, ItemsFailed)
    site.declare('CheckItems("Users", Index("by-email", S("email")), max_failures=1)')
    assert note(site.upgrade()) == "4 items examined, 1 left as it is"
    site.watched().migrator.downgrade(DowngradeOptions("1"))


@pytest.mark.parametrize("otherwise", ["raise", "return True"])
def test_what_cannot_be_looked_up_ends_the_pass(site: PassSite, otherwise: str) -> None:
    """Whatever the function makes of it: no item is set aside for it, and none is deleted by it."""
    swallowing = FUNCTIONS.replace(
        "    return lookup",
        f'    try:\n        return lookup("Users", id=item["user"]) is None\n'
        f"    except BaseException:\n        {otherwise}\n    return lookup",
    )
    with_sessions(site)
    site.declare('DeleteItems("Sessions", is_orphan, lookups=["Users"], segments=1)', "0003_orphans", swallowing)
    denied = Fail("AccessDeniedException", "not authorized to perform: dynamodb:GetItem")
    site.site.aws.simulator.faults.plan(denied, action="GetItem", table="osem-dev-Users")
    cause, _ = site.failing()
    assert isinstance(cause, AccessDenied)
    assert sorted(site.items(SESSIONS)) == ["s0", "s1", "s2", "s3"]
    assert not site.watched().migrator.failures().total


def test_what_comes_before_a_migration_that_would_stop_can_be_applied(site: PassSite) -> None:
    """The refusal is of the whole run, and says how far one can go."""
    site.declare('SetTags("Users", {"team": "core"})', "0002_tags", functions="")
    site.declare('SetTags("Users", {"team": "web"}), SetStream("Users", "KEYS_ONLY")', "0003_web", functions="")
    view: Any = {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    site.site.client.update_table(TableName="osem-dev-Users", StreamSpecification=view)
    site.site.settle()
    refused, _ = site.failing()
    assert "0003_web is not begun" in refused.message
    assert "osem-migrate upgrade --to 0002_tags --env dev" in typed(refused)
    assert site.watched().migrator.upgrade(UpgradeOptions("0002_tags")).applied == ("0002_tags",)
    refused, _ = site.failing()
    assert typed(refused) == "See every difference and its remedy with: osem-migrate status --env dev"


def test_what_is_above_a_migration_that_would_stop_can_be_taken_back(site: PassSite) -> None:
    """On the way back, too, nothing is begun, and what to type is the way down to that migration."""
    client: Any = site.site.client
    site.declare('SetTags("Users", {"team": "web"}), SetStream("Users", "KEYS_ONLY")', "0002_web", functions="")
    site.declare('SetTags("Users", {"team": "core"})', "0003_tags", functions="").upgrade()
    site.site.settle()
    for stream in ({"StreamEnabled": False}, {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}):
        client.update_table(TableName="osem-dev-Users", StreamSpecification=stream)
        site.site.settle()
    with pytest.raises(DriftFound, match="0002_web is not begun") as refused:
        site.watched().migrator.downgrade(DowngradeOptions("1", allow_data_loss=True))
    assert "osem-migrate downgrade --to 0002_web --env dev" in typed(refused.value)
    site.watched().migrator.downgrade(DowngradeOptions("0002_web"))
    assert site.watched().migrator.deployment.history.read().records["0003_tags"].state == "reverted"


def test_a_pass_that_was_begun_goes_on_although_something_stops_behind_it(site: PassSite) -> None:
    """A migration that would stop half-way is not begun; of one that is half-way already, what can be finished is."""
    site.declare(f'{FULL_NAME}, SetStream("Users", "KEYS_ONLY")')
    client: Any = site.site.client
    view = {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    client.update_table(TableName="osem-dev-Users", StreamSpecification=view)
    site.site.settle()
    refused, watched = site.failing()
    assert "0002_pass is not begun" in refused.message
    assert written(watched) == 0
    client.update_table(TableName="osem-dev-Users", StreamSpecification={"StreamEnabled": False})
    site.site.settle()
    site.failing(stop=site.stop_at(2))
    site.site.aws.simulator.faults.clear()
    client.update_table(TableName="osem-dev-Users", StreamSpecification=view)
    site.site.settle()
    stopped, _ = site.failing()
    assert stopped.message.startswith("cannot set stream of Users")
    assert site.items() == {f"u{number}": named(number) for number in range(3)}
