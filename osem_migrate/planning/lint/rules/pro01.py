"""PRO01: a table of a protected environment that nothing protects."""

from collections.abc import Iterator

from osem_migrate.operations import SetDeletionProtection, SetPointInTimeRecovery
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import Rule
from osem_migrate.planning.status.problem import Severity

_WANTED: tuple[type[SetDeletionProtection | SetPointInTimeRecovery], ...] = (
    SetDeletionProtection,
    SetPointInTimeRecovery,
)


def _check(release: Release) -> Iterator[Remark]:
    if not release.environment.protected:
        return
    for operations in release.by_table():
        table = release.schema.tables.get(operations[0].table)
        if table is None:
            continue
        missing: dict[int, list[str]] = {}
        for kind in _WANTED:
            setting = table.setting(kind)
            concerned = [at for at, one in enumerate(operations) if one.created or one.change_of(kind)]
            if concerned and (setting is None or not setting.enabled):
                missing.setdefault(concerned[-1], []).append(f"no {kind.noun}")
        for at, nouns in missing.items():
            yield operations[at], f"{operations[at].table} has {' and '.join(nouns)}, in a protected environment"


RULE = Rule(
    code="PRO01",
    severity=Severity.WARNING,
    finds="a table of a protected environment without deletion protection or point-in-time recovery",
    reason="protected = true keeps this tool from losing data there, and nobody else: the console, other tools and "
    "mistakes in the application are held by what the table itself has.",
    recipe="Set deletion_protection = true and point_in_time_recovery = true in that environment, for all new tables; "
    "for one that is there, declare them in a script.",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html",
    fires='CreateTable("Carts", partition_key=S("cartId"))',
    passes="""\
CreateTable(
    "Carts",
    partition_key=S("cartId"),
    settings=[SetDeletionProtection("Carts", enabled=True), SetPointInTimeRecovery("Carts", enabled=True)],
)""",
    given="",
    check=_check,
    of_environment=True,
)
