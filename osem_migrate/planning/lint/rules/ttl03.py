"""TTL03: time to live on what has to be gone in time."""

from collections.abc import Iterator

from osem_migrate.operations import SetTimeToLive
from osem_migrate.planning.lint.names import words
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import Table

_PUNCTUAL = frozenset({"lease", "leases", "lock", "locks", "nonce", "nonces", "otp", "otps", "session", "sessions",
                       "token", "tokens"})  # fmt: skip


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.after is None or not _PUNCTUAL & set(words(one.table)):
            continue
        had, has = (_is_on(table) for table in (one.before, one.after))
        if has and not had:
            yield one, f"{one.table} are deleted by time to live hours or days after their time"


def _is_on(table: Table | None) -> bool:
    setting = table.setting(SetTimeToLive) if table is not None else None
    return setting is not None and setting.enabled


RULE = Rule(
    code="TTL03",
    severity=Severity.WARNING,
    finds="time to live on locks, sessions or tokens, by the name of the table",
    reason="DynamoDB deletes an item within a few days after its time, not at it. Until then it is read, queried and "
    "counted like any other: a session is still valid, a lock still held.",
    recipe="Keep time to live for tidying up, compare the time in every read and condition, and say so.",
    source=f"{GUIDE}ttl-expired-items.html",
    given='CreateTable("Sessions", partition_key=S("sessionId"))\nCreateTable("Carts", partition_key=S("cartId"))',
    fires='SetTimeToLive("Sessions", "expiresAt")',
    passes='SetTimeToLive("Carts", "expiresAt")',
    check=_check,
)
