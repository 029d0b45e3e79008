"""Sweep: live tables changed by hand, one thing at a time, and what ``status`` says of each change."""

import json
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError

from osem_migrate.errors import OsemMigrateError
from osem_migrate.operations import CreateTable
from osem_migrate.operations.step import RESOURCE_ARN, TABLE_NAME, Step
from osem_migrate.planning.drift import diff
from osem_migrate.planning.status.problem import Problem
from osem_migrate.schema import S, Schema, Table
from tests.doubles.manual_changes import Meddling, construction, demolition, meddlings
from tests.doubles.sweep_engines import PREFIX, Ground, SimulatedGround

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

    def over(self, ground: Ground, creations: Sequence[CreateTable], sample: Callable[[Meddling], bool]) -> None:
        """Look at the tables as declared, then after each meddling that ``sample`` takes."""
        self.schemas += 1
        self._expect_nothing("untouched", ground.migrator.status().problems)
        self._add_a_stray(ground)
        for create in creations:
            table = create.apply(Schema(defaults=ground.migrator.environment.defaults)).table(create.table)
            self.tables += 1
            for meddling in meddlings(table):
                if meddling.what not in ground.lacks and sample(meddling):
                    with ground.pristine(table):
                        self._meddle(ground, table, meddling)

    def summary(self) -> str:
        """``412 changes of 20 tables, 412 reported, 0 false positives, 0 false negatives``."""
        return (
            f"{self.schemas} schemas, {self.tables} tables: {self.changes.total()} changes, {self.reported} reported, "
            f"{len(self.false_positives)} false positives, {len(self.false_negatives)} false negatives; "
            f"{self.harmless.total()} changes that are none; "
            f"{self.repaired.total()} remedies carried out, {len(self.broken_remedies)} broken"
        )

    def mend_over(
        self, ground: SimulatedGround, creations: Sequence[CreateTable], sample: Callable[[Meddling], bool]
    ) -> None:
        """After each meddling have a repair written and applied; what a script claims to repair is then in sync."""
        self.schemas += 1
        for create in creations:
            table = create.apply(Schema(defaults=ground.migrator.environment.defaults)).table(create.table)
            self.tables += 1
            for meddling in meddlings(table):
                if meddling.code is not None and sample(meddling):
                    with ground.pristine(table):
                        self._mend(ground, table, meddling)

    def _mend(self, ground: SimulatedGround, table: Table, meddling: Meddling) -> None:
        ground.meddle(table, meddling)
        self.changes[meddling.what] += 1
        where = _where(table, meddling)
        script = ground.migrator.write_repair(ground.migrator.status(), rebuild=True)
        if script.path is None:
            if meddling.code not in BY_SCRIPT:
                self.broken_remedies.append(f"{where}: no repair ({script})")
            return
        written = ground.migrator.project.migrations / Path(script.path).name
        try:
            later = ground.later()
            later.upgrade(allow_data_loss=True)
            left = later.status().problems
            if left or not later.plan().is_empty:
                self.broken_remedies.append(f"{where}: {written.read_text()}\n{_said(left)}")
                return
        except OsemMigrateError as refusal:
            self.broken_remedies.append(f"{where}: {written.read_text()}\n{refusal.message}")
            return
        finally:
            written.unlink()
        self.repaired[str(meddling.code)] += 1

    def _meddle(self, ground: Ground, table: Table, meddling: Meddling) -> None:
        ground.meddle(table, meddling)
        problems = ground.migrator.status().problems
        where = _where(table, meddling)
        if meddling.code is None:
            self.harmless[meddling.what] += 1
            self._expect_nothing(where, problems)
            return
        self.changes[meddling.what] += 1
        right = self._judge(problems, table, meddling)
        if right is not None:
            self._repair(ground, table, where, right)

    def _judge(self, problems: Sequence[Problem], table: Table, meddling: Meddling) -> Problem | None:
        """The report of the change; whatever else is reported is a mistake, and so is no report."""
        where = _where(table, meddling)
        right, rest = _told_apart(meddling, f"{PREFIX}{table.name}", problems)
        if right is None:
            self.false_negatives.append(f"{where}: {_said(problems)}")
            return None
        self.reported += 1
        self._expect_nothing(where, rest)
        return right

    def _add_a_stray(self, ground: Ground) -> None:
        """A table that no script declares, under the prefix of the environment."""
        stray = CreateTable("Stray", S("id")).apply(Schema()).table("Stray")
        what = Meddling(what="unexpected table", how="added", code=diff.TABLE_UNEXPECTED, subject="Stray", calls=())
        ground.perform(construction(stray))
        self.changes[what.what] += 1
        self._judge(ground.migrator.status().problems, stray, what)
        ground.perform(demolition(stray))

    def _expect_nothing(self, where: str, problems: Sequence[Problem]) -> None:
        if problems:
            self.false_positives.append(f"{where}: {_said(problems)}")

    def _repair(self, ground: Ground, table: Table, where: str, problem: Problem) -> None:
        """Carry the remedy out, where it is commands of the AWS CLI; then nothing may be left to say."""
        steps = [_step(table, line) for line in problem.remedy.splitlines() if line.startswith("aws ")]
        if not steps:
            if problem.code not in BY_SCRIPT:
                self.broken_remedies.append(f"{where}: no command in {problem.remedy!r}")
            return
        if not ground.mends(steps):
            return
        try:
            ground.perform(steps)
        except ClientError as refusal:
            self.broken_remedies.append(f"{where}: {problem.remedy}\n{refusal}")
            return
        left = ground.migrator.status().problems
        if left or not ground.migrator.plan().is_empty:
            self.broken_remedies.append(f"{where}: {problem.remedy}\n{_said(left)}")
            return
        self.repaired[problem.code] += 1


def _told_apart(
    meddling: Meddling, physical_name: str, problems: Sequence[Problem]
) -> tuple[Problem | None, list[Problem]]:
    """The report of the change, and everything else that is reported."""
    right = [
        problem
        for problem in problems
        if (problem.code, problem.subject) == (meddling.code, physical_name)
        and problem.message.startswith(f"{meddling.subject}: ")
        and problem.expected != problem.found
    ]
    first = right[0] if right else None
    return first, [problem for problem in problems if problem is not first]


def _where(table: Table, meddling: Meddling) -> str:
    return f"{meddling.what} ({meddling.how}) of {meddling.subject} in {table!r}"


def _said(problems: Sequence[Problem]) -> str:
    return "; ".join(f"{problem.code} {problem.subject} {problem.message}" for problem in problems) or "nothing"


def _step(table: Table, command: str) -> Step:
    """What a command of the AWS CLI asks of DynamoDB."""
    words = shlex.split(command)
    assert words[:2] == ["aws", "dynamodb"]
    assert words[3] == "--cli-input-json"
    request = json.loads(words[4])
    by = RESOURCE_ARN if RESOURCE_ARN in request else TABLE_NAME
    del request[by]
    method = words[2].replace("-", "_")
    return Step(table=table.name, method=method, parameters=request, after=None, named_by=by, subject=table.name)
