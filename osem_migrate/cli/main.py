"""The console script: the list of commands, and the exit code of the process."""

import gc
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from osem_migrate import __version__, advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation
from osem_migrate.cli.mistyped import Group, unknown_option
from osem_migrate.cli.signals import LISTENER
from osem_migrate.errors import ExitCode, Interrupted, OsemMigrateError, SystemRefused, UsageError

# New objects between two searches for garbage. What a command imports stays until it ends: with Python's own 700, a
# tenth of the time of a status is spent searching it.
GARBAGE_THRESHOLD = 100_000

# Name → (module, one-line help). The modules are imported only when their command runs, which keeps --help fast.
COMMANDS = {
    "init": ("osem_migrate.cli.init", "Make this folder a project of osem-migrate."),
    "upgrade": ("osem_migrate.cli.upgrade", "Apply what is pending."),
    "downgrade": ("osem_migrate.cli.downgrade", "Reverse the newest migrations."),
    "status": ("osem_migrate.cli.status", "Say where an environment stands: history and drift."),
    "verify": ("osem_migrate.cli.verify", "Check every table, point by point."),
    "import": ("osem_migrate.cli.import_tables", "Adopt existing tables as scripts."),
    "export": ("osem_migrate.cli.export", "Write the tables as a file of another tool, or as a picture."),
    "stamp": ("osem_migrate.cli.stamp", "Record migrations as applied without carrying them out."),
    "new": ("osem_migrate.cli.new", "Write the next numbered script."),
    "show": ("osem_migrate.cli.show", "Show what one script does."),
    "check": ("osem_migrate.cli.check", "Check the scripts, before AWS is asked anything."),
    "lint": ("osem_migrate.cli.lint", "Say what is risky in the scripts; asks nothing of AWS."),
    "history": ("osem_migrate.cli.history", "Show what was done, by whom and when."),
    "items": ("osem_migrate.cli.items", "Watch and steer a pass over items, from any machine."),
    "list": ("osem_migrate.cli.list_tables", "List the environment's tables."),
    "doctor": ("osem_migrate.cli.doctor", "Check everything that a run depends on, and say how to fix it."),
    "policy": ("osem_migrate.cli.policy", "Print the least IAM policy for an environment."),
    "resolve": ("osem_migrate.cli.resolve", "Correct what the history says about one migration."),
    "unlock": ("osem_migrate.cli.unlock", "Take the upgrade lock away from a run that is gone."),
    "destroy": ("osem_migrate.cli.destroy", "Drop an environment's tables, with all their items."),
    "local": ("osem_migrate.cli.local", "Start, stop and inspect the embedded engine behind --env local."),
    "completion": (
        "osem_migrate.cli.completion",
        "Print the script that makes a shell complete what is typed.",
    ),
}


class LazyGroup(Group):
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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin so, without importing any command."""
        commands = [
            CompletionItem(name, help=summary) for name, (_, summary) in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 error, 2 partly applied, 3 pending, 4 history problem, 5 drift, 6 locked, 64 usage, "
    "130 stopped by Ctrl-C, 143 stopped by SIGTERM.",
)
@click.version_option(__version__, "-V", "--version", prog_name="osem-migrate")
def cli() -> None:
    """Migration-style schema versioning for DynamoDB.

    Numbered scripts create tables and add indexes; a table in DynamoDB records which of them ran.
    """


def main(heard: Sequence[int] = ()) -> NoReturn:
    """Run the command line and leave the process with one of the ExitCodes; ``heard`` are signals that came before."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    LISTENER.install()
    code = run(sys.argv[1:], heard)
    LISTENER.tell()
    sys.exit(code)


def run(words: list[str], heard: Sequence[int] = ()) -> int:
    """Run one command line and give its exit code; whatever goes wrong has been told to the user by then."""
    told = _FailureReport(words)
    try:
        return _run(words, told, heard)
    finally:
        told.close()
        output.show_commands(advice.as_typed)


def _run(words: list[str], told: "_FailureReport", heard: Sequence[int]) -> int:
    try:
        LISTENER.begin(told.last_words, heard)
        result = cli.main(args=words, prog_name="osem-migrate", standalone_mode=False, obj=told)
    except click.exceptions.NoArgsIsHelpError as bare:
        output.echo(bare.format_message(), err=True)
        return ExitCode.USAGE
    except (OsemMigrateError, click.ClickException, click.Abort, KeyboardInterrupt) as stop:
        return told.failure(told.as_error(stop))
    except OSError as refused:
        where = f"{refused.filename}: " if refused.filename is not None else ""
        return told.failure(SystemRefused(f"{where}{refused.strerror or refused}"))
    except Exception as defect:  # noqa: BLE001 - a bug of ours is a message, not a traceback
        return told.defect(defect)
    return int(result or ExitCode.OK)


@dataclass(slots=True)
class _FailureReport:
    """How to tell this command line's user of a failure: the Invocation, once there is one, knows best."""

    words: list[str]
    invocation: Invocation | None = None

    def failure(self, error: OsemMigrateError) -> int:
        """Print an error and give its exit code."""
        LISTENER.tell()
        invocation = self._invocation()
        invocation.failed(error)
        return error.exit_code

    def last_words(self, error: OsemMigrateError) -> bytes:
        """What standard output gets where the process ends at once: the document of ``--json``."""
        invocation = self._invocation()
        if not invocation.as_json:
            return b""
        return output.without_passwords(invocation.document_text({}, error.exit_code, error)).encode()

    def _invocation(self) -> Invocation:
        return self.invocation or Invocation(command=self._command() or None, as_json=self._wants_json())

    def defect(self, defect: Exception) -> int:
        """Print an unexpected error; the traceback only where it was asked for."""
        from osem_migrate.aws.failures.redaction import redact

        message = f"this is a bug in osem-migrate {__version__}: {type(defect).__name__}: {redact(str(defect))}"
        hint = "Run the command again with --verbose and report what it prints. Running upgrade again is safe."
        code = self.failure(OsemMigrateError(message, remediation=hint))
        if {"-v", "--verbose"} & set(self.words):
            traceback.print_exception(defect)
        return code

    def as_error(self, stop: BaseException) -> OsemMigrateError:
        """What stopped the command, as an error of ours."""
        help_of_it = f"Read the options with: {advice.command(*self._command().split(), '--help')}"
        if isinstance(stop, UsageError) and stop.advice == UsageError.remedy:
            stop.advice = help_of_it
        if isinstance(stop, OsemMigrateError):
            return stop
        if isinstance(stop, click.NoSuchOption):
            return UsageError(unknown_option(stop), remediation=help_of_it)
        if isinstance(stop, click.ClickException):
            return UsageError(stop.format_message(), remediation=help_of_it)
        # click turns Ctrl-C and SIGTERM into Abort, and so does the end of the input at a prompt.
        causes = (stop, stop.__cause__, stop.__context__)
        interrupted = Interrupted.by(next((c for c in causes if isinstance(c, KeyboardInterrupt)), KeyboardInterrupt()))
        interrupted.advice = "Run the command again; it continues where it stopped."
        return interrupted

    def close(self) -> None:
        """Give the terminal and the log file back."""
        if self.invocation is not None:
            self.invocation.close()

    def _command(self) -> str:
        """The command that the words name: ``upgrade``, ``local start``."""
        found = next((place for place, word in enumerate(self.words) if word in COMMANDS), len(self.words))
        if self.words[found : found + 1] not in (["items"], ["local"]):
            return "".join(self.words[found : found + 1])
        return " ".join(word for word in self.words[found : found + 2] if not word.startswith("-"))

    def _wants_json(self) -> bool:
        words = " ".join(self.words).replace("--format=", "--format ")
        return "--json" in self.words or "--format json" in words
