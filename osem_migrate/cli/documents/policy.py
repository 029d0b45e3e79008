"""The document of ``policy``."""

from typing import NotRequired, cast

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.commands.policy import Policy

ConditionDocument = TypedDict("ConditionDocument", {"kms:ViaService": str})


class StringLikeDocument(TypedDict):
    """Through which service a key is used."""

    StringLike: ConditionDocument


LeadingKeysDocument = TypedDict("LeadingKeysDocument", {"dynamodb:LeadingKeys": list[str]})
PartitionsDocument = TypedDict("PartitionsDocument", {"ForAllValues:StringLike": LeadingKeysDocument})
"""Which partitions of the history table the items are in; * stands for anything."""


class StatementDocument(TypedDict):
    """One statement of a policy."""

    Sid: str
    Effect: str
    Action: list[str]
    Resource: str | list[str]
    """Several where no one pattern gives all names."""
    Condition: NotRequired[StringLikeDocument | PartitionsDocument]


class IamPolicyDocument(TypedDict):
    """A policy as IAM takes it."""

    Version: str
    Statement: list[StatementDocument]


class PolicyDocument(TypedDict):
    """The least policy for an environment."""

    role: str
    """status, upgrade or downgrade."""
    probe: bool
    """Whether it allows what verify --probe does, too."""
    items: bool
    """Whether it was asked to allow orders to passes over items, too."""
    sample: bool
    """Whether it allows what --dry-run --sample reads, of upgrade and of downgrade, too."""
    check_items: bool
    """Whether it allows what upgrade --check-items reads, too."""
    region: str
    """Where the tables are; * for any."""
    account_id: str
    """Of the tables; * for any."""
    policy: IamPolicyDocument


PRINTED = {"policy": Printed((PolicyDocument,))}


def policy_document(policy: Policy) -> PolicyDocument:
    """The policy, and what it is for."""
    return {
        "role": policy.role.value,
        "probe": policy.probe,
        "items": policy.items,
        "sample": policy.sample,
        "check_items": policy.check_items,
        "region": policy.scope.region,
        "account_id": policy.scope.account,
        "policy": cast("IamPolicyDocument", policy.document),
    }
