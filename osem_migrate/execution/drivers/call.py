"""CallDriver: one control-plane call, asked for until DynamoDB describes what it promises."""

from osem_migrate.aws.gateway import StepAnswer, StepOutcome
from osem_migrate.errors import AwsError, LockLost, ResourceNotFound
from osem_migrate.events import StepPerformed, Waiting
from osem_migrate.execution.operation_run import OperationRun, Pace, mutation
from osem_migrate.operations.step import Call, calls

LAG = 60.0  # seconds in which a description may lag behind a call that was taken up (tags, backups, new tables)
DOUBT = 5.0  # seconds in which a call that was refused in a doubtful way may still turn out to be done
RETRY_PAUSE = 1.0  # seconds, at least, before asking again what DynamoDB refused for now without naming a time


class CallDriver:
    """Asks, and looks: a refusal may be the echo of our own success."""

    def carry_out(self, run: OperationRun) -> bool:
        """Ask once, then see what has become of the table."""
        (call,) = calls([run.step])
        outcome = self._ask(run, call)
        if run.services.pace is Pace.NO_WAIT and outcome.answer is not StepAnswer.UNSUPPORTED:
            run.changed = run.changed or outcome.answer is StepAnswer.ACCEPTED
            return False
        if outcome.answer is StepAnswer.UNSUPPORTED:
            self._leave_out(run, call)
        elif outcome.answer is StepAnswer.ACCEPTED:
            run.changed = True
            run.answered = run.position + 1
            run.taken_up()
            run.services.tell(StepPerformed(call, run.live.physical_name))
            run.settle(until=call.after, patience=LAG)
        elif outcome.answer is StepAnswer.LATER:
            self._wait(run, outcome)
        else:
            self._doubt(run, outcome)
        if run.locate():
            run.asking_since = run.services.clock.monotonic()
            if outcome.answer is not StepAnswer.UNSUPPORTED:
                # It was not there before we asked, so it is ours, however the call was answered.
                run.changed = True
        return True

    def _ask(self, run: OperationRun, call: Call) -> StepOutcome:
        services = run.services
        with mutation(services.mutations, services.stop, services.lease):
            try:
                return services.gateway.perform(call, run.live, guard=services.lease.check_age)
            except LockLost:
                services.lease.check()  # which asks who took it
                raise

    def _wait(self, run: OperationRun, outcome: StepOutcome) -> None:
        """After a refusal that passes: until it is time to ask again; the refusal itself when no time is left."""
        error = outcome.error or AwsError("refused for now")
        clock = run.services.clock
        now = clock.monotonic()
        if now >= run.deadline:
            raise error
        waited = now - run.asking_since
        if run.services.gateway.emulated and waited >= DOUBT and not run.live.busy:
            raise error  # a local engine is never busy for long: this is what it cannot do
        pause = outcome.retry_after or max(RETRY_PAUSE, run.services.poller.interval(waited))
        refused = f"not changed yet: {error.message}"
        run.services.tell(Waiting(run.planned, run.live.physical_name, run.planned.table, refused, waited, run.elapsed))
        clock.sleep(min(pause, run.deadline - now))
        run.settle(until=run.around[1])

    def _doubt(self, run: OperationRun, outcome: StepOutcome) -> None:
        """After a refusal that may echo our own success: the truth; the refusal where everything is as before."""
        error = outcome.error or AwsError("refused")
        before, after = run.around
        known, run.changed = run.changed, True  # until the description says otherwise
        run.settle(until=after, patience=DOUBT)
        run.answered = run.position + 1
        if run.matches(after) or not run.matches(before):
            return
        run.changed = known
        # A side of a table that has just become ACTIVE may not be found yet: then there is no harm in asking again.
        if isinstance(error, ResourceNotFound) and run.live.table is not None:
            return
        raise error

    def _leave_out(self, run: OperationRun, call: Call) -> None:
        before, after = (() if table is None else table.settings for table in run.around)
        run.note = f"this local engine does not support {call.action}; it was left out"
        run.leave_out({type(setting) for setting in after if setting not in before})
