"""Every field of every declaration, given something of another type, is told in plain words: what, where, and how."""

import ast
import re
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

import pytest
from pydantic_core._pydantic_core import list_all_errors

from osem_migrate import operations
from osem_migrate.arguments import mismatch
from osem_migrate.errors import DefinitionError, ScriptFunctionInvalid
from osem_migrate.operations import Operation, Setting
from osem_migrate.schema import Index, Key, LocalIndex, S, Table, Throughput

VALUES = (
    *(Index, Key, LocalIndex, Table, Throughput),
    *(
        kind
        for kind in vars(operations).values()
        if isinstance(kind, type) and issubclass(kind, Operation) and kind not in {Operation, Setting}
    ),
)
WRONG: tuple[Any, ...] = (
    *(None, True, 5, -1, 1.5, float("nan"), 2j, "x", "", "\ud800", b"x", object(), object, print, S, S("id")),
    *([], ["x"], [5], [None], [[]], (), ("x",), (S("id"), 5), {}, {"x": 5}, {5: "x"}, {"x": []}, {"x"}, range(3)),
    *(Throughput(1, 1), Index("abc", S("id")), [Index("abc", S("id")), 5], {"abc": "x"}, iter(()), lambda: None),
)


def _nothing(_item: Any) -> None:
    """What an operation on items may be given."""


RIGHT: dict[str, Any] = {
    **dict.fromkeys(("change", "when"), _nothing),
    "items": [{"id": "1"}],
    **dict.fromkeys(("table", "name", "attribute"), "abc"),
    "partition_key": S("id"),
    "sort_key": S("sort"),
    "type": "S",
    "enabled": True,
    "key": "AWS_OWNED",
    "view": "NEW_IMAGE",
    "tags": {"Team": "core"},
    "storage": "STANDARD",
    "read": 1,
    "write": 1,
    "to": [operations.CreateTable("abc", S("id"))],
}


def _phrases() -> set[str]:
    """What pydantic says, each as far as to what it fills in, such as ``Input should be a valid string``."""
    messages = {error["message_template_python"].partition("{")[0].strip() for error in list_all_errors()}
    return {"pydantic", "Input should", "instances are not", "keyword argument", *(m for m in messages if len(m) > 8)}


PHRASES = _phrases()


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_no_word_of_pydantic_reaches_the_author(kind: Any) -> None:
    """The class, the field and the way into it, what is taken there, and what was given instead."""
    required = {
        field.name: RIGHT[field.name]
        for field in fields(kind)
        if field.init and field.default is MISSING and field.default_factory is MISSING
    }
    kind(**required)
    refused = 0
    for field in (field for field in fields(kind) if field.init):
        for wrong in WRONG:
            message = _refusal(kind, {**required, field.name: wrong})
            if message is None:
                continue
            refused += 1
            _check(message)
            if mismatch(get_type_hints(kind)[field.name], wrong, field.name) is not None:
                assert re.match(rf"{kind.__name__}: {field.name}\b.* takes .*, not ", message), message
    assert refused > len(WRONG) / 2


def _refusal(kind: Any, arguments: dict[str, Any]) -> str | None:
    try:
        kind(**arguments)
    except DefinitionError as error:
        return error.message
    except ScriptFunctionInvalid:
        return None  # what may be called and is no function of a script has words of its own
    return None


def _check(message: str) -> None:
    assert "\n" not in message
    assert not [phrase for phrase in PHRASES if phrase in message], message
    assert " object at 0x" not in message


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_what_is_missing_too_much_or_given_twice_is_named(kind: Any) -> None:
    """As for a function of Python, in one sentence."""
    names = [field.name for field in fields(kind) if field.init]
    calls: tuple[tuple[list[Any], str], ...] = (
        ([], f"{names[0]} is missing"),
        ([*(RIGHT.get(name) for name in names), 5], f"it takes {len(names)} arguments at most"),
    )
    for args, complaint in calls:
        with pytest.raises(DefinitionError, match=re.escape(complaint)) as caught:
            kind(*args)
        _check(caught.value.message)
    with pytest.raises(DefinitionError, match=f"there is no argument 'colour' .there are: {names[0]}"):
        kind(*(RIGHT[name] for name in names if name in RIGHT and name in _required(kind)), colour=5)
    with pytest.raises(DefinitionError, match=f"{names[0]} is given twice"):
        kind(RIGHT[names[0]], **{names[0]: RIGHT[names[0]]})
    near = f"{names[-1]}s"
    with pytest.raises(DefinitionError, match=f"there is no argument '{near}'; did you mean"):
        kind(**{near: 5})


def _required(kind: Any) -> set[str]:
    return {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}


@pytest.mark.parametrize("form", [kind.form for kind in (Index, Key, LocalIndex, Throughput)])
def test_the_right_form_is_one(form: str) -> None:
    """What a message tells to write can be written so."""
    source = form.partition("such as ")[2]
    ast.parse(source, mode="eval")
    names = {"Index": Index, "LocalIndex": LocalIndex, "S": S, "Throughput": Throughput}
    assert eval(source, dict(names)) is not None  # noqa: S307 - our own text
