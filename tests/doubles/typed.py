"""Advice as it is typed on a command line."""

from osem_migrate.advice import shown, typed_in
from osem_migrate.errors import OsemMigrateError


def typed(advice: OsemMigrateError | str | None, *flags: str, env: str = "dev") -> str:
    """The remedy of an error, or advice, with its commands as they are typed about an environment."""
    text = advice.advice if isinstance(advice, OsemMigrateError) else advice or ""
    return shown(text, typed_in(env, flags))
