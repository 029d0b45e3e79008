"""Autoscaling: which capacity application-autoscaling owns. DescribeTable never shows it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from osem_migrate.aws.failures.classify import door
from osem_migrate.aws.paging import TARGETS, Page
from osem_migrate.errors import AwsError
from osem_migrate.live_table import Dimension

SIDES = {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}


class Autoscaling:
    """The scalable targets of DynamoDB; asks once about each table with its indexes.

    Args:
        client: gives boto3's client of application-autoscaling; asked for when the first question is.

    Attributes:
        refusal: the first refusal; None while there was none.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._known: dict[tuple[str, frozenset[str]], frozenset[Dimension]] = {}
        self.refusal: AwsError | None = None

    def owned(self, table: str, indexes: Iterable[str]) -> frozenset[Dimension]:
        """The sides that an autoscaler owns of a table (None), by its physical name, and of its indexes by name.

        None of them where it may not be asked: then a difference is told, and its remedy names the setting that says
        whose the capacity is.
        """
        asked = (table, frozenset(indexes))
        if asked not in self._known:
            try:
                self._known[asked] = frozenset(self._ask(*asked))
            except AwsError as refusal:
                self._known[asked] = frozenset()
                self.refusal = self.refusal or refusal
        return self._known[asked]

    def _ask(self, table: str, indexes: Iterable[str]) -> Iterator[Dimension]:
        resources = {f"table/{table}": None} | {f"table/{table}/index/{index}": index for index in sorted(indexes)}
        parameters: dict[str, Any] = {"ServiceNamespace": "dynamodb", "ResourceIds": list(resources)}
        client = self._client()

        def ask(begin: Mapping[str, Any]) -> Page:
            with door(TARGETS.action, table):
                found: Page = client.describe_scalable_targets(**parameters, **begin)
            return found

        for page in TARGETS.pages(ask, client=client, resource=table):
            for target in page["ScalableTargets"]:
                side = SIDES.get(target["ScalableDimension"].rpartition(":")[2])
                if side is not None and target["ResourceId"] in resources:
                    yield resources[target["ResourceId"]], side
