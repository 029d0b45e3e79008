"""What AWS answers when it refuses: code, text and HTTP status, with the texts of October 2026 (Q-442 to Q-448)."""

from collections.abc import Mapping
from typing import Any

PARAMETERS = "One or more parameter values were invalid: "
IN_USE = "Attempt to change a resource which is still in use: "
LIMIT = "Subscriber limit exceeded: "

UNKNOWN = "SimulatorDoesNotKnow"
"""The code of a call or member that the simulator does not know. AWS has no such code, so nobody can mistake it."""

BROKEN = "SimulatorBroken"
"""The code of a defect in the simulator itself."""


class SimulatedError(Exception):
    """A refusal.

    Args:
        code: as in botocore's ``response["Error"]["Code"]``.
        message: AWS's text.
        status: of HTTP; DynamoDB knows 400 and 500.
        details: further members of the answer, such as ``Item`` or ``CancellationReasons``.
    """

    def __init__(self, code: str, message: str, status: int = 400, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = dict(details or {})


class ItemRefused(SimulatedError):
    """A refusal that depends on the item as it is: within a transaction it is the reason of one action."""


class ConnectionCut(Exception):
    """The client gets no answer; whether the call was applied is ``applied``."""

    def __init__(self, *, applied: bool) -> None:
        super().__init__("the connection was cut " + ("after" if applied else "before") + " the call was applied")
        self.applied = applied


def invalid(text: str) -> SimulatedError:
    """ValidationException with the usual beginning."""
    return SimulatedError("ValidationException", PARAMETERS + text)


def refused(text: str) -> SimulatedError:
    """ValidationException with the text alone."""
    return SimulatedError("ValidationException", text)


def item_refused(text: str) -> ItemRefused:
    """ValidationException of one item; ValidationError among the CancellationReasons of a transaction (M)."""
    return ItemRefused("ValidationException", text)


def constraint(value: object, member: str, rule: str) -> SimulatedError:
    """ValidationException of the generic validator, which runs before anything else."""
    shown = "null" if value is None else f"'{value}'"
    return refused(
        f"1 validation error detected: Value {shown} at '{member}' failed to satisfy constraint: Member must {rule}"
    )


def in_use(detail: str) -> SimulatedError:
    """ResourceInUseException with the usual beginning."""
    return SimulatedError("ResourceInUseException", IN_USE + detail)


def limit_exceeded(detail: str) -> SimulatedError:
    """LimitExceededException with the usual beginning."""
    return SimulatedError("LimitExceededException", LIMIT + detail)


def missing(what: str | None = None) -> SimulatedError:
    """ResourceNotFoundException; the data plane does not say what."""
    text = "Requested resource not found"
    return SimulatedError("ResourceNotFoundException", text if what is None else f"{text}: {what}")


def table_missing(name: str) -> SimulatedError:
    """ResourceNotFoundException of the control plane."""
    return missing(f"Table: {name} not found")


def backup_table_missing(name: str) -> SimulatedError:
    """TableNotFoundException, which only the backup family knows (Q-447)."""
    return SimulatedError("TableNotFoundException", f"Table not found: {name}")


def throttled(text: str) -> SimulatedError:
    """ThrottlingException."""
    return SimulatedError("ThrottlingException", text)


def unknown(what: str) -> SimulatedError:
    """The simulator is asked for something that it does not simulate."""
    return SimulatedError(UNKNOWN, f"The simulator does not know {what}; teach it or do without.")
