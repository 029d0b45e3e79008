"""Driver: carries out one kind of step."""

from typing import Protocol

from osem_migrate.execution.operation_run import OperationRun


class Driver(Protocol):
    """Has no state of its own: it is shared by all lanes."""

    def carry_out(self, run: OperationRun) -> bool:
        """Bring the next step of an operation nearer to its end, and say whether to go on.

        Sets ``run.changed`` once anything has taken effect. A step that no description shows is carried to its end:
        the driver keeps its cursor as it goes (``run.keep``), and calls ``run.advance`` when it is done. For any
        other step the table is described again by the time it returns (``run.settle``).

        Returns:
            False where the step is left under way, because nobody wants to wait.
        """
        ...
