"""Permissions: the IAM actions that each role needs of an environment, taken from what its migrations ask for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from osem_migrate.migration import Migration
from osem_migrate.operations import SETTINGS, SetBilling, SetEncryption, Setting
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.set_encryption import AWS_MANAGED
from osem_migrate.operations.step import Description, Step
from osem_migrate.planning.replay import apply, plan_reverse, plan_steps
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.arn import key_arn, table_arn


class Role(StrEnum):
    """Who asks for permission. Each may do what the one before it may: a run looks before it changes anything."""

    STATUS = "status"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"

    @property
    def included(self) -> tuple["Role", ...]:
        """This role and those that it includes."""
        roles = tuple(Role)
        return roles[: roles.index(self) + 1]


class Target(StrEnum):
    """What a permission is for: all there is, the tables of the environment, their indexes, its history table, keys.

    OWN are this application's items in the history table, PASSES those of its passes over items.
    """

    ACCOUNT = "account"
    TABLES = "tables"
    INDEXES = "indexes"
    HISTORY = "history"
    OWN = "own"
    PASSES = "passes"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of a policy.

    Attributes:
        sid: its name in the policy.
        role: the least role that needs it.
        target: what it is for; the ARN of a key of KMS instead of a Target for those.
        actions: IAM actions, ``dynamodb:DescribeTable``.
    """

    sid: str
    role: Role
    target: Target | str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyScope:
    """Where the tables are, for their ARNs; region and account may be ``*``.

    Attributes:
        region: of all tables.
        account: twelve digits.
        tables: physical names of the environment's tables, the history table's too; ``*`` in them stands for anything.
        history_table: physical name.
        records: the partition of the application's records in it.
        passes: its partitions of passes over items; ``*`` stands for anything.
    """

    region: str
    account: str
    tables: tuple[str, ...]
    history_table: str
    records: str
    passes: str

    def table_arn(self, name: str) -> str:
        """The ARN of a table of that physical name."""
        return table_arn(name, region=self.region, account=self.account)

    def resource(self, target: Target | str) -> str | list[str]:
        """The ARN, or pattern of ARNs, of a target; several where no one pattern gives all names."""
        tables = [self.table_arn(name) for name in self.tables]
        indexes = [f"{arn}/index/*" for arn in tables]
        arns: dict[Target, str | list[str]] = {
            Target.ACCOUNT: "*",
            Target.TABLES: tables[0] if len(tables) == 1 else tables,
            Target.INDEXES: indexes[0] if len(indexes) == 1 else indexes,
            **dict.fromkeys(_OF_HISTORY, self.table_arn(self.history_table)),
            Target.KEYS: key_arn("*", region=self.region, account=self.account),
        }
        return arns[target] if isinstance(target, Target) else target

    def condition(self, target: Target | str) -> dict[str, Any] | None:
        """What has to be so beside the resource; None where nothing has."""
        if not isinstance(target, Target):
            # The key is for DynamoDB to use, and for nothing that the caller might do with it by itself.
            through = f"dynamodb.{self.region}.amazonaws.com*"  # China adds .cn
            return {"StringLike": {"kms:ViaService": through}}
        partitions = {Target.OWN: [self.records, self.passes], Target.PASSES: [self.passes]}.get(target)
        # Each call that is granted so names a key, without which the condition would hold.
        return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions}} if partitions is not None else None


_OF_HISTORY = (Target.HISTORY, Target.OWN, Target.PASSES)
_DESCRIPTIONS = sorted({Description.TABLE, *(kind.described_by for kind in SETTINGS)})

# What the tool itself asks for, whatever the migrations say; a new call of its own takes its place here. A transaction
# is authorised through its parts, and ListTables knows no narrower resource than all.
GRANTS = (
    Grant("ListTables", Role.STATUS, Target.ACCOUNT, ("dynamodb:ListTables",)),
    Grant("ReadTables", Role.STATUS, Target.TABLES, tuple(side.permission for side in _DESCRIPTIONS)),
    # Scan: whose tables they are, by the records of other applications.
    Grant("ReadHistory", Role.STATUS, Target.HISTORY, ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")),
    Grant(
        "WriteHistory",
        Role.UPGRADE,
        Target.HISTORY,
        ("dynamodb:CreateTable", "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
    ),
    # What a pass has set aside, once it is handled; what resolve moves to another name, or gives up; and all of it,
    # where destroy leaves the table to other applications.
    Grant("DeleteHistory", Role.UPGRADE, Target.OWN, ("dynamodb:DeleteItem",)),
    # destroy, where the table is nobody else's: its deletion protection is turned off first.
    Grant("DropHistory", Role.DOWNGRADE, Target.HISTORY, ("dynamodb:DeleteTable", "dynamodb:UpdateTable")),
)

# What a probe does with its item, in each table and through each of their indexes.
_PROBE = Grant("Probe", Role.STATUS, Target.TABLES, ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"))
_PROBE_INDEXES = Grant("ProbeIndexes", Role.STATUS, Target.INDEXES, ("dynamodb:Query",))

# Provisioned capacity that differs is no drift where an autoscaler owns it, which only its own service tells.
AUTOSCALING = "application-autoscaling:DescribeScalableTargets"
_READ_AUTOSCALING = Grant("ReadAutoscaling", Role.STATUS, Target.ACCOUNT, (AUTOSCALING,))

# DescribeTable shows the key that AWS manages by an ARN like any other; what that is, nobody knows beforehand.
_ASK_WHOSE_KEY = Grant("TellKeys", Role.STATUS, Target.KEYS, ("kms:DescribeKey",))

# Orders to a pass are written outside the lock, and to nothing but the items of passes.
_STEER_PASSES = Grant("SteerPasses", Role.STATUS, Target.PASSES, ("dynamodb:UpdateItem",))

# What items are read with, to see what would become of them, or whether they fit an index.
_CHECK_ITEMS = Grant("CheckItems", Role.UPGRADE, Target.TABLES, ("dynamodb:GetItem", "dynamodb:Scan"))

_KEY_ACTIONS = ("kms:CreateGrant", "kms:DescribeKey")


def grants(  # noqa: PLR0913 - one argument each for what may be allowed beside the rest
    role: Role,
    migrations: Sequence[Migration],
    *,
    defaults: tuple[Setting, ...] = (),
    probe: bool = False,
    items: bool = False,
    sample: bool = False,
    check_items: bool = False,
) -> tuple[Grant, ...]:
    """What a role needs, each action once for each target and by no more than one statement.

    Args:
        role: with those that it includes.
        migrations: all of the scripts: an environment has to go through every one of them.
        defaults: settings of every new table of the environment; with tags among them, the history table has them too.
        probe: whether it may write, read and remove the sample items of ``verify --probe`` as well.
        items: whether it may give orders to passes over items as well, which whoever may upgrade may do anyway.
        sample: whether it may read the items that ``upgrade`` and ``downgrade`` show with
            ``--dry-run --sample``.
        check_items: whether it may read those that ``upgrade --check-items`` looks at.

    Raises:
        ScriptOperationInapplicable: an operation does not fit the schema that those before it build.
    """
    forward, back = _steps(migrations, Schema(defaults=defaults))
    found = [
        *GRANTS,
        *((_READ_AUTOSCALING,) if any(_is_provisioned(step.after) for step in (*forward, *back)) else ()),
        *((_ASK_WHOSE_KEY,) if any(_is_managed(step.after) for step in (*forward, *back)) else ()),
        *((_PROBE,) if probe else ()),
        *((_STEER_PASSES,) if items and role is Role.STATUS else ()),
        *((_PROBE_INDEXES,) if probe and any(_has_indexes(step.after) for step in forward) else ()),
        *(_sampling(forward) if sample else ()),
        *((_CHECK_ITEMS,) if check_items else ()),
        *_tagging(defaults),
        *_of_steps("ChangeTables", Role.UPGRADE, forward),
        *_of_steps("ReverseTables", Role.DOWNGRADE, back),
    ]
    return tuple(_once(grant for grant in found if grant.role in role.included))


def document(granted: Iterable[Grant], place: PolicyScope) -> dict[str, Any]:
    """The policy as IAM takes it."""
    return {"Version": "2012-10-17", "Statement": [_statement(grant, place) for grant in granted]}


def _steps(migrations: Sequence[Migration], schema: Schema) -> tuple[list[Step], list[Step]]:
    """Every call of the migrations, and every call of their reverses."""
    forward: list[Step] = []
    back: list[Step] = []
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            after = apply(operation, schema, migration, position)
            forward += plan_steps(operation, schema, migration, position)
            back += plan_reverse(migration, position, schema, after)[1] if operation.is_reversible else ()
            schema = after
    return forward, back


def _is_provisioned(table: Table | None) -> bool:
    return table is not None and SetBilling.of(table).is_provisioned


def _has_indexes(table: Table | None) -> bool:
    return table is not None and bool(table.all_indexes)


def _is_managed(table: Table | None) -> bool:
    encryption = table.setting(SetEncryption) if table is not None else None
    return encryption is not None and encryption.key == AWS_MANAGED


def _tagging(defaults: Sequence[Setting]) -> Iterable[Grant]:
    """The history table is created with the tags of the environment."""
    actions = tuple(action for setting in defaults for action in setting.create_permissions)
    if actions:
        yield Grant("TagHistory", Role.UPGRADE, Target.HISTORY, actions)


def _sampling(steps: Sequence[Step]) -> Iterable[Grant]:
    """What the passes over items read with, without what they write with; an undo reads as its operation does."""
    passes = [step for step in steps if isinstance(step, Pass) and step.work.given is None]
    reads = {"Scan", *("GetItem" for step in passes if step.work.lookups)} if passes else set()
    yield Grant("Sample", Role.STATUS, Target.TABLES, tuple(f"dynamodb:{action}" for action in sorted(reads)))
    yield Grant("SampleIndexes", Role.STATUS, Target.INDEXES, _on_indexes(passes))


def _on_indexes(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(sorted({action for step in steps for action in step.index_permissions}))


def _of_steps(sid: str, role: Role, steps: Sequence[Step]) -> Iterable[Grant]:
    actions = sorted({action for step in steps for action in step.permissions})
    yield Grant(sid, role, Target.TABLES, tuple(actions))
    yield Grant(f"{sid}Indexes", role, Target.INDEXES, _on_indexes(steps))
    keys = sorted({key for step in steps for key in step.keys})
    for number, key in enumerate(keys, 1):
        yield Grant(f"{sid}Key{number}", role, key, _KEY_ACTIONS)


def _once(found: Iterable[Grant]) -> Iterable[Grant]:
    """No action twice: what is granted for every table needs no grant for the history table, which is one of them."""
    granted = list(found)
    widely = {action for grant in granted if grant.target is Target.TABLES for action in grant.actions}
    seen: set[tuple[str, str]] = set()
    for grant in granted:
        covered = widely if grant.target in _OF_HISTORY else set()
        actions = [a for a in grant.actions if a not in covered and (a, grant.target) not in seen]
        seen |= {(action, grant.target) for action in actions}
        if actions:
            yield Grant(grant.sid, grant.role, grant.target, tuple(actions))


def _statement(grant: Grant, place: PolicyScope) -> dict[str, Any]:
    statement = {
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": list(grant.actions),
        "Resource": place.resource(grant.target),
    }
    condition = place.condition(grant.target)
    return statement if condition is None else {**statement, "Condition": condition}
