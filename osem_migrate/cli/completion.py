"""``osem-migrate completion``: the script that makes a shell complete commands, options, environments and versions."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Choice, unconnected
from osem_migrate.errors import ExitCode

PROGRAM = "osem-migrate"
VARIABLE = "_OSEM_MIGRATE_COMPLETE"  # click's own name for it, under which it looks when the program starts

_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


_HOW = """\b
bash: eval "$(osem-migrate completion bash)"  in ~/.bashrc (bash 4.4 or later)
zsh:  eval "$(osem-migrate completion zsh)"   in ~/.zshrc, after compinit
fish: osem-migrate completion fish | source   in ~/.config/fish/config.fish"""


@click.command("completion", epilog=_HOW)
@click.argument("shell", type=Choice(tuple(_SHELLS)), metavar="SHELL")
@unconnected
def command(invocation: Invocation, *, shell: str) -> ExitCode:
    """Print the script that makes a shell complete what is typed.

    SHELL is bash, zsh or fish. Completed are commands, options, the environments of the configuration and the versions
    in the migrations folder; no script is loaded for it, and no call made.
    """
    completion = _SHELLS[shell](click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE)
    # Not source(), which for bash starts one to ask for its version; the help names it.
    script = (completion.source_template % completion.source_vars()).strip()
    return invocation.finish(lambda: _document(shell, script), lambda: output.echo(script))


def _document(shell: str, script: str) -> Document:
    from osem_migrate.cli.documents.completion import completion_document

    return completion_document(shell, script)
