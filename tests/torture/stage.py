"""Stages: where a scenario begins, made once and then put up again in no time; and pictures of how it ended."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.doubles.project import HISTORY
from tests.simulator import Durations, ScaledClock, SimulatedError, Simulator, exactly
from tests.simulator.calls import READS
from tests.simulator.simulator import ACCESS_KEY
from tests.torture.child import PACE

# Long enough to be seen on the way, by runs whose calls take about a tenth of a second each.
BRIEF = Durations(
    create_table=exactly(0.6),
    create_table_with_indexes=exactly(0.9),
    delete_table=exactly(0.6),
    index_allocation=exactly(0.7),
    index_build=exactly(1.5),
    index_delete=exactly(0.7),
    index_update=exactly(0.6),
    throughput_update=exactly(0.6),
    to_provisioned=exactly(0.9),
    to_on_demand=exactly(0.9),
    back_to_on_demand=exactly(0.9),
    stream_update=exactly(0.6),
    class_update=exactly(0.6),
    encryption_update=exactly(0.6),
    warm_up=exactly(0.6),
    backups_available=exactly(0.5),
    time_to_live_update=exactly(0.5),
    tag_lock=exactly(0.5),
    tag_lag=exactly(0.6),
    side_memory=exactly(0.3),
)

# What differs from run to run, or is only counted every six hours.
_NOISE = frozenset(
    {
        *("TableId", "TableArn", "IndexArn", "CreationDateTime", "ItemCount", "TableSizeBytes", "IndexSizeBytes"),
        *("LatestStreamLabel", "LatestStreamArn", "LastUpdateToPayPerRequestDateTime", "LastUpdateDateTime"),
        *("LastIncreaseDateTime", "LastDecreaseDateTime", "WarmThroughput"),
    }
)
_RECORDED = ("state", "checksum", "operations_total", "operations_done", "done", "doubt", "operation_hashes", "error")
_ENDS = frozenset({"advanced", "applied", "reverted"})


@dataclass(frozen=True, slots=True)
class Stage:
    """The calls that lead to where a scenario begins."""

    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def put_up(self) -> "Recording":
        """A simulator there, with an empty log."""
        clock = ScaledClock(PACE)
        simulator = Recording(clock=clock, durations=BRIEF)
        self.put_up_in(simulator, clock.advance)
        return simulator

    def put_up_in(self, simulator: Simulator, advance: Callable[[float], None]) -> None:
        """The same in an empty one, whose clock ``advance`` turns on by seconds."""
        for action, parameters in self.calls:
            simulator.call(action, parameters)
            advance(60.0)  # where nobody is watching
        simulator.calls.clear()


class Recording(Simulator):
    """A simulator that keeps what it was asked, to make a Stage of it."""

    def __init__(self, **chosen: Any) -> None:
        super().__init__(**chosen)
        self._asked: list[tuple[str, Mapping[str, Any]]] = []

    def call(
        self, action: str, parameters: Mapping[str, Any], *, access_key: str = ACCESS_KEY, connection: object = None
    ) -> dict[str, Any]:
        """One call, and a note of it if it was taken."""
        answer = super().call(action, parameters, access_key=access_key, connection=connection)
        if not action.startswith(READS):
            self._asked.append((action, parameters))
        return answer

    @property
    def stage(self) -> Stage:
        """Where it stands now."""
        return Stage(tuple(self._asked))


@dataclass(frozen=True, slots=True)
class Picture:
    """What is there: tables with their settings, records with the number of results logged for each, and items."""

    tables: Mapping[str, Any]
    records: Mapping[str, Any]
    items: Mapping[str, Any]

    @classmethod
    def of(cls, simulator: Simulator) -> "Picture":
        """Take one; raises SimulatedError where a table has not settled enough to be looked at."""
        names = _look(simulator, "ListTables")["TableNames"]
        tables = {name: _table(simulator, name) for name in names}
        items = {name: _items(simulator, name) for name in names}
        written = items.pop(HISTORY, [])
        return cls(tables, _records(written), items)

    def differences(self, other: "Picture") -> list[str]:
        """What is not the same in another one, as text."""
        found = []
        for part in ("tables", "records", "items"):
            mine, theirs = getattr(self, part), getattr(other, part)
            found += [
                f"{part}: {name}: {theirs.get(name)} instead of {mine.get(name)}"
                for name in sorted({*mine, *theirs})
                if mine.get(name) != theirs.get(name)
            ]
        return found


def lock_owner(simulator: Simulator) -> str | None:
    """Who holds the lock, dead or alive; None before there is a history table."""
    item = _lock(simulator)
    return item["owner"]["S"] if item is not None else None


def shorten_lease(simulator: Simulator, seconds: float) -> None:
    """Let a dead holder's lease be that long, so that nobody has to wait for all of it."""
    item = _lock(simulator)
    if item is not None:
        lease = {"lease_ms": {"N": str(int(seconds * 1000))}}
        _look(simulator, "PutItem", TableName=HISTORY, Item={**item, **lease})


def _lock(simulator: Simulator) -> Any:
    try:
        return next((item for item in _items(simulator, HISTORY) if "owner" in item), None)
    except SimulatedError:
        return None


def _look(simulator: Simulator, action: str, **parameters: Any) -> Any:
    """An answer that leaves no trace in the log."""
    return simulator._apply(action, parameters)


def _table(simulator: Simulator, name: str) -> Any:
    table = _look(simulator, "DescribeTable", TableName=name)["Table"]
    expiry = _look(simulator, "DescribeTimeToLive", TableName=name)["TimeToLiveDescription"]
    backups = _look(simulator, "DescribeContinuousBackups", TableName=name)["ContinuousBackupsDescription"]
    tags = _look(simulator, "ListTagsOfResource", ResourceArn=table["TableArn"]).get("Tags", [])
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return {**_quiet(table), "expiry": expiry, "recovery": recovery, "tags": sorted(tags, key=json.dumps)}


def _quiet(described: Any) -> Any:
    """A description without its noise, lists in an order of their own."""
    if isinstance(described, dict):
        return {name: _quiet(value) for name, value in described.items() if name not in _NOISE}
    if isinstance(described, list):
        return sorted((_quiet(value) for value in described), key=lambda value: json.dumps(value, sort_keys=True))
    return described


def _items(simulator: Simulator, name: str) -> list[Any]:
    found = _look(simulator, "Scan", TableName=name, ConsistentRead=True)["Items"]
    return sorted(found, key=lambda item: json.dumps(item, sort_keys=True))


def _records(written: list[Any]) -> dict[str, Any]:
    """The records of the history table, and how many results its log has for each."""
    records = {
        item["item"]["S"].removeprefix("migration#"): {name: item.get(name) for name in _RECORDED}
        for item in written
        if item["item"]["S"].startswith("migration#")
    }
    for name, record in records.items():
        logged = [
            item["what"]["S"] for item in written if item.get("migration", {}).get("S") == name and "what" in item
        ]
        record["results"] = sorted(what for what in logged if what in _ENDS)
    return records
