"""Installation: which Python and libraries are installed here, and which are supported."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

PACKAGE = "osem-migrate"

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)\s*\(?(?P<range>[^;()]*)\)?\s*$")
_BOUND = re.compile(r"(?P<operator>>=|<=|==|!=|<|>|~=)\s*(?P<version>[\w.*+!-]+)")


@dataclass(frozen=True, slots=True)
class Component:
    """Python, or a library: its version (None: not installed), and the range that is supported (``>=1.40,<2``)."""

    name: str
    version: str | None
    supported: str

    @property
    def fits(self) -> bool:
        """Whether the version is within the range."""
        return self.version is not None and within(self.version, self.supported)


def python() -> Component:
    """The Python that runs this."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    try:
        supported = metadata.metadata(PACKAGE)["Requires-Python"]
    except metadata.PackageNotFoundError:
        supported = ""  # run from a checkout that was never installed
    return Component("Python", version, supported)


def libraries() -> tuple[Component, ...]:
    """What this package requires, and botocore, which boto3 requires in a version of its own; sorted by name."""
    found = dict(_requirements(PACKAGE))
    found |= {name: supported for name, supported in _requirements("boto3") if name == "botocore"}
    return tuple(Component(name, _version(name), found[name]) for name in sorted(found))


def within(version: str, supported: str) -> bool:
    """Whether a version is in a range such as ``>=1.40,<2``; of what it cannot read, it says yes."""
    have = _numbers(version)
    for bound in _BOUND.finditer(supported):
        limit = _numbers(bound["version"])
        width = max(len(have), len(limit))
        one, other = (numbers + (0,) * (width - len(numbers)) for numbers in (have, limit))
        below, above = one < other, one > other
        refused = {">=": below, "<": not below, ">": not above, "<=": above, "==": below or above}
        if refused.get(bound["operator"], False):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """The release as numbers: ``1.45.0b1`` is (1, 45, 0)."""
    leading = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in leading[0].split(".")) if leading is not None else ()


def _requirements(package: str) -> Iterator[tuple[str, str]]:
    """Name and range of each requirement that does not depend on an extra or a marker."""
    try:
        lines = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        found = _REQUIREMENT.match(line)
        if found is not None:
            yield found["name"], found["range"].strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
