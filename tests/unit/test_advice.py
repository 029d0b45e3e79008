"""Commands in advice: as they are typed about an environment, and as the library is called."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest

from osem_migrate import commands
from osem_migrate.advice import (
    as_called,
    as_typed,
    command,
    connection_flags,
    did_you_mean,
    in_library,
    shown,
    typed_in,
)
from osem_migrate.cli.main import COMMANDS
from osem_migrate.errors import OsemMigrateError, error_classes
from osem_migrate.migrator import Migrator


@pytest.mark.parametrize(
    ("words", "typed", "called"),
    [
        (["status"], "osem-migrate status --env prod --region x", "migrator.status()"),
        (["upgrade", "--to", "7"], "osem-migrate upgrade --to 7 --env prod --region x",
         "migrator.upgrade(UpgradeOptions(target='7'))"),
        (["resolve", "7", "--reverted", "--no-verify"],
         "osem-migrate resolve 7 --reverted --no-verify --env prod --region x",
         "migrator.resolve(ResolveOptions('7', Resolution.REVERTED, verify=False))"),
        (["verify", "--probe", "--yes"], "osem-migrate verify --probe --yes --env prod --region x",
         "migrator.verify(VerifyOptions(probe=True, allow_protected=True))"),
        (["unlock", "--yes"], "osem-migrate unlock --yes --env prod --region x", "migrator.unlock()"),
        (["upgrade", "--yes", "--allow-data-loss"],
         "osem-migrate upgrade --yes --allow-data-loss --env prod --region x",
         "migrator.upgrade(UpgradeOptions(allow_data_loss=True))"),
        (["new", "a title"], "osem-migrate new 'a title'", "osem-migrate new 'a title'"),
        (["local", "stop"], "osem-migrate local stop", "osem-migrate local stop"),
        (["resolve", "--help"], "osem-migrate resolve --help", "migrator.resolve()"),
        (["status", "--ignore", "future"], "osem-migrate status --ignore future --env prod --region x",
         "migrator.status()"),
        (["--help"], "osem-migrate --help", "osem-migrate --help"),
        (["--yes"], "--yes", "allow_data_loss=True"),
        (["--timeout", "SECONDS"], "--timeout SECONDS", "timeout=SECONDS"),
        (["--timeout"], "--timeout", "timeout=…"),
        (["--dry-run"], "--dry-run", "--dry-run"),
        (["import", "Orders"], "osem-migrate import Orders --env prod --region x",
         "migrator.plan_import(ImportOptions(names=['Orders']))"),
        (["downgrade", "--steps", "2", "--timeout", "90"],
         "osem-migrate downgrade --steps 2 --timeout 90 --env prod --region x",
         "migrator.downgrade(DowngradeOptions(steps=2, timeout=90))"),
        (["stamp", "7", "--reason", "by hand"], "osem-migrate stamp 7 --reason 'by hand' --env prod --region x",
         "migrator.stamp(StampOptions('7', reason='by hand'))"),
    ],
)  # fmt: skip
def test_each_reader_sees_its_own_words(words: list[str], typed: str, called: str) -> None:
    """A command line names the environment and how it was reached; a program is told the call and its arguments."""
    text = f"Do it with: {command(*words)}, then rest."
    assert shown(text, typed_in("prod", ("--region", "x"))) == f"Do it with: {typed}, then rest."
    assert in_library(text) == f"Do it with: {called}, then rest."


def test_a_word_may_be_anything() -> None:
    """What a user is called reaches the shell as one word, and brackets of any kind are nothing of ours."""
    text = command("stamp", "it's ⟧ odd; rm -rf /")
    assert shown(text, as_typed) == """osem-migrate stamp 'it'"'"'s ⟧ odd; rm -rf /'"""
    assert shown(f"⟦status⟧ {text}", as_called).startswith("⟦status⟧ migrator.stamp(StampOptions(")


def test_only_what_was_given_is_repeated() -> None:
    """True is an option alone; what is None or False was not given, and a whole number of seconds has no tenths."""
    given = {"--to": "7", "--fold": True, "--no-fold": False, "--timeout": 90.0, "--lock-timeout": None, "--steps": 0}
    assert (
        shown(command("upgrade", given=given), as_typed) == "osem-migrate upgrade --to 7 --fold --timeout 90 --steps 0"
    )


def test_the_nearest_is_named_where_one_is_near() -> None:
    """One, and none that is far; a mapping has other words for what is near."""
    assert did_you_mean("stagin", ["dev", "staging"]) == "; did you mean 'staging'?"
    assert did_you_mean("production", ["dev", "staging"]) == ""
    assert did_you_mean("create_team", {"create_teams": "0001_create_teams"}) == "; did you mean '0001_create_teams'?"


def test_connection_options_are_repeated() -> None:
    """Those that were given, and no others."""
    assert connection_flags(None, None, None, force=False) == ()
    flags = connection_flags("eu-west-1", "ci", "http://x", force=True)
    assert flags == ("--region", "eu-west-1", "--profile", "ci", "--endpoint-url", "http://x", "--force")


def test_every_command_that_connects_has_a_call() -> None:
    """A command of the list is known here, and what it is called by the library is there."""
    for name in COMMANDS.keys() - {"new", "local", "completion"}:
        method = as_called([name]).removeprefix("migrator.").partition("(")[0]
        assert callable(getattr(Migrator, method)), name
    assert commands.__doc__


@pytest.mark.parametrize("kind", list(error_classes()), ids=lambda kind: kind.code)
def test_no_remedy_names_a_command_by_hand(kind: type[OsemMigrateError]) -> None:
    """A command without its environment would send whoever has trouble in prod to dev."""
    assert "osem-migrate " not in kind.remedy.replace("osem-migrate[local]", "").replace("newer osem-migrate may", "")


def test_every_option_in_a_remedy_is_told_to_the_library() -> None:
    """An option that the library calls something else, and nobody said so, would silently be left out."""
    source = Path(str(files("osem_migrate")))
    calls = [
        call
        for path in source.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute)
        if (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) == "command"
    ]
    given = {word.value for call in calls for word in call.args if isinstance(word, ast.Constant)}
    given |= {
        key.value
        for path in (source / "commands", source / "deployment", source / "execution")
        for module in path.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    options = {word for word in given if isinstance(word, str) and word.startswith("--")} - {"--help", "--ignore"}
    assert len(options) > 5
    for option in options:
        assert as_called([option, "value"]) != as_typed([option, "value"]), option
