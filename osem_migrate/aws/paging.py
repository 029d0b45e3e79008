"""Answers in pages: read to the last one, however the server counts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from osem_migrate.aws.failures.redaction import redact
from osem_migrate.errors import AnswerEndless

Page = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paging:
    """How one operation pages.

    Args:
        action: as IAM spells it.
        token: the member of an answer that says where the next page begins; missing or empty in the last one.
        start: the parameter that takes it.
        most: pages that an answer of the service can have at all, with room to spare.
    """

    action: str
    token: str
    start: str
    most: int

    def pages(
        self, ask: Callable[[Mapping[str, Any]], Page], *, client: Any, resource: str | None = None
    ) -> Iterator[Page]:
        """Every page, the first one first.

        Args:
            ask: asks for one page with the parameter for where it begins; without any for the first.
            client: of boto3; its endpoint is named in the message.
            resource: what is asked about, for the message.

        Raises:
            AnswerEndless: a token came twice, or there is no end to the pages.
        """
        seen: set[str] = set()
        begin: dict[str, Any] = {}
        while len(seen) < self.most:
            page = ask(begin)
            yield page
            following = page.get(self.token)
            if not following:
                return
            if repr(following) in seen:
                raise self.endless(f"{self.token} repeats", client, resource)
            seen.add(repr(following))
            begin = {self.start: following}
        raise self.endless(f"there are more than {self.most}", client, resource)

    def endless(self, mistake: str, client: Any, resource: str | None) -> AnswerEndless:
        """The error that says who gave pages that do not end; ``mistake`` is how."""
        return AnswerEndless(
            f"{self.action}{f' on {resource}' if resource else ''} got pages without an end: {mistake}",
            action=self.action,
            resource=resource,
            endpoint_url=redact(client.meta.endpoint_url),
        )


TABLES = Paging("dynamodb:ListTables", "LastEvaluatedTableName", "ExclusiveStartTableName", most=10_000)
"""Up to 100 names each; 10,000 tables are the most that AWS grants."""

TAGS = Paging("dynamodb:ListTagsOfResource", "NextToken", "NextToken", most=100)
"""A table has 50 tags at the most, beside those of AWS itself."""

QUERY = Paging("dynamodb:Query", "LastEvaluatedKey", "ExclusiveStartKey", most=10_000)
"""Up to 1 MB each."""

SCAN = Paging("dynamodb:Scan", "LastEvaluatedKey", "ExclusiveStartKey", most=10_000)
"""Up to 1 MB each, of which a filter may leave nothing."""

TARGETS = Paging("application-autoscaling:DescribeScalableTargets", "NextToken", "NextToken", most=100)
"""A table and its indexes have two targets each."""
