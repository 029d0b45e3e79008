"""Policy: the least that IAM has to allow for this application and environment; makes no call."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from osem_migrate.arguments import Arguments
from osem_migrate.aws.pass_items import every_partition
from osem_migrate.aws.session import Session
from osem_migrate.config import Environment
from osem_migrate.errors import AwsFilesInvalid, ProfileUnknown
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning.ownership import named_tables
from osem_migrate.planning.policy import PolicyScope, Role, document, grants

ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a role may do, as IAM takes it.

    ``probe``, ``items``, ``sample`` and ``check_items`` say what was asked for beside the role, as in the options;
    ``scope`` says which region and account it is for, ``*`` being any.
    """

    role: Role
    probe: bool
    items: bool
    sample: bool
    check_items: bool
    scope: PolicyScope
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyOptions(Arguments):
    """Whose policy, and for what.

    Attributes:
        role: who is to have it.
        region: where the tables are; ``*`` for any.
        account: twelve digits; that of the configuration when None, and any when there is none either.
        probe: also allow what ``verify`` with a probe does.
        items: also allow orders to passes over items, which whoever may upgrade may give anyway.
        sample: also allow to read the items of which a forecast shows a sample.
        check_items: also allow to read the items that an upgrade with ``check_items`` looks at.
    """

    role: Role = Role.UPGRADE
    _: KW_ONLY
    region: str = ANY
    account: str | None = None
    probe: bool = False
    items: bool = False
    sample: bool = False
    check_items: bool = False


def policy(environment: Environment, migrations: Sequence[Migration], options: PolicyOptions) -> Policy:
    """The policy of a role, generated from the migrations' own operations; makes no call.

    Raises:
        ScriptOperationInapplicable: the scripts do not fit together.
    """
    scope = PolicyScope(
        region=options.region,
        account=options.account or environment.settings.account_id or ANY,
        tables=environment.names.globs(named_tables(migrations, History())),
        history_table=environment.history_table,
        records=environment.application,
        passes=every_partition(environment.application),
    )
    also = {name: getattr(options, name) for name in ("probe", "items", "sample", "check_items")}
    granted = grants(options.role, migrations, defaults=environment.defaults, **also)
    return Policy(
        role=options.role,
        **also,
        scope=scope,
        document=document(granted, scope),
    )


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
