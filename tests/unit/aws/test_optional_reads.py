"""OptionalReads asks until it is refused, and then never again."""

from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.errors import AccessDenied, ResourceNotFound, Throttled
from osem_migrate.operations import SetPointInTimeRecovery, SetStream, SetTimeToLive
from osem_migrate.operations.step import Description


def test_only_what_takes_a_question_of_its_own_is_asked() -> None:
    """DescribeTable is asked anyway."""
    assert OptionalReads((SetStream, SetTimeToLive)).questions == {Description.TIME_TO_LIVE}
    assert OptionalReads(()).questions == frozenset()


def test_the_first_refusal_ends_one_kind_of_question() -> None:
    """The other kinds go on; the first reason is kept."""
    optional = OptionalReads((SetTimeToLive, SetPointInTimeRecovery))
    first = AccessDenied("no right")
    optional.refuse(Description.TIME_TO_LIVE, first)
    optional.refuse(Description.TIME_TO_LIVE, Throttled("too fast"))
    assert optional.questions == {Description.CONTINUOUS_BACKUPS}
    assert optional.refused == {Description.TIME_TO_LIVE: first}


def test_a_table_that_is_not_found_says_nothing_about_the_others() -> None:
    """It is too young for the question, or gone."""
    optional = OptionalReads((SetTimeToLive,))
    optional.refuse(Description.TIME_TO_LIVE, ResourceNotFound("young"))
    assert optional.questions == {Description.TIME_TO_LIVE}
