"""What DynamoDB describes, as our Live values: order, defaults and volatile members cannot matter."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from osem_migrate.aws.beyond import beyond
from osem_migrate.aws.failures.classify import REFUSALS, Verdict, classify
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.aws.paging import TAGS, Page
from osem_migrate.errors import AwsError, ResourceNotFound, Throttled
from osem_migrate.live_table import UNUSABLE, LiveIndex, LiveTable
from osem_migrate.operations import SETTINGS, Setting
from osem_migrate.operations.set_billing import read_mode, read_throughput
from osem_migrate.operations.step import Description
from osem_migrate.schema import Index, Key, LocalIndex, Projection, Table
from osem_migrate.schema.key import one_or_several
from osem_migrate.schema.value import as_found

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STACK_TAG = "aws:cloudformation:stack-name"

_ON_THE_WAY = {"CREATING", "DELETING"}  # to every call but DescribeTable, such a table may not exist

# Seconds, after the SDK has given up: DescribeTimeToLive takes four rapid calls, then about one in two seconds.
_THROTTLED_PAUSES = (2.0, 4.0, 8.0)

Responses = Mapping[Description, Mapping[str, Any] | None]
"""What was answered, by what was asked; None: a local engine does not know the call."""

_Answer = tuple[Description, Mapping[str, Any] | AwsError | None]
SideBySide = Callable[[Callable[[Description], _Answer], Iterable[Description]], Iterable[_Answer]]
"""How the questions beside DescribeTable are asked: ``map``, or that of a pool of threads."""


class Describer:
    """Describes tables of one endpoint; ``emulated`` says that it is a local engine, which may lack calls.

    Errors of AWS are raised as ours: AccessDenied, Throttled and so on.
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

    def describe(
        self,
        name: str,
        kinds: Iterable[type[Setting]] = (),
        *,
        optional: OptionalReads | None = None,
        side_by_side: SideBySide = map,
    ) -> LiveTable:
        """The table of that logical name: one DescribeTable, and one call more for each kind that takes its own.

        A setting that cannot be asked for yet, because the table is new, counts as on its way: it is in ``changing``.
        One that only ``optional`` asks for is left out where AWS does not tell.
        """
        physical = self._physical_name(name)
        try:
            described = self._ask(Description.TABLE, {"TableName": physical}, physical) or {}
        except ResourceNotFound:
            return LiveTable(name=name, physical_name=physical, table=None, emulated=self._emulated)
        responses: dict[Description, Mapping[str, Any] | None] = {Description.TABLE: described}
        wanted = {kind.described_by for kind in kinds} - {Description.TABLE}
        table = described.get("Table", {})
        status = table.get("TableStatus")
        if status in _ON_THE_WAY | UNUSABLE:
            lagging = wanted if status in _ON_THE_WAY else set()
            return _live(name, physical, responses, lagging, emulated=self._emulated)
        questions = sorted(wanted | (optional.questions if optional is not None else set()))
        lagging = set()

        def ask(question: Description) -> _Answer:
            # OptionalReads is not worth a wait.
            pauses = _THROTTLED_PAUSES if question in wanted else ()
            return self._aside(question, physical, table.get("TableArn"), pauses)

        for question, answer in side_by_side(ask, questions):
            if not isinstance(answer, AwsError):
                responses[question] = answer
            elif question not in wanted and optional is not None:
                optional.refuse(question, answer)
            elif isinstance(answer, ResourceNotFound):
                lagging.add(question)
            else:
                raise answer
        return _live(name, physical, responses, lagging, emulated=self._emulated)

    def _aside(self, question: Description, physical: str, arn: str | None, pauses: Sequence[float]) -> _Answer:
        """One question beside DescribeTable; the refusal is an answer, too, because other questions are under way."""
        try:
            return question, self._side(question, physical, arn, pauses)
        except AwsError as refusal:
            return question, refusal

    def _side(
        self, description: Description, physical: str, arn: str | None, pauses: Sequence[float]
    ) -> Mapping[str, Any] | None:
        if description is not Description.TAGS:
            return self._ask(description, {"TableName": physical}, physical, pauses)
        if arn is None:
            return None
        is_known = True

        def ask(begin: Mapping[str, Any]) -> Page:
            nonlocal is_known
            page = self._ask(description, {"ResourceArn": arn, **begin}, physical, pauses)
            is_known = page is not None
            return page or {}

        pages = TAGS.pages(ask, client=self._client, resource=physical)
        tags = [tag for page in pages for tag in page.get("Tags", [])]
        return {"Tags": tags} if is_known else None

    def _ask(
        self,
        description: Description,
        parameters: dict[str, str],
        physical: str,
        pauses: Sequence[float] = _THROTTLED_PAUSES,
    ) -> Mapping[str, Any] | None:
        """The response, or None for a call that this local engine does not know; while it is throttled, asked again."""
        for pause in pauses:
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
        except REFUSALS as refusal:
            failure = classify(refusal, action=f"dynamodb:{action}", resource=physical)
            optional = description is not Description.TABLE
            if optional and self._emulated and failure.verdict is Verdict.UNSUPPORTED:
                return None
            raise failure.error from refusal
        return response


def _live(name: str, physical: str, responses: Responses, lagging: set[Description], *, emulated: bool) -> LiveTable:
    described = (responses[Description.TABLE] or {}).get("Table", {})
    created = described.get("CreationDateTime")
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
    return LiveTable(
        name=name,
        physical_name=physical,
        table=_table(name, described, settings),
        status=described.get("TableStatus"),
        indexes={
            index.get("IndexName", ""): _live_index(index) for index in described.get("GlobalSecondaryIndexes", ())
        },
        changing=tuple(_changing(responses, lagging)),
        unreadable=frozenset(unreadable),
        emulated=emulated,
        arn=described.get("TableArn"),
        table_id=described.get("TableId"),
        items=described.get("ItemCount", 0),
        size_bytes=described.get("TableSizeBytes", 0),
        created_at=int(created.timestamp() * 1000) if created is not None else None,
        replicas=tuple(replica.get("RegionName", "") for replica in described.get("Replicas", ())),
        stack=_stack(responses),
        beyond=tuple(beyond(described)),
    )


def _stack(responses: Responses) -> str | None:
    """CloudFormation puts its tags on all that it creates (its user guide, "Resource tag")."""
    tags = (responses.get(Description.TAGS) or {}).get("Tags", ())
    return next((tag["Value"] for tag in tags if tag["Key"] == STACK_TAG), None)


def _table(name: str, described: Mapping[str, Any], settings: list[Setting]) -> Table:
    """Evidence: whatever AWS shows is taken down, and nothing is judged."""
    types = {item["AttributeName"]: item["AttributeType"] for item in described.get("AttributeDefinitions", ())}
    partition, sort = _keys(described, types)
    mode = read_mode(described)
    return as_found(
        Table,
        name,
        one_or_several(partition) or (),
        one_or_several(sort),
        [_index(index, types, mode) for index in described.get("GlobalSecondaryIndexes", ())],
        [_local_index(index, types) for index in described.get("LocalSecondaryIndexes", ())],
        settings,
    )


def _index(described: Mapping[str, Any], types: Mapping[str, Any], mode: str) -> Index:
    partition, sort = _keys(described, types)
    throughput = read_throughput(mode, described)
    return as_found(Index, described.get("IndexName", ""), partition, sort, *_projection(described), throughput)


def _local_index(described: Mapping[str, Any], types: Mapping[str, Any]) -> LocalIndex:
    sort = _keys(described, types)[1]
    return as_found(LocalIndex, described.get("IndexName", ""), one_or_several(sort) or (), *_projection(described))


def _keys(described: Mapping[str, Any], types: Mapping[str, Any]) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """Partition and sort key attributes of a table or an index; their order within each is part of the key."""
    schema = described.get("KeySchema", ())
    keys = [(element["KeyType"], _key(element["AttributeName"], types)) for element in schema]
    return tuple(key for kind, key in keys if kind == "HASH"), tuple(key for kind, key in keys if kind == "RANGE")


def _key(name: str, types: Mapping[str, Any]) -> Key:
    # moto forgets the type of an attribute that a later UpdateTable does not repeat; AWS never does.
    return as_found(Key, name, types.get(name, "S"))


def _projection(described: Mapping[str, Any]) -> tuple[Projection, tuple[str, ...]]:
    projection = described.get("Projection", {})
    return projection.get("ProjectionType", "ALL"), tuple(projection.get("NonKeyAttributes", ()))


def _live_index(described: Mapping[str, Any]) -> LiveIndex:
    return LiveIndex(
        status=described.get("IndexStatus", "ACTIVE"),
        backfilling=described.get("Backfilling", False),
        items=described.get("ItemCount", 0),
        size_bytes=described.get("IndexSizeBytes", 0),
    )


def _changing(responses: Responses, lagging: set[Description]) -> Iterable[str]:
    for kind in SETTINGS:
        response = responses.get(kind.described_by)
        if kind.described_by in lagging or (response is not None and kind.is_changing(response)):
            yield kind.noun
