"""Authorization: whether the identity in use really has the permissions that a role needs here."""

from collections.abc import Iterator, Sequence
from functools import partial

from osem_migrate.advice import command
from osem_migrate.aws.permission_trials import Permissions, Trial, TrialAnswer, TrialTarget, absent_name
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, AwsError
from osem_migrate.migration import Migration
from osem_migrate.planning.doctor import Finding, Health
from osem_migrate.planning.policy import AUTOSCALING, Role, grants
from osem_migrate.planning.replay import replay
from osem_migrate.schema import Schema
from osem_migrate.schema.arn import table_arn

CHECK = "permissions"

_HEALTH = {
    TrialAnswer.ALLOWED: Health.OK,
    TrialAnswer.DENIED: Health.FAILED,
    TrialAnswer.UNKNOWN: Health.WARNING,
    TrialAnswer.NOT_TRIED: Health.SKIPPED,
}


def authorized(deployment: Deployment, migrations: Sequence[Migration], role: Role) -> Iterator[Finding]:
    """A finding for each permission of the role, tried by requests that have no effect; STATUS sends questions only."""
    if deployment.session.local:
        yield Finding(check=CHECK, health=Health.SKIPPED, message="a local engine checks none")
        return
    needed = grants(role, migrations, defaults=deployment.environment.defaults)
    permissions = Permissions(deployment.session.dynamodb(), _target(deployment, migrations))
    for action in dict.fromkeys(action for grant in needed for action in grant.actions):
        trial = _ask_autoscaling(deployment) if action == AUTOSCALING else permissions.attempt(action)
        yield _judge(trial, role)
    if role is Role.STATUS:
        again = command("doctor", "--role", Role.UPGRADE.value)
        message, remedy = "those for upgrade were not tried", f"Try them, without changing anything: {again}"
        yield Finding(check=CHECK, health=Health.SKIPPED, message=message, advice=remedy)


def _ask_autoscaling(deployment: Deployment) -> Trial:
    """Autoscaling is a service of its own; any table does for the question."""
    try:
        deployment.autoscaling.owned(deployment.environment.history_table, ())
    except AwsError as error:
        answer = TrialAnswer.DENIED if isinstance(error, AccessDenied) else TrialAnswer.UNKNOWN
        return Trial(AUTOSCALING, None, answer, error)
    return Trial(AUTOSCALING, None, TrialAnswer.ALLOWED)


def _target(deployment: Deployment, migrations: Sequence[Migration]) -> TrialTarget:
    environment = deployment.environment
    region, account = deployment.session.region.name, deployment.identity.account
    declared = replay(migrations, Schema(defaults=environment.defaults)).tables
    return TrialTarget(
        table=environment.physical_name(next(iter(declared), HISTORY_ENTITY)),
        absent=absent_name(environment.physical_name) if environment.names.is_exclusive else None,
        history=environment.history_table,
        scope=environment.application,
        arn=partial(table_arn, region=region, account=account),
    )


def _judge(trial: Trial, role: Role) -> Finding:
    what = f"{trial.action} on {trial.table}" if trial.table is not None else trial.action
    code = remedy = None
    if trial.answer is TrialAnswer.DENIED and trial.error is not None:
        code = trial.error.code
        whole = command("policy", "--role", role.value)
        remedy = f"{trial.error.advice}\nThe whole policy: {whole}"
    message = {
        TrialAnswer.ALLOWED: what,
        TrialAnswer.DENIED: f"{what} is denied",
        TrialAnswer.UNKNOWN: trial.error.message if trial.error is not None else what,
        TrialAnswer.NOT_TRIED: f"{trial.action}: not tried, because only the real call would show it",
    }[trial.answer]
    return Finding(check=CHECK, health=_HEALTH[trial.answer], message=message, advice=remedy, code=code)
