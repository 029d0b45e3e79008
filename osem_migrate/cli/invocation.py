"""Invocation: one call of the command line, with the options that every command has."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.signals import LISTENER
from osem_migrate.errors import ExitCode, OsemMigrateError, OutputRefused
from osem_migrate.place import Place

if TYPE_CHECKING:
    from osem_migrate.cli.json_listing import JsonListing
    from osem_migrate.cli.run_reporter import RunReporter
    from osem_migrate.deployment.connection import Connection
    from osem_migrate.migrator import Migrator

Document = Mapping[str, object]
"""What a command says to machines; ``cli.documents`` has its types."""


@dataclass(slots=True)
class Invocation:
    """The common options, and what is known for the envelope.

    Attributes:
        command: the name of the command; None where the command line names none.
        environment: ``--env``; None for commands without one.
        region: ``--region``.
        as_json: whether stdout takes exactly one JSON document.
        verbosity: -1 for ``-q``, 0, or 1 for ``-v``.
        log_file: where every operation and call is written, one JSON object a line.
        started: monotonic seconds.
        show: a command of this tool as it is typed about the same environment.
        reporter: tells of the run while it goes on; None until there is something to tell of.
        locate: tells where the command is at work, once it has found out.
        stopped: makes the document of a command that has begun and that an error stops; None before it has.
        listing: the document of ``--json``, where a part of it is printed already; None where nothing is.
    """

    command: str | None
    environment: str | None = None
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    force: bool = False
    as_json: bool = False
    verbosity: int = 0
    log_file: Path | None = None
    started: float = field(default_factory=time.monotonic)
    show: Callable[[Sequence[str]], str] = field(init=False)
    reporter: "RunReporter | None" = None
    locate: Callable[[], Place] = field(init=False)
    stopped: Callable[[OsemMigrateError], Document] | None = None
    listing: "JsonListing | None" = None

    def __post_init__(self) -> None:
        """The commands that are shown, and the place as far as the options tell it."""
        self.show = self._shown()
        self.locate = lambda: Place(environment=self.environment, region=self.region)

    def be_about(self, environment: str | None) -> None:
        """Take another environment, or none, for the one of the command, and show commands about it."""
        self.environment = environment
        self.show = self._shown()
        output.show_commands(self.show)

    @property
    def verbose(self) -> bool:
        """Whether ``-v`` was given."""
        return self.verbosity > 0

    @property
    def hears_calls(self) -> bool:
        """Whether anybody wants to know of API calls."""
        return self.verbose or self.log_file is not None

    def migrator(self) -> "Migrator":
        """The library, connected as the options say, telling its progress to people and to the log file."""
        # Imported here, so that --help, new and local pay for neither boto3 nor rich.
        from osem_migrate.migrator import Migrator

        migrator = Migrator.open(
            self.environment or "",
            connection=self.connection(),
            on_event=lambda event: self.report_progress().event(event),
            on_call=self.report_progress().call if self.hears_calls else None,
        )
        self.locate = lambda: migrator.deployment.place
        if not migrator.session.local:
            self.warn(other.describe() for other in migrator.environment.neighbours if other.account_id is None)
        return migrator

    def connection(self) -> "Connection":
        """Where to connect, as the options say."""
        from osem_migrate.deployment.connection import Connection

        return Connection(region=self.region, profile=self.profile, endpoint_url=self.endpoint_url, force=self.force)

    def report_progress(self) -> "RunReporter":
        """Begin to tell people, and the log file, what goes on."""
        from osem_migrate.cli.run_reporter import RunReporter

        if self.reporter is None:
            self.reporter = RunReporter(verbosity=self.verbosity, log_file=self.log_file)
        return self.reporter

    def warn(self, warnings: Iterable[str]) -> None:
        """Print warnings on stderr, unless ``-q`` was given."""
        if self.verbosity >= 0:
            for warning in warnings:
                output.line("warning", warning, err=True)

    def finish(
        self, document: Callable[[], Document], text: Callable[[], None], code: ExitCode = ExitCode.OK
    ) -> ExitCode:
        """Print the result, as text or as the JSON envelope, and give the exit code."""
        if self.reporter is not None:
            self.reporter.finished()
        if self.as_json:
            LISTENER.tell()
            output.verbatim(self.document_text(document(), code).removesuffix("\n"))
        else:
            text()
        return code

    def failed(self, error: OsemMigrateError) -> None:
        """Take the live rows away, tell the log file how the command ended, and print the error."""
        if self.reporter is not None:
            self.reporter.failed(error)
        if self.as_json and not isinstance(error, OutputRefused):
            data = self.stopped(error) if self.stopped is not None else {}
            with suppress(OutputRefused):  # then stderr has to do
                output.verbatim(self.document_text(data, error.exit_code, error).removesuffix("\n"))
                return
        output.failure(error)

    def close(self) -> None:
        """Give the terminal and the log file back."""
        if self.reporter is not None:
            self.reporter.close()

    def _shown(self) -> Callable[[Sequence[str]], str]:
        flags = advice.connection_flags(self.region, self.profile, self.endpoint_url, force=self.force)
        return advice.typed_in(self.environment, flags) if self.environment is not None else advice.as_typed

    def list_json(self, name: str, members: Sequence[object]) -> None:
        """Print some more members of the list ``name`` of the document, of which ``finish`` prints the rest."""
        from osem_migrate.cli.json_listing import JsonListing

        self.listing = self.listing or JsonListing(name)
        self.listing.add(members)

    def document_text(self, data: Document, code: ExitCode, error: OsemMigrateError | None = None) -> str:
        """What is still to be printed of the document of ``--json``: all of it, unless part of it is printed."""
        whole = self._envelope(data, code, error)
        return self.listing.rest(whole) if self.listing is not None else output.json_text(whole)

    def _envelope(self, data: Document, code: ExitCode, error: OsemMigrateError | None) -> Document:
        # Imported here, because only --json needs it.
        from osem_migrate.cli.documents.envelope import envelope

        seconds = time.monotonic() - self.started
        return envelope(
            command=self.command, place=self.locate(), seconds=seconds, exit_code=code, data=data, error=error
        )


def place(migrator: "Migrator") -> str:
    """``dev (eu-west-1)`` or ``local (http://127.0.0.1:4610)``: the environment, and where that is."""
    return f"{migrator.environment.name} ({migrator.session.endpoint_url or migrator.session.region.name})"
