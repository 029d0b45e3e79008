"""Slips of the fingers: the nearest command or option is named, and never one that agrees to something."""

from importlib import import_module

import click
import pytest

from osem_migrate.cli.main import COMMANDS
from osem_migrate.cli.mistyped import CONSENTS
from osem_migrate.cli.options import Choice
from tests.cli.command_line import Project, Run


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("upgarde",), "there is no command 'upgarde'; did you mean 'upgrade'?", "osem-migrate --help"),
        (("local", "strat"), "there is no command 'local strat'; did you mean 'start'?", "osem-migrate local --help"),
        (("xyzzy",), "there is no command 'xyzzy'", "osem-migrate --help"),
        (("upgrade", "--dryrun"), "no option '--dryrun'; did you mean '--dry-run'?", "osem-migrate upgrade --help"),
        (("upgrade", "--nofold"), "no option '--nofold'; did you mean '--no-fold'?", "osem-migrate upgrade --help"),
        (("--verison",), "there is no option '--verison'; did you mean '--version'?", "osem-migrate --help"),
        (("--env", "dev", "status"), "options come after the command, and '--env' stands before it",
         "osem-migrate status --help"),
        (("export", "cloudformtion"), ("there is no 'cloudformtion'; did you mean 'cloudformation'? (there are: "
         "cloudformation, terraform, workbench, mermaid, dot, html)"), "osem-migrate export --help"),
        (("policy", "--role", "upgade"), ("there is no 'upgade'; did you mean 'upgrade'? (there are: status, upgrade, "
         "downgrade)"), "osem-migrate policy --help"),
        (("completion", "bsh"), "there is no 'bsh'; did you mean 'bash'? (there are: bash, zsh, fish)",
         "osem-migrate completion --help"),
        (("status", "--format", "xyzzy"), "there is no 'xyzzy' (there are: text, json, github, junit)",
         "osem-migrate status --help"),
        (("status", "--ignore", "drift,pendng"), ("unknown state pendng; did you mean 'pending'? (there are: drift, "
         "pending, reverted, running, failed, interrupted, out_of_order, missing, changed, future, unreadable, "
         "newer_tool)"),
         "osem-migrate status --help"),
        (("downgrade",), "either --to VERSION or --steps NUMBER", "osem-migrate downgrade --help"),
        (("downgrade", "--to", "1", "--steps", "1"), "either --to VERSION or --steps NUMBER",
         "osem-migrate downgrade --help"),
    ],
)  # fmt: skip
def test_the_nearest_is_named(words: tuple[str, ...], message: str, hint: str, project: Project, run: Run) -> None:
    """With the help that lists what there is."""
    said = run(*words)
    assert (said.code, said.out) == (64, "")
    code, text = said.err.splitlines()[0].split(": ", 1)
    assert code == "✗ USAGE_INVALID"
    assert text.endswith(message)
    assert said.err.splitlines()[-1].endswith(hint)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_choice_names_the_nearest(name: str) -> None:
    """No argument and no option takes click's own choice, which only lists what there is."""
    found = import_module(COMMANDS[name][0]).command
    commands = [found, *getattr(found, "commands", {}).values()]
    choices = [one for command in commands for one in command.params if isinstance(one.type, click.Choice)]
    assert [one.name for one in choices if not isinstance(one.type, Choice)] == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "local"])
def test_no_consent_is_ever_suggested(name: str, project: Project, run: Run) -> None:
    """However near a mistyped option comes to one."""
    params = import_module(COMMANDS[name][0]).command.params
    consents = {option for one in params for option in one.opts} & CONSENTS
    for option in consents:
        for typed in (f"{option}s", option[:-1], option[:3] + option[4:]):
            said = run(name, typed)
            assert said.code == 64, typed
            assert option not in said.err.replace(typed, ""), typed
