"""Continuous backups and point-in-time recovery."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account, table_name
from tests.simulator.errors import SimulatedError, backup_table_missing, constraint, refused
from tests.simulator.tables import DAY, Backups, Table

Parameters = Mapping[str, Any]

MAX_DAYS = 35
LATEST = 300
"""Seconds that the latest point one can restore to lies back."""


def describe_continuous_backups(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeContinuousBackups: ContinuousBackupsStatus is not the switch, PointInTimeRecoveryStatus is (Q-083)."""
    return {"ContinuousBackupsDescription": _described(_find(account, parameters).backups, account.now)}


def update_continuous_backups(account: Account, parameters: Parameters) -> dict[str, Any]:
    """UpdateContinuousBackups: at once, and as often as one likes; off loses what could be restored (Q-085)."""
    specification = parameters["PointInTimeRecoverySpecification"]
    enabled, days = specification["PointInTimeRecoveryEnabled"], specification.get("RecoveryPeriodInDays")
    if days is not None and not enabled:
        raise refused("Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
    if days is not None and not 1 <= days <= MAX_DAYS:
        rule = "greater than or equal to 1" if days < 1 else f"less than or equal to {MAX_DAYS}"
        where = "pointInTimeRecoverySpecification.recoveryPeriodInDays"
        raise constraint(days, where, f"have value {rule}")
    table = _find(account, parameters)
    backups = table.backups
    if not backups.available:
        raise SimulatedError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {table.name}. Please retry later",
        )
    if not enabled:
        backups.recovery_since, backups.days = None, MAX_DAYS
    else:
        backups.days = days or backups.days
        backups.recovery_since = account.now if backups.recovery_since is None else backups.recovery_since
    return {"ContinuousBackupsDescription": _described(backups, account.now)}


def _described(backups: Backups, now: float) -> dict[str, Any]:
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if backups.recovery_since is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": backups.days,
            "EarliestRestorableDateTime": max(backups.recovery_since, now - backups.days * DAY),
            "LatestRestorableDateTime": max(backups.recovery_since, now - LATEST),
        }
    status = "ENABLED" if backups.available else "DISABLED"
    return {"ContinuousBackupsStatus": status, "PointInTimeRecoveryDescription": recovery}


def _find(account: Account, parameters: Parameters) -> Table:
    """A young table is unknown to this part of AWS, and a dying one soon forgotten (Q-115, Q-118)."""
    name = table_name(parameters)
    table = account.tables.get(name)
    if table is None or account.now < table.known_at or account.forgotten(table):
        raise backup_table_missing(name)
    return table
