"""Anything, in any order: scripts, runs, interruptions and other people's hands, with Schema as the model.

The simulator answers in this process and its clock skips the waiting. OSEM_TORTURE=1 asks for many more examples.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from osem_migrate import DowngradeOptions, UpgradeOptions
from osem_migrate.errors import (
    DeletionProtected,
    DriftFound,
    Interrupted,
    LockLost,
    OsemMigrateError,
    PartialError,
    QuotaExceeded,
)
from osem_migrate.files.writer import script_source
from osem_migrate.migrator import Migrator
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    Setting,
)
from osem_migrate.operations.step import Description, calls
from osem_migrate.planning.status.status import ProblemKind
from osem_migrate.schema import S, Schema, Table, as_keys
from osem_migrate.stop import Stop
from tests import strategies
from tests.doubles.project import HISTORY
from tests.doubles.simulated_aws import SimulatedAws, project_of
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator import INTERNAL, THROTTLED, Drop, Expire, Fault, Hook, LoseResponse, SimulatedError
from tests.simulator.calls import Call

DEEP = "OSEM_TORTURE" in os.environ
PREFIX = "osem-dev-"
HANDS: tuple[type[Setting], ...] = (SetDeletionProtection, SetPointInTimeRecovery, SetStream)
PATIENCE = 2 * 60 * 60.0  # simulated seconds in which whatever AWS refuses for now is taken at last
MONTH = 31 * 86_400.0
FAULTS: tuple[Fault, ...] = (Drop(), LoseResponse(), INTERNAL, THROTTLED, Expire())
FOLDED = (
    (CreateTable("Plans", S("id")),),
    (AddIndex("Plans", "a-index", S("a")), AddIndex("Plans", "b-index", S("b"))),
)
Act = Callable[[Migrator, Stop], object]


class Model(RuleBasedStateMachine):
    """One project in one account.

    Attributes:
        scripts: the operations of each script, in order.
        level: how many scripts are applied; None after an interruption, until a run has come through.
        excused: whether the last run that failed did so for a reason that is nobody's mistake.
        by_hand: what somebody did behind our back, by table, with the schema before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="osem-migrate-model-"))
        self.project = project_of(self.folder)
        self.open = ExitStack()
        self.aws = SimulatedAws(self.open.enter_context(SkippingClock()))
        self.open.enter_context(self.aws.surroundings())
        self.watcher = self.aws.migrator(self.project)
        self.scripts: list[tuple[Operation, ...]] = []
        self.level: int | None = 0
        self.by_hand: dict[str, tuple[Operation, Schema]] = {}
        self.excused = False

    def teardown(self) -> None:
        """Nothing was asked that the simulator does not know."""
        self.open.close()
        shutil.rmtree(self.folder)
        assert self.aws.simulator.unknown == []

    # What people do.

    @rule(data=st.data(), size=st.integers(1, 3))
    def append(self, data: st.DataObject, size: int) -> None:
        """Write one more script of operations that fit what all scripts so far build."""
        schema = self.schema()
        drawn: list[Operation] = []
        for _ in range(size):
            drawn.append(data.draw(strategies.operations(schema).filter(partial(_harmless, schema))))
            schema = drawn[-1].apply(schema)
        self.scripts.append(tuple(drawn))
        name = f"{len(self.scripts):04}_script"
        source = script_source(f"Number {len(self.scripts)}", drawn)
        (self.folder / "migrations" / f"{name}.py").write_text(source, encoding="utf-8")

    @precondition(lambda self: self.scripts)
    @rule(fold=st.booleans(), data=st.data())
    def upgrade(self, fold: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
        """Up to some version, folded or not."""
        target = data.draw(st.integers(1, len(self.scripts)) | st.just(len(self.scripts)))
        if self.act(
            lambda one, stop: one.upgrade(UpgradeOptions(str(target), fold=fold, allow_data_loss=True, stop=stop))
        ):
            self.reached(target, max)

    @precondition(lambda self: self.scripts)
    @rule(data=st.data())
    def downgrade(self, data: st.DataObject) -> None:
        """Down to some version."""
        target = data.draw(st.integers(0, len(self.scripts)))
        if self.act(lambda one, stop: one.downgrade(DowngradeOptions(str(target), allow_data_loss=True, stop=stop))):
            self.reached(target, min)

    @precondition(lambda self: self.scripts and not self.by_hand)
    @rule(data=st.data(), fold=st.booleans(), nth=st.integers(1, 40))
    def interrupt(self, data: st.DataObject, fold: bool, nth: int) -> None:  # noqa: FBT001 - drawn
        """A run that something happens to at its nth call; whatever it ends with, the next one goes on from there."""
        stop = Stop(self.aws.clock.clock)
        hook = Hook(before=lambda _call: stop.request(Interrupted("stopped by the model")))
        fault = data.draw(st.sampled_from((*FAULTS, hook)))
        times = data.draw(st.sampled_from((1, 3, 9))) if fault not in (hook, FAULTS[-1]) else 1
        target = data.draw(st.sampled_from([*range(len(self.scripts) + 1), len(self.scripts), len(self.scripts)]))
        known, up = self.level, data.draw(st.integers(0, 3)) > 0 and target > 0
        self.level = None
        planned = self.aws.simulator.faults.plan(fault, nth=nth, times=times)
        try:
            whole = self.act(
                lambda one, _: (
                    one.upgrade(
                        UpgradeOptions(str(target), fold=fold, allow_data_loss=True, stop=stop, lock_timeout=60)
                    )
                    if up
                    else one.downgrade(DowngradeOptions(str(target), allow_data_loss=True, stop=stop, lock_timeout=60))
                ),
                disturbed=True,
            )
        finally:
            self.aws.simulator.faults.clear()
        if whole:
            self.level = known
            self.reached(target, max if up else min)
        else:
            assert planned.struck or self.excused, "nothing happened to it, and yet it failed"

    @precondition(lambda self: self.level and not self.by_hand and self.live().tables)
    @rule(data=st.data())
    def change_by_hand(self, data: st.DataObject) -> None:
        """Somebody changes a table by hand: drops it, drops one of its indexes, or changes a declared setting."""
        schema = self.live()
        table = schema.tables[data.draw(st.sampled_from(sorted(schema.tables)))]
        choices = _hands(table)
        if choices:
            change = data.draw(st.sampled_from(choices))
            self.perform(change, schema)
            self.by_hand[table.name] = (change, schema)

    @precondition(lambda self: self.by_hand and self.level is not None)
    @rule()
    def mend(self) -> None:
        """And somebody puts it right again, who knows how far the scripts came meanwhile."""
        for change, schema in self.by_hand.values():
            self.perform(change.reverse(schema), change.apply(schema))
        self.by_hand.clear()

    @precondition(lambda self: self.level is not None and not self.by_hand and self.level < len(self.scripts))
    @rule()
    def anticipate(self) -> None:
        """Somebody adds an index by hand, exactly as the next pending script declares it: the upgrade adopts it."""
        schema = self.live()
        first = self.scripts[self.level or 0][0]
        if isinstance(first, AddIndex) and first.throughput is None:
            self.perform(first, schema)
            target = (self.level or 0) + 1
            if self.act(lambda one, stop: one.upgrade(UpgradeOptions(str(target), allow_data_loss=True, stop=stop))):
                self.reached(target, max)

    @rule()
    def status(self) -> None:
        """Drift is reported where there is some, and nowhere else."""
        status = self.aws.migrator(self.project).status()
        drifted = {problem.subject for problem in status.problems if problem.kind is ProblemKind.DRIFT}
        if self.level is None:
            assert drifted <= {PREFIX + table for table in self.by_hand}
        else:
            assert drifted == {PREFIX + table for table in self.by_hand}
            assert status.in_sync == (not self.by_hand and self.level == len(self.scripts))

    # What must hold.

    @invariant()
    def live_tables_are_those_of_the_model(self) -> None:
        """Names, keys, indexes and projections, read past the tool."""
        if self.level is None or self.by_hand:
            return
        live = self.live().tables
        assert {name for name in self.aws.simulator.account.tables if name != HISTORY} == {PREFIX + n for n in live}
        for table in live.values():
            _assert_alike(self.aws.simulator.table(PREFIX + table.name) or {}, table)

    @invariant()
    def history_is_exact(self) -> None:
        """Every script up to the level is recorded as applied, and no other is; the log tells of it.

        A downgrade that stopped inside a script and is taken back by an upgrade tells "applied" without "reverted".
        """
        if self.level is None:
            return
        records = self.watcher.deployment.history.read().records
        applied = [name for name, record in sorted(records.items()) if record.is_applied]
        assert applied == [f"{number:04}_script" for number in range(1, self.level + 1)]
        assert all(not record.doubt for record in records.values() if not record.is_unfinished)
        told = Counter((event.migration, event.what) for event in self.watcher.history())
        for name in applied:
            assert told[name, "applied"] >= max(1, told[name, "reverted"])

    # How it is done.

    def act(self, act: Act, *, disturbed: bool = False) -> bool:
        """Run something in a new process, so to speak; whether it came through. Only what it may raise passes."""
        calls = self.aws.simulator.calls
        before = len(calls)
        stop = Stop(self.aws.clock.clock)
        try:
            act(self.aws.migrator(self.project), stop)
        except OsemMigrateError as refusal:
            cause = refusal.cause if isinstance(refusal, PartialError) else refusal
            # Nobody else is here to take the lock: the machine was too busy for a heartbeat.
            self.excused = isinstance(cause, LockLost | QuotaExceeded)
            if isinstance(cause, QuotaExceeded):
                self.aws.clock.sleep(MONTH)  # in which AWS forgets what was changed too often
            in_the_way = self.by_hand and isinstance(cause, DriftFound | DeletionProtected)
            if not disturbed and not in_the_way and not self.excused:
                raise
            self.level = None
            told = isinstance(refusal, PartialError)
        else:
            return True
        assert told or not [call for call in calls[before:] if _changes(call)], "refused, and yet changed"
        return False

    def reached(self, target: int, choose: Callable[[int, int], int]) -> None:
        """A run came through to a version: everything on its side of it is settled.

        What somebody did by hand stops a run only where that needs or changes it. It is over where the run has found it
        to be just what it would do, or has made the table anew; otherwise it is as it was, and status goes on to tell.
        """
        if self.level is not None:
            self.level = choose(self.level, target)
        elif (choose is max and target == len(self.scripts)) or target == 0:
            self.level = target
        if self.level is not None:
            live = self.live()
            still = {name: change for name, (change, _) in self.by_hand.items() if self.differs(name, change)}
            self.by_hand = {name: (change, live) for name, change in still.items()}

    def differs(self, name: str, change: Operation) -> bool:
        """Whether what was changed by hand is otherwise than declared now, read past the tool."""
        declared, described = self.live().tables.get(name), self.aws.simulator.table(PREFIX + name)
        if declared is None or described is None:
            return declared is not None
        if isinstance(change, DropIndex):
            there = {index["IndexName"] for index in described.get("GlobalSecondaryIndexes", [])}
            return declared.index(change.name) is not None and change.name not in there
        wanted = declared.setting(type(change)) if isinstance(change, Setting) else None
        if wanted is None:
            return False  # the table is there again, or nobody declares the setting any more
        aside = self.aws.simulator.call("DescribeContinuousBackups", {"TableName": PREFIX + name})
        answers = {Description.TABLE: {"Table": described}, Description.CONTINUOUS_BACKUPS: aside}
        found = type(wanted).read(name, answers[wanted.described_by])
        return not wanted.matches(found or wanted.default(name))

    def schema(self, level: int | None = None) -> Schema:
        """What the first so many scripts build; all of them when None."""
        schema = Schema(defaults=self.project.environment("dev").defaults)
        for operations in self.scripts[:level]:
            for operation in operations:
                schema = operation.apply(schema)
        return schema

    def live(self) -> Schema:
        """What should be live."""
        return self.schema(self.level or 0)

    def perform(self, operation: Operation, schema: Schema) -> None:
        """An operation by hand, with the patience that AWS asks for."""
        for step in calls(operation.steps(schema)):
            address = PREFIX + step.table
            if step.named_by == "ResourceArn":
                address = self.aws.simulator.account.arn(address)
            until = self.aws.clock.monotonic() + PATIENCE
            while True:
                try:
                    self.aws.simulator.call(step.action, step.call(address))
                    break
                except SimulatedError:
                    assert self.aws.clock.monotonic() < until
                    self.aws.clock.sleep(20.0)
            self.aws.clock.sleep(1200.0)  # longer than anything takes


def _harmless(schema: Schema, operation: Operation) -> bool:
    """Whether it leaves deletion protection off, which would refuse most of what may follow."""
    after = operation.apply(schema).tables.get(operation.table)
    protection = after.setting(SetDeletionProtection) if after is not None else None
    return protection is None or not protection.enabled


def _hands(table: Table) -> list[Operation]:
    """What somebody might do to a table that its declaration does not allow."""
    choices: list[Operation] = [DropTable(table.name), *(DropIndex(table.name, index.name) for index in table.indexes)]
    declared = [table.setting(kind) for kind in HANDS]
    for setting in declared:
        if isinstance(setting, SetDeletionProtection):
            choices.append(SetDeletionProtection(table.name, not setting.enabled))
        elif isinstance(setting, SetPointInTimeRecovery):
            choices.append(SetPointInTimeRecovery(table.name, not setting.enabled, setting.days))
        elif isinstance(setting, SetStream):
            choices.append(SetStream(table.name, "KEYS_ONLY" if setting.view is None else None))
    return choices


def _assert_alike(described: dict[str, Any], table: Table) -> None:
    assert described["TableStatus"] == "ACTIVE"
    keys = [table.partition_key.name, *([table.sort_key.name] if table.sort_key else [])]
    assert _names(described["KeySchema"]) == keys
    indexes = described.get("GlobalSecondaryIndexes", [])
    assert {index["IndexName"]: _shape(index) for index in indexes} == {
        index.name: (
            [key.name for key in (*as_keys(index.partition_key), *as_keys(index.sort_key))],
            index.projection,
            sorted(index.include),
        )
        for index in table.indexes
    }


def _shape(index: dict[str, Any]) -> tuple[list[str], str, list[str]]:
    assert index["IndexStatus"] == "ACTIVE"
    projection = index["Projection"]
    return _names(index["KeySchema"]), projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", []))


def _names(schema: Sequence[dict[str, str]]) -> list[str]:
    return [key["AttributeName"] for key in schema]


def _changes(call: Call) -> bool:
    return call.mutates and call.applied and call.table != HISTORY


TestModel = pytest.mark.slow(Model.TestCase)
TestModel.settings = settings(
    max_examples=400 if DEEP else 6,
    stateful_step_count=40 if DEEP else 15,
    deadline=None,
    phases=[Phase.reuse, Phase.generate, *([Phase.shrink] if DEEP else [])],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("nth", [14, 17, 20, 23])
def test_a_downgrade_takes_back_what_was_folded(nth: int) -> None:
    """Stopped between CreateTable and the records of the indexes folded into it: no drift, nothing left over."""
    model = Model()
    for number, operations in enumerate(FOLDED, 1):
        script = model.folder / "migrations" / f"{number:04}_script.py"
        script.write_text(script_source(f"Number {number}", operations), encoding="utf-8")
    stop = Stop(model.aws.clock.clock)
    stopping = Hook(before=lambda _call: stop.request(Interrupted("stopped")))
    model.aws.simulator.faults.plan(stopping, nth=nth)
    with pytest.raises(OsemMigrateError):
        model.aws.migrator(model.project).upgrade(UpgradeOptions(fold=True, stop=stop))
    model.aws.migrator(model.project).downgrade(DowngradeOptions("0", allow_data_loss=True))
    assert set(model.aws.simulator.account.tables) == {HISTORY}
    model.teardown()
