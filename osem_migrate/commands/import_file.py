"""Importing a file: write the scripts that would create the tables it declares, and map their names; makes no call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from osem_migrate.advice import command, did_you_mean
from osem_migrate.arguments import Arguments
from osem_migrate.config import HISTORY_ENTITY, Environment, Project
from osem_migrate.config.configuration import Configuration
from osem_migrate.errors import DefinitionError, NamesClash, UsageError
from osem_migrate.files.edits import all_or_nothing
from osem_migrate.files.location import shown_path
from osem_migrate.files.writer import Draft, draft_scripts, write_scripts
from osem_migrate.formats import FoundTable, Given, Reading, read
from osem_migrate.formats.file_text import file_text
from osem_migrate.formats.tables import renamed
from osem_migrate.migration import Migration
from osem_migrate.operations import CreateTable
from osem_migrate.operations.expressible import Unsaid
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.import_file import plan_file_import
from osem_migrate.planning.replay import replay
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.limits import check_logical_name, check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFileOptions(Arguments):
    """What to import.

    Attributes:
        file: the file of another tool.
        format: one of ``osem_migrate.formats.READABLE``; found out by the content when None.
        names: the tables to import, by the names of the file, of the scripts or in DynamoDB; all of them when empty.
        parameters: values for the file's parameters, and for whatever else only a deployment would know, by name.
    """

    file: Path
    format: str | None = None
    names: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """What there is to import from a file.

    Attributes:
        environment: whose tables these are.
        configuration: the file that names them.
        creations: one operation for each table that no script declares, sorted by name.
        drafts: the scripts of them, as they would be written now.
        mapped: physical names that the configuration does not give yet, by logical name.
        skipped: why a table is left out, by the name of the file.
        differences: in what the file and the scripts differ; ``found`` is in the file.
        unsaid: what the scripts declare and a file of that format cannot say; it is not compared.
        notes: what of the file no script can say.
        names: physical names of all tables of the file, by logical name.
    """

    environment: str
    configuration: Configuration
    creations: tuple[CreateTable, ...]
    drafts: tuple[Draft, ...]
    mapped: Mapping[str, str]
    skipped: Mapping[str, str]
    differences: tuple[Difference, ...]
    unsaid: tuple[Unsaid, ...]
    notes: tuple[str, ...]
    names: Mapping[str, str]

    @property
    def in_sync(self) -> bool:
        """Whether file, scripts and configuration say the same, as far as the file can."""
        return not self.differences and not self.mapped


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTables:
    """The tables of a file, under the names that the scripts would give them.

    Attributes:
        reading: what the file says.
        tables: by logical name.
        names: their physical names, as far as the file says.
        skipped: why a table is left out, by the name of the file.
        called: what the file calls each, by logical name.
    """

    reading: Reading
    tables: Mapping[str, Table]
    names: Mapping[str, str]
    skipped: Mapping[str, str]
    called: Mapping[str, str]

    def unmapped(self, environment: Environment) -> dict[str, str]:
        """Physical names that the configuration does not give, by logical name."""
        return {name: told for name, told in self.names.items() if _usual_name(environment, name) != told}


def read_tables(environment: Environment, options: ImportFileOptions) -> FileTables:
    """Read the tables of a file that is about an environment.

    Raises:
        FormatError: the file cannot be read, or names a table that cannot be; with its place.
        UsageError: ``names`` has one that is not in the file.
    """
    reading = _read(environment, options)
    tables, names, skipped, called = _named(environment, _chosen(environment, reading.tables, options.names))
    return FileTables(reading=reading, tables=tables, names=names, skipped=skipped, called=called)


def plan_file_import_of(
    project: Project, environment: str, migrations: Sequence[Migration], options: ImportFileOptions
) -> FileImport:
    """Read the file, compare it with the scripts, and draft what would be written; writes nothing.

    Raises:
        FormatError: the file cannot be read, or names a table that cannot be; with its place.
        ConfigurationError: a name would belong to two tables or two environments.
        UsageError: ``names`` has one that is not in the file.
    """
    chosen = project.environment(environment)
    found = read_tables(chosen, options)
    scripts = replay(migrations, Schema(defaults=chosen.defaults))
    planned = plan_file_import(found.tables, scripts, found.reading.says, whole=not options.names)
    mapped = found.unmapped(chosen)
    if mapped:
        _check_names(project, environment, mapped)
    declared = {found.called[name]: "the scripts declare it already" for name in found.tables if name in scripts.tables}
    return FileImport(
        environment=environment,
        configuration=project.file,
        creations=planned.creations,
        drafts=draft_scripts(project.migrations, _titled(planned.creations)),
        mapped=mapped,
        skipped={**found.skipped, **declared},
        differences=planned.differences,
        unsaid=planned.unsaid,
        notes=tuple(note.describe() for note in found.reading.notes),
        names={name: found.names.get(name) or chosen.physical_name(name) for name in found.tables},
    )


def import_file(project: Project, plan: FileImport) -> tuple[Draft, ...]:
    """Write the names of a plan into the configuration, and its scripts: all of it, or nothing.

    The names come first: whatever ends it in between, no script is there whose table would be another one.

    Raises:
        ScriptError: the scripts cannot be written.
        FileNotWritable: the configuration cannot be.
    """
    with all_or_nothing() as edits:
        if plan.mapped:
            edits.configure(plan.configuration, _tables_of(plan), plan.mapped)
        return write_scripts(project.migrations, _titled(plan.creations)) if plan.creations else ()


def mapping(plan: FileImport) -> str:
    """What has to stand in the configuration for the names, as TOML."""
    lines = [f'{_toml_key(name)} = "{physical}"' for name, physical in plan.mapped.items()]
    return "\n".join([f"[{'.'.join(_tables_of(plan))}]", *lines])


def _tables_of(plan: FileImport) -> tuple[str, ...]:
    """The table of the configuration that maps the names of the environment."""
    return (*plan.configuration.table, "environments", plan.environment, "tables")


def _read(environment: Environment, options: ImportFileOptions) -> Reading:
    file = shown_path(options.file)
    text = file_text(options.file, file)
    settings = environment.settings
    known = {"AWS::Region": settings.region, "AWS::AccountId": settings.account_id}
    values = {name: value for name, value in known.items() if value is not None} | dict(options.parameters)
    given = Given(values=values, stages=(environment.stage, environment.name))
    return read(text, file=file, form=options.format, given=given)


def _chosen(environment: Environment, found: Sequence[FoundTable], names: Sequence[str]) -> list[FoundTable]:
    known = [{one.table.name, one.physical_name, _entity(environment, one)} for one in found]
    for name in names:
        if not any(name in spellings for spellings in known):
            there = ", ".join(one.table.name for one in found) or "none"
            near = did_you_mean(name, [one.table.name for one in found])
            raise UsageError(f"the file has no table {name!r}{near} (there are: {there})")
    return [one for one, spellings in zip(found, known, strict=True) if not names or spellings & set(names)]


def _entity(environment: Environment, found: FoundTable) -> str:
    """The logical name: what the configuration makes of the physical one, else the name that the file gives it."""
    known = environment.logical_name(found.physical_name) if found.physical_name is not None else None
    return known if known is not None else found.table.name


def _named(
    environment: Environment, found: Sequence[FoundTable]
) -> tuple[dict[str, Table], dict[str, str], dict[str, str], dict[str, str]]:
    """The tables by logical name, their physical names, why some are left out, and what the file calls each."""
    tables: dict[str, Table] = {}
    names: dict[str, str] = {}
    skipped: dict[str, str] = {}
    called: dict[str, str] = {}
    for one in found:
        entity = _entity(environment, one)
        if entity == HISTORY_ENTITY or one.physical_name == environment.history_table:
            skipped[one.table.name] = "it is the history table"
            continue
        if entity in tables:
            one.node.fail(f"table {entity} is here twice, as {called[entity]}, too")
        try:
            check_logical_name(entity)
            if one.physical_name is not None:
                check_name("table", one.physical_name)
                names[entity] = one.physical_name
            else:
                environment.physical_name(entity)
        except DefinitionError as refused:
            one.node.fail(refused.message)
        tables[entity] = renamed(one.table, entity)
        called[entity] = one.table.name
    return tables, names, skipped, called


def _usual_name(environment: Environment, name: str) -> str | None:
    """What the configuration calls a table; None where it can call none so, as only a map could."""
    try:
        return environment.physical_name(name)
    except DefinitionError:
        return None


def _check_names(project: Project, environment: str, mapped: Mapping[str, str]) -> None:
    """Refuse names that would belong to two environments, as those of a file that is another environment's do."""
    try:
        project.with_tables(environment, mapped)
    except NamesClash as clash:
        clash.advice = (
            f"If these are tables of another environment, choose it with {command('--env')}. Else: {clash.advice}"
        )
        raise


def _titled(creations: Sequence[CreateTable]) -> list[tuple[str, list[CreateTable]]]:
    return [(f"create table {create.table}", [create]) for create in creations]


def _toml_key(name: str) -> str:
    return f'"{name}"' if "." in name else name
