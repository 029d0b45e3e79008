"""Export: the tables as a file of another tool, by the scripts or as they are live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osem_migrate import advice
from osem_migrate.advice import as_typed, shown
from osem_migrate.arguments import Arguments
from osem_migrate.commands.list_tables import ListOptions, list_tables
from osem_migrate.commands.status import StatusOptions, status
from osem_migrate.config import HISTORY_ENTITY, LOCAL, Environment, Project
from osem_migrate.config.project import DEFAULT_ENVIRONMENT
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import DefinitionError, ResourceNotFound
from osem_migrate.formats import Export, ExportedEnvironment, Note, Standing, TableStanding, Writing, write
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning.replay import replay
from osem_migrate.planning.status.status import Status
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.value import checked

SHOWS_STANDING = frozenset({"html"})
"""The formats that show where an environment stands."""

_OF_ALL_ENVIRONMENTS = frozenset({"cloudformation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions(Arguments):
    """What to write.

    Attributes:
        format: its name, one of ``osem_migrate.formats.WRITABLE``.
        live: the tables as they are live, rather than as the scripts build them.
    """

    format: str
    live: bool = False


def export_scripts(
    project: Project, migrations: Sequence[Migration], options: ExportOptions, environment: str | None = None
) -> Writing:
    """The tables as the scripts build them; makes no call.

    Args:
        project: whose names and defaults these are.
        migrations: its scripts.
        options: the format.
        environment: the only one that it is for. Else it is for all but ``local``, where the format can say so, and for
            the first of them (``dev``, if there is one) where it cannot.

    Raises:
        ScriptOperationInapplicable: the scripts do not fit together.
        UnknownEnvironment: there is no such environment.
        FormatLibraryMissing: the format needs a library that is not installed.
    """
    names = [environment] if environment is not None else _environments(project)
    if options.format not in _OF_ALL_ENVIRONMENTS:
        names = names[:1]
    return write(
        options.format,
        Export(
            application=project.application,
            environments=[_by_scripts(project.environment(name), migrations) for name in names],
        ),
    )


def export_environment(deployment: Deployment, migrations: Sequence[Migration], options: ExportOptions) -> Writing:
    """The tables of one environment, with where it stands if the format shows that.

    Raises:
        ResourceNotFound: the live tables are wanted, and there are none.
        AccessDenied: a permission is missing without which there is no answer.
    """
    environment = deployment.environment
    notes: list[Note] = []
    exported = _by_scripts(environment, migrations)
    if options.live:
        exported, notes = _as_live(deployment, migrations)
    standing = None
    if options.format in SHOWS_STANDING:
        standing = _standing(deployment, status(deployment, migrations, StatusOptions()))
    written = write(
        options.format,
        Export(application=environment.application, environments=[exported], standing=standing),
    )
    return Writing(written.text, (*notes, *written.notes))


def _environments(project: Project) -> list[str]:
    """All but ``local``, as they are configured, but ``dev`` first."""
    names = [name for name in project.settings.environments if name != LOCAL] or [LOCAL]
    return sorted(names, key=lambda name: name != DEFAULT_ENVIRONMENT)


def _by_scripts(environment: Environment, migrations: Sequence[Migration]) -> ExportedEnvironment:
    schema = replay(migrations, Schema(defaults=environment.defaults))
    return _exported(environment, schema)


def _exported(environment: Environment, schema: Schema) -> ExportedEnvironment:
    names = {name: environment.physical_name(name) for name in schema.tables}
    return ExportedEnvironment(name=environment.name, schema=schema, names=names)


def _as_live(deployment: Deployment, migrations: Sequence[Migration]) -> tuple[ExportedEnvironment, list[Note]]:
    found = list_tables(deployment, ListOptions(details=True), lambda: migrations)
    tables: dict[str, Table] = {}
    notes: list[Note] = []
    for live in (deployment.gateway.spelled(one) for one in found if one.name != HISTORY_ENTITY):
        notes += _notes(live)
        if live.table is None:
            continue
        try:
            tables[live.name] = checked(live.table)
        except DefinitionError as refused:
            notes.append(Note(live.physical_name, f"left out: {refused.message}"))
    if not tables:
        name = deployment.environment.name
        options = ", ".join(map(advice.command, ("--env", "--profile", "--region")))
        raise ResourceNotFound(
            f"there are no tables of {name} to export",
            remediation=f"Check environment, account and region ({options}), or export what the scripts build.",
        )
    return _exported(deployment.environment, Schema(tables)), notes


def _notes(live: LiveTable) -> Iterator[Note]:
    if live.refusal is not None:
        yield Note(live.physical_name, f"left out: {live.refusal}")
    if live.beyond:
        yield Note(live.physical_name, f"left out of it: {', '.join(live.beyond)}")
    if live.unreadable:
        nouns = ", ".join(sorted(kind.noun for kind in live.unreadable))
        yield Note(live.physical_name, f"this local engine does not report {nouns}")


def _standing(deployment: Deployment, found: Status) -> Standing:
    session = deployment.session
    problems: dict[str, list[str]] = {}
    for problem in found.problems:
        text = shown(f"{problem.code}: {problem.message}", as_typed)
        problems.setdefault(problem.subject, []).append(text)
    tables = {
        live.name: TableStanding(
            status=live.status or "missing",
            items=live.items,
            size_bytes=live.size_bytes,
            problems=tuple(problems.pop(live.physical_name, ())),
        )
        for live in found.tables
    }
    return Standing(
        place=session.endpoint_url or session.region.name,
        is_in_sync=found.in_sync,
        migrations={migration.id: migration.state.value.replace("_", " ") for migration in found.migrations},
        tables=tables,
        problems=tuple(f"{subject}: {text}" for subject, texts in problems.items() for text in texts),
    )
