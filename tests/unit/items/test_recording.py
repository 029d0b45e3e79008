"""RecordingItem: it sees every access that a function can make, and gives nothing away that could be changed."""

import copy
import json
import operator
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from osem_migrate.items.recording import RecordingItem, looked_at
from osem_migrate.items.values import encode_item

PLAIN: dict[str, Any] = {"id": "1", "tags": ["a"], "n": 2}
ALL = frozenset(PLAIN)


def no_names(item: Any) -> Any:
    """What nobody can have called an attribute."""
    return (5 in item, item.get(None, 1), "" in item)


BY_NAME: dict[str, tuple[Callable[[RecordingItem], Any], Any, frozenset[str]]] = {
    "[]": (lambda item: item["n"], 2, frozenset({"n"})),
    "get": (lambda item: item.get("n"), 2, frozenset({"n"})),
    "get, missing": (lambda item: item.get("gone"), None, frozenset({"gone"})),
    "get, default": (lambda item: item.get("gone", 5), 5, frozenset({"gone"})),
    "in": (lambda item: "n" in item, True, frozenset({"n"})),
    "in, missing": (lambda item: "gone" in item, False, frozenset({"gone"})),
    "not in": (lambda item: "gone" not in item, True, frozenset({"gone"})),
    "contains": (lambda item: operator.contains(item, "n"), True, frozenset({"n"})),
    "itemgetter": (operator.itemgetter("id", "n"), ("1", 2), frozenset({"id", "n"})),
    "nested": (lambda item: item["tags"][0], "a", frozenset({"tags"})),
    "format_map": ("{n}".format_map, "2", frozenset({"n"})),
    "%": (lambda item: "%(n)s" % item, "2", frozenset({"n"})),  # noqa: UP031 - another way to ask
    "keys": (lambda item: item.keys() & {"n"}, {"n"}, frozenset({"n"})),
    "items": (lambda item: ("n", 2) in item.items(), True, frozenset({"n"})),
    "no name": (no_names, (False, 1, False), frozenset()),
    "no text": (lambda item: item.get("\ud800"), None, frozenset()),
    "type": (lambda item: (isinstance(item, Mapping), isinstance(item, dict)), (True, False), frozenset()),
}
OF_ALL: dict[str, tuple[Callable[[RecordingItem], Any], Any]] = {
    "len": (len, 3),
    "bool": (bool, True),
    "iter": (lambda item: [name for name in item], ["id", "tags", "n"]),  # noqa: C416 - it is the loop that is asked for
    "reversed": (lambda item: list(reversed(item)), ["n", "tags", "id"]),
    "keys": (lambda item: list(item.keys()), ["id", "tags", "n"]),
    "values": (lambda item: list(item.values()), ["1", ["a"], 2]),
    "items": (lambda item: dict(item.items()), PLAIN),
    "==": (lambda item: item == PLAIN, True),
    "!=": (lambda item: item != PLAIN, False),
    "== reversed": (lambda item: operator.eq(PLAIN, item), True),
    "== other": (lambda item: item == RecordingItem(encode_item(PLAIN)), True),
    "|": (lambda item: item | {"n": 3}, {**PLAIN, "n": 3}),
    "| reversed": (lambda item: {"n": 3, "m": 1} | item, {"m": 1, **PLAIN}),
    "**": (lambda item: {**item}, PLAIN),
    "call": (lambda item: dict(**item), PLAIN),
    "dict": (dict, PLAIN),
    "copy": (lambda item: item.copy(), PLAIN),
    "copy.copy": (copy.copy, PLAIN),
    "copy.deepcopy": (copy.deepcopy, PLAIN),
    "pickle": (lambda item: pickle.loads(pickle.dumps(item)), PLAIN),  # noqa: S301 - our own
    "repr": (repr, "{'id': '1', 'tags': ['a'], 'n': Decimal('2')}"),
    "repr of keys": (lambda item: repr(item.keys()), "KeysView({'id': '1', 'tags': ['a'], 'n': Decimal('2')})"),
    "value in values": (lambda item: 2 in item.values(), True),
    "str": (str, "{'id': '1', 'tags': ['a'], 'n': Decimal('2')}"),
    "format": (lambda item: f"{item}", "{'id': '1', 'tags': ['a'], 'n': Decimal('2')}"),
    "unpack": (lambda item: [*item], ["id", "tags", "n"]),
    "sorted": (sorted, ["id", "n", "tags"]),
    "json": (lambda item: json.dumps(dict(item), default=int), '{"id": "1", "tags": ["a"], "n": 2}'),
}


@pytest.mark.parametrize(("look", "answer", "names"), BY_NAME.values(), ids=BY_NAME)
def test_a_look_at_one_attribute_is_recorded_as_that(
    look: Callable[[RecordingItem], Any], answer: object, names: frozenset[str]
) -> None:
    """Be it there or not; what no attribute can be named is none."""
    item = RecordingItem(encode_item(PLAIN))
    assert looked_at(item) == frozenset()
    assert look(item) == answer
    assert looked_at(item) == names


@pytest.mark.parametrize(("look", "answer"), OF_ALL.values(), ids=OF_ALL)
def test_a_look_at_the_whole_is_recorded_as_all(look: Callable[[RecordingItem], Any], answer: object) -> None:
    """Every other way to learn anything of a mapping is a look at all of it, and answers as a dict does."""
    item = RecordingItem(encode_item(PLAIN))
    assert look(item) == answer
    assert looked_at(item) == ALL


def test_a_match_statement_is_recorded() -> None:
    """A pattern of names asks how many there are, which is a look at all."""
    item = RecordingItem(encode_item(PLAIN))
    match item:
        case {"n": number}:
            assert number == 2
    assert looked_at(item) == ALL


def test_every_special_method_of_a_mapping_is_known_here() -> None:
    """A method that Mapping or object gives, and that nobody looked at, would be a way around the record."""
    silent = (
        "class class_getitem delattr dir doc getattribute getstate init init_subclass module new orig_bases setattr "
        "sizeof slots subclasshook abstractmethods static_attributes firstlineno"
    )
    told = "contains getitem iter len reversed eq ne or ror copy deepcopy reduce reduce_ex repr str format"
    incomparable = "hash lt le gt ge"
    known = {f"__{name}__" for name in f"{silent} {told} {incomparable}".split()}
    assert {name for name in dir(RecordingItem) if name.startswith("__")} <= known


def test_a_missing_attribute_raises_and_counts() -> None:
    """That it is missing decided something, too."""
    item = RecordingItem(encode_item(PLAIN))
    with pytest.raises(KeyError, match="gone"):
        item["gone"]
    assert looked_at(item) == {"gone"}


def test_it_is_read_only_and_shares_nothing() -> None:
    """It takes no assignment, has no hash, and a list that is taken out and changed changes no item."""
    stored = encode_item(PLAIN)
    item = RecordingItem(stored)
    item["tags"].append("b")
    item.copy()["tags"].append("c")
    assert stored == encode_item(PLAIN)
    assert item["tags"] == item.copy()["tags"] == {**item}["tags"] == ["a", "b"]  # as a dict of lists has it
    with pytest.raises(TypeError):
        item["n"] = 5  # type: ignore[index]
    with pytest.raises(AttributeError):
        item.note = 5  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        hash(item)
    with pytest.raises(TypeError):
        item | 5
    with pytest.raises(TypeError):
        5 | item
    assert item != 5
