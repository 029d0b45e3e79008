"""Installation: versions beside what is supported, from the metadata of what is installed."""

import tomllib
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest

from osem_migrate.commands import installation
from osem_migrate.commands.installation import Component, libraries, python, within

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("version", "supported", "fits"),
    [
        ("1.40.0", ">=1.40,<2", True),
        ("1.40", "<2,>=1.40.0", True),
        ("1.39.9", ">=1.40,<2", False),
        ("2.0.0", ">=1.40,<2", False),
        ("2.0.0b1", ">=1.40,<2", False),
        ("1.100.3", ">=1.40,<2", True),
        ("1.44.5", "<1.45.0,>=1.44.5", True),
        ("1.45.0", "<1.45.0,>=1.44.5", False),
        ("3.11.7", ">=3.11", True),
        ("3.10.14", ">=3.11", False),
        ("2.0", "<=2", True),
        ("2.1", "<=2", False),
        ("2.0", ">2", False),
        ("2.0", "==2.0.0", True),
        ("2.1", "==2.0", False),
        ("1.0", "~=1.0", True),
        ("1.0", "", True),
    ],
)
def test_ranges(version: str, supported: str, *, fits: bool) -> None:
    """Releases are compared as numbers, and what is said in another way is not held against anybody."""
    assert within(version, supported) is fits


def test_here_everything_fits() -> None:
    """The libraries are those of pyproject.toml, with botocore, in versions that are supported."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {line.partition(">")[0] for line in declared}
    found = libraries()
    assert {component.name for component in found} == names | {"botocore"}
    assert [component.name for component in found if not component.fits] == []
    assert [component.version for component in found] == [metadata.version(component.name) for component in found]
    assert python().fits
    assert python().supported == ">=3.11"


def test_a_library_that_is_missing() -> None:
    """It does not fit whatever is supported."""
    assert not Component("rich", None, ">=14").fits


def test_requirements_of_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """With brackets as old metadata has them; those of extras do not count; what is not installed has no version."""
    required = {
        "osem-migrate": ["boto3<2,>=1.40", "rich (<16,>=14)", "nowhere-to-be-found", "moto>=5; extra == 'local'"],
        "boto3": ["botocore (<1.45.0,>=1.44.5)", "jmespath (<2.0.0,>=0.7.1)"],
    }
    monkeypatch.setattr(metadata, "requires", lambda package: required[package])
    assert [(component.name, component.supported) for component in libraries()] == [
        ("boto3", "<2,>=1.40"),
        ("botocore", "<1.45.0,>=1.44.5"),
        ("nowhere-to-be-found", ""),
        ("rich", "<16,>=14"),
    ]
    assert next(component for component in libraries() if component.name == "nowhere-to-be-found").version is None


def test_a_checkout_that_was_never_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says what is supported, so nothing is held against anybody."""

    def unknown(package: str) -> NoReturn:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "requires", unknown)
    monkeypatch.setattr(metadata, "metadata", unknown)
    assert libraries() == ()
    assert python().fits
    assert installation.PACKAGE == "osem-migrate"
