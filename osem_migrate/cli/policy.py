"""``osem-migrate policy``: the least IAM policy for an environment."""

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from osem_migrate.advice import CONFIGURATION
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Choice, placed
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.policy import Policy

ROLES = ("status", "upgrade", "downgrade")
_ACCOUNT = re.compile(r"[0-9]{12}")


def _digits(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Twelve of them, or click's own refusal."""
    if value is not None and not _ACCOUNT.fullmatch(value):
        raise click.BadParameter(f"{value!r} does not have twelve digits.")
    return value


@click.command("policy")
@click.option("--role", type=Choice(ROLES), default="upgrade", show_default=True, metavar="ROLE",
              help="What the identity may do: status, upgrade or downgrade; each includes the one before "
              "it.")  # fmt: skip
@click.option("--account", callback=_digits, metavar="DIGITS",
              help="AWS account of the tables, instead of the configured account_id.")  # fmt: skip
@click.option("--probe", is_flag=True, help="Also allow what verify --probe does: one sample item a table.")
@click.option("--items", is_flag=True, help="Also allow orders to passes over items: rate, pause, resume, retry.")
@click.option("--sample", is_flag=True, help="Also allow what --dry-run --sample reads, of upgrade and of downgrade.")
@click.option("--check-items", is_flag=True, help="Also allow what upgrade --check-items reads, for that role.")
@placed
def command(invocation: Invocation, *, role: str, account: str | None, **also: bool) -> ExitCode:
    """Print the least IAM policy for an environment.

    It allows what the migrations of this folder ask for, on the environment's tables alone, and
    nothing else: "status" only reads, "upgrade" also applies, "downgrade" also reverses. Makes no call and needs no
    credentials. Print it again when the migrations use something new.

    Write it to a file and attach it to a user:

    \b
    osem-migrate policy > policy.json
    aws iam put-user-policy --user-name NAME --policy-name osem-migrate \\
        --policy-document file://policy.json
    """  # noqa: D301 - a backspace is how click is told to keep the lines
    from osem_migrate.commands.policy import ANY, PolicyOptions, region_of
    from osem_migrate.commands.policy import policy as make_policy
    from osem_migrate.config import LOCAL, Project
    from osem_migrate.files.loader import load
    from osem_migrate.planning.policy import Role

    project = Project.find()
    environment = project.environment(invocation.environment or "")
    region = region_of(environment, region=invocation.region, profile=invocation.profile)
    known = None if region == ANY else region
    invocation.locate = lambda: replace(environment.place, region=known)
    scripts = load(project.migrations)
    options = PolicyOptions(role=Role(role), region=region, account=account, **also)
    policy = make_policy(environment, scripts.migrations, options)
    invocation.warn(scripts.warnings)
    if environment.name == LOCAL:
        invocation.warn(["The embedded engine checks no permissions; choose an AWS environment with --env."])
    elif policy.scope.account == ANY:
        pinned = f"set account_id of environment {environment.name!r} in {CONFIGURATION}, or use --account DIGITS."
        invocation.warn([f"The policy covers every account. To limit it, {pinned}"])
    return invocation.finish(lambda: _document(policy), lambda: output.verbatim(json.dumps(policy.document, indent=2)))


def _document(policy: "Policy") -> Document:
    from osem_migrate.cli.documents.policy import policy_document

    return policy_document(policy)
