"""Renamed passes: what is left of them under the old name of a script, once its record stands under the new one."""

from collections.abc import Sequence
from dataclasses import replace

from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.pass_state import PassKey, PassOrder, Said


def left_behind(
    deployment: Deployment, migrations: Sequence[Migration], history: History, name: str
) -> dict[PassKey, PassKey]:
    """Passes of which those of a migration, which has a record, are copies, each with its copy.

    A copy is known by its generation; what it is a copy of has no script and no record of its own.
    """
    names = {migration.id for migration in migrations} | history.records.keys() | history.unreadable.keys()
    keys, found = deployment.history.passes(), dict[PassKey, PassKey]()
    for key in keys:
        copy = replace(key, migration=name)
        if key.migration not in names and copy in keys and _is_copy(deployment, key, copy):
            found[key] = copy
    return found


def clear_left_behind(deployment: Deployment, migrations: Sequence[Migration], name: str, lease: Lease) -> None:
    """Hand on the orders that came after a copy was made, then delete what it was made of; raises LockLost."""
    for key, copy in left_behind(deployment, migrations, deployment.history.look(), name).items():
        _hand_on_orders(deployment.pass_table(key), deployment.pass_table(copy))
        deployment.history.drop_pass(lease, key)


def _is_copy(deployment: Deployment, key: PassKey, copy: PassKey) -> bool:
    number = deployment.pass_table(key).newest()
    ours, theirs = (deployment.pass_table(one).read(number) for one in (key, copy))
    return ours is not None and theirs is not None and ours.generation == theirs.generation


def _hand_on_orders(table: PassTable, to: PassTable) -> None:
    """Give the rate and the pause that were ordered last to a copy of a pass, where it has older ones.

    Whoever goes on with it tries again what was set aside anyway.
    """
    number = table.newest()
    (mine, theirs) = (one.read(number) for one in (table, to))
    if mine is None or theirs is None:
        return
    own, copy = mine.control, theirs.control
    if own.rate_said is not None and _is_later(own.rate_said, copy.rate_said):
        to.orders.give(number, PassOrder.RATE, own.rate_said, rate=own.rate)
    if own.pause_said is not None and _is_later(own.pause_said, copy.pause_said):
        to.orders.give(number, PassOrder.PAUSE if own.is_paused else PassOrder.RESUME, own.pause_said)


def _is_later(said: Said, than: Said | None) -> bool:
    return than is None or said.at > than.at
