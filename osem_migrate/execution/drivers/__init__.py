"""Drivers: how each kind of step is carried out. A new kind is its class, a driver here, and a line in this list."""

from collections.abc import Mapping

from osem_migrate.execution.drivers.call import CallDriver
from osem_migrate.execution.drivers.driver import Driver
from osem_migrate.execution.drivers.item_pass import PassDriver
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.step import Call, Step

DRIVERS: Mapping[type[Step], Driver] = {
    Call: CallDriver(),
    Pass: PassDriver(),
}
"""The driver of each kind of step."""
