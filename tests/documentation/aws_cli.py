"""The AWS CLI, as far as the pages use it: which commands it would accept, and those about DynamoDB carried out."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

# Commands of the CLI itself, with no operation of an API behind them.
OWN = {
    ("--version",),
    ("cloudformation", "deploy"),
    ("configure",),
    ("configure", "list"),
    ("configure", "list-profiles"),
    ("configure", "sso"),
    ("sso", "login"),
    ("sso", "logout"),
}
GLOBAL = {"--region", "--profile", "--endpoint-url", "--output", "--query"}


class NotAccepted(ValueError):
    """The AWS CLI would refuse the command; the text says why."""


@dataclass(frozen=True)
class Call:
    """One operation of a service and its parameters; ``files`` names those that stand in a file."""

    service: str
    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)
    files: frozenset[str] = frozenset()


def parse(words: Sequence[str]) -> Call | None:
    """The call that ``aws WORDS`` makes; None for a command of the CLI itself; raises NotAccepted."""
    options = dict(_options(words))
    plain = tuple(_plain(words))
    if plain in OWN or tuple(words) in OWN:
        return None
    if len(plain) != 2 and plain[1:2] != ("wait",):
        raise NotAccepted(f"no service and operation: {' '.join(words)}")
    service, *names = plain
    name = " ".join(names)
    model = _operation(service, name)
    takes: Mapping[str, Shape] = model.input_shape.members if model.input_shape is not None else {}
    parameters: dict[str, Any] = {}
    files = set()
    members = {f"--{xform_name(member, '-')}": member for member in takes}
    for option, values in options.items():
        if option in GLOBAL:
            continue
        if option == "--cli-input-json":
            parameters |= json.loads(values[0])
            continue
        member = members.get(option) or members.get(option.replace("--no-", "--", 1))
        if member is None:
            raise NotAccepted(f"aws {service} {name} has no {option}")
        if values and values[0].startswith("file://"):
            files.add(member)
        else:
            parameters[member] = _value(takes[member], option, values)
    _validate(model, parameters, files)
    return Call(service, model.name, parameters, frozenset(files))


@cache
def _session() -> botocore.session.Session:
    """One for all, because each reads the models of the services anew."""
    return botocore.session.get_session()


def _plain(words: Sequence[str]) -> Iterator[str]:
    """The words before the first option."""
    for word in words:
        if word.startswith("--"):
            return
        yield word


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option with the words behind it."""
    current: list[str] | None = None
    for word in words:
        if word.startswith("--"):
            current = []
            yield word, current
        elif current is not None:
            current.append(word)


def _operation(service: str, name: str) -> OperationModel:
    try:
        model = _session().get_service_model(service)
    except UnknownServiceError as unknown:
        raise NotAccepted(f"no service {service}") from unknown
    names = {xform_name(operation, "-"): operation for operation in model.operation_names}
    if name.startswith("wait "):
        names = _waiters(service)
    if name not in names:
        raise NotAccepted(f"no operation {service} {name}")
    return model.operation_model(names[name])


def _waiters(service: str) -> dict[str, str]:
    """``wait table-exists``, and the operation that it asks again and again."""
    waiters = _session().get_waiter_model(service)
    return {f"wait {xform_name(name, '-')}": waiters.get_waiter(name).operation for name in waiters.waiter_names}


def _value(shape: Shape, option: str, values: list[str]) -> Any:
    if shape.type_name == "boolean":
        return not option.startswith("--no-")
    if shape.type_name == "integer":
        return int(values[0])
    if values and values[0].startswith(("{", "[")) and shape.type_name in {"structure", "list", "map"}:
        return json.loads(values[0])
    if shape.type_name == "list":
        return values
    return " ".join(values)


def _validate(model: OperationModel, parameters: dict[str, Any], files: set[str]) -> None:
    if model.input_shape is None:
        return
    report = ParamValidator().validate(parameters | dict.fromkeys(files, "{}"), model.input_shape)
    if report.has_errors():
        raise NotAccepted(f"{model.name}: {report.generate_report()}")


def main(words: Sequence[str]) -> None:
    """Carry a command about DynamoDB out, at the endpoint that the environment names, and print the answer."""
    call = parse(words)
    if call is None or call.service != "dynamodb":
        raise NotAccepted(f"not here: aws {' '.join(words)}")
    answer: dict[str, Any] = getattr(boto3.client("dynamodb"), xform_name(call.operation))(**call.parameters)
    answer.pop("ResponseMetadata")
    sys.stdout.write(json.dumps(answer, indent=4, default=str) + "\n")
