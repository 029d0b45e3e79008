"""Templates of keys: what they make is told apart again, and what could not be is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.errors import DefinitionError
from osem_migrate.formats.template import Template

TEMPLATES = ["{a}", "#META", "CART#{a}", "ORDER#{a}#{b}", "{a}#", "x{a}--{b}##{c}y", "{{{a}}}"]
TEXTS = st.text(st.sampled_from("aAé#-xy😀 {"), min_size=1, max_size=6)


@pytest.mark.parametrize("written", TEMPLATES)
@given(data=st.data())
def test_what_is_built_is_read_again(written: str, data: st.DataObject) -> None:
    """Every key that is made gives its values back, so that no two rows of values have the same one."""
    template = Template.parse(written)
    values = tuple(data.draw(TEXTS) for _ in template.fields)
    key = template.build(values)
    if key is None:
        assert any(set(value) & set("#-y}") for value in values), "only a value with a separator in it can be refused"
    else:
        assert template.values(key) == values
        assert key.startswith(template.beginning(values[:1]))


@given(key=TEXTS)
def test_what_is_read_is_built_again(key: str) -> None:
    """A key that fits a template is the one that its values make."""
    for written in TEMPLATES:
        template = Template.parse(written)
        values = template.values(key)
        if values is not None:
            assert template.beginning(values) == key


@pytest.mark.parametrize(
    ("template", "key", "values"),
    [
        ("ORDER#{at}#{id}", "ORDER#2026#7", ("2026", "7")),
        ("ORDER#{at}#{id}", "ORDER#2026#7#8", ("2026", "7#8")),
        ("ORDER#{at}#{id}", "ORDER#2026", None),
        ("ORDER#{at}#{id}", "ORDER#2026#", None),
        ("ORDER#{at}#{id}", "ORDER###7", ("#", "7")),
        ("ORDER#{at}#{id}", "CART#1#2", None),
        ("#META", "#META", ()),
        ("#META", "#META#", None),
        ("{a}!", "!", None),
        ("{a}!", "x!", ("x",)),
        ("{a}!", "x", None),
    ],
)
def test_keys(template: str, key: str, values: tuple[str, ...] | None) -> None:
    """A value ends where what stands behind it first comes; the last one holds whatever is left; none is empty."""
    assert Template.parse(template).values(key) == values


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("", "a template is not empty"),
        ("{a", "expected '}'"),
        ("a}", "Single '}'"),
        ("{}", "a field is a name in braces"),
        ("{a:>5}", "a field is a name in braces"),
        ("{a!r}", "a field is a name in braces"),
        ("{a}-{a}", "field 'a' stands in it twice"),
        ("{a}{b}", "nothing separates 'a' and 'b'"),
    ],
)
def test_mistakes(template: str, says: str) -> None:
    """Each says what a template takes."""
    with pytest.raises(DefinitionError, match=says.replace("'}'", "'}'")):
        Template.parse(template)
