"""SetTags."""

from typing import Any

import pytest

from osem_migrate.errors import DefinitionError
from osem_migrate.operations import SetTags
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.step import Description
from osem_migrate.schema import S, Table
from tests.unit.operations.asking import calls, schema_of
from tests.unit.operations.service_model import assert_accepted

TEAMS = Table("Teams", S("teamId"))
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/osem-test-Teams"


def tagged(**tags: str | None) -> Table:
    """Teams with these tags declared."""
    return TEAMS.with_setting(SetTags("Teams", tags))


def test_setting_and_removing_are_two_calls_addressed_by_arn() -> None:
    """What is removed goes first, so that a table with 50 tags has room for what is set."""
    setting = SetTags("Teams", {"Team": "core", "Old": None, "Env": ""})
    untag, tag = setting.steps(schema_of(tagged(Old="x", Cost="1")))
    assert (untag.action, untag.call(ARN)) == ("UntagResource", {"ResourceArn": ARN, "TagKeys": ["Old"]})
    tags = [{"Key": "Env", "Value": ""}, {"Key": "Team", "Value": "core"}]
    assert (tag.action, tag.call(ARN)) == ("TagResource", {"ResourceArn": ARN, "Tags": tags})
    assert untag.settles is tag.settles is Description.TAGS
    assert untag.after == tagged(Old=None, Cost="1")
    assert tag.after == tagged(Cost="1", Env="", Old=None, Team="core")
    for step in (untag, tag):
        assert_accepted(step, ARN)


@pytest.mark.parametrize(
    ("tags", "before", "actions"),
    [
        ({"Team": "core"}, TEAMS, ["TagResource"]),
        ({"Team": "core"}, tagged(Team="other"), ["TagResource"]),
        ({"Team": "core"}, tagged(Team="core", Cost="1"), []),
        ({"Team": None}, tagged(Team="core"), ["UntagResource"]),
        ({"Team": None}, TEAMS, ["UntagResource"]),
        ({"Team": None}, tagged(Team=None), []),
        ({}, TEAMS, []),
    ],
)
def test_only_what_changes_is_asked_for(tags: dict[str, str | None], before: Table, actions: list[str]) -> None:
    """A tag write blocks the table for about two seconds, so none is made in vain, and no list is empty."""
    assert [action for action, _ in calls(SetTags("Teams", tags), before)] == actions


def test_fifty_tags_can_be_changed() -> None:
    """Removing one and adding another stays within the limit all the way."""
    full = TEAMS.with_setting(SetTags("Teams", {f"t{number}": "x" for number in range(50)}))
    steps = SetTags("Teams", {"t0": None, "t50": "x"}).steps(schema_of(full))
    assert [step.action for step in steps] == ["UntagResource", "TagResource"]
    with pytest.raises(DefinitionError, match="51 tags; DynamoDB allows 50"):
        SetTags("Teams", {"t50": "x"}).apply(schema_of(full))


def test_a_removal_takes_no_room() -> None:
    """Only tags that are there count."""
    full: dict[str, str | None] = {f"t{number}": "x" for number in range(50)}
    assert len(SetTags("Teams", {**full, "gone": None}).tags) == 51


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ({f"t{number}": "x" for number in range(51)}, "51 tags; DynamoDB allows 50"),
        ({"": "x"}, "tag key '' must have 1 to 128 characters"),
        ({"k" * 129: "x"}, "must have 1 to 128 characters"),
        ({"aws:Team": "x"}, "tag key 'aws:Team' must .* not start with 'aws:'"),
        ({"AWS:Team": None}, "not start with 'aws:'"),
        ({"Team": "x" * 257}, "the value of tag 'Team' has 257 characters; DynamoDB allows 256"),
    ],
)
def test_tags_beyond_a_limit_are_refused(tags: dict[str, str | None], complaint: str) -> None:
    """One beyond each limit; the message has the limit and the table."""
    with pytest.raises(DefinitionError, match=complaint) as raised:
        SetTags("Teams", tags)
    assert raised.value.details == {"table": "Teams"}
    assert raised.value.message.startswith("table 'Teams': ")


def test_tags_at_the_limits() -> None:
    """50 tags, 128 characters of key, 256 of value."""
    tags: dict[str, str | None] = {f"{number:0128}": "x" * 256 for number in range(50)}
    assert len(SetTags("Teams", tags).tags) == 50


def test_tags_add_up_on_the_table() -> None:
    """Later declarations win, the others stay."""
    assert SetTags("Teams", {"b": "2", "c": None}).on(tagged(a="1", b="1", c="1")) == tagged(a="1", b="2", c=None)


def test_tags_of_others_do_not_matter() -> None:
    """Billing tools and people tag tables too: only what is declared is compared."""
    declared = SetTags("Teams", {"Team": "core", "Old": None})
    assert declared.matches(SetTags("Teams", {"Team": "core", "Cost": "1"}))
    assert not declared.matches(SetTags("Teams", {"Team": "other"}))
    assert not declared.matches(SetTags("Teams", {"Team": "core", "Old": "x"}))
    assert not declared.matches(SetTags("Teams", {}))


@pytest.mark.parametrize(
    ("response", "tags"),
    [
        (
            {"Tags": [{"Key": "Team", "Value": "core"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]},
            {"Team": "core"},
        ),
        ({"Tags": []}, {}),
        ({"ResponseMetadata": {"HTTPStatusCode": 200}}, {}),
    ],
)
def test_read(response: dict[str, Any], tags: dict[str, str | None]) -> None:
    """AWS's own tags are none of ours, and no tags are no member."""
    assert SetTags.read("Teams", response) == SetTags("Teams", tags)


def test_reverse() -> None:
    """Each tag gets the value it had, or goes."""
    reverse = SetTags("Teams", {"a": "2", "b": "2", "c": None}).reverse(schema_of(tagged(a="1", c="1", d="1")))
    assert reverse == SetTags("Teams", {"a": "1", "b": None, "c": "1"})
    assert SetTags("Teams", {"a": "1"}).reverse(schema_of(TEAMS)) == SetTags("Teams", {"a": None})


def test_describe() -> None:
    """What is set, and what is removed with a minus."""
    assert SetTags("Teams", {"Team": "core", "Old": None}).describe() == "set tags -Old, Team=core of Teams"
    assert SetTags("Teams", {}).describe() == "set no tags of Teams"


def test_create_table_sends_no_empty_list() -> None:
    """Sending even an empty list of tags needs the permission to tag."""
    assert SetTags("Teams", {}).create_parameters() == SetTags("Teams", {"a": None}).create_parameters() == {}


@pytest.mark.parametrize("text", ["R&D", "Ada's (test)", "{team}", "a\nb", "50%", "a,b"])
def test_characters_that_aws_refuses_are_refused_when_they_are_read(text: str) -> None:
    """In keys and in values; found half-way, they would leave an upgrade half done."""
    for tags in ({text: "x"}, {"Team": text}):
        with pytest.raises(DefinitionError, match=r"tags take letters, digits, spaces and _ \. : / = \+ - @"):
            SetTags("Teams", tags)


def test_characters_that_aws_takes() -> None:
    """Letters and digits of any script, spaces, and eight signs."""
    text = "Größe 東京 ٣ _.:/=+-@"
    assert SetTags("Teams", {text: text, "Empty": ""}).tags == {text: text, "Empty": ""}


@pytest.mark.parametrize(
    ("found", "concerned"),
    [({"Team": "core", "Cost": "9"}, False), ({"Cost": "1"}, True), ({"Team": "x", "Cost": None, "Other": "y"}, True)],
)
def test_only_the_tags_that_it_names_concern_it(found: dict[str, str | None], *, concerned: bool) -> None:
    """Another one that somebody changed is no reason not to set these."""
    declared = SetTags("Teams", {"Team": "core", "Cost": "1"})
    aspect = Aspect(declared=declared, found=SetTags("Teams", found))
    assert SetTags("Teams", {"Team": "new"}).is_concerned(aspect, None) is concerned
    assert not SetTags("Teams", {"Team": "new"}).is_concerned(Aspect(index="by-x"), None)
