"""Step: one call as plain data."""

import pytest

from osem_migrate.operations.step import RESOURCE_ARN, Call


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("create_table", "CreateTable"),
        ("update_table", "UpdateTable"),
        ("update_time_to_live", "UpdateTimeToLive"),
        ("update_continuous_backups", "UpdateContinuousBackups"),
        ("tag_resource", "TagResource"),
    ],
)
def test_the_action_is_the_apis_own_name(method: str, action: str) -> None:
    """People and IAM policies know the call by that name."""
    assert Call(table="Teams", method=method, parameters={}, after=None, subject="Teams").action == action


def test_a_call_is_addressed_by_name_or_by_arn() -> None:
    """The physical name comes last, so one plan serves every environment."""
    step = Call(
        table="Teams", method="update_table", parameters={"TableClass": "STANDARD"}, after=None, subject="Teams"
    )
    assert step.call("osem-dev-Teams") == {"TableName": "osem-dev-Teams", "TableClass": "STANDARD"}
    by_arn = Call(
        table="Teams",
        method="untag_resource",
        parameters={"TagKeys": ["a"]},
        after=None,
        named_by=RESOURCE_ARN,
        subject="T",
    )
    assert by_arn.call("arn:x") == {"ResourceArn": "arn:x", "TagKeys": ["a"]}
    assert step.parameters == {"TableClass": "STANDARD"}
