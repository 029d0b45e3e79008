"""Lint: what is risky in the scripts; reads them, and with a revision asks git, and makes no call to AWS."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from osem_migrate.advice import did_you_mean
from osem_migrate.arguments import Arguments
from osem_migrate.config import LOCAL, Environment, Project
from osem_migrate.config.settings import FILE, SECTION
from osem_migrate.errors import ConfigurationError, ExitCode
from osem_migrate.files.git import new_scripts
from osem_migrate.files.location import comments, extents_of_operations
from osem_migrate.migration import Migration
from osem_migrate.operations import SetTags
from osem_migrate.planning.lint.lint import Finding, judged
from osem_migrate.planning.lint.lint import lint as find
from osem_migrate.planning.lint.nolint import MARK, settle
from osem_migrate.planning.lint.reviewed import LintEnvironment
from osem_migrate.planning.lint.rules import RULES
from osem_migrate.planning.status.problem import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions(Arguments):
    """What to look at.

    Attributes:
        git_base: a revision; only the scripts that it does not have are looked at, and they are one release. None looks
            at all scripts, each as a release of its own.
        env: the only environment to look at; None for all but ``local``.
        strict: warnings count, too.
    """

    git_base: str | None = None
    env: str | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """What was found.

    Attributes:
        findings: by file and place.
        scripts: ids of those that were looked at.
        strict: whether warnings count.
    """

    findings: tuple[Finding, ...]
    scripts: tuple[str, ...]
    strict: bool = False

    def count(self, severity: Severity) -> int:
        """How many findings are so grave."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def passed(self) -> bool:
        """Whether nothing counts."""
        return not (self.findings if self.strict else self.count(Severity.ERROR))

    @property
    def exit_code(self) -> ExitCode:
        """1 where something counts."""
        return ExitCode.OK if self.passed else ExitCode.ERROR


def lint(project: Project, migrations: Sequence[Migration], options: LintOptions) -> LintReport:
    """What the rules find in the scripts of a project, without what their comments and the configuration answer.

    Raises:
        ConfigurationError: the configuration ignores a rule that there is not.
        UnknownEnvironment: there is no such environment.
        ScriptOperationInapplicable: the scripts do not fit together.
        GitError: git cannot say what the revision has.
    """
    ignored = _ignored(project)
    environments = [_environment(project.environment(name)) for name in _names(project, options.env)]
    new = None
    if options.git_base is not None:
        new = new_scripts(project.migrations, [migration.id for migration in migrations], options.git_base)
    found = find(migrations, environments, new=new, ignored=ignored)
    sure = judged(by_release=new is not None, everywhere=options.env is None, ignored=ignored)
    seen = [migration for migration in migrations if new is None or migration.id in new]
    by_script: dict[str, list[Finding]] = {}
    for finding in found:
        by_script.setdefault(finding.migration, []).append(finding)
    findings = [
        finding
        for migration in seen
        for finding in sorted(
            _settled(project, migration, by_script.get(migration.id, ()), sure),
            key=lambda one: (one.line or 0, one.column or 0, one.code),
        )
    ]
    return LintReport(
        findings=tuple(findings), scripts=tuple(migration.id for migration in seen), strict=options.strict
    )


def _settled(
    project: Project, migration: Migration, findings: Sequence[Finding], sure: frozenset[str]
) -> Iterable[Finding]:
    path = project.migrations / f"{migration.id}.py"
    said = comments(path, MARK)
    if not findings and not said:
        return ()
    extents = extents_of_operations(path, len(migration.operations))
    return settle(findings, said, extents, judged=sure, script=migration)


def _names(project: Project, chosen: str | None) -> list[str]:
    """The environments to look at; ``local`` where there is no other."""
    if chosen is not None:
        return [chosen]
    return [name for name in project.environment_names if name != LOCAL] or [LOCAL]


def _environment(environment: Environment) -> LintEnvironment:
    settings = environment.settings
    return LintEnvironment(
        name=environment.name,
        # Of tags no rule asks anything, and they differ from one environment to the next.
        defaults=tuple(setting for setting in environment.defaults if type(setting) is not SetTags),
        protected=settings.protected,
        autoscaled=settings.autoscaled,
        folds=bool(settings.fold_indexes),
    )


def _ignored(project: Project) -> frozenset[str]:
    known = {rule.code for rule in RULES}
    for code in project.settings.lint.ignore:
        if code not in known:
            key = f"{SECTION}.lint.ignore"
            raise ConfigurationError(
                f"{project.root / FILE}: {key}: there is no rule {code!r}{did_you_mean(code, known)}",
                file=str(project.root / FILE),
                key=key,
            )
    return frozenset(project.settings.lint.ignore)
