"""Operation and Setting: what every kind of them shares."""

from pathlib import Path

import pytest

from osem_migrate import operations
from osem_migrate.errors import InapplicableOperation
from osem_migrate.operations import (
    AddIndex,
    DropIndex,
    DropTable,
    Operation,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.step import Description
from osem_migrate.schema import S, Schema, Table
from tests.unit.operations.asking import calls, schema_of

TEAMS = Table("Teams", S("teamId"))

EXAMPLES: tuple[Setting, ...] = (
    SetBilling.provisioned("Teams", read=5, write=5),
    SetDeletionProtection("Teams", enabled=True),
    SetEncryption("Teams", "AWS_MANAGED"),
    SetPointInTimeRecovery("Teams", enabled=True),
    SetStream("Teams", "NEW_IMAGE"),
    SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS"),
    SetTags("Teams", {"Team": "core"}),
    SetTimeToLive("Teams", "expiresAt"),
)
each_setting = pytest.mark.parametrize("setting", EXAMPLES, ids=lambda setting: type(setting).__name__)


def test_one_operation_is_one_file_one_test_file_and_one_line_in_the_list() -> None:
    """Nothing is forgotten when an operation is added, and the name of the file says which it is."""
    folder = Path(operations.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {
        "__init__",
        "aspect",
        "base",
        "change",
        "estimate",
        "expressible",
        "function_operation",
        "item_pass",
        "parameters",
        "source",
        "step",
    }
    exported = {name for name, kind in vars(operations).items() if isinstance(kind, type)} - {"Operation", "Setting"}
    assert {"".join(part.capitalize() for part in file.split("_")) for file in files} == exported
    assert files == {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")} - {
        "aspect",
        "base",
        "change",
        "laws",
        "source",
        "step",
    }


def test_every_setting_is_listed_as_one() -> None:
    """What is read of a live table is every kind of setting there is."""
    assert set(operations.SETTINGS) == {type(example) for example in EXAMPLES}
    assert len(operations.SETTINGS) == len(EXAMPLES)


@each_setting
def test_a_setting_replaces_an_earlier_one_of_its_kind(setting: Setting) -> None:
    """Applying puts it on the table, once, and applying it again changes nothing."""
    once = setting.apply(schema_of(TEAMS))
    assert once.table("Teams").setting(type(setting)) == setting
    assert setting.apply(once) == once


@each_setting
def test_a_setting_that_is_declared_just_so_asks_for_nothing(setting: Setting) -> None:
    """DynamoDB refuses many a request for what is so already, so none is made."""
    assert calls(setting, TEAMS)
    assert calls(setting, setting.on(TEAMS)) == []


@each_setting
def test_the_reverse_of_a_first_declaration_is_the_default(setting: Setting) -> None:
    """What nobody declared goes back to what AWS has by itself, by calls that undo those of the setting."""
    reverse = setting.reverse(schema_of(TEAMS))
    assert isinstance(reverse, type(setting))
    assert isinstance(setting, SetTags) or reverse.matches(type(setting).default("Teams"))
    assert calls(reverse, setting.on(TEAMS))


@each_setting
def test_the_reverse_of_a_later_declaration_is_the_earlier_one(setting: Setting) -> None:
    """The value that was declared before comes back."""
    later = setting.default("Teams") if not isinstance(setting, SetTags) else SetTags("Teams", {"Team": None})
    assert later.reverse(setting.apply(schema_of(TEAMS))) == setting


@each_setting
def test_a_setting_serves_another_table(setting: Setting) -> None:
    """A schema's defaults are written once for all tables."""
    moved = setting.for_table("Users")
    assert moved.table == "Users"
    assert moved.for_table("Teams") == setting


@each_setting
def test_a_setting_matches_itself_and_not_the_default(setting: Setting) -> None:
    """Drift is told by comparing the declared setting with the live one."""
    assert setting.matches(setting)
    assert not setting.matches(type(setting).default("Teams"))


@each_setting
def test_a_step_says_where_its_effect_shows(setting: Setting) -> None:
    """Waiting describes the side of the table that the setting is described by."""
    (step,) = setting.steps(schema_of(TEAMS))
    assert step.settles is type(setting).described_by
    assert (step.table, step.subject) == ("Teams", "Teams")
    assert step.after == setting.on(TEAMS)
    assert setting.noun


@each_setting
def test_a_setting_needs_its_table(setting: Setting) -> None:
    """A setting of a table that nobody created does not apply."""
    for ask in (setting.apply, setting.steps, setting.reverse):
        with pytest.raises(InapplicableOperation, match="table 'Teams' does not exist"):
            ask(Schema())


@pytest.mark.parametrize(
    "operation", [AddIndex("Teams", "a-index", S("a")), DropIndex("Teams", "a-index"), DropTable("Teams")]
)
def test_every_other_change_needs_its_table_too(operation: Operation) -> None:
    """The message has the name that was looked for."""
    for ask in (operation.apply, operation.steps):
        with pytest.raises(InapplicableOperation) as raised:
            ask(Schema())
        assert raised.value.details == {"table": "Teams"}


def test_only_changes_that_lose_something_are_hazards() -> None:
    """People are asked about what cannot be undone, and about nothing else."""
    hazards = {type(example).__name__ for example in EXAMPLES if example.hazard}
    assert hazards == set()
    assert SetPointInTimeRecovery("Teams", enabled=False).hazard
    assert DropTable("Teams").hazard
    assert DropIndex("Teams", "a-index").hazard
    assert AddIndex("Teams", "a-index", S("a")).hazard is None


def test_which_description_shows_which_setting() -> None:
    """All but three settings are in DescribeTable, so a table costs one call unless it declares one of the three."""
    elsewhere = {
        type(example): example.described_by for example in EXAMPLES if example.described_by != "describe_table"
    }
    assert elsewhere == {
        SetPointInTimeRecovery: Description.CONTINUOUS_BACKUPS,
        SetTags: Description.TAGS,
        SetTimeToLive: Description.TIME_TO_LIVE,
    }
