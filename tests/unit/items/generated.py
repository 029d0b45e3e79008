"""Items and conditions as Hypothesis draws them: every type, 38 digits, and names that expressions cannot hold."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from osem_migrate.items.values import DIGITS, LARGEST, SMALLEST, encode_item
from osem_migrate.schema import S, Table

USERS = Table("Users", S("id"))

NAMES = ("first", "last", "status", "a.b", "#hash", ":colon", "größe", "size", "x-y", '"quoted"')
names = st.sampled_from(NAMES)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
numbers: st.SearchStrategy[Decimal] = st.builds(
    lambda digits, exponent, sign: Decimal((sign, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 10**DIGITS - 1),
    st.sampled_from((-168 + DIGITS, -40, -3, 0, 2, 60, LARGEST - DIGITS + 1)),
    st.integers(0, 1),
).filter(lambda number: not number or SMALLEST <= number.adjusted() <= LARGEST)
binaries = st.binary(max_size=6)
scalars: st.SearchStrategy[Any] = st.one_of(texts, numbers, st.integers(-5, 5), binaries, st.booleans(), st.none())
sets: st.SearchStrategy[Any] = st.one_of(
    *(st.sets(members, min_size=1, max_size=3) for members in (texts, numbers, binaries))
)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(scalars, sets),
    lambda parts: st.one_of(st.lists(parts, max_size=3), st.dictionaries(texts.filter(bool), parts, max_size=3)),
    max_leaves=5,
)
items = st.dictionaries(names, values, max_size=5).map(lambda attributes: {"id": {"S": "1"}, **encode_item(attributes)})
"""Items of one key, as the API spells them."""

_operands = st.one_of(
    st.sampled_from(("status", '"a.b"', "größe", "first.x", "last[0]", "size(first)", "size(status)")),
    st.sampled_from(("'a'", "''", "1", "-2.50", "0", "true", "false", "null")),
)
_paths = st.sampled_from(("status", '"#hash"', "first.x", "last[1]", "last"))
_terms = st.one_of(
    st.builds("{} {} {}".format, _operands, st.sampled_from(("=", "<>", "<", "<=", ">", ">=")), _operands),
    st.builds("{} IN ({}, {})".format, _paths, _operands, _operands),
    st.builds("{}({})".format, st.sampled_from(("attribute_exists", "attribute_not_exists")), _paths),
    st.builds("attribute_type({}, '{}')".format, _paths, st.sampled_from(("S", "N", "B", "L", "SS", "NULL"))),
    st.builds("begins_with({}, {})".format, _paths, st.sampled_from(("'a'", "''"))),
    st.builds("contains({}, {})".format, _paths, st.sampled_from(("'a'", "1", "0", "null"))),
    st.builds("{} BETWEEN {} AND {}".format, _paths, st.sampled_from(("0", "1")), st.sampled_from(("2", "3"))),
)
conditions = st.recursive(
    _terms,
    lambda parts: st.one_of(
        st.builds("({} AND {})".format, parts, parts),
        st.builds("({} OR {})".format, parts, parts),
        st.builds("NOT {}".format, parts),
        st.builds("{} OR {} AND {}".format, parts, parts, parts),
    ),
    max_leaves=4,
)
"""Texts of ``where``."""

matchable = st.fixed_dictionaries(
    {"id": st.just({"S": "1"})},
    optional={
        "status": st.sampled_from(({"S": "a"}, {"S": "ab"}, {"N": "1"}, {"N": "2.5"}, {"BOOL": True}, {"NULL": True})),
        "a.b": st.sampled_from(({"S": ""}, {"N": "0"}, {"B": b"a"})),
        "#hash": st.sampled_from(({"S": "a"}, {"SS": ["a", "b"]}, {"NS": ["1", "2"]})),
        "größe": st.sampled_from(({"N": "-2.5"}, {"N": "1.0"}, {"S": "a"})),
        "first": st.sampled_from(({"M": {"x": {"N": "1"}}}, {"M": {}}, {"S": "abc"}, {"L": []})),
        "last": st.sampled_from(({"L": [{"S": "a"}, {"N": "1"}]}, {"L": []}, {"NS": ["0"]}, {"S": "xa"})),
    },
)
"""Items of which such conditions are often true."""
