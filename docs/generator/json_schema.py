"""The JSON Schema of what ``--json`` prints, made from the types of ``osem_migrate.cli.documents``."""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from osem_migrate.cli import documents
from osem_migrate.cli.documents.envelope import SCHEMA_VERSION, Envelope
from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.main import COMMANDS

# No member but those that are named; what stands below a member in the code describes it.
_CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True)

_NOTHING = {"type": "object", "additionalProperties": False}


def schema_text() -> str:
    """The whole file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def printed() -> Mapping[str, Printed]:
    """By the name that stands in ``command``, as the module of ``documents`` with the command's own name says."""
    found: dict[str, Printed] = {}
    for module, _ in COMMANDS.values():
        found |= import_module(f"{documents.__name__}.{module.rpartition('.')[2]}").PRINTED
    return found


def command_table() -> str:
    """A row for each command: which of the named parts of the schema its ``data`` is."""
    rows = [
        f"| `{command}` | {_names(says.done)} | {_names(_stopped(says))} |\n"
        for command, says in printed().items()
        if says.done
    ]
    return "| command | `data` | after a failure, as far as it came |\n|---|---|---|\n" + "".join(rows)


def _names(kinds: Iterable[type]) -> str:
    return " or ".join(f"`{kind.__name__}`" for kind in kinds) or "`{}`"


def schema() -> dict[str, Any]:
    """The envelope, and for each command what its ``data`` may be, as it has succeeded or failed."""
    commands = printed()
    kinds = {kind for says in commands.values() for kind in (*says.done, *_stopped(says))}
    envelope, definitions = _definitions(kinds)
    envelope["properties"]["command"] = {"enum": [*commands, None], "description": _of(envelope, "command")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"osem-migrate --json, schema_version {SCHEMA_VERSION}",
        **envelope,
        "if": _succeeded(),
        "then": {"properties": {"error": False}},
        "else": {"required": ["error"]},
        "allOf": [rule for command, says in commands.items() for rule in _rules(command, says)]
        + _rules(None, Printed(())),
        "$defs": definitions,
    }


def _definitions(kinds: set[type]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of the envelope, and of everything else by name."""
    # In a list, because the types themselves have no configuration, and inherit that of what they are in.
    named = [Envelope, *sorted(kinds, key=lambda kind: kind.__name__)]
    adapters = [(kind, "serialization", TypeAdapter(list[kind], config=_CONFIG)) for kind in named]  # type: ignore[valid-type]
    _, document = TypeAdapter.json_schemas(adapters)  # type: ignore[arg-type]
    definitions = _tidied(document["$defs"])
    return definitions.pop(Envelope.__name__), definitions


def _tidied(value: Any) -> Any:
    """Without the titles that pydantic makes of names, and with the types of a member in one list."""
    if isinstance(value, list):
        return [_tidied(item) for item in value]
    if not isinstance(value, dict):
        return value
    tidy = {name: _tidied(item) for name, item in value.items() if not (name == "title" and isinstance(item, str))}
    choices = tidy.get("anyOf", [])
    if choices[1:] == [{"type": "null"}] and "type" in choices[0]:
        del tidy["anyOf"]
        tidy |= {**choices[0], "type": [choices[0]["type"], "null"]}
    return tidy


def _rules(command: str | None, says: Printed) -> list[dict[str, Any]]:
    return [_rule(command, succeeded=True, data=says.done), _rule(command, succeeded=False, data=_stopped(says))]


def _stopped(says: Printed) -> list[type]:
    return [says.stopped] if says.stopped is not None else []


def _rule(command: str | None, *, succeeded: bool, data: Iterable[type]) -> dict[str, Any]:
    """What ``data`` is; a command may fail before it has anything to say."""
    choices: list[Any] = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in data]
    choices += [] if succeeded else [_NOTHING]
    condition = {"properties": {"command": {"const": command}, "success": {"const": succeeded}}}
    return {"if": condition, "then": {"properties": {"data": _one_of(choices)}}}


def _one_of(choices: list[Any]) -> Any:
    return {"anyOf": choices} if len(choices) > 1 else next(iter(choices), False)


def _succeeded() -> dict[str, Any]:
    return {"properties": {"success": {"const": True}}}


def _of(envelope: dict[str, Any], member: str) -> str:
    description: str = envelope["properties"][member]["description"]
    return description
