"""UpdateItems: one pass, which a downgrade takes back where there is a function for that."""

from collections.abc import Mapping
from typing import Any

import pytest

from osem_migrate.errors import DefinitionError, InapplicableOperation, ScriptFunctionInvalid
from osem_migrate.items.lookup import Lookup
from osem_migrate.items.work import UpdateWork, no_fetch
from osem_migrate.migration import operation_hash
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.source import imported_names, render
from osem_migrate.operations.update_items import UpdateItems
from osem_migrate.schema import S, Schema, Table
from tests.unit.operations.asking import schema_of

USERS, TEAMS = Table("Users", S("id")), Table("Teams", S("id"))


def full_name(item: Mapping[str, Any]) -> dict[str, Any]:
    """A change."""
    return {"fullName": item["first"]}


def split_name(item: Mapping[str, Any]) -> dict[str, Any]:
    """Its way back."""
    return {"first": item["fullName"]}


def of_team(item: Mapping[str, Any], lookup: Lookup) -> dict[str, Any] | None:
    """A change that reads another table."""
    return {"team": lookup("Teams", id=item["team"])}


UPDATE = UpdateItems("Users", full_name, undo=split_name, where="attribute_not_exists(fullName)", segments=8, rate=500)


def test_it_is_one_pass_over_its_table() -> None:
    """The step has the function, the condition and how to go about it; the table stays as it is."""
    before = schema_of(USERS)
    (step,) = UPDATE.steps(before)
    assert UPDATE.apply(before) == before
    assert isinstance(step, Pass)
    assert isinstance(step.work, UpdateWork)
    assert (step.table, step.after, step.subject, step.segments, step.rate, step.verify) == (
        "Users", USERS, "Users", 8, 500, True)  # fmt: skip
    assert step.work.where is not None
    assert step.work.where.text == "attribute_not_exists(fullName)"
    write = step.decide({"id": {"S": "1"}, "first": {"S": "Ada"}}, no_fetch)
    assert write is not None
    assert write.after == {"id": {"S": "1"}, "first": {"S": "Ada"}, "fullName": {"S": "Ada"}}
    assert UPDATE.changes(USERS, USERS) == ()
    assert UPDATE.describe() == "update items of Users with full_name, where attribute_not_exists(fullName)"
    assert UPDATE.hazard is None
    assert not UPDATE.is_concerned(Aspect(index="by-x"), USERS)


def test_the_pass_answers_for_itself() -> None:
    """What it is called, what it needs, what is sent and awaited, and that no description shows it."""
    (step,) = UPDATE.steps(schema_of(USERS))
    assert (step.action, step.permissions) == (
        "UpdateItems",
        ("dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"),
    )
    assert (step.is_described, step.is_precaution) == (False, False)
    assert step.call("osem-dev-Users") == {
        "TableName": "osem-dev-Users",
        "function": "full_name",
        "where": "attribute_not_exists(fullName)",
        "segments": 8,
        "rate": 500,
    }
    assert step.settled_when("osem-dev-Users") == "every item of osem-dev-Users was looked at"


def test_lookups_are_tables_by_then() -> None:
    """The pass knows their keys; one that does not exist is told; what is done to them comes before or after."""
    update = UpdateItems("Users", of_team, lookups=["Teams"])
    assert update.reads == ("Teams",)
    (step,) = update.steps(schema_of(USERS, TEAMS))
    assert step.tables == {"Teams": TEAMS}
    with pytest.raises(InapplicableOperation, match="lookups: table 'Teams' does not exist"):
        update.apply(schema_of(USERS))
    with pytest.raises(InapplicableOperation, match="table 'Users' does not exist"):
        update.apply(Schema())


def test_the_way_back_is_its_undo_for_every_item() -> None:
    """Whichever items it came to; and back again. Without one there is none."""
    back = UPDATE.reverse(schema_of(USERS))
    assert UPDATE.is_reversible
    assert back == UpdateItems("Users", split_name, undo=full_name, segments=8, rate=500)
    assert UPDATE.functions[1] == back.functions[0]
    alone = UpdateItems("Users", full_name)
    assert not alone.is_reversible
    with pytest.raises(InapplicableOperation, match="full_name has no undo function"):
        alone.reverse(schema_of(USERS))


def test_the_checksum_is_over_what_and_not_over_how() -> None:
    """An undo may be written later, and a rate changed; the function, the condition and the lookups may not."""
    golden = "sha256:v1:6077d50994d23554251b0f6cc8e873ce0807e342abc889785e52a6c1355f3164"
    assert operation_hash(UpdateItems("Users", full_name)) == golden
    assert operation_hash(UpdateItems("Users", full_name, split_name, rate=5, verify=False, segments=3)) == golden
    assert operation_hash(UpdateItems("Users", full_name, max_failures=3, stop_after=7)) == golden
    others = (
        UpdateItems("Users", split_name),
        UpdateItems("Users", full_name, where="a = 1"),
        UpdateItems("Users", full_name, lookups=["Teams"]),
    )
    assert len({golden, *map(operation_hash, others)}) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"where": "a = "}, "where 'a = ': the name of an attribute is expected at its end"),
        ({"segments": 0}, "segments takes a number from 1 to 1,000, not 0"),
        ({"segments": 1001}, "segments takes a number from 1 to 1,000, not 1001"),
        ({"max_failures": -1}, "max_failures takes a number of at least 0, not -1"),
        ({"stop_after": 0}, "stop_after takes a number of at least 1"),
        ({"rate": 0}, "rate takes a number of at least 1"),
        ({"rate": "5"}, "rate takes a whole number or None, not the text '5'"),
        ({"lookups": [TEAMS]}, "lookups"),
        ({"lookups": "Teams"}, "lookups"),
        ({"undo": 5}, "undo takes a function or None, not 5"),
    ],
)
def test_what_is_wrong_is_said(arguments: dict[str, Any], words: str) -> None:
    """With the argument, and what it takes."""
    with pytest.raises(DefinitionError) as caught:
        UpdateItems("Users", full_name, **arguments)
    assert words in caught.value.message


def test_what_is_no_function_is_refused() -> None:
    """A lambda has no text to be compared."""
    with pytest.raises(ScriptFunctionInvalid, match="is a lambda"):
        UpdateItems("Users", lambda item: {"n": item["m"]})
    with pytest.raises(DefinitionError, match="change takes a function, not the text 'x'"):
        UpdateItems("Users", "x")  # type: ignore[arg-type]


def test_it_is_printed_with_its_functions_by_name() -> None:
    """As the script has it."""
    printed = 'UpdateItems("Users", change=full_name, undo=split_name)'
    assert render(UpdateItems("Users", full_name, undo=split_name)) == printed
    assert imported_names([UPDATE]) == ("UpdateItems",)
