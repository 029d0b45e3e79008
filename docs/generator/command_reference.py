"""The command reference, written from the commands themselves: docs/commands.md."""

import inspect
import re
from collections.abc import Iterator

import click

from osem_migrate.cli.main import COMMANDS, cli
from osem_migrate.cli.options import connected

_HEAD = """\
# Commands

Written from the commands themselves by `make docs`; `osem-migrate COMMAND --help` says the same. New here?
[Getting started](getting-started.md) shows them in use."""

_CONNECTING = """\
## Connecting

The options of every command that talks to DynamoDB; they are not repeated below. The environment and the region may
come from elsewhere, too: see [environments](environments.md)."""

_CONNECTS = "And [the options of every command that talks to DynamoDB](#connecting)."


def reference() -> str:
    """The whole page: paragraphs, tables and blocks, each followed by an empty line."""
    return "\n\n".join(_blocks()) + "\n"


def _blocks() -> Iterator[str]:
    yield _HEAD
    rows = [f"| [`{name}`](#osem-migrate-{name}) | {summary} |" for name, (_, summary) in COMMANDS.items()]
    yield _table("command", "does", rows)
    yield _CONNECTING
    yield _table("option", "meaning", [_row(option) for option in _connection()])
    context = _program()
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            yield from _command(name, command, "##")


def _command(name: str, command: click.Command, level: str) -> Iterator[str]:
    """The command and, where it is a group, the commands behind it."""
    yield f"{level} osem-migrate {name}"
    yield _text(command.help)
    if isinstance(command, click.Group):
        for part, inner in command.commands.items():
            yield from _command(f"{name} {part}", inner, level + "#")
        return
    usage = " ".join(command.collect_usage_pieces(click.Context(command, parent=_program())))
    yield f"```text\nosem-migrate {name} {usage}\n```"
    yield from _options(command)
    if command.epilog:
        yield _text(command.epilog)


def _program() -> click.Context:
    """What every command is a part of: a command keeps the help option that it is first asked for."""
    return click.Context(cli, info_name="osem-migrate", **cli.context_settings)


def _options(command: click.Command) -> Iterator[str]:
    """Its own options, then a word on those that it shares with others."""
    shared = {option.name for option in _connection()}
    options = [option for option in command.params if isinstance(option, click.Option)]
    connects = shared <= {option.name for option in options}
    rows = [_row(option) for option in options if not (connects and option.name in shared)]
    if rows:
        yield _table("option", "meaning", rows)
    if connects:
        yield _CONNECTS


def _connection() -> list[click.Parameter]:
    """The options that ``connected`` gives every command."""

    @connected
    def nothing() -> None:
        """Only carries the options."""

    return click.command(nothing).params


def _table(left: str, right: str, rows: list[str]) -> str:
    return "\n".join([f"| {left} | {right} |", "|---|---|", *rows])


def _row(option: click.Parameter) -> str:
    names, meaning = option.get_help_record(click.Context(click.Command("row"))) or (option.name or "", "")
    return f"| `{_cell(names)}` | {_cell(meaning)} |"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _text(text: str | None) -> str:
    """A docstring as paragraphs; what click is told not to rewrap is a block."""
    return "\n\n".join(map(_paragraph, inspect.cleandoc(text or "").replace("``", "`").split("\n\n")))


def _paragraph(text: str) -> str:
    if text.startswith("\b\n"):
        return f"```text\n{text.removeprefix(chr(8)).strip()}\n```"
    return "\n".join(line.strip() for line in text.splitlines())
