"""ENC01: a key of one account in a script for all of them."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.after is None:
            continue
        for setting in one.operation.declared_settings:
            for key in setting.kms_keys:
                yield one, f"the {setting.noun} of {one.table} is {key}, a key of one account and region"


RULE = Rule(
    code="ENC01",
    severity=Severity.WARNING,
    finds="a key of KMS by its ARN",
    reason="A script runs in every environment. A key belongs to one account and one region, so the script fails in "
    "all others.",
    recipe="Declare AWS_MANAGED or AWS_OWNED. Where all environments are in one account and region, say so.",
    source=f"{GUIDE}encryption.howitworks.html",
    fires="""\
SetEncryption(
    "Orders",
    "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)""",
    passes='SetEncryption("Orders", "AWS_MANAGED")',
    check=_check,
)
