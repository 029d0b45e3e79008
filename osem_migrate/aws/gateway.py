"""Gateway: the one object through which tables are described and Steps performed."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from osem_migrate.aws.describe import Describer
from osem_migrate.aws.failures.classify import REFUSALS, Verdict, classify, door
from osem_migrate.aws.guard import Guard
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.aws.paging import TABLES, Page
from osem_migrate.errors import AccessDenied, AwsError
from osem_migrate.live_table import Dimension, LiveTable
from osem_migrate.operations import SetEncryption, Setting
from osem_migrate.operations.step import Call, Description
from osem_migrate.schema import Table
from osem_migrate.schema.value import altered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONCURRENCY = 10  # DescribeTable calls at once; AWS allows far more control-plane reads a second


class StepAnswer(StrEnum):
    """What became of a step: taken up; refused for now; or refused in a way that may follow our own success."""

    ACCEPTED = "accepted"
    LATER = "later"
    DOUBTFUL = "doubtful"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The answer to one step, with the refusal behind it and the seconds to wait that AWS named, if any."""

    answer: StepAnswer
    error: AwsError | None = None
    retry_after: float | None = None


_ANSWERS = {
    Verdict.WAIT: StepAnswer.LATER,
    Verdict.DESCRIBE: StepAnswer.DOUBTFUL,
    Verdict.UNSUPPORTED: StepAnswer.UNSUPPORTED,
}


class Gateway:
    """Tables and control-plane calls of one environment.

    Args:
        client: boto3's client, with explicit retry settings.
        physical_name: gives the physical name of a logical one.
        emulated: whether the endpoint is a local engine, where an unknown call is a note and no error.
        sleep: waits seconds, where a question was throttled.
        key_manager: who manages a key of KMS, by its ARN; None where nobody says.
        autoscaled: which sides of a table's capacity an autoscaler owns, as far as it matters for some states.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        client: "DynamoDBClient",
        physical_name: Callable[[str], str],
        *,
        emulated: bool,
        sleep: Callable[[float], None],
        key_manager: Callable[[str], str | None] = lambda _key: None,
        autoscaled: Callable[[LiveTable, Sequence[Table]], frozenset[Dimension]] = lambda _live, _states: frozenset(),
    ) -> None:
        self._client = client
        self._key_manager = key_manager
        self._autoscaled = autoscaled
        self.emulated = emulated
        self._describer = Describer(client, physical_name, emulated=emulated, sleep=sleep)
        self._guard = Guard(client)
        self.physical_name = physical_name

    def describe(self, table: str, kinds: Iterable[type[Setting]] = ()) -> LiveTable:
        """One table right now; ``kinds`` are the settings wanted beside those that DescribeTable shows."""
        return self._describer.describe(table, kinds)

    def describe_all(
        self,
        tables: Mapping[str, Iterable[type[Setting]]],
        *,
        optional: OptionalReads | None = None,
        denied: MutableMapping[str, AccessDenied] | None = None,
    ) -> list[LiveTable]:
        """Several tables side by side, in the order asked for; ``tables`` maps logical names to the settings wanted.

        ``optional`` asks for more about each of them, as far as AWS tells. Where ``denied`` is given, tables that may
        be somebody else's are left out if they may not be described, and it gets the refusals by logical name.
        """
        if not tables:
            return []
        with (
            ThreadPoolExecutor(max_workers=min(CONCURRENCY, len(tables))) as pool,
            ThreadPoolExecutor(max_workers=CONCURRENCY) as asides,
        ):

            def describe(table: str, kinds: Iterable[type[Setting]]) -> LiveTable | None:
                try:
                    return self._describer.describe(table, kinds, optional=optional, side_by_side=asides.map)
                except AccessDenied as refusal:
                    if denied is None:
                        raise
                    denied[table] = refusal
                    return None

            return [live for live in pool.map(describe, tables.keys(), tables.values()) if live is not None]

    def learn(self, live: LiveTable, states: Iterable[Table | None]) -> LiveTable:
        """The same table with what no description shows, as far as it matters for one of the states.

        That is the manager of its key, where a state leaves it to that and KMS tells, and whose its capacity is.
        """
        declared = [state for state in states if state is not None]
        if live.table is None:
            return live
        found, owned = live.table.setting(SetEncryption), self._autoscaled(live, declared)
        wanted = (state.setting(SetEncryption) for state in declared)
        if found is None or self.emulated or all(setting is None or setting.is_sure(found) for setting in wanted):
            return replace(live, autoscaled=owned)
        known = altered(found, manager=self._key_manager(found.key))
        return replace(live, table=live.table.with_setting(known), autoscaled=owned)

    def spelled(self, live: LiveTable) -> LiveTable:
        """The same table as a declaration has it: AWS's own key by that name, where KMS says that it is AWS's.

        No other account or region has the key by the ARN that DescribeTable shows.
        """
        found = live.table.setting(SetEncryption) if live.table is not None else None
        if live.table is None or found is None or self.emulated or not found.kms_keys:
            return live
        known = altered(found, manager=self._key_manager(found.key))
        return replace(live, table=live.table.with_setting(known.spelled()))

    def perform(self, step: Call, live: LiveTable, *, guard: Callable[[], None]) -> StepOutcome:
        """Ask DynamoDB for one step; a permanent refusal is raised as an AwsError.

        ``guard`` raises where the step must not be sent any more. It is asked before each request, the SDK's own
        repetitions among them: a process may be stopped between two of them for longer than its lock lasts.
        """
        with self._guard.asking(guard):
            return self._perform(step, live)

    def _perform(self, step: Call, live: LiveTable) -> StepOutcome:
        address = live.arn if step.takes_arn and live.arn is not None else live.physical_name
        try:
            getattr(self._client, step.method)(**step.call(address))
        except REFUSALS as refusal:
            failure = classify(refusal, action=f"dynamodb:{step.action}", resource=live.physical_name)
            answer = _ANSWERS.get(failure.verdict)
            # A local engine may lack what goes beside a table; what cannot create tables at all is no DynamoDB.
            optional = self.emulated and step.settles is not Description.TABLE
            if answer is None or (answer is StepAnswer.UNSUPPORTED and not optional):
                raise failure.error from refusal
            return StepOutcome(answer, failure.error, failure.retry_after)
        return StepOutcome(StepAnswer.ACCEPTED)

    def list_tables(self) -> list[str]:
        """Physical names of all tables of the account, in this region, sorted."""
        names: list[str] = []

        def ask(begin: Mapping[str, Any]) -> Page:
            with door(TABLES.action):
                return self._client.list_tables(**begin)

        for page in TABLES.pages(ask, client=self._client):
            names += page["TableNames"]
        return sorted(names)
