"""DynamoDB's control plane in memory and in virtual time: states, durations and refusals as AWS has them.

A real boto3 client asks it, so parameters are validated and errors raised by the SDK itself; only the wire is missing.
Texts and durations are those of the live probes that ``planning/estimate.py`` names as its source.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tests.doubles.clock import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "123456789012"
REGION = "eu-west-1"
TAGS_A_PAGE = 10

CREATING, UPDATING, DELETING = 5.0, 10.0, 5.0
ALLOCATING, BACKFILLING = 40.0, 480.0
TIME_TO_LIVE_COOL_DOWN = 31 * 60.0
BACKUPS_LATER = 2.0
TAG_LOCK = 2.0

Fault = Callable[[], object]


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@dataclass
class FakeTable:
    """One table: ``description`` is what DescribeTable shows; ``until`` says when each subject settles, and how."""

    description: dict[str, Any]
    active_at: float
    tags: dict[str, str] = field(default_factory=dict)
    time_to_live: dict[str, Any] = field(default_factory=lambda: {"TimeToLiveStatus": "DISABLED"})
    time_to_live_changed_at: float | None = None
    recovery: dict[str, Any] = field(default_factory=lambda: {"PointInTimeRecoveryStatus": "DISABLED"})
    tagged_at: float | None = None
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    @property
    def indexes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.description.setdefault("GlobalSecondaryIndexes", [])
        return found


class ControlPlane:
    """The tables of one account.

    Attributes:
        calls: every call as operation and parameters, refused ones too.
        tables: by physical name; a test may put them in any state by hand.
        backfilling: seconds that the next index builds take.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.tables: dict[str, FakeTable] = {}
        self.backfilling = BACKFILLING
        self._before: dict[str, list[Fault]] = defaultdict(list)
        self._after: dict[str, list[Fault]] = defaultdict(list)
        self._ids = 0
        self._one_at_a_time = threading.RLock()  # lanes call side by side
        self.client = self._connect()

    def refuse(self, operation: str, code: str, message: str = "", *, times: int = 1, status: int = 400) -> None:
        """Refuse the next calls of an operation before anything happens."""
        self._before[operation] += [lambda: _raise(Refused(code, message, status))] * times

    def fail(self, operation: str, exception: BaseException, *, times: int = 1) -> None:
        """Let the SDK, or the user's Ctrl-C, end the next calls before anything happens."""
        self._before[operation] += [lambda: _raise(exception)] * times

    def lose_response(self, operation: str, answer: BaseException) -> None:
        """Carry the next call out, but answer like this: what an SDK's own retry, or its patience's end, shows."""
        self._after[operation].append(lambda: _raise(answer))

    def meanwhile(self, operation: str, act: Callable[[], object]) -> None:
        """Let somebody else act just before the next call arrives."""
        self._before[operation].append(act)

    def mutations(self) -> list[str]:
        """Every call that was no question, in order."""
        return [name for name, _ in self.calls if not name.startswith(("Describe", "List"))]

    def settle(self, seconds: float = 3600.0) -> None:
        """Let time pass."""
        self.clock.seconds += seconds
        self._advance()

    def _connect(self) -> "DynamoDBClient":
        client: DynamoDBClient = boto3.client(
            "dynamodb",
            region_name=REGION,
            aws_access_key_id="AKIAFAKE",
            aws_secret_access_key="fake",
            config=Config(retries={"total_max_attempts": 1}),
        )
        events: Any = client.meta.events  # the stubs do not know that a handler may answer the call
        events.register("before-parameter-build.dynamodb", self._note)
        events.register("before-call.dynamodb", self._answer)
        return client

    def _note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["fake_parameters"] = params

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        with self._one_at_a_time:
            return self._decide(model, context["fake_parameters"])

    def _decide(self, model: Any, parameters: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.calls.append((model.name, parameters))
        self._advance()
        try:
            if self._before[model.name]:
                self._before[model.name].pop(0)()
            body = getattr(self, "_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in model.name)[1:])(
                parameters
            )
            if self._after[model.name]:
                self._after[model.name].pop(0)()
        except Refused as refused:
            error = {"Code": refused.code, "Message": refused.message}
            metadata = {"HTTPStatusCode": refused.status, "RequestId": "FAKE"}
            return SimpleNamespace(status_code=refused.status), {"Error": error, "ResponseMetadata": metadata}
        return SimpleNamespace(status_code=200), {**body, "ResponseMetadata": {"HTTPStatusCode": 200}}

    def _advance(self) -> None:
        for table in list(self.tables.values()):
            while ready := [entry for entry in table.due if entry[0] <= self.clock.seconds]:
                entry = min(ready, key=lambda entry: entry[0])
                table.due.remove(entry)
                entry[1]()

    def _later(self, table: FakeTable, seconds: float, what: Callable[[], None]) -> None:
        table.due.append((self.clock.seconds + seconds, what))

    def _table(self, parameters: dict[str, Any]) -> FakeTable:
        name = parameters.get("TableName") or parameters["ResourceArn"].rpartition("/")[2]
        if name not in self.tables:
            raise Refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
        return self.tables[name]

    def _side(self, parameters: dict[str, Any]) -> FakeTable:
        """The table as every call but DescribeTable sees it: not yet there while it is CREATING."""
        table = self._table(parameters)
        if table.description["TableStatus"] == "CREATING":
            raise Refused("ResourceNotFoundException", "Requested resource not found: Table not found")
        return table

    # --- questions

    def _describe_table(self, parameters: dict[str, Any]) -> dict[str, Any]:
        description = dict(self._table(parameters).description)
        if not description.get("GlobalSecondaryIndexes"):
            description.pop("GlobalSecondaryIndexes", None)
        return {"Table": description}

    def _list_tables(self, parameters: dict[str, Any]) -> dict[str, Any]:
        del parameters
        return {"TableNames": sorted(self.tables)}

    def _scan(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Of the history table, for the records of other applications: there are none."""
        del parameters
        return {"Items": []}

    def _describe_time_to_live(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"TimeToLiveDescription": dict(self._side(parameters).time_to_live)}

    def _describe_continuous_backups(self, parameters: dict[str, Any]) -> dict[str, Any]:
        recovery = self._side(parameters).recovery
        return {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": dict(recovery),
            }
        }

    def _list_tags_of_resource(self, parameters: dict[str, Any]) -> dict[str, Any]:
        tags = sorted(self._side(parameters).tags.items())
        start = int(parameters.get("NextToken", 0))
        page = tags[start : start + TAGS_A_PAGE]
        more = {"NextToken": str(start + TAGS_A_PAGE)} if start + TAGS_A_PAGE < len(tags) else {}
        return {"Tags": [{"Key": key, "Value": text} for key, text in page], **more}

    # --- mutations

    def _create_table(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters["TableName"]
        if name in self.tables:
            raise Refused("ResourceInUseException", f"Table already exists: {name}")
        self._ids += 1
        description: dict[str, Any] = {
            "TableName": name,
            "TableStatus": "CREATING",
            "TableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}",
            "TableId": f"0000-{self._ids}",
            "CreationDateTime": self.clock.now(),
            "AttributeDefinitions": sorted(parameters["AttributeDefinitions"], key=lambda item: item["AttributeName"]),
            "KeySchema": parameters["KeySchema"],
            "ItemCount": 0,
            "TableSizeBytes": 0,
            "DeletionProtectionEnabled": parameters.get("DeletionProtectionEnabled", False),
            "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
            "ProvisionedThroughput": {
                "NumberOfDecreasesToday": 0,
                **parameters.get("ProvisionedThroughput", {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}),
            },
        }
        if parameters.get("BillingMode") == "PAY_PER_REQUEST":
            description["BillingModeSummary"] = {
                "BillingMode": "PAY_PER_REQUEST",
                "LastUpdateToPayPerRequestDateTime": self.clock.now(),
            }
        table = FakeTable(description, active_at=self.clock.seconds + CREATING)
        table.tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
        for index in parameters.get("GlobalSecondaryIndexes", ()):
            table.indexes.append(self._index(name, index, "CREATING"))
        self.tables[name] = table

        def active() -> None:
            table.description["TableStatus"] = "ACTIVE"
            for index in table.indexes:
                index["IndexStatus"] = "ACTIVE"

        self._later(table, CREATING, active)
        return {"TableDescription": {**description}}

    def _update_table(self, parameters: dict[str, Any]) -> dict[str, Any]:
        table = self._table(parameters)
        if table.description["TableStatus"] == "CREATING":
            raise Refused("ResourceInUseException", f"Table is being created: {parameters['TableName']}")
        for update in parameters.get("GlobalSecondaryIndexUpdates", ()):
            for action, index in update.items():
                self._change_index(table, action, index, parameters)
        if "GlobalSecondaryIndexUpdates" not in parameters:
            self._change_table(table, parameters)
        return {"TableDescription": dict(table.description)}

    def _change_index(self, table: FakeTable, action: str, index: dict[str, Any], parameters: dict[str, Any]) -> None:
        name = table.description["TableName"]
        found = next((known for known in table.indexes if known["IndexName"] == index["IndexName"]), None)
        if any(known["IndexStatus"] in {"CREATING", "DELETING"} for known in table.indexes):
            raise Refused(
                "LimitExceededException",
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
            )
        if table.description["TableStatus"] != "ACTIVE":
            raise Refused(
                "ResourceInUseException",
                f"Attempt to change a resource which is still in use: Table is being updated: {name}",
            )
        if action == "Create":
            if found is not None:
                raise Refused(
                    "ValidationException",
                    "One or more parameter values were invalid: Attempting to create an index which already exists",
                )
            self._build(table, self._index(name, index, "CREATING"), parameters["AttributeDefinitions"])
        else:
            assert action == "Delete", "the double knows no throughput of indexes"
            if found is None:
                raise Refused("ResourceNotFoundException", f"Requested resource not found: Index: {index['IndexName']}")
            found["IndexStatus"] = "DELETING"
            self._busy(table, DELETING, lambda: self._forget(table, found))

    def _forget(self, table: FakeTable, index: dict[str, Any]) -> None:
        """An index is gone, and the attributes that only it needed with it."""
        table.indexes.remove(index)
        keys = [*table.description["KeySchema"], *(key for left in table.indexes for key in left["KeySchema"])]
        keys += [key for left in table.description.get("LocalSecondaryIndexes", ()) for key in left["KeySchema"]]
        used = {key["AttributeName"] for key in keys}
        known = table.description["AttributeDefinitions"]
        table.description["AttributeDefinitions"] = [item for item in known if item["AttributeName"] in used]

    def _build(self, table: FakeTable, index: dict[str, Any], definitions: list[dict[str, Any]]) -> None:
        index["Backfilling"] = False
        table.indexes.append(index)
        known = {item["AttributeName"]: item for item in (*table.description["AttributeDefinitions"], *definitions)}
        table.description["AttributeDefinitions"] = [known[name] for name in sorted(known)]
        self._busy(table, ALLOCATING, lambda: index.update(Backfilling=True))

        def built() -> None:
            index["IndexStatus"] = "ACTIVE"
            del index["Backfilling"]

        self._later(table, ALLOCATING + self.backfilling, built)

    def _change_table(self, table: FakeTable, parameters: dict[str, Any]) -> None:
        if table.description["TableStatus"] != "ACTIVE":
            raise Refused("ResourceInUseException", "Table is being updated")
        shown = {key: value for key, value in parameters.items() if key == "DeletionProtectionEnabled"}
        if "TableClass" in parameters:
            shown["TableClassSummary"] = {"TableClass": parameters["TableClass"]}
        stream = parameters.get("StreamSpecification", {})
        if stream.get("StreamEnabled"):
            shown["StreamSpecification"] = stream
        self._busy(table, UPDATING, lambda: table.description.update(shown))

    def _busy(self, table: FakeTable, seconds: float, what: Callable[[], None]) -> None:
        table.description["TableStatus"] = "UPDATING"

        def settled() -> None:
            table.description["TableStatus"] = "ACTIVE"
            what()

        self._later(table, seconds, settled)

    def _delete_table(self, parameters: dict[str, Any]) -> dict[str, Any]:
        table = self._table(parameters)
        if table.description["DeletionProtectionEnabled"]:
            raise Refused(
                "ValidationException",
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first.",
            )
        table.description["TableStatus"] = "DELETING"
        self._later(table, DELETING, lambda: self._drop(parameters["TableName"]))
        return {"TableDescription": dict(table.description)}

    def _drop(self, name: str) -> None:
        del self.tables[name]

    def _update_time_to_live(self, parameters: dict[str, Any]) -> dict[str, Any]:
        table = self._side(parameters)
        specification = parameters["TimeToLiveSpecification"]
        changed_at = table.time_to_live_changed_at
        if changed_at is not None and self.clock.seconds - changed_at < TIME_TO_LIVE_COOL_DOWN:
            raise Refused(
                "ValidationException", "Time to live has been modified multiple times within a fixed interval"
            )
        on = "ENABLED" if specification["Enabled"] else "DISABLED"
        if table.time_to_live["TimeToLiveStatus"] == on:
            raise Refused("ValidationException", f"TimeToLive is already {on.lower()}")
        table.time_to_live_changed_at = self.clock.seconds
        attribute = {"AttributeName": specification["AttributeName"]}
        table.time_to_live = {"TimeToLiveStatus": on[:-2] + "ING", **attribute}
        settled = {"TimeToLiveStatus": on, **(attribute if specification["Enabled"] else {})}
        self._later(table, 3.0, lambda: setattr(table, "time_to_live", settled))
        return {"TimeToLiveSpecification": specification}

    def _update_continuous_backups(self, parameters: dict[str, Any]) -> dict[str, Any]:
        table = self._side(parameters)
        if self.clock.seconds - table.active_at < BACKUPS_LATER:
            raise Refused(
                "ContinuousBackupsUnavailableException",
                "Backups are being enabled for the table: please retry later",
            )
        specification = parameters["PointInTimeRecoverySpecification"]
        enabled = specification["PointInTimeRecoveryEnabled"]
        table.recovery = {"PointInTimeRecoveryStatus": "ENABLED" if enabled else "DISABLED"}
        if enabled:
            table.recovery["RecoveryPeriodInDays"] = specification.get("RecoveryPeriodInDays", 35)
        return self._describe_continuous_backups(parameters)

    def _tag_resource(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return self._retag(parameters, lambda tags: tags.update({t["Key"]: t["Value"] for t in parameters["Tags"]}))

    def _untag_resource(self, parameters: dict[str, Any]) -> dict[str, Any]:
        def remove(tags: dict[str, str]) -> None:
            for key in parameters["TagKeys"]:
                tags.pop(key, None)

        return self._retag(parameters, remove)

    def _retag(self, parameters: dict[str, Any], change: Callable[[dict[str, str]], None]) -> dict[str, Any]:
        table = self._side(parameters)
        if table.tagged_at is not None and self.clock.seconds - table.tagged_at < TAG_LOCK:
            raise Refused("LimitExceededException", "Subscriber limit exceeded: Table tags are being updated")
        table.tagged_at = self.clock.seconds
        self._later(table, 1.5, lambda: change(table.tags))
        return {}

    def _index(self, table: str, index: dict[str, Any], status: str) -> dict[str, Any]:
        projection = dict(index["Projection"])
        if "NonKeyAttributes" in projection:
            projection["NonKeyAttributes"] = sorted(projection["NonKeyAttributes"])
        return {
            **index,
            "Projection": projection,
            "IndexStatus": status,
            "IndexArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/index/{index['IndexName']}",
            "ItemCount": 0,
            "IndexSizeBytes": 0,
        }


def _raise(exception: BaseException) -> None:
    raise exception
