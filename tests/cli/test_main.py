"""The console script: commands, help, exit codes, and bugs that are reported without a traceback."""

import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TextIO

import click
import pytest

from osem_migrate import __version__
from osem_migrate.cli import entry, main
from osem_migrate.cli.main import COMMANDS, cli
from osem_migrate.errors import ExitCode, Termination
from osem_migrate.migrator import Migrator
from tests.cli.command_line import Project, Run, Tables
from tests.cli.process import PROGRAM, run_in_turn, run_installed

CONNECTION = {"--env", "--region", "--profile", "--endpoint-url", "--force", "--json", "-q", "--quiet", "-v",
              "--verbose", "--log-file", "-h", "--help"}  # fmt: skip
OPTIONS = {
    "upgrade": CONNECTION
    | {
        "--to",
        "--dry-run",
        "--yes",
        "--allow-data-loss",
        "--allow-out-of-order",
        "--lock-timeout",
        "--timeout",
        "--item-rate",
    }
    | {"--fold", "--no-fold", "--no-wait", "--wait-only", "--strict"}
    | {"--check-items", "--sample", "--price-file", "--format"},
    "downgrade": CONNECTION
    | {"--to", "--steps", "--dry-run", "--yes", "--allow-data-loss", "--lock-timeout", "--timeout", "--item-rate"}
    | {"--sample", "--price-file", "--format"},
    "status": CONNECTION | {"--exit-zero", "--ignore", "--format", "--strict", "--write-repair", "--rebuild"},
    "history": CONNECTION | {"--limit"},
    "list": CONNECTION | {"--details"},
    "destroy": CONNECTION | {"--dry-run", "--yes", "--drop-changed", "--lock-timeout", "--timeout"},
    "doctor": CONNECTION | {"--role"},
    "policy": CONNECTION - {"-q", "--quiet", "-v", "--verbose", "--log-file"}
    | {"--role", "--account", "--probe", "--items", "--sample", "--check-items"},
    "init": {"--application", "--table-name", "--script", "--json", "-h", "--help"},
    "new": CONNECTION | {"--from", "--check", "--rename-index", "--replace-indexes", "--format", "--parameter"},
    "check": {"--json", "-h", "--help"},
    "show": CONNECTION - {"-q", "--quiet", "-v", "--verbose", "--log-file"},
    "completion": {"--json", "-h", "--help"},
    **dict.fromkeys(("items status", "items rate", "items pause"), CONNECTION | {"--migration"}),
    **dict.fromkeys(("items resume", "items retry"), CONNECTION | {"--migration"}),
    "items failures": CONNECTION | {"--migration", "--limit"},
    "local start": {"--json", "--engine", "--port", "-h", "--help"},
    "local stop": {"--json", "-h", "--help"},
    "local status": {"--json", "-h", "--help"},
}


def _first_sentence(command: click.Command) -> str:
    return re.split(r"(?<=\.)\s", (command.help or "").strip())[0]


def test_help_lists_every_command_with_the_first_sentence_of_its_own_help(run: Run) -> None:
    """The list of commands says of each what the command says of itself, whole and not cut off."""
    shown = run("--help")
    assert shown.code == 0
    for name, (module, summary) in COMMANDS.items():
        command = import_module(module).command
        assert command.name == name
        assert _first_sentence(command) == summary
        assert re.search(rf"^  {name} +{re.escape(summary)}$", shown.out, re.MULTILINE)


def test_commands_are_listed_for_completion_as_in_the_help() -> None:
    """Whoever asks the group for its commands, as the shell's completion does, gets them in the order of the help."""
    assert cli.list_commands(click.Context(cli)) == list(COMMANDS)


@pytest.mark.parametrize("group", ["items", "local"])
def test_help_of_a_group_lists_its_commands_whole(run: Run, group: str) -> None:
    """The one-line helps of its commands are short enough to stand."""
    shown = run(group, "--help")
    assert shown.code == 0
    assert "..." not in shown.out.partition("Commands:")[2]


def test_the_epilog_names_every_exit_code(run: Run) -> None:
    """A code of ExitCode that the help does not explain, or the other way round, is a mistake in one of them."""
    epilog = run("--help").out.partition("Exit codes:")[2]
    assert {int(number) for number in re.findall(r"\b\d+\b", epilog)} == {int(code) for code in ExitCode}


@pytest.mark.parametrize("words", OPTIONS)
def test_every_option_is_documented_and_none_is_offered_that_does_not_exist(words: str, run: Run) -> None:
    """The help of a command has exactly the designed options, each with words beside it."""
    shown = run(*words.split(), "--help")
    assert shown.code == 0
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", shown.out.partition("Options:")[2])) >= OPTIONS[words]
    command: click.Command = cli
    for word in words.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert {name for option in options for name in (*option.opts, *option.secondary_opts)} | {
        "-h",
        "--help",
    } == OPTIONS[words]
    assert all(option.help for option in options)


def test_help_works_with_h(run: Run) -> None:
    """-h is --help."""
    assert run("status", "-h").out == run("status", "--help").out


def test_version(run: Run) -> None:
    """--version and -V say which tool and which version."""
    assert run("--version").out == run("-V").out == f"osem-migrate, version {__version__}\n"


@pytest.mark.parametrize("words", [(), ("local",)])
def test_without_a_command_the_help_goes_to_stderr(words: tuple[str, ...], run: Run) -> None:
    """No command is wrong usage: help, but not as a result."""
    shown = run(*words)
    assert (shown.code, shown.out) == (64, "")
    assert "Commands:" in shown.err


@pytest.mark.parametrize("words", [("--help",), ("status", "--help"), ("--version",)])
def test_help_imports_no_heavy_library(words: tuple[str, ...]) -> None:
    """--help answers without pydantic, boto3, rich, yoyo and moto, which is what keeps it fast."""
    command = [sys.executable, "-X", "importtime", str(PROGRAM), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"pydantic", "boto3", "botocore", "rich", "yoyo", "moto", "tomllib"}


def test_only_json_pays_for_documents(project: Project) -> None:
    """A command that talks to people imports none of what --json prints."""
    text, document = run_in_turn("local status", "local status --json")
    assert text.code == document.code == 0
    documents = "osem_migrate.cli.documents"
    assert (documents in text.modules, documents in document.modules) == (False, True)


def test_a_defect_is_a_message_and_no_traceback(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw asks for a report, exits with 1 and keeps credentials to itself."""
    secret = "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    monkeypatch.setattr(Migrator, "status", _raising(ZeroDivisionError(f"by {secret}")))
    said = run("status")
    assert (said.code, said.out) == (1, "")
    assert "bug in osem-migrate" in said.err
    assert "ZeroDivisionError" in said.err
    assert "\nhint: Run the command again with --verbose" in said.err
    assert "Traceback" not in said.err
    assert "wJalr" not in said.err


def test_what_the_system_refuses_is_no_defect(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a code of its own, whatever it was, and says where."""
    monkeypatch.setattr(Migrator, "status", _raising(OSError(28, "No space left on device", "/var/x")))
    said = run("status")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("✗ SYSTEM_REFUSED: /var/x: No space left on device\n\nhint: Check the permissions")


def test_a_defect_shows_its_traceback_when_asked(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """--verbose is what a report needs."""
    monkeypatch.setattr(Migrator, "status", _raising(ZeroDivisionError("by nothing")))
    said = run("status", "-v", "--json")
    assert said.code == 1
    assert "Traceback" in said.err
    assert said.document["error"]["code"] == "ERROR"


@pytest.mark.parametrize(
    ("stop", "code", "word"),
    [(KeyboardInterrupt(), 130, "Ctrl-C"), (Termination(), 143, "SIGTERM"), (click.Abort(), 130, "Ctrl-C")],
)
def test_a_command_that_is_stopped_says_by_what(
    *, stop: BaseException, code: int, word: str, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C and SIGTERM have the exit codes that shells expect, wherever the command was."""
    monkeypatch.setattr(Migrator, "status", _raising(stop))
    said = run("status")
    assert said.code == code
    assert f"stopped by {word}" in said.err
    assert "hint: Run the command again" in said.err


def test_main_leaves_with_the_code_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends with what the run says, and no signal changes that once it is said."""
    monkeypatch.setattr(sys, "argv", ["osem-migrate", "nonsense"])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    threshold = gc.get_threshold()
    try:
        for start in (main.main, entry.main):
            with pytest.raises(SystemExit) as left:
                start()
            assert left.value.code == 64
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        gc.set_threshold(*threshold)


def test_results_and_progress_do_not_mix(project: Project, tables: Tables) -> None:
    """As a process: results on stdout, progress on stderr, and a pipe sees no escape codes."""
    done = run_installed("upgrade")
    assert done.code == 0
    assert done.out == f"✓ 3 migrations applied to dev ({tables.endpoint_url}).\n"
    assert "0001_create_teams: create table Teams" in done.err
    assert "\x1b" not in done.out + done.err


def test_a_reader_that_leaves_does_not_stop_an_upgrade(project: Project, run: Run, tables: Tables) -> None:
    """`upgrade 2>&1 | head -0`: nobody listens, and the work is done all the same, with the exit code it deserves."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run_installed("upgrade", stdout=writing, stderr=writing)
    finally:
        os.close(writing)
    assert done.code == 0
    assert run("status").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_told(project: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results that cannot be written are an error that says so, and not a bug of ours."""
    with _full() as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        done = run("list")
    assert done.code == 1
    assert done.err.startswith("✗ OUTPUT_REFUSED: standard output takes nothing any more: No space left on device\n")
    assert "Traceback" not in done.err
    with Path("/dev/full").open("w") as full:
        assert run_installed("upgrade", stderr=full).code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["policy"], 1, "OUTPUT_REFUSED"),
        (["policy", "--json"], 1, "OUTPUT_REFUSED"),
        (["status", "--json", "--env", "nope"], 1, "CONFIG_ENVIRONMENT_UNKNOWN"),
        (["upgrade", "--json", "--nonsense"], 64, "USAGE_INVALID"),
    ],
)
def test_a_document_that_cannot_be_written_is_told_on_stderr(
    *, project: Project, run: Run, words: list[str], code: int, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the one document on stdout cannot be, people still hear in a sentence what is wrong; never a traceback."""
    with _full() as full:
        monkeypatch.setattr(sys, "stdout", full)
        done = run(*words)
    assert done.code == code
    assert f"✗ {error}: " in done.err
    assert "Traceback" not in done.err
    with _full() as stdout, _full() as stderr:
        monkeypatch.setattr(sys, "stdout", stdout)
        monkeypatch.setattr(sys, "stderr", stderr)
        assert run(*words).code == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_process_ends_well_that_cannot_write_its_document(project: Project) -> None:
    """What Python itself writes at the end is refused as well: neither its exit code nor what it says is heard."""
    with Path("/dev/full").open("w") as full:
        done = run_installed("policy", "--json", stdout=full)
        assert done.code == 1
        assert "✗ OUTPUT_REFUSED: " in done.err
        assert "Exception ignored" not in done.err
        assert run_installed("upgrade", "--json", "--nonsense", stdout=full, stderr=full).code == 64


@contextmanager
def _full() -> Iterator[TextIO]:
    """A stream of this process on a full disk."""
    stream = Path("/dev/full").open("w")  # noqa: SIM115 - closed below, where it fails
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_usage_that_cannot_be_written_is_a_usage_error_all_the_same() -> None:
    """Exit codes are for programs, whoever reads the text."""
    with Path("/dev/full").open("w") as full:
        assert run_installed(stderr=full).code == 64


def test_a_process_without_standard_streams_still_works(
    project: Project, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`>&- 2>&-`: a daemon that closed its streams gets exit codes and no crash."""
    closed = f'exec "{PROGRAM}" "$@" >&- 2>&-'
    for words, code in ((["upgrade"], 0), (["status", "--env", "nope"], 1)):
        assert subprocess.run(["/bin/sh", "-c", closed, "sh", *words], check=False).returncode == code
    # As Python names them there.
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main.run(["status"]) == 0


def test_a_working_folder_that_is_gone(project: Project, tables: Tables, tmp_path: Path) -> None:
    """A deleted working folder is an error of the system, told as one."""
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{PROGRAM}" status'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    assert "defect" not in done.stderr


def _raising(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail
