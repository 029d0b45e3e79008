"""Curiosity asks until it is refused, and then never again."""

from osem_migrate.aws.optional_reads import Curiosity
from osem_migrate.errors import AccessDenied, ResourceNotFound, Throttled
from osem_migrate.operations import SetPointInTimeRecovery, SetStream, SetTimeToLive
from osem_migrate.operations.step import Description


def test_only_what_takes_a_question_of_its_own_is_asked() -> None:
    """DescribeTable is asked anyway."""
    assert Curiosity((SetStream, SetTimeToLive)).questions == {Description.TIME_TO_LIVE}
    assert Curiosity(()).questions == frozenset()


def test_the_first_refusal_ends_one_kind_of_question() -> None:
    """The other kinds go on; the first reason is kept."""
    curiosity = Curiosity((SetTimeToLive, SetPointInTimeRecovery))
    first = AccessDenied("no right")
    curiosity.refuse(Description.TIME_TO_LIVE, first)
    curiosity.refuse(Description.TIME_TO_LIVE, Throttled("too fast"))
    assert curiosity.questions == {Description.CONTINUOUS_BACKUPS}
    assert curiosity.refused == {Description.TIME_TO_LIVE: first}


def test_a_table_that_is_not_found_says_nothing_about_the_others() -> None:
    """It is too young for the question, or gone."""
    curiosity = Curiosity((SetTimeToLive,))
    curiosity.refuse(Description.TIME_TO_LIVE, ResourceNotFound("young"))
    assert curiosity.questions == {Description.TIME_TO_LIVE}
