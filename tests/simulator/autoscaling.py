"""Application Auto Scaling: which capacity it owns. The targets are put there by tests, as other tools would."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.clock import START

Parameters = Mapping[str, Any]


def describe_scalable_targets(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeScalableTargets: those of the resources asked for, in one page."""
    wanted = parameters["ResourceIds"]
    found = sorted((resource, dimension) for resource, dimension in account.scalable if resource in wanted)
    role = f"arn:aws:iam::{account.account_id}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/A"
    shown = {
        "ServiceNamespace": parameters["ServiceNamespace"],
        "MinCapacity": 1,
        "MaxCapacity": 1000,
        "RoleARN": role,
        "CreationTime": START,
    }
    return {
        "ScalableTargets": [
            {**shown, "ResourceId": resource, "ScalableDimension": f"dynamodb:{dimension}"}
            for resource, dimension in found
        ]
    }
