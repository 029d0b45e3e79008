"""--json: one document of one shape on standard output, whatever happens."""

import pytest

from tests.cli.command_line import REGION, Applied, Project, Run, Tables
from tests.cli.envelope import Failure, Success, checked
from tests.cli.process import run_installed, run_process


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("upgrade --dry-run", "upgrade"),
        ("upgrade", "upgrade"),
        ("status --exit-zero", "status"),
        ("status --exit-zero --format json", "status"),
        ("history", "history"),
        ("list", "list"),
        ("list --details", "list"),
    ],
)
def test_a_command_that_works(words: str, command: str, run: Run, tables: Tables) -> None:
    """Success has data and no error; environment and region are those that were used."""
    said = run(*words.split(), "--json")
    assert said.code == 0
    document = checked(said)
    assert (document.command, document.environment, document.region) == (command, "dev", REGION)


def test_commands_without_an_environment(run: Run) -> None:
    """Neither new nor local speaks of an environment."""
    for words in (("new", "add a table"), ("local", "status"), ("local", "stop")):
        said = run(*words, "--json")
        assert said.code == 0
        document = checked(said)
        assert document.command == ("new" if words[0] == "new" else " ".join(words))
        assert (document.environment, document.region) == (None, None)


def test_a_finding_is_no_failure(run: Run, tables: Tables) -> None:
    """A status that finds something answers its question: success, with the exit code for CI."""
    said = run("status", "--json")
    assert said.code == 3
    document = checked(said)
    assert isinstance(document, Success)
    assert (document.data["in_sync"], document.data["up_to_date"]) == (False, False)


@pytest.mark.parametrize(
    ("words", "code", "error", "command"),
    [
        (["upgrade", "--json", "--nonsense"], 64, "USAGE_INVALID", "upgrade"),
        (["upgrade", "--json", "--to"], 64, "USAGE_INVALID", "upgrade"),
        (["status", "--format", "json", "--nonsense"], 64, "USAGE_INVALID", "status"),
        (["status", "--format=json", "--nonsense"], 64, "USAGE_INVALID", "status"),
        (["local", "start", "--json", "--port", "none"], 64, "USAGE_INVALID", "local start"),
        (["local", "--json"], 64, "USAGE_INVALID", "local"),
        (["nonsense", "--json"], 64, "USAGE_INVALID", None),
        (["status", "--env", "nope", "--json"], 1, "CONFIG_ENVIRONMENT_UNKNOWN", "status"),
        (["status", "--endpoint-url", "http://127.0.0.1:9", "--json"], 1, "AWS_ENDPOINT_UNREACHABLE", "status"),
        (["status", "--json", "--env", "\udcff"], 1, "CONFIG_ENVIRONMENT_UNKNOWN", "status"),
    ],
)  # fmt: skip
def test_a_failure_before_anything_ran(
    *, words: list[str], code: int, error: str, command: str | None, run: Run, tables: Tables
) -> None:
    """Wrong usage, configuration and connection are one document, too, and nothing on stderr."""
    said = run(*words)
    assert (said.code, said.err) == (code, "")
    document = checked(said)
    assert isinstance(document, Failure)
    assert (document.error.code, document.command) == (error, command)
    assert document.error.remediation


def test_a_bad_script(project: Project, run: Run, tables: Tables) -> None:
    """File and line of a mistake in a script are details that an editor can jump to."""
    project.script("0004_bad", "CreateTable()")
    said = run("upgrade", "--json")
    assert said.code == 1
    document = checked(said)
    assert isinstance(document, Failure)
    assert document.error.details["file"] == "migrations/0004_bad.py"
    assert document.error.details["line"] == 5


def test_a_lock_that_is_held(run: Run, applied: Applied, tables: Tables) -> None:
    """The details name who holds the lock."""
    applied("--to", "1")
    tables.hold_lock()
    said = run("upgrade", "--json", "--lock-timeout", "0")
    assert said.code == 6
    document = checked(said)
    assert isinstance(document, Failure)
    assert document.error.code == "LOCK_HELD"
    assert document.error.details["holder"]["identity"] == "ada@build-7"
    assert document.data["pending"] == ["0002_add_manager_id_index_to_teams", "0003_create_plans"]


def test_a_partial_upgrade(project: Project, run: Run, applied: Applied, tables: Tables) -> None:
    """Its data say what was applied and what was not, as after a whole one; the details say why it stopped."""
    applied("--to", "1")
    _occupy(tables, "shop-dev-Plans")
    said = run("upgrade", "--json", "-q")
    assert said.code == 2
    assert said.err == ""
    document = checked(said)
    assert isinstance(document, Failure)
    assert document.error.code == "PARTIALLY_APPLIED"
    assert document.data == {
        "dry_run": False,
        "up_to_date": False,
        "counts": {"applied": 1, "in_progress": 0, "pending": 1, "future": 0},
        "applied": ["0002_add_manager_id_index_to_teams"],
        "in_progress": [],
        "pending": ["0003_create_plans"],
        "at_passes": [],
        "future": [],
        "drift": [],
    }
    assert "applied" not in document.error.details
    assert document.error.details["cause"]["code"] == "DRIFT_FOUND"


def test_credentials_that_are_missing(run: Run) -> None:
    """AWS without credentials is a document with the next thing to type."""
    said = run("upgrade", "--json")
    assert said.code == 1
    document = checked(said)
    assert isinstance(document, Failure)
    assert document.error.code == "AWS_CREDENTIALS_MISSING"
    assert "aws configure" in document.error.remediation


def test_what_a_script_prints_stays_out(project: Project, run: Run, tables: Tables) -> None:
    """A print in somebody's script goes to stderr: stdout is one document still."""
    project.script("0004_loud", 'CreateTable("Users", partition_key=S("id"))', prelude='print("loading")\n')
    for words in (["upgrade"], ["status"], ["new", "a title"]):
        said = run(*words, "--json")
        assert said.code == 0
        checked(said)
        assert "loading" in said.err


def test_progress_stays_out(project: Project, tables: Tables) -> None:
    """As a process: while an upgrade tells its progress on stderr, stdout is one document."""
    done = run_process("upgrade", "--json", "-v")
    assert checked(done).data == {
        "dry_run": False,
        "up_to_date": True,
        "counts": {"applied": 3, "in_progress": 0, "pending": 0, "future": 0},
        "applied": ["0001_create_teams", "0002_add_manager_id_index_to_teams", "0003_create_plans"],
        "in_progress": [],
        "pending": [],
        "at_passes": [],
        "future": [],
        "drift": [],
    }
    assert "create table Teams" in done.err


def test_a_terminal_without_our_characters(project: Project, run: Run, tables: Tables) -> None:
    """With an ASCII-only stdout the document is the same, written in escapes."""
    project.script("0004_umlaut", 'CreateTable("Plans2", partition_key=S("id"))')
    path = project.migrations / "0004_umlaut.py"
    path.write_text(path.read_text().replace("Test 0004_umlaut", "Pläne ✓"))
    words = ("status", "--exit-zero", "--json")
    plain = run_installed(*words, environ={"PYTHONIOENCODING": "ascii"})
    assert plain.out.isascii()
    assert plain.document["data"] == run(*words).document["data"]
    assert plain.document["data"]["migrations"][3]["summary"] == "Pläne ✓."


def _occupy(tables: Tables, name: str) -> None:
    tables.client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "somethingElse", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "somethingElse", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
