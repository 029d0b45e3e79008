"""OptionalReads: questions about what nobody declared, asked only as long as AWS answers them."""

from collections.abc import Iterable

from osem_migrate.errors import AwsError, ResourceNotFound
from osem_migrate.operations import Setting
from osem_migrate.operations.step import Description


class OptionalReads:
    """What is asked of every table although nobody declared it; one refusal ends that kind of question for good.

    A role may lack the permission, and AWS limits how often some questions are asked: neither is worth a failure, or a
    wait, for each of a thousand tables.

    Args:
        kinds: the settings that are read although nobody declared them.

    Attributes:
        refused: the first refusal of each kind of question.
    """

    def __init__(self, kinds: Iterable[type[Setting]]) -> None:
        self._questions = frozenset(kind.described_by for kind in kinds) - {Description.TABLE}
        self.refused: dict[Description, AwsError] = {}

    @property
    def questions(self) -> frozenset[Description]:
        """What is still worth asking."""
        return self._questions - self.refused.keys()

    def refuse(self, question: Description, refusal: AwsError) -> None:
        """Take note of a refusal; a table that is too young, or gone, says nothing about the next one."""
        if not isinstance(refusal, ResourceNotFound):
            self.refused.setdefault(question, refusal)
