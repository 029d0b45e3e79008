"""The document of a plan: ``--dry-run`` of upgrade and downgrade."""

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

from osem_migrate.cli.documents.change import ChangeDocument, change_document
from osem_migrate.cli.documents.forecast import ItemsForecastDocument, forecast_document
from osem_migrate.cli.documents.keys import KeyDocument, key_documents
from osem_migrate.config import Environment
from osem_migrate.operations.estimate import Estimate
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.step import Step
from osem_migrate.planning.forecast import PassForecast
from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation
from osem_migrate.schema.arn import table_arn


class SecondsDocument(TypedDict):
    """How long something usually takes on AWS, in seconds."""

    low: float
    high: float


class CheckedIndexDocument(TypedDict):
    """An index that every item has to fit: no value of its key may have another type, be empty or too long."""

    name: str
    keys: list[KeyDocument]


class CallDocument(TypedDict):
    """A call of DynamoDB."""

    action: str
    """Such as UpdateTable."""
    parameters: Mapping[str, object]
    """As DynamoDB takes them."""
    estimate_seconds: SecondsDocument
    items: ItemsForecastDocument | None
    """What it takes, where it goes through the items of a table."""
    checks: list[CheckedIndexDocument]
    """The indexes that it holds the items against."""


class OperationDocument(TypedDict):
    """One operation of a script, or its reverse."""

    kind: str
    """Its class, such as AddIndex."""
    description: str
    """Such as add index managerId-index to Teams."""
    table: str
    """In the scripts."""
    physical_name: str
    """Of the table, in DynamoDB."""
    changes: list[ChangeDocument]
    folded: bool
    """Whether an earlier call brings its index along, so that it makes none."""
    hazard: str | None
    """What it loses for good, or may lose, in words."""
    calls: list[CallDocument]
    """Those that are left to make, none where the table is so already."""


class PlannedMigrationDocument(TypedDict):
    """A migration with those of its operations that are still to do."""

    id: str
    number: int
    summary: str
    file: str | None
    operations_total: int
    operations_done: int
    """By an earlier run."""
    operations: list[OperationDocument]


class PlanDriftDocument(TypedDict):
    """How a live table differs from what the plan expects."""

    table: str
    """In the scripts."""
    physical_name: str
    """In DynamoDB."""
    code: str
    message: str
    stops: str | None
    """The migration that stops at it; null where it is left as it is."""


class PlanCounts(TypedDict):
    """How many there are."""

    migrations: int
    operations: int
    calls: int
    """That of the history table included."""
    hazards: int


class PlanDocument(TypedDict):
    """What a run would do."""

    dry_run: Literal[True]
    direction: Literal["upgrade", "downgrade"]
    up_to_date: bool
    """Whether nothing is left to do."""
    counts: PlanCounts
    creates_history_table: bool
    migrations: list[PlannedMigrationDocument]
    """In the order in which they run."""
    future: list[str]
    """Applied by a newer checkout than this one."""
    notes: list[str]
    """What else people should know."""
    abandons: str | None
    """The target of a downgrade that did not finish, and that an upgrade takes back."""
    warnings: list[str]
    """Whose else its tables are."""
    drift: list[PlanDriftDocument]
    estimate_seconds: SecondsDocument


def drift_documents(plan: Plan) -> list[PlanDriftDocument]:
    """Every difference that was seen, whether it stops a migration or not."""
    return [
        {
            "table": drift.difference.table,
            "physical_name": drift.physical_name,
            "code": drift.difference.code.value,
            "message": drift.difference.describe(),
            "stops": drift.stops,
        }
        for drift in plan.drift
    ]


def plan_document(plan: Plan, environment: Environment, region: str) -> PlanDocument:
    """The plan as a whole; physical names and ARNs are those of the environment in that region."""
    documents = operation_documents(plan, environment, region)
    return {
        "dry_run": True,
        "direction": plan.direction.value,
        "up_to_date": plan.is_empty,
        "counts": {
            "migrations": len(plan.migrations),
            "operations": len(plan.operations),
            "calls": len(plan.steps) + (plan.creates_history and not plan.is_empty),
            "hazards": len(plan.hazards),
        },
        "creates_history_table": plan.creates_history,
        "migrations": [
            _migration(planned, [documents[one.key] for one in planned.operations]) for planned in plan.migrations
        ],
        "future": list(plan.future),
        "notes": list(plan.notes),
        "abandons": plan.abandons,
        "warnings": list(plan.warnings),
        "drift": drift_documents(plan),
        "estimate_seconds": seconds_document(plan.estimate),
    }


def operation_documents(plan: Plan, environment: Environment, region: str) -> dict[tuple[str, int], OperationDocument]:
    """Every operation of a plan, by its key."""
    hazards: dict[tuple[str, int], list[str]] = {}
    for hazard in plan.hazards:
        hazards.setdefault((hazard.migration, hazard.position), []).append(hazard.text)
    estimates, forecasts = plan.estimates, {one.key: one for one in plan.forecasts}
    return {
        one.key: _operation(
            one,
            tuple(zip(plan.steps_of(one), estimates.get(one.key, []), strict=True)),
            hazards.get(one.key, []),
            forecasts.get(one.key),
            environment=environment,
            region=region,
        )
        for one in plan.operations
    }


def _migration(planned: PlannedMigration, operations: list[OperationDocument]) -> PlannedMigrationDocument:
    migration = planned.migration
    return {
        "id": migration.id,
        "number": migration.number,
        "summary": migration.summary,
        "file": migration.file or None,
        "operations_total": len(migration.operations),
        "operations_done": planned.already_done,
        "operations": operations,
    }


def _operation(  # noqa: PLR0913 - one argument each for what it is told of
    planned: PlannedOperation,
    steps: Sequence[tuple[Step, Estimate]],
    hazards: Sequence[str],
    forecast: PassForecast | None,
    *,
    environment: Environment,
    region: str,
) -> OperationDocument:
    return {
        "kind": type(planned.operation).__name__,
        "description": planned.operation.describe(),
        "table": planned.table,
        "physical_name": environment.physical_name(planned.table),
        "changes": [change_document(change) for change in planned.changes],
        "folded": planned.folded,
        "hazard": "; ".join(hazards) or None,
        "calls": [
            {
                "action": step.action,
                "parameters": step.call(_address(step, environment, region)),
                "estimate_seconds": seconds_document(usual),
                "items": forecast_document(forecast) if forecast is not None and isinstance(step, Pass) else None,
                "checks": [
                    {"name": check.name, "keys": key_documents(check.partition, check.sort)} for check in step.checks
                ],
            }
            for step, usual in steps
        ],
    }


def _address(step: Step, environment: Environment, region: str) -> str:
    """What a step's call names: the physical table, or its ARN where the table has yet to get one."""
    name = environment.physical_name(step.table)
    return table_arn(name, region=region, account=environment.settings.account_id or "*") if step.takes_arn else name


def seconds_document(usual: Estimate) -> SecondsDocument:
    """How long it usually takes."""
    return {"low": usual.low, "high": usual.high}
