"""Files with mistakes: an error with code and place, or a reading; nothing else, and in bounded time and memory."""

import os
import time
import tracemalloc
from collections.abc import Callable

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats import READABLE, read
from osem_migrate.formats.json_text import parse as parse_json
from osem_migrate.formats.yaml_text import MAX_VALUES
from osem_migrate.formats.yaml_text import parse as parse_yaml
from osem_migrate.planning.autogenerate import autogenerate
from osem_migrate.planning.import_file import plan_file_import
from tests.doubles.example_files import EXAMPLES
from tests.doubles.mutated_files import mutated

FILES = 500 if os.environ.get("OSEM_TORTURE") else 60
CODES = {"FORMAT_INVALID", "FORMAT_UNRESOLVED", "FORMAT_UNKNOWN", "FORMAT_TOO_LARGE"}

LETTERS = "abcdefghij"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{inner}'] * 10)}]\n"
    for inner, name in zip(LETTERS, LETTERS[1:] + "k", strict=True)
)
CHAIN = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}}}\n" for n in range(1, 300))
TABLE = '{"TableName": "T", "KeyAttributes": {"PartitionKey": {"AttributeName": "a", "AttributeType": "S"}}}'
ENDLESS = {
    "aliases of aliases": (BOMB, "FORMAT_TOO_LARGE"),
    "a chain of aliases": (
        f"{CHAIN}Resources: {{T: {{Type: 'AWS::DynamoDB::Table', Properties: *a299}}}}\n",
        "FORMAT_INVALID",
    ),
    "an alias of itself": ("Resources: &a {T: *a}\n", "FORMAT_INVALID"),
    "nested lists": ("a: " + "[" * 100_000, "FORMAT_INVALID"),
    "nested lists in JSON": ("[" * 200_000, "FORMAT_INVALID"),
    "nested objects": ('{"Resources": ' + '{"a": ' * 50_000 + "1" + "}" * 50_001, "FORMAT_INVALID"),
    "nested properties": (
        '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": ' + '{"a": ' * 800 + "1" + "}" * 803,
        "FORMAT_INVALID",
    ),
    "nested conditions": (
        '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Condition": "C"}}, "Conditions": {"C": '
        + '{"Fn::Not": [' * 300
        + "1"
        + "]}" * 300
        + "}}",
        "FORMAT_INVALID",
    ),
    "many values": ("".join(f"k{n}: 1\n" for n in range(MAX_VALUES)), "FORMAT_TOO_LARGE"),
    "many tables": (f'{{"DataModel": [{", ".join([TABLE] * 20_000)}]}}', "FORMAT_TOO_LARGE"),
    "a long line": ("Resources: " + "x" * 2**20, "FORMAT_TOO_LARGE"),
    "50 MB": (f'{{"tables": ["{"x" * 50_000_000}"]}}', "FORMAT_TOO_LARGE"),
    "a number without end": ('{"tables": ' + "9" * 10_000 + "}", "FORMAT_INVALID"),
}


@pytest.mark.parametrize("form", READABLE)
def test_a_file_with_a_mistake(form: str) -> None:
    """Whatever is wrong with it, the error says what and where; what can be read can be compared, too."""
    refused = [(seed, error) for seed in range(FILES) if (error := _error(form, seed)) is not None]
    assert len(refused) > FILES / 3
    for seed, error in refused:
        assert error.code in CODES
        assert error.details["file"] == "the-file"
        assert {"pointer", "line"} & error.details.keys(), (seed, error.message)
        assert error.remediation


def _error(form: str, seed: int) -> FormatError | None:
    try:
        reading = read(mutated(form, seed), file="the-file", form=form if seed % 2 else None)
    except FormatError as refused:
        return refused
    scripts = read(EXAMPLES[form], file="the-file").schema
    compared = plan_file_import(dict(reading.schema.tables), scripts, reading.says, whole=True)
    assert autogenerate(scripts, reading.schema, reading.says).differences == compared.differences
    return None


@pytest.mark.parametrize(("text", "code"), ENDLESS.values(), ids=ENDLESS)
def test_a_file_without_end(text: str, code: str) -> None:
    """It is refused before it takes long, or much more memory than its own size."""
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(FormatError) as refused:
        read(text, file="the-file")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == code
    assert time.process_time() - begun < 30
    assert most < len(text) * 3 + 120_000_000


@pytest.mark.parametrize(
    ("text", "parse", "place"),
    [
        ("Resources:\n  A: 1\n  B: 2\n  A: 3\n", parse_yaml, "f:4: /Resources/A"),
        ('{"a": [{"b": 1}, {"b/c": 1, "b/c": 2}]}', parse_json, "f: /a/1/b~1c"),
    ],
)
def test_a_key_twice(text: str, parse: Callable[[str, str], object], place: str) -> None:
    """Both formats refuse it with its place: whoever wrote it meant only one of the two."""
    with pytest.raises(FormatError, match="stands here twice") as refused:
        parse(text, "f")
    assert refused.value.message.startswith(f"{place}: ")
