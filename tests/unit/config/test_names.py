"""Names: what a pattern and a map give, and that no physical name ever belongs to two."""

import string
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from osem_migrate.config.names import HISTORY_ENTITY, Names, Pattern
from osem_migrate.errors import DefinitionError

VALUES = {"env": "dev", "application": "shop"}

# Few letters, so that two patterns often begin, or end, alike.
_FEW = st.text("ab-", max_size=4)
_MANY = st.text(string.ascii_letters + string.digits + "_.-", max_size=20)
PATTERNS = st.builds(Pattern, _FEW | _MANY, _FEW | _MANY)
ENTITIES = st.text("abcAB", min_size=1, max_size=4)
MAPS = st.dictionaries(ENTITIES, st.text("ab-", min_size=3, max_size=8), max_size=3)


@st.composite
def all_names(draw: st.DrawFn) -> Names:
    """The names of an environment, whose map may take from its own pattern."""
    try:
        return Names(draw(PATTERNS), draw(MAPS))
    except DefinitionError:
        assume(False)  # noqa: FBT003 - hypothesis's own signature
        raise


@pytest.mark.parametrize(
    ("template", "prefix", "suffix"),
    [
        ("osem-{env}-{entity}", "osem-dev-", ""),
        ("{application}-{env}-{entity}", "shop-dev-", ""),
        ("{entity}-{env}", "", "-dev"),
        ("{entity}", "", ""),
        ("{application}.{entity}_{env}_{env}", "shop.", "_dev_dev"),
        ("x" * 254 + "{entity}", "x" * 254, ""),
    ],
)
def test_the_fields_may_stand_anywhere(template: str, prefix: str, suffix: str) -> None:
    """Serverless and SAM put the stage last, others leave it out."""
    pattern = Pattern.parse(template, VALUES)
    assert (pattern.prefix, pattern.suffix) == (prefix, suffix)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("osem-{env}", r"contains \{entity\} never"),
        ("", r"contains \{entity\} never"),
        ("{entity}-{entity}", r"contains \{entity\} more than once"),
        ("{env.__class__}-{entity}", r"contains \{env\.__class__\}, which is no field \(there are: .*\{entity\}"),
        ("{env!r}-{entity}", r"contains \{env!r\}"),
        ("{env:>9}-{entity}", r"contains \{env:>9\}"),
        ("{stage}-{entity}", r"contains \{stage\}"),
        ("{}-{entity}", r"contains \{\}"),
        ("{0}-{entity}", r"contains \{0\}"),
        ("{env-{entity}", "'}'|'{'|expected"),
        ("env}-{entity}", "'}'"),
        ("{{env}}-{entity}", "3 to 255 characters"),
        ("osem {entity}", "3 to 255 characters"),
        ("ö-{entity}", "3 to 255 characters"),
        ("x" * 255 + "{entity}", "3 to 255 characters"),
    ],
)
def test_any_other_template_is_refused(template: str, reason: str) -> None:
    """A slip shows when the configuration is read, and never runs code."""
    with pytest.raises(DefinitionError, match=reason):
        Pattern.parse(template, VALUES)


@given(PATTERNS, ENTITIES)
def test_a_name_leads_back_to_its_entity(pattern: Pattern, entity: str) -> None:
    """What the pattern makes, it reads; what is shorter than its static text is none of its names."""
    assert pattern.entity(pattern.name(entity)) == entity
    assert pattern.entity(pattern.prefix + pattern.suffix) is None


@given(PATTERNS, PATTERNS)
def test_patterns_have_names_in_common_exactly_by_the_rule(one: Pattern, other: Pattern) -> None:
    """One prefix begins with the other, and one suffix ends with the other."""
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    example = next(one.in_common(other), None)
    assert (example is not None) == (prefixes and suffixes)
    if example is not None:
        assert one.entity(example)
        assert other.entity(example)


@given(all_names(), ENTITIES)
def test_every_logical_name_comes_back(names: Names, entity: str) -> None:
    """Of one environment: a name is refused, or its physical name is nobody else's."""
    try:
        physical = names.physical(entity)
    except DefinitionError:
        assume(False)  # noqa: FBT003 - hypothesis's own signature
        raise
    assert names.logical(physical) == entity


@given(all_names(), all_names(), st.lists(ENTITIES, max_size=8))
def test_accepted_names_never_meet(one: Names, other: Names, entities: list[str]) -> None:
    """Where no example is found, no table of the one is a table of the other; an example really belongs to both."""
    example = one.shared_with(other)
    if example is not None:
        assert one.logical(example) is not None
        assert other.logical(example) is not None
        return
    for entity in [*entities, *one.mapped, *other.mapped, HISTORY_ENTITY]:
        for these, those in ((one, other), (other, one)):
            try:
                physical = these.physical(entity)
            except DefinitionError:
                continue
            assert those.logical(physical) is None


def test_an_example_is_no_name_that_one_of_them_maps_elsewhere() -> None:
    """The usual example is mapped in the other environment, and so is the next: neither belongs to both."""
    plain, mapping = Names(Pattern("x-", "")), Names(Pattern("x-", ""), {"Users": "Stack-1", "users1": "Stack-2"})
    assert (plain.shared_with(mapping), mapping.shared_with(plain)) == ("x-Users2", "x-Users2")


@pytest.mark.parametrize("length", [126, 127, 128, 200, 254])
def test_very_long_patterns_meet_only_where_a_name_has_room(length: int) -> None:
    """255 characters are all that DynamoDB takes: beyond, two static texts have to overlap in one name."""
    before, after = Pattern("a" * length, ""), Pattern("", "a" * length)
    example = before.in_common(after)
    assert len(next(example)) <= 255
    assert next(Pattern("a" * 200, "").in_common(Pattern("", "b" * 200)), None) is None


@pytest.mark.parametrize(
    ("mapped", "reason"),
    [
        ({"Orders": "stack-1", "Users": "stack-1"}, "'Orders' and 'Users' are both mapped to 'stack-1'"),
        ({"Orders": "stack-1", "orders": "stack-2"}, "'Orders' and 'orders' differ in case only"),
        ({"Orders": "x" * 256}, "3 to 255 characters"),
        ({"Orders": "ab"}, "3 to 255 characters"),
        ({"Orders": "legacy-orders"}, "is mapped to 'legacy-orders', which ignore leaves to somebody else"),
    ],
)
def test_a_map_that_confuses_is_refused(mapped: Mapping[str, str], reason: str) -> None:
    """Each logical name has a table of its own, and none that is somebody else's."""
    with pytest.raises(DefinitionError, match=reason):
        Names(Pattern("", ""), mapped, ("legacy-*",))


def test_a_mapped_table_lives_only_under_its_name() -> None:
    """The pattern's name for it is nobody's; its own may be one that the pattern gives to another name."""
    names = Names(Pattern("osem-dev-", ""), {"Orders": "MyStack-TableCD117FA1-1ABCD", "Carts": "osem-dev-Baskets"})
    assert names.physical("Orders") == "MyStack-TableCD117FA1-1ABCD"
    assert names.logical("MyStack-TableCD117FA1-1ABCD") == "Orders"
    assert names.logical("osem-dev-Orders") is None
    assert names.logical("osem-dev-Baskets") == "Carts"
    with pytest.raises(DefinitionError, match=r"'Baskets' would be osem-dev-Baskets, .* 'Carts' is mapped to"):
        names.physical("Baskets")
    with pytest.raises(DefinitionError, match="the map of tables has 'Orders', which differs in case only"):
        names.physical("orders")


def test_a_table_that_only_the_pattern_would_give_to_a_mapped_name_is_set_aside() -> None:
    """It is nobody's, which is told; not what is ignored, another mapped table, or one of a pattern without text."""
    mapped = {"Orders": "Stack-1", "Bills": "Orders-dev", "Plans": "Stack-2"}
    names = Names(Pattern("", "-dev"), mapped, ("Plans-*",))
    found = ("Bills-dev", "Orders-dev", "Plans-dev", "Stack-1", "Teams-dev", "bills-dev", "Bills-prod")
    assert names.set_aside(found) == {"Bills-dev": "Bills", "bills-dev": "bills"}
    assert Names(Pattern("", ""), mapped).set_aside(found) == {}


def test_static_text_tells_whose_a_table_is() -> None:
    """Under osem-dev- every table is ours but the ignored ones, which only a script or the history makes ours."""
    names = Names(Pattern("osem-dev-", ""), {"Orders": "stack-1"}, ("osem-dev-legacy-*",))
    found = ["osem-dev-Users", "osem-dev-legacy-A", "osem-dev-legacy-B", "osem-prod-Users", "stack-1", "stack-2"]
    assert names.ours(found, {"legacy-B"}) == {"Users", "legacy-B", "Orders"}
    assert names.globs({"Users"}) == ("osem-dev-*", "stack-1")
    assert str(names) == "osem-dev-*, stack-1"


def test_without_static_text_only_what_is_known_is_ours() -> None:
    """The account belongs to others as well, and no policy says table/*."""
    names = Names(Pattern("", ""), {"Orders": "stack-1"})
    found = ["Users", "Payroll", "stack-1", "SchemaMigrations"]
    assert names.ours(found, {"Users", "Teams"}) == {"Users", "Orders", HISTORY_ENTITY}
    assert names.globs({"Users"}) == ("SchemaMigrations", "Users", "stack-1")


@given(all_names(), st.sets(ENTITIES, max_size=3))
def test_a_policy_names_every_table_and_never_all(names: Names, known: set[str]) -> None:
    """Whatever the pattern, no glob is * alone, and each table of the environment is under one of them."""
    try:
        physical = {names.physical(entity) for entity in (*known, *names.mapped, HISTORY_ENTITY)}
        globs = names.globs(known)
    except DefinitionError:
        assume(False)  # noqa: FBT003 - hypothesis's own signature
        raise
    assert "*" not in globs
    for name in physical:
        assert any(
            name == glob or (name.startswith(before) and name.endswith(after))
            for glob in globs
            for before, star, after in [glob.partition("*")]
            if star or name == glob
        )
