"""YAML as nodes: tags, lines, aliases and scalars as CloudFormation has them."""

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats.yaml_text import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!Sub a-${B}", {"Fn::Sub": "a-${B}"}),
        ("!Join ['-', [a, !Ref B]]", {"Fn::Join": ["-", ["a", {"Ref": "B"}]]}),
        ("!Transform {Name: x}", {"Fn::Transform": {"Name": "x"}}),
        ("a: !If [C, {x: 1}, !Ref 'AWS::NoValue']", {"a": {"Fn::If": ["C", {"x": 1}, {"Ref": "AWS::NoValue"}]}}),
        ("[1, 1.5, true, no, null, ~, 2010-09-09, 0x10, '1', \"true\", 1_000]",
         [1, 1.5, True, False, None, None, "2010-09-09", 16, "1", "true", 1000]),
        ("{1: a, true: b}", {"1": "a", "true": "b"}),
        ("{a: &x {b: 1}, c: *x}", {"a": {"b": 1}, "c": {"b": 1}}),
        ("{a: &x {b: 1, d: 2}, c: {<<: *x, d: 3}}", {"a": {"b": 1, "d": 2}, "c": {"d": 3, "b": 1}}),
        ("{a: {<<: [{b: 1}, {b: 2, c: 3}]}}", {"a": {"b": 1, "c": 3}}),
        ("{&k a: 1, b: *k}", {"a": 1, "b": "a"}),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!int x", "x"),
        ("{<<: 5}", {"<<": 5}),
    ],
)  # fmt: skip
def test_values(text: str, value: object) -> None:
    """Short forms become long ones; dates stay texts; merges and aliases are what they stand for."""
    assert parse(text, "f").value == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "no YAML"),
        ("a: 1\nb: *x\n", "f:2: alias *x names nothing"),
        ("? [a]\n: 1\n", "f:1: a key is a text"),
        ("{&a {x: 1}: 2}", "f:1: a key is a text"),
        ("a: 1\n? *b\n: 1\n", "alias *b"),
        ("x: &x [1]\n? *x\n: 1\n", "f:2: a key is a text"),
        ("a: !<tag:example.com,2000:x> 1", "is none of CloudFormation's"),
        ("a: {<<: [1]}", "f:1: << merges mappings only"),
        ("a: 1\n--- \nb: 2\n", "2 documents"),
        ("", "the file is empty"),
        ("a:\n  - \x07\n", "f:2: no YAML"),
    ],
)
def test_mistakes(text: str, says: str) -> None:
    """Each with its line."""
    with pytest.raises(FormatError) as refused:
        parse(text, "f")
    assert says in refused.value.message


def test_lines() -> None:
    """A value knows its line by its pointer, also inside a short form; what stands behind an alias has the alias's."""
    document = parse("a: &a\n  b: 1\nc:\n  - !If\n    - C\n    - {d: 2}\ne: *a\n", "f")
    assert document.need("a").need("b").place == "f:2: /a/b"
    inner = document.need("c").elements()[0].need("Fn::If").elements()[1]
    assert inner.need("d").place == "f:6: /c/0/Fn::If/1/d"
    assert document.need("e").need("b").place == "f:7: /e/b"
    assert document.place == "f:1: /"
