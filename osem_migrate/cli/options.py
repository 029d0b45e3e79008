"""The options that commands share, and the decorator that makes an Invocation of them."""

import re
import reprlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.types import FloatParamType, IntParamType

from osem_migrate.advice import did_you_mean
from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_environment
from osem_migrate.cli.invocation import Invocation
from osem_migrate.errors import DEFAULT_LOCK_TIMEOUT, UsageError

F = TypeVar("F", bound=Callable[..., Any])

SHORTEST_TIMEOUT = 0.001

_COMMON = ("environment", "region", "profile", "endpoint_url", "force", "as_json", "log_file")


class Choice(click.Choice[str]):
    """One of several words; the nearest of them is named where it is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, or click's own refusal."""
        if value not in self.choices:
            near = did_you_mean(str(value), self.choices)
            self.fail(f"there is no {_shortened(value)}{near} (there are: {', '.join(self.choices)})", param, ctx)
        return str(value)


# Python reads more than people take for a number: 1_000, ٣, and blanks around it.
_COUNT = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})(e[+-]?[0-9]{1,2})?", re.IGNORECASE)


# Neither is a range of click's, which the help shows in the notation of mathematics.
class Seconds(FloatParamType):
    """A number of seconds; neither infinite nor NaN, which no clock ever reaches."""

    name = "seconds"

    def __init__(self, *, least: float = 0.0) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the number, or fail as click does."""
        if not _DECIMAL.fullmatch(str(value)):
            self.fail(f"{_shortened(value)} is not a finite number of seconds.", param, ctx)
        seconds = float(value)
        if seconds < self.least:
            self.fail(f"{_shortened(value)} is too short: at least {self.least:g} seconds.", param, ctx)
        return seconds


class Count(IntParamType):
    """A whole number from 1, up to ``most`` if there is a limit, in digits as they are typed here."""

    name = "number"

    def __init__(self, *, most: int | None = None) -> None:
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number, or fail as click does."""
        number = int(value) if _COUNT.fullmatch(str(value)) else 0
        if number < 1 or (self.most is not None and number > self.most):
            limit = f" to {self.most}" if self.most is not None else ""
            self.fail(f"{_shortened(value)} is not a whole number from 1{limit}.", param, ctx)
        return number


def _shortened(value: object) -> str:
    return reprlib.repr(str(value))


lock_timeout_option = click.option(
    "--lock-timeout",
    type=Seconds(),
    default=DEFAULT_LOCK_TIMEOUT,
    metavar="SECONDS",
    help=f"How long to wait for another run.  [default: {DEFAULT_LOCK_TIMEOUT:g}]",
)


item_rate_option = click.option(
    "--item-rate",
    type=Count(),
    metavar="UNITS",
    help="Units a second that going through items may read, and write.  [default: as configured, else as the script "
    "says, else a quarter of what the table has]",
)


sample_option = click.option(
    "--sample",
    type=Count(),
    metavar="N",
    help="With --dry-run: read N items of each table whose items change, and show what would become of them.",
)


price_file_option = click.option(
    "--price-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --dry-run: prices to calculate with, instead of those that come with osem-migrate.",
)


plan_format_option = click.option(
    "--format",
    "shape",
    type=Choice(("text", "json", "github")),
    default="text",
    show_default=True,
    metavar="FORMAT",
    help="Of --dry-run: text for people, json for machines, github for annotations.",
)


def timeout_option(meaning: str) -> Callable[[F], F]:
    """``--timeout``: how long one thing may take, in the words of the command."""
    return click.option("--timeout", type=Seconds(least=SHORTEST_TIMEOUT), metavar="SECONDS", help=meaning)


_CONNECTION = (
    click.option("--env", "environment", default="dev", envvar="OSEM_ENV", show_default=True, show_envvar=True,
                 metavar="ENV", shell_complete=complete_environment, help="A configured environment, or local."),
    click.option("--region", metavar="REGION", help="AWS region, instead of the configured one."),
    click.option("--profile", metavar="PROFILE", help="Profile of the AWS configuration files."),
    click.option("--endpoint-url", metavar="URL", help="Another DynamoDB, such as http://localhost:8000."),
    click.option("--force", is_flag=True, help="Accept a region other than the configured one."),
)  # fmt: skip
_LOGGING = (
    click.option("-q", "--quiet", is_flag=True, help="Only results and errors, in short: no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Show every operation and API call with its time."),
    click.option("--log-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Append a complete log, one JSON object a line."),
)  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else on stdout.")


def refuse_together(**given: object) -> None:
    """Raise UsageError where more than one of these options is given: ``refuse_together(json=True, format="junit")``.

    A text is the option's value, and named with it.
    """
    options = [
        f"--{name.replace('_', '-')}" + (f" {value}" if isinstance(value, str) else "")
        for name, value in given.items()
        if value
    ]
    if len(options) > 1:
        raise UsageError(f"{' and '.join(options)} cannot be used together")


def refuse_without_dry_run(*, dry_run: bool, **given: object) -> None:
    """Raise UsageError where one of these options is given and nothing is previewed."""
    options = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
    if options and not dry_run:
        raise UsageError(f"{' and '.join(options)} only {'goes' if len(options) == 1 else 'go'} with --dry-run")


def connected(command: F) -> F:
    """Options of a command that talks to DynamoDB; it receives an Invocation first."""
    return _decorated(command, (*_CONNECTION, _JSON, *_LOGGING))


def connected_forcibly(meaning: str) -> Callable[[F], F]:
    """The same for a command whose ``--force`` does more than accept a region: what it does, as a sentence."""
    force = click.option("--force", is_flag=True, help=f"{meaning} Accept a region other than the configured one, too.")

    def decorate(command: F) -> F:
        return _decorated(command, (*_CONNECTION[:-1], force, _JSON, *_LOGGING))

    return decorate


def placed(command: F) -> F:
    """Options of a command about an environment that makes no call; of those for calls, only the region matters."""
    return _decorated(command, (*_CONNECTION, _JSON))


def unconnected(command: F) -> F:
    """Options of a command that does not."""
    return _decorated(command, (_JSON,))


def _decorated(command: F, options: tuple[Callable[[Any], Any], ...]) -> F:
    @wraps(command)
    def invoke(*, quiet: bool = False, verbose: bool = False, **given: Any) -> Any:
        common = {name: given.pop(name) for name in _COMMON if name in given}
        context = click.get_current_context()
        refuse_together(quiet=quiet, verbose=verbose)
        invocation = Invocation(
            command=context.command_path.removeprefix("osem-migrate "), verbosity=verbose - quiet, **common
        )
        context.obj.invocation = invocation
        output.show_commands(invocation.show)
        return command(invocation, **given)

    decorated: Any = invoke
    for option in reversed(options):
        decorated = option(decorated)
    result: F = decorated
    return result
