"""Autoscaling: which capacity application-autoscaling owns. DescribeTable never shows it."""

from collections.abc import Callable, Iterable
from typing import Any

from osem_migrate.aws.failures.classify import door

SIDES = {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}


class Autoscaling:
    """The scalable targets of DynamoDB.

    Args:
        client: gives boto3's client of application-autoscaling; asked for when the first question is.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    def owned(self, table: str, indexes: Iterable[str]) -> frozenset[tuple[str | None, str]]:
        """The sides, ``read`` or ``write``, that an autoscaler owns of a table (None) and of its indexes by name.

        ``table`` is the physical name. Raises AccessDenied where the role may not ask.
        """
        resources = {f"table/{table}": None} | {f"table/{table}/index/{index}": index for index in indexes}
        parameters: dict[str, Any] = {"ServiceNamespace": "dynamodb", "ResourceIds": list(resources)}
        found: set[tuple[str | None, str]] = set()
        while True:
            with door("application-autoscaling:DescribeScalableTargets", table):
                page = self._client().describe_scalable_targets(**parameters)
            for target in page["ScalableTargets"]:
                side = SIDES.get(target["ScalableDimension"].rpartition(":")[2])
                if side is not None and target["ResourceId"] in resources:
                    found.add((resources[target["ResourceId"]], side))
            if not page.get("NextToken"):
                return frozenset(found)
            parameters["NextToken"] = page["NextToken"]
