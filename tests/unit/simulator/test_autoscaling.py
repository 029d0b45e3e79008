"""Application Auto Scaling in the simulator: it knows what a test has put there."""

from tests.unit.simulator.world import World

READ = ("table/Teams", "table:ReadCapacityUnits")
INDEX = ("table/Teams/index/a-index", "index:WriteCapacityUnits")


def test_only_the_targets_of_the_resources_are_told() -> None:
    """Each with its dimension; a table is not its indexes."""
    world = World()
    world.simulator.account.scalable |= {READ, INDEX}
    found = world.call("DescribeScalableTargets", ServiceNamespace="dynamodb", ResourceIds=["table/Teams", "table/X"])
    assert [(one["ResourceId"], one["ScalableDimension"]) for one in found["ScalableTargets"]] == [
        ("table/Teams", "dynamodb:table:ReadCapacityUnits")
    ]
    assert world.simulator.unknown == []
