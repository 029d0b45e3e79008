"""PassDriver: a pass over the items of a table, to its end; nobody but the one who runs it goes on with it."""

from osem_migrate.execution.operation_run import OperationRun, Pace
from osem_migrate.execution.passes.pass_run import PassRun
from osem_migrate.operations.item_pass import Pass


class PassDriver:
    """Where nobody wants to wait, it does not begin."""

    def carry_out(self, run: OperationRun) -> bool:
        """All of the pass, whose state the history table keeps; ``run.cursor`` is the number of its generation."""
        step = run.step
        if run.services.pace is Pace.NO_WAIT or not isinstance(step, Pass):
            return False
        PassRun(run, step).carry_out()
        run.advance()
        return True
