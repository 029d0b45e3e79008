"""Files as they come: cut off, of wrong types, with keys twice, with functions that nobody knows, by a seed."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from tests.doubles.example_files import EXAMPLES

Path = tuple[str | int, ...]

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**70, 1.5, 1e308, "", "x", "--5", "9" * 5000, "Ü" * 300, "\x00", "\ud800"),
    *("${", "${!a}", "${AWS::StackName}", "{{resolve:ssm:/x}}", "~1/~0"),
    *([], {}, [[]], [None], [{}], {"": None}, {"a": {}}),
    *({"Ref": "Nobody"}, {"Ref": ["a"]}, {"Ref": "AWS::NoValue"}, {"Fn::Sub": []}, {"Fn::Sub": ["${a}", {"a": 1}]}),
    *({"Fn::Join": "x"}, {"Fn::If": ["Nobody", 1, 2]}, {"Fn::If": []}, {"Fn::Nobody": 1}, {"Fn::GetAtt": ["A", "Arn"]}),
    *({"Fn::Select": [7, ["a"]]}, {"Fn::Split": ["", "a"]}, {"Fn::FindInMap": ["a", "b", "c"]}, {"Condition": "x"}),
)


def mutated(form: str, seed: int) -> str:
    """The file of a format with one mistake, or some, in it."""
    chance = random.Random(f"{form} {seed}")  # noqa: S311 - nobody guards a secret with it
    return chance.choice(_MISTAKES)(EXAMPLES[form], chance)


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text))]


def _cut_out(text: str, chance: random.Random) -> str:
    begin = chance.randrange(len(text))
    return text[:begin] + text[begin + chance.randrange(1, 80) :]


def _sprinkled(text: str, chance: random.Random) -> str:
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice("{}[]:,\"'&*!|>%@\t\n\x00\u2028-#0é") + text[place:]
    return text


def _line_twice(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    return "".join([*lines[:place], lines[place], *lines[place:]])


def _odd_values(text: str, chance: random.Random) -> str:
    document = _loaded(text)
    for _ in range(chance.randrange(1, 3)):
        paths = [path for path in _paths(document) if path]
        if not paths:
            break
        _set(document, chance.choice(paths), chance.choice(ODD_VALUES))
    return _written(document)


def _something_missing(text: str, chance: random.Random) -> str:
    document = _loaded(text)
    path = chance.choice([path for path in _paths(document) if path])
    owner = _at(document, path[:-1])
    del owner[path[-1]]
    return _written(document)


def _something_moved(text: str, chance: random.Random) -> str:
    document = _loaded(text)
    paths = [path for path in _paths(document) if path]
    taken = json.loads(_written(_at(document, chance.choice(paths))))
    _set(document, chance.choice(paths), taken)
    return _written(document)


_MISTAKES: tuple[Callable[[str, random.Random], str], ...] = (
    _cut_off,
    _cut_out,
    _sprinkled,
    _line_twice,
    _odd_values,
    _odd_values,
    _odd_values,
    _something_missing,
    _something_missing,
    _something_moved,
)


def _loaded(text: str) -> Any:
    return yaml.load(text, Loader=_Loader) if not text.startswith("{") else json.loads(text)  # noqa: S506 - a safe one


def _written(document: Any) -> str:
    """JSON, which is YAML as well; a surrogate is written as its escape."""
    return json.dumps(document)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _paths(part, (*path, key))


def _at(document: Any, path: Path) -> Any:
    for part in path:
        document = document[part]
    return document


def _set(document: Any, path: Path, value: Any) -> None:
    _at(document, path[:-1])[path[-1]] = json.loads(json.dumps(value))


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Reads CloudFormation's short forms as their long ones."""


def _long_form(loader: Any, suffix: str, node: Any) -> Any:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
