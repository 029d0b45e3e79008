"""``upgrade``: what it does, what it asks before, and how it stops."""

import io
import re
import sys

import pytest

from osem_migrate.cli import upgrade
from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables

ALL = ["shop-dev-Plans", HISTORY, "shop-dev-Teams"]


def test_it_applies_what_is_pending_and_then_nothing(run: Run, tables: Tables) -> None:
    """The first run creates every table; the second writes nothing and says so."""
    first = run("upgrade")
    assert (first.code, tables.names()) == (0, ALL)
    assert first.out == f"✓ 3 migrations applied to dev ({tables.endpoint_url}).\n"
    before = tables.everything()
    second = run("upgrade")
    assert second.code == 0
    assert second.out == f"✓ dev ({tables.endpoint_url}) is up to date; nothing to do.\n"
    assert second.err == ""
    assert tables.everything() == before


def test_to_stops_after_a_version(run: Run, tables: Tables) -> None:
    """--to takes a number or a whole name."""
    assert run("upgrade", "--to", "1").code == 0
    assert "shop-dev-Plans" not in tables.names()
    assert run("upgrade", "--to", "0002_add_manager_id_index_to_teams").out.startswith("✓ 1 migration applied")


def test_environments_do_not_touch_each_other(run: Run, tables: Tables) -> None:
    """dev, staging and prod live side by side in one engine."""
    run("upgrade", "--env", "dev")
    before = tables.everything()
    assert run("upgrade", "--env", "staging").code == 0
    assert run("upgrade", "--env", "prod").code == 0
    assert len(tables.names()) == 9
    assert before.removesuffix("}").removeprefix("{") in tables.everything()
    assert [run("status", "--env", name).code for name in ("dev", "staging", "prod")] == [0, 0, 0]


def test_a_dry_run_shows_what_changes_and_changes_nothing(run: Run, tables: Tables) -> None:
    """The plan says what is added to which table, with keys and projection and honest times."""
    said = run("upgrade", "--dry-run")
    assert (said.code, tables.names()) == (0, [])
    assert (
        said.out
        == f"""\
3 migrations pending on dev ({tables.endpoint_url}): 4 calls. Nothing is changed by this.

history table
  + table SchemaMigrations  which migrations ran

0001_create_teams  Test 0001_create_teams.
  + table Teams  teamId S  (2 to 6 s)

0002_add_manager_id_index_to_teams  Test 0002_add_manager_id_index_to_teams.
  ~ table Teams
      + index managerId-index  managerId S, ALL  (8 to 17 min)

0003_create_plans  Test 0003_create_plans.
  + table Plans  planId S  (2 to 6 s)

In total on AWS: usually 8 to 17 min; longer for large tables.
With --fold, 1 index would be created with its table: usually 14 to 22 s.
"""
    )


def test_a_verbose_dry_run_shows_every_call(run: Run, tables: Tables) -> None:
    """-v: the calls with their physical names, in order, and what is waited for."""
    said = run("upgrade", "--dry-run", "-v")
    assert (said.code, tables.names()) == (0, [])
    assert re.findall(r"^ +\d+\. (.*)", said.out, re.MULTILINE) == [
        f"CreateTable {HISTORY}",
        "CreateTable shop-dev-Teams",
        "UpdateTable shop-dev-Teams managerId-index",
        "CreateTable shop-dev-Plans",
    ]
    settled = "until shop-dev-Teams and managerId-index are ACTIVE and no index is backfilling: usually 8 to 17 min"
    assert f"\n           {settled}\n" in said.out


def test_a_dry_run_of_removals_says_what_is_gone(project: Project, run: Run, applied: Applied, tables: Tables) -> None:
    """Dropping is a change like another, and what it loses is a warning; a call tells when it is gone."""
    applied()
    project.script("0004_drop_index", 'DropIndex("Teams", "managerId-index")')
    project.script("0005_expire", 'SetTimeToLive("Teams", attribute="expiresAt")')
    project.script("0006_drop_plans", 'DropTable("Plans")')
    said = run("upgrade", "--dry-run", "-v").out
    assert "\n  ~ table Teams\n      - index managerId-index  managerId S, ALL  (5 s to 1 min)\n" in said
    assert "until managerId-index is gone: usually 5 s to 1 min" in said
    assert "\n      ~ time to live off → expiresAt  (1 to 3 s)\n" in said
    assert "\n  - table Plans  planId S  (4 to 6 s)\n" in said
    assert "until shop-dev-Plans is gone" in said
    assert "⚠" in said


def test_what_the_environment_gives_and_takes_is_in_the_plan(project: Project, run: Run, tables: Tables) -> None:
    """A default of pyproject.toml is told from the script's own; protection that it gave goes before the table does."""
    project.configure(f"{(project.folder / 'pyproject.toml').read_text()}\ndeletion_protection = true\n")
    said = run("upgrade", "--dry-run", "--env", "prod").out
    assert "  + table Plans  planId S  (2 to 6 s)\n      + deletion protection on  (configuration)\n" in said
    assert run("upgrade", "--env", "prod").code == 0
    project.script("0004_drop_plans", 'DropTable("Plans")')
    said = run("upgrade", "--dry-run", "--env", "prod").out
    assert (
        "\n  ~ table Plans\n      ~ deletion protection on → off  (6 s to 1 min 6 s)\n  - table Plans  planId S\n"
        in said
    )


def test_what_changes_nothing_is_said_so(project: Project, run: Run, tables: Tables) -> None:
    """A script that declares what is declared already is in the plan, and takes no call."""
    project.script("0004_expire", 'SetTimeToLive("Teams", attribute="expiresAt")')
    project.script("0005_again", 'SetTimeToLive("Teams", attribute="expiresAt")')
    said = run("upgrade", "--dry-run").out
    assert "\n  ~ table Teams\n      set time to live of Teams to expiresAt  (is so already)\n" in said


def test_a_dry_run_with_nothing_to_do(run: Run, applied: Applied, tables: Tables) -> None:
    """An up-to-date environment has no plan."""
    applied()
    assert run("upgrade", "--dry-run").out == "✓ dev is up to date; nothing to do.\n"


def test_a_dry_run_of_what_only_needs_recording(run: Run, applied: Applied, tables: Tables) -> None:
    """A run that did everything but record the end left no call to make, and no time to wait."""
    applied()
    table = HISTORY
    items = tables.client.scan(TableName=table)["Items"]
    record = next(item for item in items if item["item"].get("S") == "migration#0003_create_plans")
    tables.client.put_item(TableName=table, Item={**record, "state": {"S": "running"}})
    said = run("upgrade", "--dry-run")
    assert said.out.startswith(f"1 migration pending on dev ({tables.endpoint_url}): 0 calls.")
    assert "history table" not in said.out
    assert "usually" not in said.out
    assert run("upgrade").code == 0
    assert run("status").code == 0


def test_the_plan_as_data(project: Project, run: Run, tables: Tables) -> None:
    """--dry-run --json has every call with the parameters that would be sent, ARNs where a call takes one."""
    project.script("0004_tag", 'SetTags("Teams", tags={"Team": "core"})')
    data = run("upgrade", "--dry-run", "--json").document["data"]
    assert (data["dry_run"], data["up_to_date"], data["creates_history_table"]) == (True, False, True)
    calls = [call for m in data["migrations"] for operation in m["operations"] for call in operation["calls"]]
    assert [call["action"] for call in calls] == ["CreateTable", "UpdateTable", "CreateTable", "TagResource"]
    changes = [change for m in data["migrations"] for operation in m["operations"] for change in operation["changes"]]
    assert [(change["kind"], change["what"], change["name"], change["after"]) for change in changes] == [
        ("add", "table", "Teams", "teamId S"),
        ("add", "index", "managerId-index", "managerId S, ALL"),
        ("add", "table", "Plans", "planId S"),
        ("add", "tags", None, "Team=core"),
    ]
    assert calls[0]["parameters"]["TableName"] == "shop-dev-Teams"
    assert calls[1]["estimate_seconds"] == {"low": 468, "high": 1000}
    assert data["counts"] == {"migrations": 4, "operations": 4, "calls": 5, "hazards": 0}
    index = data["migrations"][1]["operations"][0]
    assert (index["kind"], index["description"]) == ("AddIndex", "add index managerId-index to Teams")
    assert (index["table"], index["physical_name"]) == ("Teams", "shop-dev-Teams")
    assert re.fullmatch(r"arn:aws:dynamodb:eu-central-1:\*:table/shop-dev-Teams", calls[3]["parameters"]["ResourceArn"])


@pytest.fixture
def dropping(project: Project, run: Run, applied: Applied, tables: Tables) -> Project:
    """A project whose next script drops a table, in dev and prod."""
    applied()
    applied("--env", "prod")
    project.script("0004_drop_plans", 'DropTable("Plans")')
    return project


def test_data_loss_needs_a_yes(dropping: Project, run: Run, tables: Tables) -> None:
    """Without a terminal to ask on, only --yes goes on."""
    said = run("upgrade")
    assert said.code == 1
    assert "CONFIRMATION_REQUIRED" in said.err
    assert "shop-dev-Plans" in tables.names()
    assert run("upgrade", "--yes").code == 0
    assert "shop-dev-Plans" not in tables.names()


def test_a_protected_environment_needs_both_options(dropping: Project, run: Run, tables: Tables) -> None:
    """In prod --yes alone, which a script may carry by habit, is not enough."""
    said = run("upgrade", "--env", "prod", "--yes")
    assert said.code == 1
    assert "prod is protected" in said.err
    assert "If all of that may be lost: osem-migrate upgrade --yes --allow-data-loss" in said.err
    assert "shop-prod-Plans" in tables.names()
    assert run("upgrade", "--env", "prod", "--yes", "--allow-data-loss").code == 0
    assert "shop-prod-Plans" not in tables.names()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("dev\n", 0), ("yes\n", 1), ("\n", 1), ("", 130)])
def test_on_a_terminal_the_name_is_asked_for(
    *, answer: str, code: int, dropping: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the environment's name, typed, goes on; the question is on stderr."""
    monkeypatch.setattr(sys, "stdin", _Terminal(answer))
    said = run("upgrade")
    assert said.code == code
    assert "Type dev to go on" in said.err
    assert "⚠" in said.err
    assert ("shop-dev-Plans" in tables.names()) is (code != 0)


def test_json_never_asks(dropping: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that reads JSON cannot answer: no question even on a terminal."""
    monkeypatch.setattr(sys, "stdin", _Terminal("dev\n"))
    said = run("upgrade", "--json")
    assert said.code == 1
    assert said.document["error"]["code"] == "CONFIRMATION_REQUIRED"
    assert said.document["error"]["details"]["hazards"]


@pytest.mark.parametrize("until", [(), ("--to", "3")])
def test_a_partial_run_exits_with_2_and_names_the_way_on(
    run: Run, applied: Applied, tables: Tables, until: tuple[str, ...]
) -> None:
    """What stands in the way is named; once it is gone, the named command finishes the work, and goes no further."""
    applied("--to", "1")
    tables.client.create_table(
        TableName="shop-dev-Plans",
        KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    said = run("upgrade", *until)
    assert (said.code, said.out) == (2, "")
    assert re.search(r"✗ PARTIALLY_APPLIED: \d applied \(0002_add_manager.*\), then: .*shop-dev-Plans", said.err)
    way_on = said.err.strip().splitlines()[-1].partition("continue with: osem-migrate ")[2]
    assert way_on == " ".join(["upgrade", *until, "--env dev"])
    tables.drop("shop-dev-Plans")
    assert run(*way_on.split()).code == 0
    assert run("status").code == 0


def test_a_first_run_refuses_tables_that_do_not_fit(run: Run, tables: Tables) -> None:
    """Before anything is made, dry or not, with what differs and every way on; once they fit, they are adopted."""
    tables.client.create_table(
        TableName="shop-dev-Plans",
        KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for words in (["--dry-run"], []):
        said = run("upgrade", *words)
        assert (said.code, said.out) == (1, "")
        assert "✗ ADOPTION_MISMATCH: " in said.err
        assert "shop-dev-Plans: Plans: expected keys planId S, found keys other S" in said.err
        assert "osem-migrate stamp 0003_create_plans --no-verify --env dev" in said.err
    assert tables.names() == ["shop-dev-Plans"]
    tables.drop("shop-dev-Plans")
    run("upgrade")
    tables.drop(HISTORY)
    dry = run("upgrade", "--dry-run").out
    assert dry.startswith(f"3 migrations pending on dev ({tables.endpoint_url}): 1 call.")
    assert dry.count("nothing left to do: it is recorded without a call") == 3
    said = run("upgrade")
    assert "✓ shop-dev-Plans exists already and matches the scripts up to 0003_create_plans: adopted." in said.err
    assert run("status").code == 0


def test_a_lock_that_is_held_exits_with_6(run: Run, applied: Applied, tables: Tables) -> None:
    """Somebody else's run is named, waited for as long as asked, and left alone."""
    applied("--to", "1")
    tables.hold_lock()
    said = run("upgrade", "--lock-timeout", "3")
    assert (said.code, said.out) == (6, "")
    assert "✗ LOCK_HELD: another run holds the upgrade lock: ada@build-7 on build-7 (pid 4711)" in said.err
    assert "waiting for the upgrade lock, held by ada@build-7" in said.err
    assert tables.lock()["owner"] == {"S": "0123"}


def test_an_old_script_needs_to_be_allowed(project: Project, run: Run, applied: Applied, tables: Tables) -> None:
    """A pending script below the newest applied one stops the run, unless it is allowed."""
    (project.migrations / "0002_add_manager_id_index_to_teams.py").rename(project.folder / "kept")
    applied()
    (project.folder / "kept").rename(project.migrations / "0002_add_manager_id_index_to_teams.py")
    said = run("upgrade")
    assert said.code == 1
    assert "HISTORY_MIGRATION_OUT_OF_ORDER" in said.err
    assert run("upgrade", "--allow-out-of-order").code == 0


def test_a_gap_is_a_warning(project: Project, run: Run, tables: Tables) -> None:
    """A missing number is told on stderr and stops nothing; -q leaves it out."""
    project.script("0007_create_users", 'CreateTable("Users", partition_key=S("userId"))')
    assert "⚠ migrations/0007_create_users.py: the number before it is 0003" in run("upgrade", "--dry-run").err
    assert run("upgrade", "-q").err == ""


def test_quiet_shows_only_the_result(run: Run, tables: Tables) -> None:
    """-q: no progress."""
    said = run("upgrade", "-q")
    assert (said.err, said.out.count("\n")) == ("", 1)


def test_verbose_shows_every_call_with_its_time(run: Run, tables: Tables) -> None:
    """-v: operations and calls, with UTC timestamps and durations, on stderr."""
    said = run("upgrade", "-v")
    assert said.out.count("\n") == 1
    call = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z dynamodb:CreateTable shop-dev-Teams: ok in \d+ ms"
    assert re.search(call, said.err)
    assert "0001_create_teams: create table Teams: started" in said.err


def test_another_region_needs_force(
    project: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At AWS a region other than the configured one stops before any call, unless --force accepts it."""
    project.configure(
        f'{(project.folder / "pyproject.toml").read_text()}\n[tool.osem-migrate.environments.eu]\nregion="eu-west-1"\n'
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamodb.invalid")
    assert "CONFIG_REGION_MISMATCH" in run("status", "--env", "eu").err
    assert "AWS_ENDPOINT_UNREACHABLE" in run("status", "--env", "eu", "--force").err


def test_a_password_in_the_endpoint_is_not_shown(run: Run, tables: Tables) -> None:
    """User and password of an endpoint URL appear neither in results nor in the remedies."""
    url = tables.endpoint_url.replace("http://", "http://ada:hunter2@")
    for words in (["upgrade", "--dry-run"], ["status"], ["status", "--json"], ["upgrade"]):
        said = run(*words, "--endpoint-url", url)
        assert "hunter2" not in said.out + said.err


def test_folding_spares_calls(run: Run, tables: Tables) -> None:
    """--fold brings the index along with its table: the same schema and the same history, one call less."""
    said = run("upgrade", "--fold", "-v")
    assert said.code == 0
    assert "dynamodb:UpdateTable" not in said.err
    assert said.out == f"✓ 3 migrations applied to dev ({tables.endpoint_url}).\n"
    assert "add index managerId-index to Teams: it came with its table" in said.err
    (index,) = tables.client.describe_table(TableName="shop-dev-Teams")["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "managerId-index"
    assert run("status").code == 0
    assert run("upgrade", "--no-fold").out.endswith("is up to date; nothing to do.\n")


def test_a_dry_run_says_what_folding_would_gain(run: Run, tables: Tables) -> None:
    """Unfolded: one line with what --fold would spare; folded: the call is not listed, and said where it went."""
    plain = run("upgrade", "--dry-run").out
    assert "With --fold, 1 index would be created with its table: usually " in plain
    folded = run("upgrade", "--dry-run", "--fold", "-v").out
    assert "With --fold" not in folded
    assert re.findall(r"^ +\d+\. (.*)", folded, re.MULTILINE) == [
        f"CreateTable {HISTORY}",
        "CreateTable shop-dev-Teams",
        "CreateTable shop-dev-Plans",
    ]
    assert "+ index managerId-index  managerId S, ALL  (with its table)" in folded
    assert "8 to 17 min" not in folded


def test_a_folded_plan_as_data(run: Run, tables: Tables) -> None:
    """The parameters of CreateTable have the index, and the folded operation has no call."""
    data = run("upgrade", "--dry-run", "--fold", "--json").document["data"]
    teams, index, _ = (migration["operations"][0] for migration in data["migrations"])
    (create,) = teams["calls"]
    assert [i["IndexName"] for i in create["parameters"]["GlobalSecondaryIndexes"]] == ["managerId-index"]
    assert (teams["folded"], index["folded"], index["calls"]) == (False, True, [])


def test_an_environment_may_fold_by_configuration(project: Project, run: Run, tables: Tables) -> None:
    """fold_indexes makes it the default there, and --no-fold overrules it."""
    project.configure(f"{(project.folder / 'pyproject.toml').read_text()}\nfold_indexes = true\n")
    assert "(with its table)" in run("upgrade", "--dry-run", "--env", "prod").out
    assert "(with its table)" not in run("upgrade", "--dry-run", "--env", "prod", "--no-fold").out
    assert "(with its table)" not in run("upgrade", "--dry-run", "--env", "dev").out


def test_begin_without_waiting_and_wait_without_beginning(run: Run, tables: Tables) -> None:
    """--no-wait makes the next call of each table and names the way on; --wait-only makes none."""
    begun = run("upgrade", "--no-wait")
    where = f"dev ({tables.endpoint_url})"
    assert begun.code == 0
    assert begun.out.splitlines() == [
        f"ℹ 2 migrations in progress on {where}: 0001_create_teams, 0003_create_plans.",  # noqa: RUF001 - our sign
        "hint: wait with: osem-migrate upgrade --wait-only --env dev",
    ]
    assert tables.names() == ALL
    waited = run("upgrade", "--wait-only", "-v")
    assert waited.code == 0
    assert "dynamodb:UpdateTable" not in waited.err
    assert f"✓ 2 migrations applied to {where}." in waited.out
    assert not tables.client.describe_table(TableName="shop-dev-Teams")["Table"].get("GlobalSecondaryIndexes")
    assert run("upgrade").out == f"✓ 1 migration applied to {where}.\n"
    assert run("status").code == 0


def test_what_is_in_progress_as_data(run: Run, tables: Tables) -> None:
    """--json tells what was applied from what is still under way."""
    data = run("upgrade", "--no-wait", "--json").document["data"]
    under_way = ["0001_create_teams", "0003_create_plans"]
    assert (data["applied"], data["in_progress"], data["up_to_date"]) == ([], under_way, False)
    assert data["pending"] == ["0002_add_manager_id_index_to_teams"]
    data = run("upgrade", "--json").document["data"]
    assert (len(data["applied"]), data["in_progress"], data["up_to_date"]) == (3, [], True)
    data = run("upgrade", "--json").document["data"]
    assert (data["applied"], data["in_progress"], data["up_to_date"]) == ([], [], True)


def test_waiting_only_begins_nothing(run: Run, tables: Tables) -> None:
    """With nothing under way, --wait-only creates no table of the application."""
    assert run("upgrade", "--wait-only").code == 0
    assert tables.names() in ([], [HISTORY])


def test_the_module_offers_one_command() -> None:
    """The lazy group finds the command under the agreed name."""
    assert upgrade.command.name == "upgrade"


def test_the_hint_of_an_unknown_version_works_when_typed(project: Project, run: Run, tables: Tables) -> None:
    """It names the environment and the connection options of the command that failed."""
    for command in ("upgrade", "downgrade"):
        said = run(command, "--env", "staging", "--endpoint-url", tables.endpoint_url, "--to", "99")
        assert said.code == 1
        hint = f"osem-migrate status --env staging --endpoint-url {tables.endpoint_url}"
        assert f"hint: See the versions with: {hint}\n" in said.err
        assert run(*hint.split()[1:], "--exit-zero").code == 0


def test_a_release_that_was_rolled_back_has_nothing_to_do(
    project: Project, run: Run, applied: Applied, tables: Tables
) -> None:
    """It names what only the newer one has and exits with 0; --strict refuses; no hint would falsify the history."""
    applied()
    (project.migrations / "0003_create_plans.py").unlink()
    before = tables.everything()
    note = "future: 0003_create_plans is recorded as applied by a newer checkout than this one."
    for words in (["upgrade"], ["upgrade", "--dry-run"]):
        said = run(*words)
        assert (said.code, note in said.out, "nothing to do" in said.out) == (0, True, True)
    assert run("upgrade", "--json").document["data"]["future"] == ["0003_create_plans"]
    refused = run("upgrade", "--strict")
    assert (refused.code, "HISTORY_MIGRATION_FUTURE: 0003_create_plans: " in refused.err) == (1, True)
    assert "resolve" not in refused.err
    assert tables.everything() == before
    project.script("0003_other", 'CreateTable("Other", partition_key=S("id"))')
    project.script("0004_more", 'CreateTable("More", partition_key=S("id"))')
    assert "0003_create_plans is recorded as applied, but its script" in run("upgrade").err


def test_pending_beside_a_newer_checkout_is_refused(
    project: Project, run: Run, applied: Applied, tables: Tables
) -> None:
    """What the newer one made of the tables is unknown here."""
    (project.migrations / "0002_add_manager_id_index_to_teams.py").rename(project.folder / "later.py")
    applied()
    (project.migrations / "0003_create_plans.py").unlink()
    project.script("0002_more", 'CreateTable("More", partition_key=S("id"))')
    refused = run("upgrade")
    assert (refused.code, "HISTORY_MIGRATION_FUTURE" in refused.err) == (1, True)
    assert "0002_more is pending here, and may not fit" in refused.err


def test_a_renamed_script_is_recorded_with_one_command(
    project: Project, run: Run, applied: Applied, tables: Tables
) -> None:
    """By status and upgrade alike; afterwards all is in sync, and nothing was called."""
    applied()
    old = project.migrations / "0002_add_manager_id_index_to_teams.py"
    old.rename(project.migrations / "0002_index_teams.py")
    refused, shown = run("upgrade"), run("status")
    assert (refused.code, shown.code) == (1, 4)
    (command,) = re.findall(r"osem-migrate (resolve \S+ --.*)", refused.err)
    assert command == "resolve 0002_index_teams --renamed --env dev"
    assert set(re.findall(r"osem-migrate (resolve \S+ --.*)", shown.out)) == {command}
    done = run(*command.split())
    assert done.code == 0
    assert "0002_index_teams is recorded under its new name on dev" in done.out
    assert f"(was {old.stem}; applied)" in done.out
    assert "under this name; nothing to do." in run(*command.split()).out
    assert (run("status").code, run("upgrade").code) == (0, 0)


def test_head_is_the_newest_script(run: Run, tables: Tables) -> None:
    """For upgrade and stamp, and as what a downgrade keeps."""
    assert run("upgrade", "--to", "head").out.startswith("✓ 3 migrations applied")
    assert "everything up to 0003_create_plans is applied already" in run("stamp", "head").out
    assert "has nothing above head; nothing to do" in run("downgrade", "--to", "head").out
    assert "✓ 0003_create_plans is applied on dev" in run("resolve", "head", "--applied").out


def test_the_way_on_keeps_what_was_given(run: Run, tables: Tables) -> None:
    """Version, folding and connection; not what confirms something, nor a time limit that may have run out."""
    begun = run("upgrade", "--no-wait", "--to", "2", "--no-fold", "--timeout", "90", "--lock-timeout", "5", "--yes",
                "--region", "eu-central-1")  # fmt: skip
    again = "--to 2 --no-fold --wait-only --lock-timeout 5 --env dev --region eu-central-1"
    assert begun.out.splitlines()[-1] == f"hint: wait with: osem-migrate upgrade {again}"


def test_drift_that_stops_nothing_is_told(project: Project, run: Run, applied: Applied, tables: Tables) -> None:
    """In the dry run, as text and data, and once in the run, which leaves it as it is; status goes on to show it."""
    applied()
    tables.client.update_table(
        TableName="shop-dev-Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "managerId-index"}}]
    )
    project.script("0004_expire", 'SetTimeToLive("Teams", attribute="expiresAt")')
    project.script("0005_index", 'AddIndex("Teams", "season-index", partition_key=S("season"))')
    message = "managerId-index: expected keys managerId S, projection ALL, found none"
    line = f"⚠ DRIFT_INDEX_MISSING shop-dev-Teams: {message}; it is left as it is"
    assert line in run("upgrade", "--dry-run").out
    (drift,) = run("upgrade", "--dry-run", "--json").document["data"]["drift"]
    assert (drift["table"], drift["physical_name"], drift["code"]) == ("Teams", "shop-dev-Teams", "DRIFT_INDEX_MISSING")
    assert (drift["message"], drift["stops"]) == (message, None)
    said = run("upgrade")
    assert (said.code, said.err.count(line)) == (0, 1)
    assert f"✗ DRIFT_INDEX_MISSING shop-dev-Teams: {message}" in run("status").out


def test_drift_that_will_stop_a_migration_is_foreseen(
    project: Project, run: Run, applied: Applied, tables: Tables
) -> None:
    """With the migration that stops at it, before anything is begun, though what comes first is still carried out."""
    applied()
    project.script("0004_expire", 'SetTimeToLive("Plans", attribute="expiresAt")')
    run("upgrade")
    for attribute, enabled in (("expiresAt", False), ("removedAt", True)):
        tables.client.update_time_to_live(
            TableName="shop-dev-Plans", TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
        )
    project.script("0005_other", 'SetTimeToLive("Plans", attribute="deleteAt")')
    line = "⚠ DRIFT_SETTING shop-dev-Plans: Plans: expected time to live "
    assert line in run("upgrade", "--dry-run").out
    said = run("upgrade")
    assert said.code == 1
    assert said.err.index(line) < said.err.index("0005_other stops at it") < said.err.index("DRIFT_FOUND")
    codes = [problem["code"] for problem in run("status", "--json").document["data"]["problems"]]
    assert codes == ["MIGRATION_FAILED", "DRIFT_SETTING"]
