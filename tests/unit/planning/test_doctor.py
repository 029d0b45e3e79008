"""DoctorReport: how bad each thing is, and what to do about it."""

from dataclasses import replace

import pytest

from osem_migrate.errors import ExitCode, LockHeld
from osem_migrate.history import Holder
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetDeletionProtection
from osem_migrate.planning.doctor import (
    DoctorReport,
    Finding,
    Health,
    judge_account,
    judge_clock,
    judge_history,
    judge_lock,
    skipped,
)
from osem_migrate.planning.status.remedy import Caller
from osem_migrate.schema import S, Table
from tests.doubles.typed import typed

CALLER = Caller("prod", ("--profile", "ci"), ("--region", "eu-west-1"))
EXPECTED = Table("SchemaMigrations", S("scope"), S("item"))
PROTECTED = EXPECTED.with_setting(SetDeletionProtection("SchemaMigrations", enabled=True))
LIVE = LiveTable(name="SchemaMigrations", physical_name="shop-prod-SchemaMigrations", table=PROTECTED, status="ACTIVE")
HOLDER = Holder(
    owner="1", host="build-7", pid=4711, identity="ada", run_url=None, fence=1, lease_ms=20_000, heartbeat=1,
    acquired_at=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("skew", "health", "said"),
    [
        (0.4, Health.OK, "same as the endpoint's"),
        (-1.9, Health.OK, "same as the endpoint's"),
        (59.0, Health.OK, "59 s ahead of the endpoint's"),
        (-61.0, Health.WARNING, "61 s behind the endpoint's"),
        (300.0, Health.WARNING, "300 s ahead"),
        (301.0, Health.FAILED, "301 s ahead"),
        (-4000.0, Health.FAILED, "4000 s behind"),
    ],
)
def test_the_clock(skew: float, health: Health, said: str) -> None:
    """Above one minute it is a warning, above five a failure, and both say how to set it."""
    finding = judge_clock(skew)
    assert finding.health is health
    assert said in finding.message
    assert (finding.remedy is None) is (health is Health.OK)


@pytest.mark.parametrize(
    ("expected", "protected", "health", "remedy"),
    [
        ("123456789012", False, Health.OK, None),
        (None, False, Health.OK, None),
        (None, True, Health.WARNING, 'Pin it in the configuration: account_id = "123456789012"'),
        ("999999999999", True, Health.FAILED, "Choose the profile of the right account with --profile"),
    ],
)
def test_the_account(expected: str | None, protected: bool, health: Health, remedy: str | None) -> None:  # noqa: FBT001 - a column
    """Another one than configured has failed; none configured is worth a warning where the environment is protected."""
    finding = judge_account("123456789012", expected, protected=protected)
    assert finding.health is health
    assert typed(finding.advice, "--profile", "ci", env="prod").startswith(remedy or "")
    assert finding.message.startswith("123456789012")


@pytest.mark.parametrize(
    ("live", "health", "said"),
    [
        (LIVE, Health.OK, "is ACTIVE"),
        (replace(LIVE, table=None, status=None), Health.OK, "the first upgrade creates it"),
        (replace(LIVE, status="CREATING"), Health.WARNING, "is CREATING"),
        (replace(LIVE, status="ARCHIVED"), Health.FAILED, "is ARCHIVED"),
        (replace(LIVE, table=Table("SchemaMigrations", S("id"))), Health.FAILED, "keys of a history table"),
        (replace(LIVE, table=EXPECTED), Health.WARNING, "without deletion protection"),
        (
            replace(LIVE, table=EXPECTED.with_setting(SetDeletionProtection("SchemaMigrations", enabled=False))),
            Health.WARNING,
            "without deletion protection",
        ),
        (replace(LIVE, table=EXPECTED, unreadable=frozenset({SetDeletionProtection})), Health.OK, "is ACTIVE"),
    ],
)
def test_the_history_table(live: LiveTable, health: Health, said: str) -> None:
    """It need not be there; where it is, it has the right keys, is ready and protected."""
    finding = judge_history(live, EXPECTED, CALLER)
    assert finding.health is health
    assert said in finding.message
    assert (finding.remedy is None) is (health is Health.OK)


def test_commands_carry_the_connection() -> None:
    """What is to be typed next goes to the same place."""
    creating = judge_history(replace(LIVE, status="CREATING"), EXPECTED, CALLER)
    assert typed(creating.advice, "--profile", "ci", env="prod").endswith("osem-migrate doctor --env prod --profile ci")
    bare = judge_history(replace(LIVE, table=EXPECTED), EXPECTED, CALLER)
    assert typed(bare.advice).endswith("--deletion-protection-enabled --region eu-west-1")


@pytest.mark.parametrize(
    ("holder", "alive", "health", "said", "remedy"),
    [
        (None, False, Health.OK, "free", "None"),
        (
            HOLDER,
            True,
            Health.WARNING,
            "ada on build-7 (pid 4711); its heartbeat is active",
            "osem-migrate status --env prod",
        ),
        (HOLDER, False, Health.WARNING, "its heartbeat has stopped", "osem-migrate upgrade --env prod"),
    ],
)
def test_the_lock(holder: Holder | None, alive: bool, health: Health, said: str, remedy: str) -> None:  # noqa: FBT001 - a column
    """Held is no failure: it is told by whom, and what that means for the next run."""
    finding = judge_lock(holder, alive=alive)
    assert finding.health is health
    assert said in finding.message
    assert (remedy if holder is not None else "") in typed(finding.advice, "--profile", "ci", env="prod")


def test_only_a_failure_is_an_error() -> None:
    """Warnings and what was skipped leave the exit code at 0."""
    fine = [Finding(check="a", health=health, message="") for health in (Health.OK, Health.WARNING, Health.SKIPPED)]
    assert DoctorReport(tuple(fine)).exit_code is ExitCode.OK
    error = Finding.of("b", LockHeld("held", remediation="wait"))
    assert (error.check, error.message, error.remedy, error.code) == ("b", "held", "wait", "LOCK_HELD")
    report = DoctorReport((*fine, error, skipped("c", ["b"])))
    assert report.exit_code is ExitCode.ERROR
    assert (report.count(Health.FAILED), report.count(Health.SKIPPED)) == (1, 2)
    assert report.findings[-1].message == "skipped, because it needs: b"
