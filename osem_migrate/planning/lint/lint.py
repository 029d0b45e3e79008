"""Lint: what the rules find in the scripts of a release, by environment, and what comments in the scripts answer."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.migration import Migration
from osem_migrate.planning.lint.reviewed import LintEnvironment, Release, ReviewedOperation
from osem_migrate.planning.lint.rule import Rule
from osem_migrate.planning.lint.rules import RULES
from osem_migrate.planning.replay import apply
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import Schema, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule finds in one operation of a script.

    Attributes:
        code: of the rule.
        severity: ``error`` or ``warning``.
        migration: id of the script.
        position: of the operation in it; None where it is about a comment.
        file: of the script.
        line: from 1, where the operation begins; None until somebody has looked, and where it cannot be told.
        column: from 1, in characters, likewise.
        table: logical name; None where it is about a comment.
        message: what is wrong.
        recipe: what to do instead.
        environments: where it is so, if not everywhere.
    """

    code: str
    severity: Severity
    migration: str
    position: int | None
    file: str
    line: int | None = None
    column: int | None = None
    table: str | None
    message: str
    recipe: str
    environments: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The message, with the environments in which it is so: ``Teams has no … (in prod)``."""
        return f"{self.message} (in {', '.join(self.environments)})" if self.environments else self.message


def lint(
    migrations: Sequence[Migration],
    environments: Sequence[LintEnvironment],
    *,
    new: Collection[str] | None = None,
    ignored: Collection[str] = (),
) -> tuple[Finding, ...]:
    """What the rules find, in the order of the scripts.

    Args:
        migrations: all scripts, in order.
        environments: those to look at; what is so in some of them only is told with their names.
        new: ids of the scripts that go out together; None where that is not known: then each is a release of its own.
        ignored: codes of rules that are left out.

    Raises:
        ScriptOperationInapplicable: the scripts do not fit together.
    """
    rules = [rule for rule in RULES if rule.code not in ignored]
    found: dict[tuple[str, str, int, str], Finding] = {}
    for environment, names in _different(environments):
        for finding in _in_environment(migrations, environment, rules, new):
            key = (finding.migration, finding.code, finding.position or 0, finding.message)
            others = found[key].environments if key in found else ()
            found[key] = replace(finding, environments=(*others, *names))
    everywhere = {environment.name for environment in environments}
    order = {migration.id: number for number, migration in enumerate(migrations)}
    return tuple(
        replace(one, environments=()) if set(one.environments) == everywhere else one
        for one in sorted(found.values(), key=lambda one: (order[one.migration], one.position or 0, one.code))
    )


def judged(*, by_release: bool, everywhere: bool, ignored: Collection[str] = ()) -> frozenset[str]:
    """The codes of the rules that would have found everything that they can find.

    ``by_release`` says whether it is known which scripts go out together, ``everywhere`` whether all environments are
    looked at.
    """
    return frozenset(
        rule.code
        for rule in RULES
        if rule.code not in ignored and (by_release or not rule.of_release) and (everywhere or not rule.of_environment)
    )


def _different(environments: Iterable[LintEnvironment]) -> Iterator[tuple[LintEnvironment, tuple[str, ...]]]:
    """One of all environments that are alike to the rules, with the names of them all."""
    alike: dict[LintEnvironment, list[str]] = {}
    for environment in environments:
        alike.setdefault(replace(environment, name=""), []).append(environment.name)
    for environment, names in alike.items():
        yield environment, tuple(names)


def _in_environment(
    migrations: Sequence[Migration], environment: LintEnvironment, rules: Sequence[Rule], new: Collection[str] | None
) -> Iterator[Finding]:
    reviewed, schema = _review(migrations, Schema(defaults=environment.defaults))
    scripts = [reviewed[migration.id] for migration in migrations if new is None or migration.id in new]
    releases = scripts if new is None else [[one for script in scripts for one in script]]
    for operations in releases:
        release = Release(operations=operations, is_known=new is not None, schema=schema, environment=environment)
        for rule in rules:
            for one, message in rule.check(release):
                yield Finding(
                    code=rule.code,
                    severity=rule.severity,
                    migration=one.migration.id,
                    position=one.position,
                    file=one.migration.file,
                    table=one.table,
                    message=message,
                    recipe=rule.recipe,
                )


def _review(migrations: Sequence[Migration], schema: Schema) -> tuple[Mapping[str, list[ReviewedOperation]], Schema]:
    """The operations of each script, each with its table before and after; and the schema at the end."""
    reviewed: dict[str, list[ReviewedOperation]] = {}
    dropped: dict[str, Table] = {}
    for migration in migrations:
        operations = reviewed[migration.id] = []
        for position, operation in enumerate(migration.operations):
            after = apply(operation, schema, migration, position)
            one = ReviewedOperation(
                migration=migration,
                position=position,
                operation=operation,
                before=schema.tables.get(operation.table),
                after=after.tables.get(operation.table),
                dropped=dropped.get(operation.table),
            )
            if one.lost is not None:
                dropped[operation.table] = one.lost
            operations.append(one)
            schema = after
    return reviewed, schema
