"""Policy: the least that IAM has to allow for this application and environment; asks nobody, not even AWS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from osem_migrate.aws.session import Session
from osem_migrate.config import Environment
from osem_migrate.errors import AwsFilesInvalid, ProfileUnknown
from osem_migrate.migration import Migration
from osem_migrate.planning.policy import PolicyScope, Role, document, grants

ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a role may do, as IAM takes it; ``place`` says which region and account it is for, ``*`` being any."""

    role: Role
    place: PolicyScope
    document: dict[str, Any]


def make_policy(
    environment: Environment, migrations: Sequence[Migration], role: Role, *, region: str, account: str | None = None
) -> Policy:
    """The policy of a role, generated from the migrations' own operations.

    Args:
        environment: whose tables.
        migrations: all of the scripts.
        role: who is to have it.
        region: where the tables are; ``*`` for any.
        account: twelve digits; that of the configuration when None, and any when there is none either.

    Raises:
        ScriptOperationInapplicable: the scripts do not fit together.
    """
    place = PolicyScope(
        region=region,
        account=account or environment.settings.account_id or ANY,
        prefix=environment.prefix,
        history_table=environment.history_table,
    )
    granted = grants(role, migrations, defaults=environment.defaults)
    return Policy(role=role, place=place, document=document(granted, place))


def region_of(environment: Environment, *, region: str | None = None, profile: str | None = None) -> str:
    """The region that commands will use here, by option, variable, configuration or AWS files.

    Whoever hands out permissions need not have the profile that is to get them: without it, and without a region in the
    configuration, any region is meant.
    """
    settings = environment.settings
    try:
        session = Session.open(region=region, configured_region=settings.region, profile=profile or settings.profile)
    except (ProfileUnknown, AwsFilesInvalid):
        return region or settings.region or ANY
    return session.region.name
