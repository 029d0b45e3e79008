"""CheckItems: looks for items that an index could not hold, and changes nothing."""

from typing import Any

import pytest

from osem_migrate.errors import DefinitionError, InapplicableOperation, ItemKeyInvalid
from osem_migrate.items.work import no_fetch
from osem_migrate.migration import operation_hash
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.check_items import CheckItems
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table
from tests.unit.operations.asking import schema_of

INDEX, LOCAL = Index("by-owner", S("owner")), LocalIndex("by-name", S("name"))
TEAMS = Table("Teams", S("id"), N("at"), [INDEX], [LOCAL])
NEW = Index("by-city", S("city"))


@pytest.mark.parametrize(
    ("check", "names", "words"),
    [
        (CheckItems("Teams", "by-owner"), ["by-owner"], "index by-owner"),
        (CheckItems("Teams", "by-name"), ["by-name"], "index by-name"),
        (CheckItems("Teams", NEW), ["by-city"], "index by-city"),
        (CheckItems("Teams"), ["by-owner", "by-name"], "its indexes"),
    ],
)
def test_it_looks_at_the_keys_of_an_index_that_is_there_or_may_be(
    check: CheckItems, names: list[str], words: str
) -> None:
    """By name, by its keys, or all that the table has."""
    (step,) = check.steps(schema_of(TEAMS))
    assert check.apply(schema_of(TEAMS)) == schema_of(TEAMS)
    assert step.call("x")["indexes"] == names
    assert check.describe() == f"check items of Teams for {words}"
    assert (step.action, step.permissions, step.verify, step.is_precaution) == (
        "CheckItems", ("dynamodb:GetItem", "dynamodb:Scan"), False, False)  # fmt: skip
    bad: dict[str, dict[str, Any]] = {
        "id": {"S": "1"},
        "at": {"N": "1"},
        "owner": {"S": ""},
        "name": {"N": "1"},
        "city": {"NULL": True},
    }
    with pytest.raises(ItemKeyInvalid):
        step.decide(bad, no_fetch)
    assert step.decide({"id": {"S": "1"}, "at": {"N": "1"}}, no_fetch) is None
    assert not check.is_concerned(Aspect(index="by-owner"), TEAMS)


def test_its_way_back_is_nothing() -> None:
    """It changed nothing, so there is nothing to do, and no item is read for it."""
    back = CheckItems("Teams").reverse(schema_of(TEAMS))
    assert (back.steps(schema_of(TEAMS)), back.reverse(schema_of(TEAMS)), back.apply(schema_of(TEAMS))) == (
        (), back, schema_of(TEAMS))  # fmt: skip
    assert back.describe() == "leave items of Teams as they are"
    assert back.when_found((), resumed=False) == "nothing was to be done"
    assert not back.is_concerned(Aspect(index="by-owner"), TEAMS)


def test_an_index_that_is_not_there_is_told() -> None:
    """And how to check before there is one."""
    with pytest.raises(InapplicableOperation, match="no index 'by-x' at this point") as caught:
        CheckItems("Teams", "by-x").apply(schema_of(TEAMS))
    assert "give the Index itself" in caught.value.remediation
    with pytest.raises(InapplicableOperation, match="has no index at this point"):
        CheckItems("Users").apply(schema_of(Table("Users", S("id"))))
    with pytest.raises(InapplicableOperation, match="does not exist"):
        CheckItems("Users").apply(Schema())
    with pytest.raises(DefinitionError, match="index takes a text, an index such as"):
        CheckItems("Teams", 5)  # type: ignore[arg-type]


def test_how_it_looks_is_in_no_checksum() -> None:
    """Where it looks is."""
    assert operation_hash(CheckItems("Teams", NEW, 5, 1, 2, 3)) == operation_hash(CheckItems("Teams", NEW))
    assert operation_hash(CheckItems("Teams", "by-owner")) != operation_hash(CheckItems("Teams", NEW))
