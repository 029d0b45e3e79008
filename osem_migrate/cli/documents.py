"""Values as the ``data`` of the JSON envelope."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from osem_migrate.cli.plan import address
from osem_migrate.planning.estimate import estimate

if TYPE_CHECKING:
    from collections.abc import Collection

    from osem_migrate.commands.verify import Verification
    from osem_migrate.history import LogEntry, Record
    from osem_migrate.live_table import LiveTable
    from osem_migrate.migrator import Migrator, RepairResult
    from osem_migrate.planning.doctor import DoctorReport
    from osem_migrate.planning.plan import Plan, PlannedOperation
    from osem_migrate.planning.status.status import Problem, Status

Document = dict[str, Any]


def plan_document(plan: "Plan", migrator: "Migrator") -> Document:
    """The plan of ``upgrade --dry-run``."""
    return {
        "dry_run": True,
        "up_to_date": plan.is_empty,
        "creates_history_table": plan.creates_history,
        "migrations": [
            {
                "id": planned.migration.id,
                "file": planned.migration.file,
                "already_done": planned.already_done,
                "operations": [_operation(operation, migrator) for operation in planned.operations],
            }
            for planned in plan.migrations
        ],
        "hazards": list(plan.hazards),
        "estimated_seconds": [plan.estimate.low, plan.estimate.high],
    }


def status_document(status: "Status", ignored: "Collection[str]") -> Document:
    """The answer of ``status``."""
    return {
        "in_sync": status.in_sync,
        "exit_code": int(status.exit_code(ignored)),
        "migrations": [
            {
                "id": migration.id,
                "state": migration.state.value,
                "summary": migration.summary,
                "file": migration.file,
                "record": _record(migration.record) if migration.record is not None else None,
            }
            for migration in status.migrations
        ],
        "problems": [_problem(problem) for problem in status.problems],
        "remarks": [_problem(remark) for remark in status.remarks],
        "notes": list(status.notes),
    }


def repair_document(written: "RepairResult") -> Document:
    """The answer of ``status --write-repair``; ``path`` is None where nothing was written."""
    return {
        "path": written.path,
        "operations": [operation.describe() for operation in written.repair.operations],
        "left_out": [{"table": table, "reason": reason} for table, reason in written.repair.left_out],
    }


def verification_document(verification: "Verification") -> Document:
    """The answer of ``verify``."""
    return {
        "passed": verification.passed,
        "exit_code": int(verification.exit_code()),
        "tables": [
            {
                "name": checklist.table,
                "physical_name": checklist.physical_name,
                "passed": checklist.passed,
                "checked": checklist.was_checked,
                "probed": checklist.table in verification.probed,
                "checks": [asdict(check) for check in checklist.checks],
                "notes": list(checklist.notes),
            }
            for checklist in verification.tables
        ],
    }


def report_document(report: "DoctorReport") -> Document:
    """The answer of ``doctor``."""
    return {
        "exit_code": int(report.exit_code),
        "findings": [
            {
                "check": finding.check,
                "health": finding.health.value,
                "message": finding.message,
                "remedy": finding.remedy,
                "code": finding.code,
            }
            for finding in report.findings
        ],
    }


def table_document(live: "LiveTable") -> Document:
    """One table of ``list``."""
    table = live.table
    return {
        "name": live.name,
        "physical_name": live.physical_name,
        "status": live.status,
        "items": live.items,
        "size_bytes": live.size_bytes,
        "arn": live.arn,
        "keys": _keys(table.keys) if table is not None else [],
        "indexes": [
            {
                "name": index.name,
                "status": live.indexes[index.name].status,
                "backfilling": live.indexes[index.name].backfilling,
                "partition_key": _keys(index.partition_keys),
                "sort_key": _keys(index.sort_keys),
                "projection": index.projection,
                "include": list(index.include),
            }
            for index in (table.indexes if table is not None else ())
        ],
        "settings": [setting.describe() for setting in (table.settings if table is not None else ())],
    }


def log_entry_document(event: "LogEntry") -> Document:
    """One entry of ``history``; ``at`` is Unix milliseconds."""
    return {
        "at": event.at,
        "what": event.what,
        "migration": event.migration,
        "by": event.by,
        "detail": event.detail,
        "reason": event.reason,
    }


def _operation(operation: "PlannedOperation", migrator: "Migrator") -> Document:
    return {
        "operation": operation.operation.describe(),
        "table": migrator.environment.physical_name(operation.table),
        "folded": operation.folded,
        "calls": [
            {
                "action": step.action,
                "parameters": step.call(address(step, migrator)),
                "usual_seconds": [estimate(step).low, estimate(step).high],
            }
            for step in (() if operation.folded else operation.steps)
        ],
    }


def _problem(problem: "Problem") -> Document:
    return {
        "code": problem.code,
        "kind": problem.kind.value,
        "severity": problem.severity.value,
        "state": problem.state,
        "subject": problem.subject,
        "message": problem.message,
        "remedy": problem.remedy,
        "expected": problem.expected,
        "found": problem.found,
        "file": problem.file,
        "line": problem.line,
    }


def _record(record: "Record") -> Document:
    return {
        "state": record.state.value,
        "operations_done": record.operations_done,
        "operations_total": record.operations_total,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "applied_by": record.applied_by,
        "tool_version": record.tool_version,
        "checksum": record.checksum,
        "error": {"code": record.error.code, "message": record.error.message} if record.error is not None else None,
    }


def _keys(keys: "Collection[Any]") -> list[Document]:
    return [{"name": key.name, "type": key.type} for key in keys]
