"""The reference of operations is true: each example is applied, compared and reversed, and nothing is without one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from docs.generator.docstring import Docstring
from docs.generator.operation_reference import (
    BEGINNING,
    DOCUMENTED,
    VALUES,
    Example,
    arguments_of,
    beginning,
    examples,
    public,
    script,
)
from docs.generator.pages import OPERATIONS_PAGE
from osem_migrate import DowngradeOptions, UpgradeOptions
from osem_migrate.operations import Operation, RepairTable, Setting
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.step import Step, calls
from osem_migrate.schema import Table
from tests.documentation import shown
from tests.doubles import beginnings
from tests.doubles.permitted import quick_aws
from tests.doubles.simulated_aws import SimulatedAws, client_answered_by, project_of
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator.calls import OK

EXAMPLES = [
    pytest.param(example, id=f"{kind.__name__}-{number}")
    for kind, found in examples().items()
    for number, example in enumerate(found, 1)
]


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account of its own for each example."""
    with SkippingClock() as clock, quick_aws(clock) as simulated:
        yield simulated


class _Shop:
    """The project of the page: what all examples begin with is applied."""

    def __init__(self, aws: SimulatedAws, folder: Path) -> None:
        self._aws, self._project = aws, project_of(folder)
        self.write("0001_orders", script(BEGINNING))
        beginnings.upgrade(aws, self._project)

    def write(self, name: str, text: str) -> None:
        """Add a script, and read them anew."""
        (self._project.migrations / f"{name}.py").write_text(text, encoding="utf-8")
        self.migrator = self._aws.migrator(self._project)

    def change_by_hand(self, found: Sequence[Setting]) -> None:
        """Make the table what was found, as somebody would in the console."""
        client = client_answered_by(self._aws.answer)
        name = self.migrator.environment.physical_name("Orders")
        for setting in found:
            for call in calls(setting.steps(beginning())):
                getattr(client, call.method)(**call.call(name))
        self._aws.clock.sleep(60)

    def put_order(self) -> None:
        """An order, for what goes through items."""
        order = {"customerId": {"S": "c1"}, "createdAt": {"N": "1000"}, "status": {"S": "draft"}}
        name = self.migrator.environment.physical_name("Orders")
        client_answered_by(self._aws.answer).put_item(TableName=name, Item=order)

    def asked(self) -> list[str]:
        """The changes that DynamoDB has made since the last time, but for those of the history table."""
        history = self.migrator.environment.history_table
        log = [
            call.action
            for call in self._aws.simulator.calls
            if call.outcome == OK and call.table != history and not call.action.startswith(_READS)
        ]
        self._aws.simulator.calls.clear()
        return log


_READS = ("Describe", "List", "Get", "Query", "Scan", "Transact")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_the_page_says(example: Example, aws: SimulatedAws, tmp_path: Path) -> None:
    """It is applied by just the calls that are named, and in sync; so is what its reverse leaves."""
    shop, operation, before = _Shop(aws, tmp_path), example.operation, beginning()
    if isinstance(operation, RepairTable):
        shop.change_by_hand(operation.found)
        assert not shop.migrator.status().in_sync
    shop.write("0002_example", example.script)
    shop.put_order()
    shop.asked()
    shop.migrator.upgrade(UpgradeOptions(allow_data_loss=True))
    assert shop.asked() == _actions(operation.steps(before))
    assert shop.migrator.status().in_sync
    if not operation.is_reversible:
        return
    back = operation.reverse(before)
    shop.migrator.downgrade(DowngradeOptions("1", allow_data_loss=True))
    assert shop.asked() == ([] if back == operation else _actions(back.steps(operation.apply(before))))
    assert [problem.code for problem in shop.migrator.status().problems if "REVERTED" not in problem.code] == []


def test_everything_that_scripts_import_is_on_the_page() -> None:
    """Each operation and each of its parts has a section, what its arguments mean, and an example of itself."""
    text = shown.read(OPERATIONS_PAGE)
    for kind, found in examples().items():
        assert f"\n## {kind.__name__}\n" in text
        assert found, f"{kind.__name__} has no example"
        assert [name for name, _, _ in arguments_of(kind)] == list(Docstring.of(kind).arguments)
        for example in found:
            assert kind.__name__ in example.source or kind.__name__ == "Key"
            assert example.source in text
    exported = public()
    operations = {kind for kind in exported.values() if isinstance(kind, type) and issubclass(kind, Operation)}
    assert operations - set(DOCUMENTED) == {Operation, Setting}
    assert {
        kind
        for name, kind in exported.items()
        if getattr(kind, "__module__", "").startswith("osem_migrate.schema") and isinstance(kind, type)
    } == {*VALUES, Table}  # fmt: skip - a Table stands in a schema.py
    assert all(f"`{letter}(" in text for letter in "SNB")


def _actions(steps: Sequence[Step]) -> list[str]:
    """What changes something: of a pass, what is done to the one item that there is for it."""
    return [
        action for step in steps for action in (sorted(step.work.actions) if isinstance(step, Pass) else [step.action])
    ]
