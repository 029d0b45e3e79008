"""What an application gives, checked where it comes in."""

from collections.abc import Iterable, Mapping
from typing import Any

from osem_migrate.arguments import mismatch
from osem_migrate.errors import ArgumentInvalid


def check(call: str, *arguments: tuple[Any, object, str]) -> None:
    """Raise ArgumentInvalid for the first argument that is not of its type: type, what was given, name."""
    for hint, given, name in arguments:
        complaint = mismatch(hint, given, name)
        if complaint is not None:
            raise wrong(call, complaint, name)


def values(call: str, given: Any, name: str) -> None:
    """Raise ArgumentInvalid for what is no mapping; never with its content, because errors end in logs."""
    if type(given) is not dict and not isinstance(given, Mapping):
        kind = type(given).__name__
        raise wrong(call, f"{name} takes a mapping, such as {{'email': 'ann@example.com'}}, and no {kind}", name)


def listed(call: str, given: Any, name: str) -> list[Any]:
    """Many such mappings, of a generator too; raises ArgumentInvalid."""
    if not isinstance(given, Iterable) or isinstance(given, Mapping | str | bytes):
        raise wrong(call, f"{name} takes a list of mappings, and no {type(given).__name__}", name)
    found = list(given)
    for position, one in enumerate(found):
        values(call, one, f"{name}[{position}]")
    return found


def wrong(call: str, complaint: str, name: str) -> ArgumentInvalid:
    """The error of an argument."""
    remedy = f"Correct the call: help({call}) says what each argument takes. Nothing was done."
    return ArgumentInvalid(f"{call}: {complaint}", remediation=remedy, argument=name)
