"""``osem-migrate new``: the next numbered script, or those that lead to another schema."""

import os
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from osem_migrate.cli import output
from osem_migrate.cli.autogenerate import autogenerate, options_of
from osem_migrate.cli.import_file import READABLE
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Choice, connected
from osem_migrate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from osem_migrate.commands.new import NewScript

_WITHOUT_SOURCE = {"title", "as_json", "quiet", "verbose", "log_file"}
"""What is of use to a title alone, too."""


@click.command("new", epilog="Exit codes of --check: 0 the scripts lead to the source, 3 some are missing.")
@click.argument("title", required=False)
@click.option("--from", "source", metavar="SOURCE",
              help="Write the scripts that lead to a schema.py, to a file of another tool, or to what is live in an "
              "environment.")  # fmt: skip
@click.option("--check", is_flag=True, help="With --from: write nothing, and exit with 3 if a script is missing.")
@click.option("--rename-index", "renamed", multiple=True, metavar="OLD=NEW",
              help="With --from: build an index that changed under a new name, then drop the old one.")  # fmt: skip
@click.option("--replace-indexes", is_flag=True,
              help="With --from: drop indexes that changed, and build them again under their names.")  # fmt: skip
@click.option("--format", "form", type=Choice(READABLE), metavar="FORMAT",
              help=f"What the file of --from is, instead of what it looks like: {', '.join(READABLE)}.")  # fmt: skip
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE",
              help="With --from: a value for a parameter, or for what else only a deployment knows.")  # fmt: skip
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    title: str | None,
    source: str | None,
    check: bool,
    renamed: tuple[str, ...],
    replace_indexes: bool,
    form: str | None,
    parameters: tuple[str, ...],
) -> ExitCode:
    """Write the next numbered script.

    Prints its path. A TITLE like "add status index to Plans", "enable ttl on Sessions" or "create table Sessions"
    fills the script in, and stderr tells what was understood; any other leaves its operations for you to declare.

    With --from, writes the scripts that lead from those so far to SOURCE, in an order that DynamoDB accepts, each with
    one step that can be reviewed. SOURCE is a schema.py, whose values of type Table are what is wanted; a template of
    CloudFormation or SAM, what "terraform show -json" prints, a model of NoSQL Workbench or a migration contract, with
    tables called as in --env; or the name of an environment, where all scripts must be applied. Only that is asked of
    AWS. TITLE may be left out; each script then says what it does.

    No table is taken for a renamed one, and nothing is written where keys of a table or a local index would change.
    """
    if source is not None:
        options = options_of(title, source, renamed, form, parameters, replace_indexes=replace_indexes)
        return autogenerate(invocation, options, check=check)
    _refuse_without_source(click.get_current_context())
    if title is None:
        raise UsageError("Missing argument 'TITLE'.")
    from osem_migrate.commands.new import new
    from osem_migrate.config import Project

    invocation.be_about(None)
    written = new(Project.find(), title)
    if written.understanding.told is not None and not invocation.as_json and invocation.verbosity >= 0:
        output.line("info", written.understanding.told, err=True)
    shown = os.path.relpath(written.path)
    return invocation.finish(lambda: _document(shown, written), lambda: output.verbatim(shown))


def _refuse_without_source(context: click.Context) -> None:
    """No option is taken that would do nothing."""
    typed = [
        option.opts[-1]
        for option in context.command.params
        if option.name not in _WITHOUT_SOURCE
        and context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    ]
    if typed:
        raise UsageError(f"{', '.join(typed)}: only with --from")


def _document(path: str, written: "NewScript") -> Document:
    from osem_migrate.cli.documents.new import new_document

    return new_document(path, written.understanding)
