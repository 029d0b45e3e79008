"""Check: what can be wrong with scripts, before AWS is asked anything; makes no call, and imports no boto3."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.commands.autogenerate import compare_with_schema_file, told
from osem_migrate.commands.lint import LintOptions, lint
from osem_migrate.config import Project
from osem_migrate.errors import (
    OsemMigrateError,
    ScriptError,
    ScriptForgotten,
    ScriptNotConstant,
    ScriptNotReversed,
    ScriptNumberDuplicate,
    ScriptRisky,
)
from osem_migrate.files.loader import Scripts, load
from osem_migrate.files.location import shown_path, syntax_tree
from osem_migrate.files.schema_file import SCHEMA_FILE
from osem_migrate.items.nondeterminism import influences_when_read
from osem_migrate.items.origins import Origin
from osem_migrate.planning.check import round_trip
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import Schema


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found.

    Attributes:
        name: of the check.
        outcome: skipped where the scripts do not load, which every other check needs.
        says: what holds, where it has passed; what was to hold, where it has not.
        errors: what is wrong, as the errors that a run would raise.
        warnings: what may be meant so.
    """

    name: str
    outcome: Outcome
    says: str
    errors: tuple[OsemMigrateError, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: the project, and its scripts."""

    project: Project
    scripts: Scripts


@dataclass(frozen=True, slots=True)
class Check:
    """A check of scripts that load.

    Attributes:
        name: a word or two.
        holds: what is true where it finds nothing.
        errors: what it finds.
    """

    name: str
    holds: str
    errors: Callable[[Subject], Iterator[OsemMigrateError]]


def reversible(subject: Subject) -> Iterator[OsemMigrateError]:
    """Up, down and up again gives the same schema, with what each environment gives to new tables."""
    project = subject.project
    told: set[str] = set()
    for defaults in dict.fromkeys(project.environment(name).defaults for name in project.environment_names):
        for found in _not_reversed(subject, Schema(defaults=defaults)):
            if found.message not in told:
                told.add(found.message)
                yield found


def _not_reversed(subject: Subject, schema: Schema) -> Iterator[OsemMigrateError]:
    try:
        for found in round_trip(subject.scripts.migrations, schema):
            migration = found.migration
            yield ScriptNotReversed(
                found.message, file=migration.file or migration.id, line=migration.locate(found.position)
            )
    except ScriptError as inapplicable:  # what comes after it has no schema to be applied to
        yield inapplicable


def linted(subject: Subject) -> Iterator[OsemMigrateError]:
    """No script does what lint takes for an error; its warnings are lint's to tell."""
    try:
        report = lint(subject.project, subject.scripts.migrations, LintOptions())
    except ScriptError:
        return  # scripts that do not fit together, as the check before has told
    for finding in report.findings:
        if finding.severity is Severity.ERROR:
            yield ScriptRisky(
                f"{finding.code} {finding.text}", file=finding.file, line=finding.line, remediation=finding.recipe
            )


def complete(subject: Subject) -> Iterator[OsemMigrateError]:
    """The scripts lead to what schema.py declares, where the project has one."""
    path = subject.project.root / SCHEMA_FILE
    if path.is_file():
        try:
            found = compare_with_schema_file(path, subject.scripts.migrations)
        except ScriptError as unreadable:
            yield unreadable
            return
        if found.differences:
            differences = [told(one) for one in found.differences]
            yield ScriptForgotten("the scripts do not lead there", file=shown_path(path), parts=differences)


def constant(subject: Subject) -> Iterator[OsemMigrateError]:
    """No script declares the time or a random value: its checksum would be another one each time it is read."""
    for migration in subject.scripts.migrations:
        tree = syntax_tree(subject.project.migrations / f"{migration.id}.py")
        functions = {one.name for operation in migration.operations for one in operation.functions}
        for found in influences_when_read(tree, functions):
            if found.origin in {Origin.TIME, Origin.CHANCE}:
                text = f"what it declares takes {found.origin} ({found.name}): another one each time it is read"
                yield ScriptNotConstant(text, file=migration.file, line=found.line)


CHECKS: tuple[Check, ...] = (
    Check("reversible", "up, down and up again gives the same schema", reversible),
    Check("lint", "nothing in the scripts is an error to lint", linted),
    Check("schema.py", "the scripts lead to what it declares, if there is one", complete),
    Check("constant", "every script declares the same whenever it is read", constant),
)
"""Every check of scripts that load, in the order in which they are told; another one is another line."""


def check(project: Project, checks: Sequence[Check] = CHECKS) -> tuple[CheckResult, ...]:
    """Load the scripts, then go through every check; one that fails keeps no other from being made."""
    loading, one_head = "every script loads", "one script is the newest"
    try:
        scripts = load(project.migrations)
    except ScriptNumberDuplicate as twice:
        failed = CheckResult(name="one head", outcome=Outcome.FAILED, says=one_head, errors=(twice,))
        return (_skipped("loads", loading), failed, *(_skipped(one.name, one.holds) for one in checks))
    except ScriptError as broken:
        failed = CheckResult(name="loads", outcome=Outcome.FAILED, says=loading, errors=(broken,))
        return (failed, _skipped("one head", one_head), *(_skipped(one.name, one.holds) for one in checks))
    count, newest = len(scripts.migrations), scripts.migrations[-1].id if scripts.migrations else "none yet"
    return (
        CheckResult(
            name="loads",
            outcome=Outcome.PASSED,
            says=f"{count} script{'' if count == 1 else 's'}",
            warnings=scripts.warnings,
        ),
        CheckResult(name="one head", outcome=Outcome.PASSED, says=newest),
        *(_result(one, Subject(project, scripts)) for one in checks),
    )


def _result(one: Check, subject: Subject) -> CheckResult:
    errors = tuple(one.errors(subject))
    outcome = Outcome.FAILED if errors else Outcome.PASSED
    return CheckResult(name=one.name, outcome=outcome, says=one.holds, errors=errors)


def _skipped(name: str, holds: str) -> CheckResult:
    return CheckResult(name=name, outcome=Outcome.SKIPPED, says=holds)
