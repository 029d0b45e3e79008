"""What DynamoDB describes, as our Live values: order, defaults and volatile members cannot matter."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from osem_migrate.aws.failures import Verdict, classify
from osem_migrate.errors import ResourceNotFound, Throttled
from osem_migrate.live import Live, LiveIndex
from osem_migrate.operations import SETTINGS, SetBilling, SetEncryption, SetTimeToLive, Setting
from osem_migrate.operations.set_billing import read_throughput
from osem_migrate.schema import Index, Key, LocalIndex, Projection, Table
from osem_migrate.steps import Description

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRANSITIONS = {"ENABLING", "DISABLING", "UPDATING"}
_ON_THE_WAY = {"CREATING", "DELETING"}  # to every call but DescribeTable, such a table may not exist

# Seconds, after the SDK has given up: DescribeTimeToLive takes four rapid calls, then about one in two seconds.
_THROTTLED_PAUSES = (2.0, 4.0, 8.0)

Responses = Mapping[Description, Mapping[str, Any] | None]
"""What was answered, by what was asked; None: a local engine does not know the call."""


class Describer:
    """Describes tables of one endpoint; ``emulated`` says that it is a local engine, which may lack calls.

    Errors of AWS come out through the door: AccessDenied, Throttled and so on.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        physical_name: Callable[[str], str],
        *,
        emulated: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._physical_name = physical_name
        self._emulated = emulated
        self._sleep = sleep

    def describe(self, name: str, kinds: Iterable[type[Setting]] = ()) -> Live:
        """The table of that logical name: one DescribeTable, and one call more for each kind that takes its own.

        A setting that cannot be asked for yet, because the table is new, counts as on its way: it is in ``changing``.
        """
        physical = self._physical_name(name)
        try:
            described = self._ask(Description.TABLE, {"TableName": physical}, physical) or {}
        except ResourceNotFound:
            return Live(name=name, physical_name=physical, table=None, emulated=self._emulated)
        responses: dict[Description, Mapping[str, Any] | None] = {Description.TABLE: described}
        lagging: set[Description] = set()
        table = described["Table"]
        for description in sorted({kind.described_by for kind in kinds} - {Description.TABLE}):
            if table["TableStatus"] in _ON_THE_WAY:
                lagging.add(description)
                continue
            try:
                responses[description] = self._side(description, physical, table["TableArn"])
            except ResourceNotFound:
                lagging.add(description)
        return _live(name, physical, responses, lagging, emulated=self._emulated)

    def _side(self, description: Description, physical: str, arn: str) -> Mapping[str, Any] | None:
        if description is not Description.TAGS:
            return self._ask(description, {"TableName": physical}, physical)
        tags: list[Any] = []
        parameters = {"ResourceArn": arn}
        while (page := self._ask(description, parameters, physical)) is not None:
            tags += page.get("Tags", [])
            if not page.get("NextToken"):
                return {"Tags": tags}
            parameters["NextToken"] = page["NextToken"]
        return None

    def _ask(self, description: Description, parameters: dict[str, str], physical: str) -> Mapping[str, Any] | None:
        """The response, or None for a call that this local engine does not know; while it is throttled, asked again."""
        for pause in _THROTTLED_PAUSES:
            with suppress(Throttled):
                return self._ask_once(description, parameters, physical)
            self._sleep(pause)
        return self._ask_once(description, parameters, physical)

    def _ask_once(
        self, description: Description, parameters: dict[str, str], physical: str
    ) -> Mapping[str, Any] | None:
        action = "".join(part.capitalize() for part in description.value.split("_"))
        try:
            response: Mapping[str, Any] = getattr(self._client, description.value)(**parameters)
        except (ClientError, BotoCoreError, ResponseParserError) as refusal:
            failure = classify(refusal, action=f"dynamodb:{action}", resource=physical)
            optional = description is not Description.TABLE
            if optional and self._emulated and failure.verdict is Verdict.UNSUPPORTED:
                return None
            raise failure.error from refusal
        return response


def _live(name: str, physical: str, responses: Responses, lagging: set[Description], *, emulated: bool) -> Live:
    described = (responses[Description.TABLE] or {})["Table"]
    settings, unreadable = [], set()
    for kind in SETTINGS:
        response = responses.get(kind.described_by)
        found = kind.read(name, response) if response is not None else None
        if found is not None:
            settings.append(found)
        elif kind.described_by in responses and emulated:
            unreadable.add(kind)
        elif response is not None:
            settings.append(kind.default(name))
    return Live(
        name=name,
        physical_name=physical,
        table=_table(name, described, settings),
        status=described["TableStatus"],
        indexes={index["IndexName"]: _live_index(index) for index in described.get("GlobalSecondaryIndexes", ())},
        changing=tuple(_changing(responses, lagging)),
        unreadable=frozenset(unreadable),
        emulated=emulated,
        arn=described["TableArn"],
        items=described.get("ItemCount", 0),
        size_bytes=described.get("TableSizeBytes", 0),
        created_at=int(described["CreationDateTime"].timestamp() * 1000),
    )


def _table(name: str, described: Mapping[str, Any], settings: list[Setting]) -> Table:
    types = {item["AttributeName"]: item["AttributeType"] for item in described["AttributeDefinitions"]}
    partition, sort = _keys(described["KeySchema"], types)
    mode = next(setting.mode for setting in settings if isinstance(setting, SetBilling))
    return Table(
        name,
        partition[0],
        sort[0] if sort else None,
        [_index(index, types, mode) for index in described.get("GlobalSecondaryIndexes", ())],
        [_local_index(index, types) for index in described.get("LocalSecondaryIndexes", ())],
        settings,
    )


def _index(described: Mapping[str, Any], types: Mapping[str, Any], mode: str) -> Index:
    partition, sort = _keys(described["KeySchema"], types)
    projection, include = _projection(described)
    return Index(described["IndexName"], partition, sort, projection, include, read_throughput(mode, described))


def _local_index(described: Mapping[str, Any], types: Mapping[str, Any]) -> LocalIndex:
    sort = _keys(described["KeySchema"], types)[1]
    return LocalIndex(described["IndexName"], sort[0], *_projection(described))


def _keys(schema: Iterable[Mapping[str, Any]], types: Mapping[str, Any]) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """Partition and sort key attributes; their order within each is part of the key."""
    keys = [(element["KeyType"], _key(element["AttributeName"], types)) for element in schema]
    return tuple(key for kind, key in keys if kind == "HASH"), tuple(key for kind, key in keys if kind == "RANGE")


def _key(name: str, types: Mapping[str, Any]) -> Key:
    # moto forgets the type of an attribute that a later UpdateTable does not repeat; AWS never does.
    return Key(name, types.get(name, "S"))


def _projection(described: Mapping[str, Any]) -> tuple[Projection, tuple[str, ...]]:
    projection = described.get("Projection", {})
    return projection.get("ProjectionType", "ALL"), tuple(projection.get("NonKeyAttributes", ()))


def _live_index(described: Mapping[str, Any]) -> LiveIndex:
    return LiveIndex(
        status=described["IndexStatus"],
        backfilling=described.get("Backfilling", False),
        items=described.get("ItemCount", 0),
        size_bytes=described.get("IndexSizeBytes", 0),
    )


def _changing(responses: Responses, lagging: set[Description]) -> Iterable[str]:
    yield from (kind.noun for kind in SETTINGS if kind.described_by in lagging)
    table = (responses[Description.TABLE] or {})["Table"]
    if table.get("SSEDescription", {}).get("Status") in _TRANSITIONS:
        yield SetEncryption.noun
    ttl = responses.get(Description.TIME_TO_LIVE)
    if ttl is not None and ttl["TimeToLiveDescription"]["TimeToLiveStatus"] in _TRANSITIONS:
        yield SetTimeToLive.noun
