"""Drift that is exact: whatever one thing somebody changes of a live table, ``status`` reports it and nothing else.

OSEM_TORTURE=1 sweeps 200 generated schemas on either engine; otherwise a sample of each.
"""

import os
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from osem_migrate.operations import CreateTable, SetBilling, SetDeletionProtection, SetStream, SetTimeToLive
from tests import strategies
from tests.doubles.manual_changes import ManualChange
from tests.doubles.sweep import Sweep
from tests.doubles.sweep_engines import on_dynamodb_local, on_simulator
from tests.engines.engine import Engine

TORTURE = bool(os.environ.get("OSEM_TORTURE"))
ON_SIMULATOR, ON_DYNAMODB_LOCAL = (200, 200) if TORTURE else (8, 3)
SHARE_SIMULATED, SHARE_LOCALLY = (1.0, 0.3) if TORTURE else (0.12, 0.08)
MENDED, SHARE_MENDED = (40, 0.5) if TORTURE else (2, 0.05)
KEPT_LOCALLY = (SetBilling, SetDeletionProtection, SetStream, SetTimeToLive)

Visit = Callable[[tuple[CreateTable, ...]], None]


def sweep_over(schemas: int, kinds: Sequence[type] | None, visit: Visit) -> None:
    """The same schemas every time."""
    generated = settings(
        max_examples=schemas,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    generated(given(strategies.creations(kinds))(visit))()


def sampler(seed: int, share: float) -> Callable[[ManualChange], bool]:
    """Which changes to try."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return lambda _change: chance.random() < share


def check(sweep: Sweep, schemas: int) -> None:
    """Nothing wrong, nothing missed, and no remedy in vain."""
    print(sweep.summary())  # noqa: T201 - the counts are what a sweep is for
    assert sweep.schemas >= schemas
    assert sweep.false_positives == []
    assert sweep.false_negatives == []
    assert sweep.broken_remedies == []
    assert sweep.reported == sweep.changes.total() > 0


@pytest.mark.slow
def test_every_change_on_the_simulator_is_reported_and_nothing_else() -> None:
    """On AWS as we know it, with the noise of DescribeTable: one change, one problem, whose remedy mends it."""
    sweep = Sweep()

    def visit(creations: tuple[CreateTable, ...]) -> None:
        with on_simulator(creations, sweep.schemas) as engine:
            sweep.over(engine, creations, sampler(sweep.schemas, SHARE_SIMULATED))

    sweep_over(ON_SIMULATOR, None, visit)
    check(sweep, ON_SIMULATOR)


def test_every_change_on_dynamodb_local_is_reported_and_nothing_else(engine: Engine) -> None:
    """The same on DynamoDB Local, as far as it keeps what it is told."""
    sweep = Sweep()

    def visit(creations: tuple[CreateTable, ...]) -> None:
        with on_dynamodb_local(engine, creations, sweep.schemas) as local:
            sweep.over(local, creations, sampler(sweep.schemas, SHARE_LOCALLY))

    sweep_over(ON_DYNAMODB_LOCAL, KEPT_LOCALLY, visit)
    check(sweep, ON_DYNAMODB_LOCAL)


@pytest.mark.slow
def test_every_repair_that_is_claimed_repairs() -> None:
    """``--write-repair --rebuild`` after each change that a script may undo, then ``upgrade``: in sync."""
    sweep = Sweep()

    def visit(creations: tuple[CreateTable, ...]) -> None:
        with on_simulator(creations, sweep.schemas) as engine:
            sweep.mend_over(engine, creations, sampler(sweep.schemas, SHARE_MENDED))

    sweep_over(MENDED, None, visit)
    print(sweep.summary())  # noqa: T201 - the same
    assert sweep.broken_remedies == []
    assert sweep.repaired.total() > 0
