"""How long DynamoDB takes: honest ranges for each kind of call, measured on empty tables.

Sources: live probes of us-west-2 and us-east-1 in October 2026 by aws-controllers-k8s/dynamodb-controller
(``docs/api-quirks``), and the DynamoDB developer guide where it gives a number. Large tables take longer: an index
build on a table of terabytes takes hours to days.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A range of seconds."""

    low: float
    high: float

    def __add__(self, other: "Estimate") -> "Estimate":
        """Both, one after the other."""
        return Estimate(self.low + other.low, self.high + other.high)

    def less(self, seconds: float) -> "Estimate":
        """What is left of it after so many seconds."""
        return Estimate(max(0, self.low - seconds), max(0, self.high - seconds))


NO_TIME = Estimate(0, 0)
CREATE_TABLE = Estimate(2, 6)
CREATE_TABLE_WITH_INDEXES = Estimate(14, 22)
DELETE_TABLE = Estimate(4, 6)
ADD_INDEX = Estimate(468, 1000)  # bimodal: about 8 or about 17 minutes, even when the table is empty
DROP_INDEX = Estimate(5, 60)  # 5 s where the build was cancelled; a built one was not measured
SWITCH_BILLING = Estimate(60, 170)
UPDATE_TABLE = Estimate(2, 60)  # class, encryption, stream and capacity changes
SIDE_CALL = Estimate(1, 3)  # tags, point-in-time recovery, time to live
ITEM_PASS = Estimate(1, 60)  # over few items; a large table takes what it consumes, divided by the rate
TIME_TO_LIVE_AGAIN = Estimate(31 * 60, 60 * 60)  # a second change within the cool-down
