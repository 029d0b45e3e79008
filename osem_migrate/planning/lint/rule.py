"""Rule: what is looked for, why, what to do instead, and an example of either."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.status.problem import Severity

GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
"""The developer guide of DynamoDB, where most sources are."""

ORDERS = 'CreateTable("Orders", partition_key=S("orderId"))'
"""What an earlier release has created in most examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that may be wrong with a script.

    Attributes:
        code: stable, such as ``IDX02``.
        severity: ``error`` for what breaks or loses something for certain, ``warning`` for what may.
        finds: what it finds, as a heading.
        reason: why that matters.
        recipe: what to do instead.
        source: where it is written: the address of a page.
        fires: operations of a script in which it finds something, one under the other.
        passes: operations that do the same without it.
        given: operations of an earlier release.
        check: the operations of a release that it finds something in, each with what it says of it.
        of_release: whether it compares the scripts of a release with each other.
        of_environment: whether it depends on how an environment is configured.
    """

    code: str
    severity: Severity
    finds: str
    reason: str
    recipe: str
    source: str
    fires: str
    passes: str
    check: Callable[[Release], Iterator[Remark]]
    given: str = ORDERS
    of_release: bool = False
    of_environment: bool = False
