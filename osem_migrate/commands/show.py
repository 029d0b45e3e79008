"""Show: what one script does, by the scripts before it; makes no call."""

from collections.abc import Sequence

from osem_migrate.config import Environment
from osem_migrate.migration import Migration
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.show import plan_script


def show(environment: Environment, migrations: Sequence[Migration], version: str) -> Plan:
    """The plan of one script, with what the environment gives to new tables.

    Raises:
        TargetUnknown: ``version`` names no script.
        ScriptOperationInapplicable: an operation does not fit the schema so far.
    """
    return plan_script(migrations, version, defaults=environment.defaults)
