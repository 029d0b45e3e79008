"""``osem-migrate local``: the embedded engine behind ``--env local``."""

from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.mistyped import Group
from osem_migrate.cli.options import Choice, Count, unconnected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.local import EngineState, LocalEngine

KINDS = ("moto", "dynamodb-local")


@click.group("local", cls=Group)
def command() -> None:
    """Start, stop and inspect the embedded engine behind --env local.

    Any command with --env local starts it by itself. It stays up, with its data in memory, until "local stop".
    """


@command.command("start")
@click.option("--engine", type=Choice(KINDS), metavar="ENGINE",
              help="moto or dynamodb-local, instead of the configured one (moto when none is).")  # fmt: skip
@click.option("--port", type=Count(most=65535), metavar="NUMBER",
              help="From 1 to 65535, instead of the configured one (4610 when none is).")  # fmt: skip
@unconnected
def start(invocation: Invocation, *, engine: str | None, port: int | None) -> ExitCode:
    """Start the engine unless it runs already.

    Prints where it listens.
    """
    state = _engine(engine, port).start()
    if state.instead_of is not None:
        invocation.warn([f"Port {state.instead_of} is taken by another program, so this engine has another one."])
    return invocation.finish(lambda: _document(state), lambda: _show(state))


@command.command("stop")
@unconnected
def stop(invocation: Invocation) -> ExitCode:
    """End the engine. With moto, its data is gone."""
    state = _engine().stop()

    def show() -> None:
        output.line("done" if state else "info", f"Stopped {state.kind.value}." if state else "No engine was running.")

    return invocation.finish(lambda: _stop_document(state), show)


@command.command("status")
@unconnected
def status(invocation: Invocation) -> ExitCode:
    """Say whether the engine runs, and where."""
    state = _engine().status()
    return invocation.finish(lambda: _document(state), lambda: _show(state))


def _engine(kind: str | None = None, port: int | None = None) -> "LocalEngine":
    # Imported here, so that --help does not pay for pydantic.
    from osem_migrate.config import Project
    from osem_migrate.local.configured import configured_engine
    from osem_migrate.local.state import EngineKind

    return configured_engine(Project.find(), kind=EngineKind(kind) if kind else None, port=port)


def _document(state: "EngineState | None") -> Document:
    from osem_migrate.cli.documents.local import local_document

    return local_document(state)


def _stop_document(state: "EngineState | None") -> Document:
    from osem_migrate.cli.documents.local import local_stop_document

    return local_stop_document(state)


def _show(state: "EngineState | None") -> None:
    if state is None:
        output.line("info", f"No engine is running. Start it with: {advice.command('local', 'start')}")
        return
    output.line("done", f"{state.kind.value} listens on {state.endpoint_url} (pid {state.pid}, log {state.log})")
