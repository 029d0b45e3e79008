"""Sweep: live tables changed by hand, one thing at a time, and what ``status`` says of each change."""

import json
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError

from osem_migrate import RepairOptions, UpgradeOptions
from osem_migrate.errors import OsemMigrateError
from osem_migrate.operations import CreateTable
from osem_migrate.operations.step import RESOURCE_ARN, TABLE_NAME, Call
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.status.problem import Problem
from osem_migrate.schema import S, Schema, Table
from tests.doubles.manual_changes import ManualChange, construction, drop_steps, manual_changes
from tests.doubles.sweep_engines import PREFIX, SimulatedGround, SweepEngine

BY_SCRIPT = frozenset({"DRIFT_TABLE_KEYS", "DRIFT_LOCAL_INDEX", "DRIFT_INDEX_UNEXPECTED", "DRIFT_TABLE_UNEXPECTED"})
"""What no call of AWS mends."""


@dataclass
class Sweep:
    """The count.

    Attributes:
        tables: live tables that were looked at.
        changes: by kind, those that status has to report.
        harmless: by kind, those that it may not report.
        repaired: by code, those whose remedy was carried out and came to what was declared.
        mistakes: everything that was reported wrongly or not at all, for people.
    """

    tables: int = 0
    schemas: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    harmless: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    reported: int = 0
    false_positives: list[str] = field(default_factory=list)
    false_negatives: list[str] = field(default_factory=list)
    broken_remedies: list[str] = field(default_factory=list)

    def over(
        self, engine: SweepEngine, creations: Sequence[CreateTable], sample: Callable[[ManualChange], bool]
    ) -> None:
        """Look at the tables as declared, then after each change that ``sample`` takes."""
        self.schemas += 1
        self._expect_nothing("untouched", engine.migrator.status().problems)
        self._add_a_stray(engine)
        for create in creations:
            table = create.apply(Schema(defaults=engine.migrator.environment.defaults)).table(create.table)
            self.tables += 1
            for change in manual_changes(table):
                if change.what not in engine.lacks and sample(change):
                    with engine.pristine(table):
                        self._change_by_hand(engine, table, change)

    def summary(self) -> str:
        """``412 changes of 20 tables, 412 reported, 0 false positives, 0 false negatives``."""
        return (
            f"{self.schemas} schemas, {self.tables} tables: {self.changes.total()} changes, {self.reported} reported, "
            f"{len(self.false_positives)} false positives, {len(self.false_negatives)} false negatives; "
            f"{self.harmless.total()} changes that are none; "
            f"{self.repaired.total()} remedies carried out, {len(self.broken_remedies)} broken"
        )

    def mend_over(
        self, engine: SimulatedGround, creations: Sequence[CreateTable], sample: Callable[[ManualChange], bool]
    ) -> None:
        """After each change have a repair written and applied; what a script claims to repair is then in sync."""
        self.schemas += 1
        for create in creations:
            table = create.apply(Schema(defaults=engine.migrator.environment.defaults)).table(create.table)
            self.tables += 1
            for change in manual_changes(table):
                if change.code is not None and sample(change):
                    with engine.pristine(table):
                        self._mend(engine, table, change)

    def _mend(self, engine: SimulatedGround, table: Table, change: ManualChange) -> None:
        engine.change_by_hand(table, change)
        self.changes[change.what] += 1
        where = _where(table, change)
        script = engine.migrator.write_repair(engine.migrator.status(), RepairOptions(rebuild=True))
        if script.path is None:
            if change.code not in BY_SCRIPT:
                self.broken_remedies.append(f"{where}: no repair ({script})")
            return
        written = engine.migrator.project.migrations / Path(script.path).name
        try:
            later = engine.later()
            later.upgrade(UpgradeOptions(allow_data_loss=True))
            left = later.status().problems
            if left or not later.plan().is_empty:
                self.broken_remedies.append(f"{where}: {written.read_text()}\n{_said(left)}")
                return
        except OsemMigrateError as refusal:
            self.broken_remedies.append(f"{where}: {written.read_text()}\n{refusal.message}")
            return
        finally:
            written.unlink()
        self.repaired[str(change.code)] += 1

    def _change_by_hand(self, engine: SweepEngine, table: Table, change: ManualChange) -> None:
        engine.change_by_hand(table, change)
        problems = engine.migrator.status().problems
        where = _where(table, change)
        if change.code is None:
            self.harmless[change.what] += 1
            self._expect_nothing(where, problems)
            return
        self.changes[change.what] += 1
        right = self._judge(problems, table, change)
        if right is not None:
            self._repair(engine, table, where, right)

    def _judge(self, problems: Sequence[Problem], table: Table, change: ManualChange) -> Problem | None:
        """The report of the change; whatever else is reported is a mistake, and so is no report."""
        where = _where(table, change)
        right, rest = _told_apart(change, f"{PREFIX}{table.name}", problems)
        if right is None:
            self.false_negatives.append(f"{where}: {_said(problems)}")
            return None
        self.reported += 1
        self._expect_nothing(where, rest)
        return right

    def _add_a_stray(self, engine: SweepEngine) -> None:
        """A table that no script declares, under the prefix of the environment."""
        stray = CreateTable("Stray", S("id")).apply(Schema()).table("Stray")
        what = ManualChange(
            what="unexpected table", how="added", code=DriftCode.TABLE_UNEXPECTED, subject="Stray", calls=()
        )
        engine.perform(construction(stray))
        self.changes[what.what] += 1
        self._judge(engine.migrator.status().problems, stray, what)
        engine.perform(drop_steps(stray))

    def _expect_nothing(self, where: str, problems: Sequence[Problem]) -> None:
        if problems:
            self.false_positives.append(f"{where}: {_said(problems)}")

    def _repair(self, engine: SweepEngine, table: Table, where: str, problem: Problem) -> None:
        """Carry the remedy out, where it is commands of the AWS CLI; then nothing may be left to say."""
        steps = [_step(table, line) for line in problem.remedy.splitlines() if line.startswith("aws ")]
        if not steps:
            if problem.code not in BY_SCRIPT:
                self.broken_remedies.append(f"{where}: no command in {problem.remedy!r}")
            return
        if not engine.mends(steps):
            return
        try:
            engine.perform(steps)
        except ClientError as refusal:
            self.broken_remedies.append(f"{where}: {problem.remedy}\n{refusal}")
            return
        left = engine.migrator.status().problems
        if left or not engine.migrator.plan().is_empty:
            self.broken_remedies.append(f"{where}: {problem.remedy}\n{_said(left)}")
            return
        self.repaired[problem.code] += 1


def _told_apart(
    change: ManualChange, physical_name: str, problems: Sequence[Problem]
) -> tuple[Problem | None, list[Problem]]:
    """The report of the change, and everything else that is reported."""
    right = [
        problem
        for problem in problems
        if (problem.code, problem.subject) == (change.code, physical_name)
        and problem.message.startswith(f"{change.subject}: ")
        and problem.expected != problem.found
    ]
    first = right[0] if right else None
    return first, [problem for problem in problems if problem is not first]


def _where(table: Table, change: ManualChange) -> str:
    return f"{change.what} ({change.how}) of {change.subject} in {table!r}"


def _said(problems: Sequence[Problem]) -> str:
    return "; ".join(f"{problem.code} {problem.subject} {problem.message}" for problem in problems) or "nothing"


def _step(table: Table, command: str) -> Call:
    """What a command of the AWS CLI asks of DynamoDB."""
    words = shlex.split(command)
    assert words[:2] == ["aws", "dynamodb"]
    assert words[3] == "--cli-input-json"
    request = json.loads(words[4])
    by = RESOURCE_ARN if RESOURCE_ARN in request else TABLE_NAME
    del request[by]
    method = words[2].replace("-", "_")
    return Call(table=table.name, method=method, parameters=request, after=None, named_by=by, subject=table.name)
