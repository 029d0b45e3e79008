"""How long DynamoDB takes: honest ranges for each kind of call, measured on empty tables.

Sources: live probes of us-west-2 and us-east-1 in October 2026 by aws-controllers-k8s/dynamodb-controller
(``docs/api-quirks``), and the DynamoDB developer guide where it gives a number. Large tables take longer: an index
build on a table of terabytes takes hours to days.
"""

from dataclasses import dataclass

from osem_migrate.operations.step import Description, Step


@dataclass(frozen=True, slots=True)
class Estimate:
    """A range of seconds."""

    low: float
    high: float

    def __add__(self, other: "Estimate") -> "Estimate":
        """Both, one after the other."""
        return Estimate(self.low + other.low, self.high + other.high)


NO_TIME = Estimate(0, 0)

_CREATE_PLAIN = Estimate(2, 6)
_CREATE_WITH_INDEXES = Estimate(14, 22)
_DELETE_TABLE = Estimate(4, 6)
_ADD_INDEX = Estimate(468, 1000)  # bimodal: about 8 or about 17 minutes, even when the table is empty
_DROP_INDEX = Estimate(5, 60)  # 5 s where the build was cancelled; a built one was not measured
_SWITCH_BILLING = Estimate(60, 170)
_UPDATE_TABLE = Estimate(2, 60)  # class, encryption, stream and capacity changes
_ASIDE = Estimate(1, 3)
_TIME_TO_LIVE_AGAIN = Estimate(31 * 60, 60 * 60)  # a second change within the cool-down


def estimate(step: Step) -> Estimate:
    """The usual time from the call until it has settled."""
    if step.settles is not Description.TABLE:
        return _ASIDE
    if step.method == "create_table":
        return _CREATE_WITH_INDEXES if "GlobalSecondaryIndexes" in step.parameters else _CREATE_PLAIN
    if step.method == "delete_table":
        return _DELETE_TABLE
    actions = {action for update in step.parameters.get("GlobalSecondaryIndexUpdates", ()) for action in update}
    if "Create" in actions:
        return _ADD_INDEX
    if "Delete" in actions:
        return _DROP_INDEX
    return _SWITCH_BILLING if "BillingMode" in step.parameters else _UPDATE_TABLE


def estimate_all(steps: tuple[Step, ...]) -> Estimate:
    """The steps one after the other; the second change of a time to live waits out the cool-down."""
    total = NO_TIME
    changed_before: set[str] = set()
    for step in steps:
        total += estimate(step)
        if step.after is None:
            changed_before.discard(step.table)
        if step.settles is Description.TIME_TO_LIVE:
            total += _TIME_TO_LIVE_AGAIN if step.table in changed_before else NO_TIME
            changed_before.add(step.table)
    return total
