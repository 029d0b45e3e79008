"""SetTableClass."""

from typing import Any

import pytest

from osem_migrate.operations import SetTableClass
from osem_migrate.schema import S, Table
from tests.unit.operations.asking import calls

TEAMS = Table("Teams", S("teamId"))
STANDARD = SetTableClass("Teams", "STANDARD")
INFREQUENT = SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS")


@pytest.mark.parametrize(("setting", "before"), [(INFREQUENT, TEAMS), (STANDARD, INFREQUENT.on(TEAMS))])
def test_the_request_carries_nothing_else(setting: SetTableClass, before: Table) -> None:
    """DynamoDB refuses a class beside anything else, and accepts two changes in 30 days."""
    request = {"TableName": "osem-test-Teams", "TableClass": setting.storage}
    assert calls(setting, before) == [("UpdateTable", request)]


@pytest.mark.parametrize(
    ("described", "setting"),
    [
        ({}, None),
        ({"TableClassSummary": {}}, None),
        ({"TableClassSummary": {"TableClass": "STANDARD", "LastUpdateDateTime": 0}}, STANDARD),
        ({"TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"}}, INFREQUENT),
    ],
)
def test_read(described: dict[str, Any], setting: SetTableClass | None) -> None:
    """A table that never left STANDARD has no summary, so absence says nothing by itself."""
    assert SetTableClass.read("Teams", {"Table": described}) == setting


def test_describe_and_default() -> None:
    """The class."""
    assert SetTableClass.default("Teams") == STANDARD
    assert INFREQUENT.describe() == "set table class of Teams to STANDARD_INFREQUENT_ACCESS"
