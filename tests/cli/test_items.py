"""``items``: a pass runs in one process, and others steer it, on DynamoDB Local."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import boto3
import pytest

from osem_migrate.cli.main import run as run_words
from tests.cli.command_line import REGION, Project, Result, Run, Tables
from tests.cli.process import Running, running

USERS = "shop-dev-Users"
FUNCTIONS = """
from osem_migrate import REMOVE, UpdateItems


def full_name(item):
    return {"fullName": f"{item['first']} {item['last']}"}


def no_full_name(item):
    return {"fullName": REMOVE}

"""
PASS = 'UpdateItems("Users", full_name, undo=no_full_name, segments=1, verify=False)'
PATIENCE = 60.0
COUNT = 200


@pytest.fixture
def users(
    project: Project, dynamodb_local: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Tables:
    """Two hundred of them, in a database of this test alone, and the script that is to give them a name."""
    key = f"{abs(hash(request.node.name)):x}ITEMS"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local)
    for path in project.migrations.glob("*.py"):
        path.unlink()
    project.script("0001_users", 'CreateTable("Users", partition_key=S("id"))')
    project.script("0002_full_name", PASS, prelude=FUNCTIONS)
    client = boto3.client(
        "dynamodb",
        endpoint_url=dynamodb_local,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
    )
    assert run_words(["upgrade", "--to", "1", "-q"]) == 0
    for first in range(0, COUNT, 25):
        numbers = range(first, first + 25)
        items = [{"id": {"S": f"u{n}"}, "first": {"S": "Ada"}, "last": {"S": str(n)}} for n in numbers]
        client.batch_write_item(RequestItems={USERS: [{"PutRequest": {"Item": item}} for item in items]})
    return Tables(dynamodb_local, client)


def named(users: Tables) -> int:
    """How many have a name."""
    return sum("fullName" in item for item in users.client.scan(TableName=USERS, ConsistentRead=True)["Items"])


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for another process."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.1)


def upgrading(*options: str) -> AbstractContextManager[Running]:
    """An upgrade in a process of its own."""
    return running("upgrade", *options, environ={"COLUMNS": "500"})


def test_others_steer_a_pass_that_runs(run: Run, users: Tables) -> None:
    """Rate, pause, Ctrl-C within the pause, kill -9 within it, and resume: each item is written once."""
    with upgrading("--item-rate", "5") as first:
        until(lambda: named(users) >= 2, "the pass writes")
        lowered = run("items", "rate", "2")
        assert "2 units a second within five seconds" in lowered.out
        first.wait_for("2 units a second from now on")
        assert run("items", "pause").code == 0
        first.wait_for("paused by")
        shown = run("items", "status", "--json").document["data"]["passes"][0]
        assert (shown["state"], shown["attended"], shown["rate"]) == ("paused", True, 2)
        before = named(users)  # the write that was on its way has arrived by now
        assert shown["examined"] == shown["changed"] == before, "all of it was recorded before the pause"
        first.send_signal(signal.SIGINT)
        assert first.wait().code == 130
    with upgrading() as second:
        second.wait_for("paused by")
        second.send_signal(signal.SIGKILL)
        assert second.wait().code == -signal.SIGKILL
    assert named(users) == before
    assert run("unlock", "--yes", "--force").code == 0
    with upgrading("--item-rate", "1000") as third:
        third.wait_for("paused by")
        resumed = run("items", "resume")
        assert "goes on within five seconds" in resumed.out
        assert third.wait().code == 0
    assert named(users) == COUNT
    done = run("items", "status")
    assert "✓ done" in done.out
    assert f"{COUNT} items" in done.out
    what = [event["what"] for event in run("history", "--json").document["data"]["events"]]
    assert [one for one in what if one.startswith("items ")] == ["items rate", "items paused", "items resumed"]


def test_before_there_is_a_pass(run: Run, users: Tables) -> None:
    """Nothing is created by asking, and there is nothing to order."""
    assert "No pass over items was ever begun on dev" in run("items", "status").out
    assert run("items", "status", "--json").document["data"] == {"counts": {"passes": 0, "under_way": 0}, "passes": []}
    assert "has set anything aside" in run("items", "failures").out
    refused = run("items", "pause", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "PASS_NOT_FOUND")
    assert refused.document["command"] == "items pause"


def test_before_there_is_a_history_table(run: Run, tables: Tables) -> None:
    """It is not made."""
    assert run("items", "status").code == 0
    assert run("items", "retry").code == 1
    assert tables.names() == []


@pytest.mark.parametrize("rate", ["0", "-1", "fast", "1.5"])
def test_a_rate_that_is_none(run: Run, project: Project, rate: str) -> None:
    """Wrong usage, before anything is asked."""
    assert run("items", "rate", "--", rate).code == 64


def failing(run: Run, users: Tables) -> Result:
    """An upgrade that sets an item aside."""
    users.client.put_item(TableName=USERS, Item={"id": {"S": "odd"}, "first": {"S": "Eve"}})
    return run("upgrade", "-q")


def test_what_failed_is_listed_with_what_to_do(run: Run, users: Tables) -> None:
    """Key, code and reason; status has the command that lists them, and retry says who tries them again."""
    assert failing(run, users).code == 2
    listed = run("items", "failures")
    key = json.dumps({"id": {"S": "odd"}})
    assert f"{USERS}  {key}  ITEM_FUNCTION_FAILED" in listed.out
    assert "correct them, or what the script does with them, then: osem-migrate upgrade --env dev" in listed.out
    document = run("items", "failures", "--json", "--limit", "1").document["data"]
    assert document["counts"] == {"failures": 1, "shown": 1}
    assert document["failures"][0]["key"] == {"id": {"S": "odd"}}
    shown = run("items", "status").out
    assert "✗ failed" in shown
    assert "ITEMS_FAILED" in shown
    assert "osem-migrate items failures --env dev" in shown
    again = run("items", "retry")
    assert (
        "the next run tries the item that was set aside again before anything else: osem-migrate upgrade" in again.out
    )
    assert "could not be handled: id odd: full_name raised KeyError" in run("status").out, "one is no list"
    assert "How far the pass over items is: osem-migrate items status --env dev" in run("status").out
    paused = run("items", "pause")
    assert (paused.code, "PASS_NOT_RUNNING" in paused.err) == (1, True)
    assert "7 units a second once a run is at work on it again" in run("items", "rate", "7").out
    assert "7 units a second, as before" in run("items", "rate", "7").out
    assert "is not paused" in run("items", "resume", "--migration", "2").out
    assert run("items", "status", "-q").out.count("\n") == 1


STANDS = f"he pass of 0002_full_name over the items of {USERS} has failed: 1 item is set aside"
ADVICE = """
    See what failed, and correct it: osem-migrate items failures --env dev
    Then go on with: osem-migrate upgrade --env dev
"""


def test_other_commands_tell_of_a_pass_that_failed(run: Run, users: Tables) -> None:
    """Each where its user looks, with what to type next; the document of each has it as well, as published."""
    assert failing(run, users).code == 2
    assert f"it was not checked\nℹ t{STANDS}{ADVICE}" in run("verify").out  # noqa: RUF001 - our own sign
    assert f"⚠ item passes    t{STANDS}{ADVICE}" in run("doctor").out
    assert run("list").out.endswith(f"⚠ T{STANDS}.{ADVICE}")
    assert f"nothing to do.\n⚠ T{STANDS}.{ADVICE}" in run("unlock").out
    for command in ("verify", "list", "unlock"):
        (told,) = run(command, "--json").document["data"]["passes"]
        assert (told["state"], told["attended"], told["failures"], told["table"]) == ("failed", False, 1, "Users")
        assert told["message"] == f"t{STANDS}"
        assert told["remediation"].endswith("osem-migrate upgrade --env dev")


def test_several_reasons_stand_on_lines_of_their_own(run: Run, users: Tables) -> None:
    """In status, history and items status; programs get them where they were, in the message."""
    users.client.put_item(TableName=USERS, Item={"id": {"S": "strange"}, "first": {"S": "Eve"}})
    assert failing(run, users).code == 2
    why = "full_name raised KeyError: 'last' (line 9)"
    summary = f"2 items of {USERS} could not be handled"
    for said, before in (
        (run("status"), f"✗ failed       0002_full_name  after 0 of 1 operations: {summary} ("),
        (run("history"), f"  ITEMS_FAILED: {summary}\n"),
        (run("items", "status"), f"    ITEMS_FAILED: {summary}\n"),
    ):
        lines = said.out[said.out.index(before) :].splitlines()
        assert sorted(lines[1:3]) == [f"    - id odd: {why}", f"    - id strange: {why}"]
        assert why not in lines[0] + "".join(lines[3:])
    problem = run("status", "--json").document["data"]["problems"][0]
    entry = run("history", "--json").document["data"]["events"][-1]
    for message in (problem["message"], entry["detail"]):
        assert message.count(f": {why}") == 2
        assert message.endswith(why)
    assert why not in run("status", "-q").out


@pytest.mark.parametrize("pace", ["--no-wait", "--wait-only"])
def test_whoever_does_not_wait_is_told_that_a_pass_is_next(pace: str, run: Run, users: Tables) -> None:
    """Before it was begun, and after it has failed: nothing is begun, and why is said, to programs, too."""
    for before in (lambda: None, lambda: failing(run, users)):
        before()
        said = run("upgrade", pace)
        assert said.code == 0
        told = "A pass over items is next, which takes an upgrade that waits: 0002_full_name.\n"
        assert told in said.out
        assert said.out.endswith("hint: apply what is pending: osem-migrate upgrade --env dev\n")
        data = run("upgrade", pace, "--json").document["data"]
        assert (data["pending"], data["at_passes"]) == (["0002_full_name"], ["0002_full_name"])


def test_what_stops_a_downgrade_follows_what_was_reverted(project: Project, run: Run, users: Tables) -> None:
    """An undo function that fails says nothing of what was applied."""
    undo = FUNCTIONS.replace(
        'return {"fullName": REMOVE}', 'return {"fullName": REMOVE if item["id"] != "u7" else 1 / 0}'
    )
    project.script("0002_full_name", PASS, prelude=undo)
    project.script("0003_teams", 'CreateTable("Teams", partition_key=S("id"))')
    assert run("upgrade", "--quiet").code == 0
    said = run("downgrade", "--steps", "2", "--yes")
    assert said.code == 2
    assert "PARTIALLY_APPLIED: 1 reverted (0003_teams), then: 1 item of" in said.err
    assert "PARTIALLY_APPLIED: part of a migration reverted, then: " in run("downgrade", "--steps", "1", "--yes").err


def test_a_correction_says_that_no_item_was_looked_at(run: Run, users: Tables) -> None:
    """The tables confirm it, and what is in them may be anything; from then on no pass is unfinished."""
    assert failing(run, users).code == 2
    said = run("resolve", "2", "--applied")
    assert (said.code, f"⚠ Items were not compared: t{STANDS}; 201 examined, 200 changed.\n" in said.out) == (0, True)
    new_script = "No run goes on with it. Change what it has left by a new script: osem-migrate new TITLE\n"
    assert said.out.endswith(new_script)
    assert run("list", "--json").document["data"]["passes"] == []
    again = run("resolve", "2", "--applied", "--json").document["data"]
    assert (again["recorded"], again["passes"]) == ([], [])


def test_a_correction_tells_programs_as_well(run: Run, users: Tables) -> None:
    """With what becomes of the pass, which no run goes on with."""
    assert failing(run, users).code == 2
    (told,) = run("resolve", "2", "--reverted", "--json").document["data"]["passes"]
    assert (told["state"], told["failures_forgotten"], told["future"]) == ("failed", 1, "begins anew")
    anew = "The next run goes through all items again: osem-migrate upgrade --env dev"
    assert told["remediation"].splitlines()[-1] == anew


def test_what_cannot_be_read_of_a_pass_stops_no_list(run: Run, users: Tables) -> None:
    """Nor the lock from being looked at: it is said that nobody knows."""
    assert failing(run, users).code == 2
    pages = users.client.scan(TableName="shop-dev-SchemaMigrations")["Items"]
    (control,) = [item for item in pages if "run_read" in item]
    users.client.put_item(TableName="shop-dev-SchemaMigrations", Item={**control, "rate": {"N": "0"}})
    for command in ("list", "unlock"):
        said = run(command)
        assert said.code == 0
        assert "Whether a pass over items is unfinished is not known: the orders to the pass" in said.err


def test_a_pass_that_was_allowed_to_leave_items(run: Run, users: Tables, project: Project) -> None:
    """It is over: nobody tries them again."""
    project.script("0002_full_name", PASS.replace("segments", "max_failures=1, segments"), prelude=FUNCTIONS)
    assert failing(run, users).code == 0
    assert (
        "the pass is over: correct them by hand, or by a new script: osem-migrate new TITLE"
        in run("items", "failures").out
    )
    assert "PASS_OVER" in run("items", "retry").err
    (project.migrations / "0002_full_name.py").unlink()
    assert "done           0002_full_name, operation 1" in run("items", "status").out
