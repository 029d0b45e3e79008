"""A preview of passes over items, on the simulator: what a sample tells, what it costs, and what may be lost."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, ForecastOptions, Pace, PartialError, UpgradeOptions
from osem_migrate.cli.documents.plan import plan_document
from osem_migrate.cli.forecast import show_forecasts
from osem_migrate.errors import ArgumentInvalid, ConfirmationRequired, ItemsFailed
from osem_migrate.planning.check_items import NOTHING_TO_CHECK
from osem_migrate.planning.forecast import PassForecast
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.sample import Sample
from tests.doubles.pass_site import FULL_NAME, USERS, PassSite, named, user, written
from tests.doubles.project import Watched, write_project
from tests.doubles.simulated_aws import TUNNEL
from tests.doubles.typed import typed
from tests.engines.engine import Engine

ORPHANS = 'DeleteItems("Sessions", is_orphan, lookups=["Users"], segments=2)'
SESSIONS = "osem-dev-Sessions"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PassSite]:
    """Twenty users."""
    with PassSite.standing(tmp_path) as standing:
        yield standing


def previewed(site: PassSite, sample: int | None = None, *, item_rate: int | None = None) -> Plan:
    """The plan as a dry run shows it; nothing was written for it."""
    watched = site.watched()
    plan = watched.migrator.preview(UpgradeOptions())
    plan = watched.migrator.forecast(plan, ForecastOptions(sample=sample, item_rate=item_rate))
    assert not {call.action for call in watched.calls} & {
        "dynamodb:UpdateItem",
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
        "dynamodb:TransactWriteItems",
    }
    assert (watched.counts()["Scan"] > 1) is (sample is not None), "one is of the history"
    return plan


def only(plan: Plan) -> PassForecast:
    """The one forecast of a plan."""
    (found,) = plan.forecasts
    return found


def sample_of(plan: Plan) -> Sample:
    """Its sample."""
    found = only(plan).sample
    assert found is not None
    return found


def test_a_sample_tells_what_would_become_of_items(site: PassSite) -> None:
    """From several segments: how many would change, and into what; which would be set aside, and why."""
    site.put({"id": "u7", "first": "Ada"})
    before = site.items()
    sample = sample_of(previewed(site.declare(FULL_NAME), 1000))
    assert (sample.examined, sample.is_whole, sample.segments) == (20, True, 4)
    assert (sample.changed, sample.failed) == (19, 1)
    assert len(sample.differences) == 10
    for difference in sample.differences:
        number = difference.key["id"]["S"].removeprefix("u")
        assert (difference.before, difference.after) == ({}, {"fullName": {"S": f"Ada {number}"}})
    (failure,) = sample.failures
    assert (failure.key, failure.code) == ({"id": {"S": "u7"}}, "ITEM_FUNCTION_FAILED")
    assert "KeyError: 'last'" in failure.message
    assert sample.largest == len("idu10firstAdalast10fullNameAda 10")
    assert site.items() == before


def test_a_sample_ends_where_enough_was_read(site: PassSite) -> None:
    """No more items than asked for are looked at, and not all of them from one segment."""
    sample = sample_of(previewed(site.declare(FULL_NAME), 4))
    assert (sample.examined, sample.segments, sample.is_whole) == (4, 4, False)
    scans = [call for call in site.site.aws.simulator.calls if call.action == "Scan" and call.table == USERS]
    assert all({"Limit", "Segment"} <= {*call.members} for call in scans)


def test_items_out_of_scope_are_examined_and_left(site: PassSite) -> None:
    """The share is of all items that are there."""
    sample = sample_of(previewed(site.declare('UpdateItems("Users", full_name, where="id = \'u3\'")'), 100))
    assert (sample.examined, sample.changed, sample.share) == (20, 1, 0.05)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('return {"n": len(item)}', "ITEMS_NOT_IDEMPOTENT"),
        ('return {"fullName": "x" * 400_000 + item["first"] * 10_000}', "ITEM_TOO_LARGE"),
        ('return {"team": ""}', "ITEM_KEY_INVALID"),
        ('return {"rate": 1.5}', "ITEM_FUNCTION_FAILED"),
    ],
)
def test_what_would_be_set_aside_is_told_with_its_reason(site: PassSite, body: str, code: str) -> None:
    """Too large, a violation of an index's key, not idempotent, and what no item can hold."""
    site.declare('AddIndex("Users", "by-team", S("team"))', "0002_index", functions="").upgrade()
    site.site.settle()
    site.declare('UpdateItems("Users", change)', "0003_pass", f"def change(item):\n    {body}\n")
    sample = sample_of(previewed(site, 5))
    assert (sample.changed, sample.failed) == (0, 5)
    assert {failure.code for failure in sample.failures} == {code}


def test_a_deletion_is_shown_with_what_would_go(site: PassSite) -> None:
    """What it looks up is read, and counted; a transaction takes twice as much."""
    site.declare('CreateTable("Sessions", S("id"))', "0002_sessions", functions="").upgrade()
    site.site.settle()
    for number, owner in enumerate(["u0", "nobody"]):
        site.put({"id": f"s{number}", "user": owner}, SESSIONS)
    plan = previewed(site.declare(ORPHANS, "0003_orphans"), 10)
    sample = sample_of(plan)
    (gone,) = sample.differences
    assert (gone.key, gone.before, gone.after) == (
        {"id": {"S": "s1"}},
        {"id": {"S": "s1"}, "user": {"S": "nobody"}},
        None,
    )
    assert sample.largest is None
    assert sample.looked_up == 2, "one unit for each key that is read consistently"
    assert only(plan).most.write == 4, "the deletion and the check of what was looked up, twice each"


def test_a_forecast_is_what_the_pass_takes(site: PassSite) -> None:
    """Units of the table and of each index, as the simulator charges them afterwards."""
    index = 'AddIndex("Users", "by-name", S("fullName")), AddIndex("Users", "keys", S("last"), projection="KEYS_ONLY")'
    site.declare(index, "0002_indexes", functions="").upgrade()
    site.site.settle()
    site.put({**user(0), "text": "x" * 3000})
    forecast = only(previewed(site.declare(FULL_NAME, "0003_pass"), 1000))
    assert forecast.least == forecast.most
    units: dict[str | None, float] = {}
    watched = site.watched()
    watched.migrator.deployment.pass_client[0].meta.events.register(
        "after-call.dynamodb.UpdateItem", lambda parsed, **_: _add(units, parsed.get("ConsumedCapacity"))
    )
    watched.migrator.upgrade()
    assert units.pop(None) == forecast.most.write
    assert units == forecast.most.indexes
    assert forecast.most.write == 19 + 3
    assert forecast.most.indexes == {"by-name": 19 + 3}, "what is not copied to an index takes nothing there"


def _add(units: dict[str | None, float], consumed: dict[str, object] | None) -> None:
    if consumed is None:
        return
    found = json.loads(json.dumps(consumed))
    units[None] = units.get(None, 0) + found["Table"]["CapacityUnits"]
    for name, one in found.get("GlobalSecondaryIndexes", {}).items():
        units[name] = units.get(name, 0) + one["CapacityUnits"]


def test_the_time_of_an_upgrade_is_that_of_its_items(site: PassSite) -> None:
    """By what DynamoDB counted, at the rate that it is to have, as a dry run says it."""
    site.site.settle()
    site.site.clock.advance(7 * 3600)
    migrator = site.declare(FULL_NAME).watched().migrator
    options = UpgradeOptions(item_rate=1)
    assert (
        migrator.plan(options).estimate
        == migrator.forecast(migrator.preview(options), ForecastOptions(item_rate=1)).estimate
    )
    assert migrator.plan(options).estimate.high > 20
    assert migrator.plan().estimate.high < 20


def test_without_a_sample_no_item_is_read(site: PassSite) -> None:
    """What DynamoDB counted gives bounds: from nothing to change to everything."""
    site.site.settle()
    site.site.clock.advance(7 * 3600)
    found = only(previewed(site.declare(FULL_NAME)))
    assert found.sample is None
    assert (found.items, found.counted_by_aws) == (20, True)
    assert (found.least.write, found.most.write) == (0, 20)
    assert found.most.read == pytest.approx(3 * found.least.read), "a scan, and one that sees every write"
    assert found.dollars is not None
    assert found.dollars[0] < found.dollars[1]


def test_a_rate_decides_how_long_it_takes(site: PassSite) -> None:
    """The one that was asked for; the plan as a whole takes as long."""
    plan = previewed(site.declare(FULL_NAME), 1000, item_rate=2)
    found = only(plan)
    assert found.rate == (2.0, 2.0)
    assert found.seconds is not None
    first_scan = found.sample.scanned if found.sample is not None else 0
    assert found.seconds.high == pytest.approx(max(20 / 2, first_scan / 2) + 2 * first_scan / 2)
    assert plan.estimate.high == found.seconds.high


def test_what_cannot_be_sampled_yet_says_why(site: PassSite) -> None:
    """A table that the plan itself creates, and items that the script holds."""
    site.declare('CreateTable("Sessions", S("id"))', "0002_sessions", functions="")
    site.declare(ORPHANS, "0003_orphans")
    site.declare('PutItems("Users", [{"id": "a", "first": "A"}])', "0004_seed")
    watched = site.watched()
    plan = watched.migrator.forecast(watched.migrator.preview(), ForecastOptions(sample=5))
    assert [found.unsampled for found in plan.forecasts] == [
        "table Sessions does not exist yet",
        "its items are in the script",
    ]
    assert plan.forecasts[1].most.write == 1


def test_the_document_has_values_as_the_aws_cli_prints_them(site: PassSite) -> None:
    """Typed JSON, with binaries in base64: whatever an item holds, the document can be written."""
    site.site.client.put_item(
        TableName=USERS,
        Item={
            "id": {"S": "b"},
            "first": {"S": "B"},
            "last": {"S": "b"},
            "data": {
                "M": {"raw": {"B": b"\x00\xff"}, "all": {"L": [{"BS": [b"a"]}, {"NS": ["2", "1"]}, {"NULL": True}]}}
            },
        },
    )
    change = "def change(item):\n    return {'copy': item['data']}\n"
    site.declare('UpdateItems("Users", change, where="id = \'b\'")', "0002_pass", change)
    watched = site.watched()
    plan = watched.migrator.forecast(watched.migrator.preview(), ForecastOptions(sample=100))
    document = plan_document(plan, watched.migrator.environment, "us-east-1")
    items = document["migrations"][0]["operations"][0]["calls"][0]["items"]
    assert items is not None
    assert items["sample"] is not None
    (difference,) = json.loads(json.dumps(items["sample"]["differences"]))
    raw = {"raw": {"B": "AP8="}, "all": {"L": [{"BS": ["YQ=="]}, {"NS": ["1", "2"]}, {"NULL": True}]}}
    assert difference["after"] == {"copy": {"M": raw}}


def test_a_forecast_on_dynamodb_local_is_what_the_pass_takes(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Units of the table and of an index, as that engine charges them: a key that is moved there takes two."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    table = 'operations = [CreateTable("Users", S("id"), indexes=[Index("by-name", S("name"))])]'
    change = "def change(item):\n    return {'name': 'new', 'text': 'x' * 1500}\n"
    script = f'from osem_migrate import UpdateItems\n{change}\noperations = [UpdateItems("Users", change, segments=3)]'
    watched = Watched(write_project(tmp_path, {"0001_users": table, "0002_pass": script}))
    watched.migrator.upgrade(UpgradeOptions("1"))
    for number in range(12):
        item: dict[str, Any] = {"id": {"S": f"u{number}"}, **({"name": {"S": "old"}} if number % 3 else {})}
        engine.client().put_item(TableName=USERS, Item=item)
    plan = watched.migrator.forecast(watched.migrator.preview(), ForecastOptions(sample=100))
    forecast = only(plan)
    assert forecast.sample is not None
    assert (forecast.sample.examined, forecast.sample.changed, forecast.sample.is_whole) == (12, 12, True)
    assert (forecast.seconds, forecast.dollars) == (None, None)
    left = [item["name"] for item in engine.client().scan(TableName=USERS)["Items"] if "name" in item]
    assert left == [{"S": "old"}] * 8
    units: dict[str | None, float] = {}
    watched.migrator.deployment.pass_client[0].meta.events.register(
        "after-call.dynamodb.UpdateItem", lambda parsed, **_: _add(units, parsed.get("ConsumedCapacity"))
    )
    watched.migrator.upgrade()
    assert units.pop(None) == forecast.most.write
    assert units == forecast.most.indexes


# What may be lost, and has to be confirmed


def test_a_protected_environment_changes_no_items_for_good_unasked(site: PassSite) -> None:
    """Without point-in-time recovery nothing brings back what was there; the operation that turns it on is named."""
    site.site.settings = f"{TUNNEL}protected = true\n"
    site.declare('PutItems("Users", [{"id": "a", "first": "A", "last": "B"}])', "0002_seed").upgrade()
    watched = site.declare(FULL_NAME, "0003_pass").watched()
    with pytest.raises(ConfirmationRequired) as caught:
        watched.migrator.upgrade()
    said = caught.value.message
    assert "what table Users holds before update items of Users with full_name cannot be restored" in said
    assert 'SetPointInTimeRecovery("Users", enabled=True) in an operation before it' in said
    assert written(watched) == 0
    site.declare(f'SetPointInTimeRecovery("Users", enabled=True), {FULL_NAME}', "0003_pass")
    site.watched().migrator.upgrade()
    assert site.items()["u1"] == named(1)
    undo = site.watched().migrator.plan_downgrade(DowngradeOptions("2"))
    assert undo.risks == {}, "it is turned off after that, which is a hazard of its own"


def test_an_unprotected_environment_is_not_asked_about_recovery(site: PassSite) -> None:
    """And a deletion is a hazard everywhere."""
    watched = site.declare(FULL_NAME).watched()
    assert watched.migrator.plan().hazards == ()
    assert watched.counts()["DescribeContinuousBackups"] == 0


def test_a_replica_is_a_hazard(site: PassSite) -> None:
    """What never overwrites within a region may do so between two; it has to be confirmed."""
    site.site.aws.simulator.account.tables[USERS].replicas.append("eu-west-1")
    watched = site.declare(FULL_NAME).watched()
    with pytest.raises(ConfirmationRequired) as caught:
        watched.migrator.upgrade()
    assert "table Users has replicas in eu-west-1" in caught.value.message
    assert written(watched) == 0
    watched.migrator.upgrade(UpgradeOptions(plan=watched.migrator.plan()))
    assert site.items() == {f"u{number}": named(number) for number in range(20)}


# Items before an index


def test_every_index_is_preceded_by_a_check_where_that_is_asked_for(site: PassSite) -> None:
    """As with check_items in the script: which item, and which attribute, and the index is not begun."""
    site.put({"id": "u7", "first": ""})
    site.declare('AddIndex("Users", "by-first", S("first"))', "0002_index", functions="")
    watched = site.watched()
    with pytest.raises(ItemsFailed) as caught:
        watched.migrator.upgrade(UpgradeOptions(check_items=True))
    assert "id u7: the item does not fit the keys: first is empty, in index by-first" in caught.value.message
    assert watched.counts()["UpdateTable"] == 0
    site.put(user(7))
    site.upgrade(check_items=True)
    assert site.watched().migrator.plan().is_empty


def test_there_may_be_nothing_to_check(site: PassSite) -> None:
    """A table that the plan creates has no items; the plan says so, and no call is made for it."""
    site.declare('CreateTable("Teams", S("id")), AddIndex("Teams", "by-a", S("a"))', "0002_teams", functions="")
    plan = site.watched().migrator.plan(UpgradeOptions(check_items=True))
    assert plan.notes == (NOTHING_TO_CHECK,)
    assert [step.action for step in plan.steps] == ["CreateTable", "UpdateTable"]


def test_a_failure_names_the_option_again(site: PassSite) -> None:
    """What resumes is the same run."""
    site.put({"id": "u7", "first": ""})
    site.declare('CreateTable("A", S("id")), AddIndex("Users", "by-first", S("first"))', "0002_index", functions="")
    with pytest.raises(PartialError) as caught:
        site.watched().migrator.upgrade(UpgradeOptions(check_items=True))
    assert "osem-migrate upgrade --check-items" in typed(caught.value)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (lambda: ForecastOptions(sample=0), "sample takes a number of at least 1, not 0"),
        (lambda: ForecastOptions(item_rate=-1), "item_rate takes a number of at least 1, not -1"),
        (lambda: UpgradeOptions(check_items=True, pace=Pace.NO_WAIT), "check_items takes a run that waits"),
        (lambda: UpgradeOptions(check_items=True, pace=Pace.WAIT_ONLY), "check_items takes a run that waits"),
    ],
)
def test_options_that_would_do_nothing_are_refused(options: Callable[[], object], complaint: str) -> None:
    """Where they are made."""
    with pytest.raises(ArgumentInvalid, match=complaint):
        options()


def test_what_a_lookup_by_a_new_index_needs_is_not_there_yet(site: PassSite) -> None:
    """The same plan adds the index: nothing is sampled, and the plan says why."""
    index = 'CreateTable("Teams", S("id"))'
    site.declare(index, "0002_teams", functions="").upgrade()
    site.site.settle()
    change = "def change(item, lookup):\n    lookup('Teams', owner=item['id'])\n"
    update = 'AddIndex("Teams", "by-owner", S("owner")), UpdateItems("Users", change, lookups=["Teams"])'
    site.declare(update, "0003_pass", change)
    watched = site.watched()
    plan = watched.migrator.forecast(watched.migrator.preview(), ForecastOptions(sample=5))
    assert only(plan).unsampled == "the index that it may look up is not there yet"


def test_an_earlier_pass_of_the_plan_is_kept_in_mind(site: PassSite, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample shows items as they are now, before what the plan does to them first."""
    site.declare(f"{FULL_NAME}, {FULL_NAME.replace('full_name, undo=no_full_name', 'no_full_name')}")
    watched = site.watched()
    show_forecasts(watched.migrator.forecast(watched.migrator.preview(), ForecastOptions(sample=8)))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "looked at:" in line]
    assert lines == [
        "looked at: 8 items, from 4 segments:",
        "looked at: 8 items, from 4 segments, as they are before what is done above:",
    ]


def test_who_has_no_prices_is_told_how_to_give_some(
    site: PassSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the list has none of this region; a list that has them answers."""
    prices = {"source": "a contract", "date": "2026-01-31"}
    tariff = {"STANDARD": {"read_request_million": 1, "write_request_million": 2.5}}
    for region, is_told in (("us-east-1", False), ("eu-central-1", True)):
        file = tmp_path / f"{region}.json"
        file.write_text(json.dumps({**prices, "regions": {region: tariff}}))
        watched = site.declare(FULL_NAME).watched()
        show_forecasts(watched.migrator.forecast(watched.migrator.preview(), ForecastOptions(prices=file)))
        said = typed(capsys.readouterr().out + capsys.readouterr().err)
        assert ("no on-demand prices of STANDARD tables in us-east-1" in said) is is_told
        assert ("osem-migrate upgrade --dry-run --price-file FILE" in said) is is_told
