"""The console script: the list of commands, and what the process says to the shell when one ends."""

import os
import signal
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from types import FrameType
from typing import NoReturn

import click

from osem_migrate import __version__
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation
from osem_migrate.errors import ExitCode, Interrupted, OsemMigrateError, Termination, UsageError

# Name → (module, one-line help). The modules are imported only when their command runs, which keeps --help fast.
COMMANDS = {
    "upgrade": ("osem_migrate.cli.upgrade", "Apply what is pending."),
    "status": ("osem_migrate.cli.status", "Say where an environment stands: history and drift."),
    "new": ("osem_migrate.cli.new", "Write the next numbered script."),
    "history": ("osem_migrate.cli.history", "Show what was done, by whom and when."),
    "list": ("osem_migrate.cli.list_tables", "List the environment's tables."),
    "local": ("osem_migrate.cli.local", "Start, stop and inspect the embedded engine."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 error, 2 partly applied, 3 pending, 4 history problem, 5 drift, 6 locked, 64 usage.",
)
@click.version_option(__version__, prog_name="osem-migrate")
def cli() -> None:
    """Migration-style schema versioning for DynamoDB.

    Numbered scripts create tables and add indexes; a table in DynamoDB records which of them ran.
    """


def main() -> NoReturn:
    """Run the command line and leave the process with one of the ExitCodes."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command line and give its exit code; whatever goes wrong has been told to the user by then."""
    told = _Told(words)
    try:
        result = cli.main(args=words, prog_name="osem-migrate", standalone_mode=False, obj=told)
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.format_message(), err=True)
        return ExitCode.USAGE
    except (OsemMigrateError, click.ClickException, click.Abort, KeyboardInterrupt) as stop:
        return told.failure(_as_error(stop))
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except Exception as defect:  # noqa: BLE001 - the last door: a defect of ours is a message, not a traceback
        return told.defect(defect)
    return int(result or ExitCode.OK)


def _as_error(stop: BaseException) -> OsemMigrateError:
    if isinstance(stop, OsemMigrateError):
        return stop
    if isinstance(stop, click.UsageError):
        command = stop.ctx.command_path if stop.ctx is not None else "osem-migrate"
        return UsageError(stop.format_message(), remediation=f"Read the options with: {command} --help")
    if isinstance(stop, click.ClickException):
        return UsageError(stop.format_message())
    # click turns Ctrl-C at a prompt into Abort.
    return Interrupted.by(stop if isinstance(stop, KeyboardInterrupt) else KeyboardInterrupt())


@dataclass(slots=True)
class _Told:
    """How to tell this command line's user of a failure: the Invocation, once there is one, knows best."""

    words: list[str]
    invocation: Invocation | None = None

    def failure(self, error: OsemMigrateError) -> int:
        """Print an error and give its exit code."""
        invocation = self.invocation or Invocation(command=self._command(), as_json="--json" in self.words)
        output.failure(error, document=invocation.envelope({}, error) if invocation.as_json else None)
        return error.exit_code

    def defect(self, defect: Exception) -> int:
        """Print an error nobody foresaw; the traceback only where it was asked for."""
        if {"-v", "--verbose"} & set(self.words):
            traceback.print_exception(defect)
        message = f"this is a defect of osem-migrate {__version__}: {type(defect).__name__}: {defect}"
        hint = "Run the command again with --verbose and report what it prints. Running upgrade again is safe."
        return self.failure(OsemMigrateError(message, remediation=hint))

    def _command(self) -> str:
        return next((word for word in self.words if word in COMMANDS), "")


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise Termination
