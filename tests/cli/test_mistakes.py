"""Whatever a user does wrong ends in a code, a sentence and the next thing to type; nothing is written anywhere."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.command_line import PYPROJECT, Project, Run, Tables

Prepare = Callable[[Project], object]


def _nothing(_project: Project) -> None:
    """The project is fine."""


def _configured(text: str) -> Prepare:
    return lambda project: project.configure(text)


def _file(name: str, text: str) -> Prepare:
    return lambda project: (project.folder / name).write_text(text)


def _script(name: str, operation: str, prelude: str = "") -> Prepare:
    return lambda project: project.script(name, operation, prelude=prelude)


def _no_folder(project: Project) -> None:
    for script in project.migrations.iterdir():
        script.unlink()
    project.migrations.rmdir()


def _folder_is_a_file(project: Project) -> None:
    _no_folder(project)
    project.migrations.write_text("no folder")


@dataclass(frozen=True)
class Mistake:
    """One way to do it wrong.

    Args:
        name: what is wrong.
        words: the command line.
        error: the code of the error.
        says: what the message has to name.
        exit_code: of the process.
        prepare: done to the project before.
        environ: variables set (or, when None, removed) before.
    """

    name: str
    words: tuple[str, ...]
    error: str
    says: str
    exit_code: int = 1
    prepare: Prepare = _nothing
    environ: Mapping[str, str | None] = field(default_factory=dict)


KEYLESS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_ENDPOINT_URL_DYNAMODB": None}
UPGRADE, STATUS = ("upgrade",), ("status",)
MISTAKES = [
    Mistake("unknown command", ("upgarde",), "USAGE_INVALID", "upgarde", 64),
    Mistake("unknown option", ("upgrade", "--dryrun"), "USAGE_INVALID", "--dryrun", 64),
    Mistake("a later option", ("upgrade", "--stamp"), "USAGE_INVALID", "--stamp", 64),
    Mistake("both paces", ("upgrade", "--no-wait", "--wait-only"), "USAGE_INVALID",
            "--no-wait and --wait-only cannot be used together", 64),
    Mistake("quiet and verbose", ("status", "-q", "-v"), "USAGE_INVALID",
            "--quiet and --verbose cannot be used together", 64),
    Mistake("superfluous word", ("upgrade", "now"), "USAGE_INVALID", "now", 64),
    Mistake("option without its value", ("upgrade", "--to"), "USAGE_INVALID", "--to", 64),
    Mistake("option before the command", ("--env", "dev", "status"), "USAGE_INVALID", "--env", 64),
    Mistake("unknown environment",
            ("upgrade", "--env", "stagign"), "CONFIG_ENVIRONMENT_UNKNOWN", "did you mean 'staging'"),
    Mistake("empty environment", ("upgrade", "--env", ""), "CONFIG_ENVIRONMENT_UNKNOWN", "''"),
    Mistake("unprintable environment", ("upgrade", "--env", "\udcff"), "CONFIG_ENVIRONMENT_UNKNOWN", "dev"),
    Mistake("unknown environment in OSEM_ENV",
            UPGRADE, "CONFIG_ENVIRONMENT_UNKNOWN", "nope", environ={"OSEM_ENV": "nope"}),
    Mistake("unknown version", ("upgrade", "--to", "99"), "TARGET_UNKNOWN", "99"),
    Mistake("version that is no version", ("upgrade", "--to", "latest"), "TARGET_UNKNOWN", "latest"),
    Mistake("timeout that is no number", ("upgrade", "--timeout", "soon"), "USAGE_INVALID", "'soon'", 64),
    Mistake("timeout of nothing", ("upgrade", "--timeout", "0"), "USAGE_INVALID", "--timeout", 64),
    Mistake("timeout that no clock reaches", ("upgrade", "--timeout", "nan"), "USAGE_INVALID", "finite", 64),
    Mistake("lock timeout without end", ("upgrade", "--lock-timeout", "inf"), "USAGE_INVALID", "finite", 64),
    Mistake("negative lock timeout", ("upgrade", "--lock-timeout", "-1"), "USAGE_INVALID", "--lock-timeout", 64),
    Mistake("timeout in other digits", ("upgrade", "--timeout", "\u0663"), "USAGE_INVALID", "finite", 64),
    Mistake("timeout as Python writes numbers", ("upgrade", "--timeout", "1_000"), "USAGE_INVALID", "1_000", 64),
    Mistake("timeout of thousands of digits", ("upgrade", "--timeout", "9" * 5_000), "USAGE_INVALID", "999", 64),
    Mistake("version of thousands of digits", ("upgrade", "--to", "9" * 5_000), "TARGET_UNKNOWN", "999"),
    Mistake("version in other digits", ("stamp", "\u0661"), "TARGET_UNKNOWN", "no migration"),
    Mistake("port in other digits", ("local", "start", "--port", "\u0663"), "USAGE_INVALID", "--port", 64),
    Mistake("port as Python writes numbers", ("local", "start", "--port", "1_000"), "USAGE_INVALID", "1_000", 64),
    Mistake("port of thousands of digits", ("local", "start", "--port", "9" * 5_000), "USAGE_INVALID", "999", 64),
    Mistake("endpoint that is no URL",
            ("upgrade", "--endpoint-url", "localhost:8000"), "AWS_ENDPOINT_INVALID", "localhost:8000"),
    Mistake("closed port",
            ("upgrade", "--endpoint-url", "http://127.0.0.1:9"), "AWS_ENDPOINT_UNREACHABLE", "127.0.0.1:9"),
    Mistake("unknown profile", ("upgrade", "--profile", "nobody"), "AWS_PROFILE_UNKNOWN", "nobody"),
    Mistake("unknown profile in AWS_PROFILE",
            UPGRADE, "AWS_PROFILE_UNKNOWN", "nobody", environ={"AWS_PROFILE": "nobody"}),
    Mistake("no credentials", UPGRADE, "AWS_CREDENTIALS_MISSING", "credentials", environ=KEYLESS),
    Mistake(
        "key without its secret", UPGRADE, "AWS_CREDENTIALS_PARTIAL", "AWS_SECRET_ACCESS_KEY",
        environ={**KEYLESS, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
    ),
    Mistake(
        "malformed AWS files", UPGRADE, "AWS_FILES_INVALID", "aws-config",
        prepare=_file("aws-config", "[default\nregion"), environ={"AWS_CONFIG_FILE": "aws-config"},
    ),
    Mistake("malformed region", ("upgrade", "--region", "us east"), "AWS_REGION_INVALID", "us east"),
    Mistake("pyproject that is no TOML", UPGRADE, "CONFIG_INVALID", "pyproject.toml", prepare=_configured("[tool")),
    Mistake("pyproject that is no text", UPGRADE, "CONFIG_INVALID", "pyproject.toml",
            prepare=lambda project: (project.folder / "pyproject.toml").write_bytes(b"\xff\xfe")),
    Mistake("pyproject nested too deeply", UPGRADE, "CONFIG_INVALID", "nested too deeply",
            prepare=_configured(f"{PYPROJECT}\n[tool.other]\nx = " + "[" * 10_000 + "]" * 10_000)),
    Mistake("pyproject with a number without end", UPGRADE, "CONFIG_INVALID", "digits",
            prepare=_configured(f"{PYPROJECT}\n[tool.other]\nx = {'9' * 5_000}")),
    Mistake("folder of migrations that no system has", ("new", "x"), "CONFIG_INVALID", "null character",
            prepare=_configured(PYPROJECT.replace("table_name", 'migrations = "\\u0000"\ntable_name'))),
    Mistake("credentials that no request can carry", UPGRADE, "AWS_CREDENTIALS_INVALID", "AWS_ACCESS_KEY_ID",
            environ={"AWS_ACCESS_KEY_ID": "http://user:hunter2@host"}),
    Mistake("no configuration", UPGRADE, "CONFIG_INVALID", "[tool.osem-migrate]", prepare=_configured("")),
    Mistake("unknown setting", UPGRADE, "CONFIG_INVALID", "regoin",
            prepare=_configured(f'{PYPROJECT}\n[tool.osem-migrate.environments.eu]\nregoin = "eu-west-1"')),
    Mistake("table name without entity", UPGRADE, "CONFIG_INVALID", "{entity}",
            prepare=_configured(PYPROJECT.replace("shop-{env}-{entity}", "shop-{env}"))),
    Mistake("table name without environment", UPGRADE, "CONFIG_NAMES_CLASH", "shop-Users",
            prepare=_configured(PYPROJECT.replace("shop-{env}-{entity}", "shop-{entity}"))),
    Mistake("one table of two environments", UPGRADE, "CONFIG_NAMES_CLASH", "shop-dev-eu-",
            prepare=_configured(f"{PYPROJECT}\n[tool.osem-migrate.environments.dev-eu]")),
    Mistake("another region than configured", ("upgrade", "--env", "eu"), "CONFIG_REGION_MISMATCH", "eu-west-1",
            prepare=_configured(f'{PYPROJECT}\n[tool.osem-migrate.environments.eu]\nregion = "eu-west-1"'),
            environ={"AWS_ENDPOINT_URL_DYNAMODB": "http://dynamodb.invalid"}),
    Mistake("no migrations folder", UPGRADE, "SCRIPT_FOLDER_MISSING", "migrations", prepare=_no_folder),
    Mistake("migrations folder that is a file",
            UPGRADE, "SCRIPT_FOLDER_MISSING", "migrations", prepare=_folder_is_a_file),
    Mistake("syntax error", UPGRADE, "SCRIPT_NOT_LOADABLE", "migrations/0004_bad.py:4: SyntaxError",
            prepare=_script("0004_bad", "", "def broken(:\n")),
    Mistake("failing import", UPGRADE, "SCRIPT_NOT_LOADABLE", "migrations/0004_bad.py:4: ModuleNotFoundError",
            prepare=_script("0004_bad", "", "import no_such_module\n")),
    Mistake("a script that exits", UPGRADE, "SCRIPT_NOT_LOADABLE", "migrations/0004_bad.py:4",
            prepare=_script("0004_bad", "", "raise SystemExit(0)\n")),
    Mistake("duplicate number", UPGRADE, "SCRIPT_NUMBER_DUPLICATE", "0003_create_plans",
            prepare=_script("0003_also", 'DropTable("Plans")')),
    Mistake("name without number", UPGRADE, "SCRIPT_NAME_INVALID", "migrations/create_users.py",
            prepare=_script("create_users", "")),
    Mistake("no operations", UPGRADE, "SCRIPT_OPERATIONS_INVALID", "migrations/0004_empty.py:5",
            prepare=_script("0004_empty", "")),
    Mistake("SQL",
            UPGRADE, "SCRIPT_SQL_UNSUPPORTED", "0004_old.sql", prepare=_file("migrations/0004_old.sql", "SELECT 1")),
    Mistake("index on a table nobody created", UPGRADE, "SCRIPT_OPERATION_INAPPLICABLE", "migrations/0004_lost.py:5",
            prepare=_script("0004_lost", 'AddIndex("Users", "status-index", partition_key=S("status"))')),
    Mistake("value beyond DynamoDB's limits", UPGRADE, "SCRIPT_NOT_LOADABLE", "migrations/0004_long.py:5",
            prepare=_script("0004_long", 'CreateTable("T" * 300, partition_key=S("id"))')),
    Mistake("unknown dependency", UPGRADE, "SCRIPT_DEPENDENCY_UNKNOWN", "migrations/0004_after.py:4",
            prepare=_script("0004_after", 'DropTable("Plans")', '__depends__ = {"0000_nothing"}')),
    Mistake("unwritable log file",
            ("upgrade", "--log-file", "no/such/folder/log"), "USAGE_INVALID", "no/such/folder/log", 64),
    Mistake("log file that is a folder", ("upgrade", "--log-file", "migrations"), "USAGE_INVALID", "migrations", 64),
    Mistake("empty title", ("new", ""), "USAGE_INVALID", "''", 64),
    Mistake("no title", ("new",), "USAGE_INVALID", "TITLE", 64),
    Mistake("folder that cannot take a script",
            ("new", "add a table"), "SCRIPT_INVALID", "migrations", prepare=_folder_is_a_file),
    Mistake("unknown format", ("status", "--format", "yaml"), "USAGE_INVALID", "yaml", 64),
    Mistake("unknown state", ("status", "--ignore", "pending,dirft"), "USAGE_INVALID", "dirft", 64),
    Mistake("unknown engine", ("local", "start", "--engine", "dynalite"), "USAGE_INVALID", "dynalite", 64),
    Mistake("unknown engine configured", ("local", "status"), "CONFIG_INVALID", "local.engine",
            prepare=_configured(f'{PYPROJECT}\n[tool.osem-migrate.local]\nengine = "dynalite"')),
    Mistake("port that is no port", ("local", "start", "--port", "70000"), "USAGE_INVALID", "70000", 64),
    Mistake("DynamoDB Local without a folder", ("local", "start", "--engine", "dynamodb-local"), "LOCAL_ENGINE_MISSING",
            "DynamoDB Local"),
    Mistake("DynamoDB Local in an empty folder",
            ("local", "start", "--engine", "dynamodb-local"), "LOCAL_ENGINE_MISSING",
            "DynamoDBLocal.jar",
            prepare=_configured(f'{PYPROJECT}\n[tool.osem-migrate.local]\ndynamodb_local_folder = "migrations"')),
]  # fmt: skip


def _make(mistake: Mistake, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake.prepare(project)
    for name, text in mistake.environ.items():
        if text is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, text)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_with_what_to_type_next(
    mistake: Mistake, project: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code, error code, what is wrong, and a hint; on stderr alone, no traceback, and nothing is written."""
    _make(mistake, project, monkeypatch)
    said = run(*mistake.words)
    assert said.code == mistake.exit_code, said.err
    assert said.err.startswith(f"✗ {mistake.error}: ")
    assert mistake.says in said.err
    assert any(line.startswith("hint: ") and line.removeprefix("hint: ").strip() for line in said.err.splitlines())
    assert "Traceback" not in said.err
    assert "defect" not in said.err
    assert said.out == ""
    assert tables.names() == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_same_mistake_under_json(
    mistake: Mistake, project: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--json puts the same facts into the one document on stdout, and nothing on stderr."""
    _make(mistake, project, monkeypatch)
    words = (
        (*mistake.words[:1], "--json", *mistake.words[1:])
        if mistake.words[0] != "local"
        else (*mistake.words, "--json")
    )
    said = run(*words)
    assert said.code == mistake.exit_code
    assert said.document["success"] is False
    assert said.document["error"]["code"] == mistake.error
    assert said.document["error"]["remediation"]
    assert mistake.says in said.document["error"]["message"] + said.document["error"]["remediation"]
    assert said.err == ""


def test_a_port_in_use_is_named(project: Project, run: Run) -> None:
    """The embedded engine says that another program has its port, and leaves nothing behind that runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = run("local", "start", "--port", port)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("✗ LOCAL_ENGINE_")
    assert port in said.err
    assert "\nhint: " in said.err
    assert run("local", "status").out.startswith("ℹ No engine is running.")  # noqa: RUF001 - our own sign


def test_a_wrong_credential_at_aws_names_the_remedy(run: Run, tables: Tables, refusing: Callable[[str], str]) -> None:
    """An unknown key, an expired token and a wrong secret each have their own code and remedy."""
    for refusal, code in (
        ("UnrecognizedClientException", "AWS_CREDENTIALS_INVALID"),
        ("ExpiredTokenException", "AWS_CREDENTIALS_EXPIRED"),
        ("InvalidSignatureException", "AWS_SIGNATURE_INVALID"),
        ("AccessDeniedException", "AWS_ACCESS_DENIED"),
    ):
        said = run("status", "--endpoint-url", refusing(refusal))
        assert said.code == 1
        assert said.err.startswith(f"✗ {code}: ")
        assert "\nhint: " in said.err


def test_the_log_file_of_a_failure_may_be_shared(tmp_path: Path, run: Run, tables: Tables) -> None:
    """A failing command appends how it ended, so that the log is complete."""
    log = tmp_path / "log"
    run("upgrade", "--to", "99", "--log-file", str(log))
    assert '"command failed"' in log.read_text().splitlines()[-1]
    assert "TARGET_UNKNOWN" in log.read_text()
