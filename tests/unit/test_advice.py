"""Commands in advice: as they are typed about an environment, and as the library is called."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

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
        (["new", "a title"], "osem-migrate new 'a title'", "migrator.new('a title')"),
        (["items", "rate", "50", "--migration", "7"], "osem-migrate items rate 50 --migration 7 --env prod --region x",
         "migrator.steer(SteerOptions(PassOrder.RATE, rate=50, version='7'))"),
        (["items", "resume"], "osem-migrate items resume --env prod --region x",
         "migrator.steer(SteerOptions(PassOrder.RESUME))"),
        (["items", "failures", "--limit", "5"], "osem-migrate items failures --limit 5 --env prod --region x",
         "migrator.failures(FailuresOptions(limit=5))"),
        (["items", "status"], "osem-migrate items status --env prod --region x", "migrator.passes()"),
        (["local", "stop"], "osem-migrate local stop", "configured_engine(project).stop()"),
        (["local", "start", "--engine", "moto"], "osem-migrate local start --engine moto",
         "configured_engine(project).start()"),
        (["upgrade", "--to", "7", "--dry-run"], "osem-migrate upgrade --to 7 --dry-run --env prod --region x",
         "migrator.preview(UpgradeOptions(target='7'))"),
        (["downgrade", "--to", "7", "--dry-run"], "osem-migrate downgrade --to 7 --dry-run --env prod --region x",
         "migrator.plan_downgrade(DowngradeOptions(target='7'))"),
        (["destroy", "--dry-run"], "osem-migrate destroy --dry-run --env prod --region x", "migrator.inventory()"),
        (["again"], "run the command again", "call it again"),
        (["--env", "NAME"], "--env NAME", "env='NAME'"),
        (["resolve", "--help"], "osem-migrate resolve --help", "migrator.resolve()"),
        (["status", "--ignore", "future"], "osem-migrate status --ignore future --env prod --region x",
         "migrator.status()"),
        (["--help"], "osem-migrate --help", "help(migrator)"),
        (["--yes"], "--yes", "allow_data_loss=True"),
        (["--timeout", "SECONDS"], "--timeout SECONDS", "timeout=SECONDS"),
        (["--timeout"], "--timeout", "timeout"),
        (["--dry-run"], "--dry-run", "migrator.preview()"),
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
    for name in COMMANDS.keys() - {"local", "completion"}:
        method = as_called([name]).removeprefix("migrator.").partition("(")[0]
        assert callable(getattr(Migrator, method)), name
    assert commands.__doc__


_OF_OTHERS = re.compile(r"\b(aws|pip|git) [a-z].*")
_OURS = re.compile(rf"(?<![\w`|-])--[a-z]|osem-migrate ({'|'.join(COMMANDS)})\b|the command again")


@pytest.mark.parametrize("kind", list(error_classes()), ids=lambda kind: kind.code)
def test_no_remedy_speaks_of_the_command_line_to_a_program(kind: type[OsemMigrateError]) -> None:
    """Nor names a command by hand, which would send whoever has trouble in prod to dev."""
    assert not _OURS.search(_OF_OTHERS.sub("", in_library(kind.remedy)))


def test_no_text_does() -> None:
    """Whatever the library says, in a remedy or elsewhere, names options and commands by their placeholders.

    The documentation of a function is for whoever reads the source; the parts of a command of others are single words.
    """
    source = Path(str(files("osem_migrate")))
    found = [
        f"{path.relative_to(source)}:{text.lineno}: {text.value}"
        for path in source.rglob("*.py")
        if "cli" not in path.relative_to(source).parts and path.name != "advice.py"
        for text in _prose(ast.parse(path.read_text("utf-8")))
        # What is written into a file is for whoever reads that file.
        if " " in text.value and not text.value.startswith("# ") and _OURS.search(_OF_OTHERS.sub("", text.value))
    ]
    assert found == []


def _prose(module: ast.Module) -> Iterator[Any]:
    """Every text of a module that is no docstring."""
    alone = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node


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


def test_no_text_names_a_file_that_a_project_may_not_have() -> None:
    """What configures a project may be either of two files; texts say which by a placeholder, or say neither."""
    package = Path(str(files("osem_migrate")))
    named = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in sorted(package.rglob("*.py"))
        if path.parent.name != "config"
        for node in _without_docstrings(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and "pyproject.toml" in str(node.value)
    ]
    assert named == []


def _without_docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return (node for node in ast.walk(tree) if id(node) not in said)
