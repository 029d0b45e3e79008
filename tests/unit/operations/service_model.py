"""What DynamoDB's own service model says of a request: the judge of every step that a test generates."""

from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.session import get_session
from botocore.validate import ParamValidator

from osem_migrate.operations.step import Step


def assert_accepted(step: Step, name: str = "osem-test-Teams") -> None:
    """Fail unless the call is complete, of the right types, within the model's ranges, and sends nothing empty."""
    shape = _model().operation_model(step.action).input_shape
    assert shape is not None
    call = step.call(name)
    report = ParamValidator().validate(call, shape)
    assert not report.has_errors(), f"{step.action}: {report.generate_report()}"
    assert not [*_complaints(shape, call, step.action)]


@cache
def _model() -> ServiceModel:
    return get_session().get_service_model("dynamodb")


def _complaints(shape: Shape, value: Any, where: str) -> list[str]:
    """What ParamValidator leaves to the service: longest lengths, enumerations, and members that are empty."""
    found: list[str] = []
    if isinstance(shape, StructureShape):
        found += [] if value else [f"{where} is empty"]
        for name, member in value.items():
            found += _complaints(shape.members[name], member, f"{where}.{name}")
    elif isinstance(shape, ListShape):
        found += [] if value else [f"{where} is empty"]
        for item in value:
            found += _complaints(shape.member, item, f"{where}[]")
    elif isinstance(shape, MapShape):
        found.append(f"{where} is a map, which no step sends")
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        found.append(f"{where} is {value!r}, not one of {shape.enum}")
    longest = shape.metadata.get("max")
    if longest is not None and (value if isinstance(value, int) else len(value)) > longest:
        found.append(f"{where} is more than {longest}")
    return found
