"""How the tests of operations ask one for its calls."""

from typing import Any

from osem_migrate.operations import Operation
from osem_migrate.schema import Schema, Table
from tests.unit.operations.service_model import assert_accepted


def schema_of(*tables: Table) -> Schema:
    """A schema of these tables, without defaults."""
    return Schema({table.name: table for table in tables})


def calls(operation: Operation, *tables: Table) -> list[tuple[str, dict[str, Any]]]:
    """Action and whole parameters of every call of the operation on these tables, each accepted by the model."""
    steps = operation.steps(schema_of(*tables))
    for step in steps:
        assert_accepted(step)
    return [(step.action, step.call("osem-test-Teams")) for step in steps]
