"""Policies of the simulator: evaluated as IAM does, as far as they are understood, and refused beyond that."""

from typing import Any

import pytest

from tests.simulator.policy import Policy
from tests.unit.simulator.world import World, table

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"


def policy(*statements: dict[str, Any]) -> Policy:
    """A policy of these statements, which allow."""
    return Policy.read({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **said} for said in statements]})


def test_what_is_not_allowed_is_denied() -> None:
    """Action and resource have to fit the same statement; patterns stand for any characters."""
    found = policy(
        {"Sid": "Read", "Action": "dynamodb:Describe*", "Resource": f"{ARN}osem-*"},
        {"Sid": "Create", "Action": ["dynamodb:CreateTable"], "Resource": [f"{ARN}osem-Teams"]},
    )
    assert found.allows("dynamodb:DescribeTable", f"{ARN}osem-Users")
    assert not found.allows("dynamodb:DescribeTable", f"{ARN}other-Users")
    assert not found.allows("dynamodb:CreateTable", f"{ARN}osem-Users")
    assert not found.allows("dynamodb:DescribeTable", "*")
    assert found.used == {("Read", "dynamodb:Describe*")}
    assert found.named == {("Read", "dynamodb:Describe*"), ("Create", "dynamodb:CreateTable")}


def test_a_condition_never_holds() -> None:
    """Nobody here can judge it."""
    assert not policy({"Action": "dynamodb:ListTables", "Resource": "*", "Condition": {}}).allows(
        "dynamodb:ListTables", "*"
    )


def test_leading_keys_limit_a_statement_to_items() -> None:
    """Whose partition key fits a pattern; a call that names no item is not one of them."""
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["shop", "shop#pass#*"]}}
    found = policy({"Action": "dynamodb:*", "Resource": "*", "Condition": condition})
    keys = ("shop", "shop#pass#7", "shop#other", None)
    assert [found.allows("dynamodb:PutItem", "*", key) for key in keys] == [True, True, False, False]


def test_leading_keys_are_those_of_each_part(world: World) -> None:
    """Of one item by its key, of a put by its item, of a transaction by each of its parts."""
    world.create()
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["a*"]}}
    said = {"Action": "dynamodb:*", "Resource": "*", "Condition": condition}
    world.simulator.policies["AKIASIMULATED"] = policy(said)
    good, bad = ({"pk": {"S": name}} for name in ("ada", "bob"))
    world.call("PutItem", TableName="Teams", Item=good)
    parts = [{"Put": {"TableName": "Teams", "Item": item}} for item in (good, bad)]
    refused: tuple[tuple[str, dict[str, Any]], ...] = (
        ("PutItem", {"TableName": "Teams", "Item": bad}),
        ("DeleteItem", {"TableName": "Teams", "Key": bad}),
        ("TransactWriteItems", {"TransactItems": parts}),
        ("Scan", {"TableName": "Teams"}),
    )
    for action, parameters in refused:
        assert world.refusal(action, **parameters).code == "AccessDeniedException"


@pytest.mark.parametrize("said", [{"Effect": "Deny"}, {"NotAction": "dynamodb:*"}, {"Principal": "*"}])
def test_what_is_not_understood_is_refused(said: dict[str, str]) -> None:
    """A policy that was misread would make a test lie."""
    with pytest.raises(ValueError, match="cannot evaluate"):
        policy({"Action": "dynamodb:*", "Resource": "*", **said})
    with pytest.raises(ValueError, match="2008"):
        Policy.read({"Version": "2008-10-17", "Statement": []})


def test_each_access_key_has_its_own(world: World) -> None:
    """One may create a table and not describe it, another all; tags of a new table need their own permission."""
    create = {"Sid": "Create", "Action": "dynamodb:CreateTable", "Resource": f"{ARN}Te*"}
    world.simulator.policies["AKIASIMULATED"] = policy(create)
    world.call("CreateTable", **table())
    assert world.refusal("DescribeTable", TableName="Teams").code == "AccessDeniedException"
    assert world.refusal("CreateTable", **table("Users")).code == "AccessDeniedException"
    tagged = world.refusal("CreateTable", **table("Tests", Tags=[{"Key": "a", "Value": "b"}]))
    assert "dynamodb:TagResource" in tagged.message
    assert world.refusal("ListTables").message.endswith("on resource: * because no identity-based policy allows the "
                                                        "dynamodb:ListTables action")  # fmt: skip
    assert world.call("GetCallerIdentity")["Account"] == "123456789012"
    world.simulator.call("DescribeTable", {"TableName": "Teams"}, access_key="AKIAOTHER")
    assert [call.access_key for call in world.simulator.calls][-2:] == ["AKIASIMULATED", "AKIAOTHER"]
