"""What a program gives to the library by mistake is told as such, before anything is done with it."""

import inspect
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import osem_migrate
from osem_migrate import (
    DowngradeOptions,
    ImportOptions,
    Migrator,
    PassOrder,
    PolicyOptions,
    StampOptions,
    SteerOptions,
    UpgradeOptions,
)
from osem_migrate.arguments import Arguments
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import ArgumentInvalid, ExitCode
from osem_migrate.migrator import Migrator as Facade
from osem_migrate.planning.policy import Role
from tests.doubles.project import TEAMS, write_project

WRONG: tuple[Any, ...] = (5, "", "99", 1.5, True, (), object(), {"target": "1"})
OPTIONS = [
    getattr(osem_migrate, name)
    for names in osem_migrate._HOMES.values()
    for name in sorted(names)
    if name.endswith("Options")
]
METHODS = [
    name
    for name, member in vars(Facade).items()
    if not name.startswith("_")
    and (inspect.isfunction(member) or isinstance(member, staticmethod))
    and len(inspect.signature(member).parameters) > (0 if isinstance(member, staticmethod) else 1)
]


@pytest.fixture
def migrator(tmp_path: Path) -> Migrator:
    """A Migrator of an endpoint where nobody answers: whatever is wrong is told before a call is made."""
    project = write_project(tmp_path, {"0001_teams": TEAMS})
    return Migrator.open(project=project, connection=Connection(endpoint_url="http://127.0.0.1:9"))


@pytest.mark.parametrize("method", METHODS)
def test_a_method_takes_its_options_and_nothing_else(method: str, migrator: Migrator) -> None:
    """An error of our tree, and a TypeError, that names the method and what it takes."""
    for wrong in (wrong for wrong in WRONG if method not in {"new", "show"} or not isinstance(wrong, str)):
        with pytest.raises(ArgumentInvalid, match=rf"^Migrator\.{method} takes .+, not .+") as caught:
            getattr(migrator, method)(wrong)
        assert isinstance(caught.value, TypeError)
        assert caught.value.exit_code is ExitCode.ERROR


def test_there_are_methods_to_try() -> None:
    """Those with an argument, the required ones among them."""
    assert {"upgrade", "stamp", "losses", "write_repair", "unlock", "doctor"} <= set(METHODS)
    assert len(OPTIONS) > 10
    assert all(issubclass(kind, Arguments) for kind in OPTIONS)


@pytest.mark.parametrize(
    "given",
    [
        {"env": 5},
        {"project": "."},
        {"connection": "http://localhost:8000"},
        {"on_event": "print"},
        {"on_call": 5},
        {"clock": 0},
    ],
    ids=lambda given: next(iter(given)),
)
def test_so_does_open(given: dict[str, Any], tmp_path: Path) -> None:
    """Before it connects."""
    with pytest.raises(ArgumentInvalid, match="open"):
        Migrator.open(**{"project": write_project(tmp_path, {}), **given})


@pytest.mark.parametrize("kind", [*OPTIONS, Connection], ids=lambda kind: kind.__name__)
def test_every_field_of_options_is_checked(kind: type[Any]) -> None:
    """Whatever is not of its type is named with its class; what is, is taken."""
    hints = get_type_hints(kind)
    required = {
        field.name: _example(hints[field.name])
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }
    if kind is DowngradeOptions:
        required = {"steps": 1}  # one of two is
    elif kind is SteerOptions:
        required = {"order": PassOrder.PAUSE}  # that of a rate wants one
    kind(**required)
    for field in fields(kind):
        for wrong in (object(), [5], 3 + 4j):
            with pytest.raises(ArgumentInvalid, match=rf"^{kind.__name__}: {field.name}\b.* takes .*, not "):
                kind(**{**required, field.name: wrong})


def _example(hint: Any) -> Any:
    return "1" if hint is str else next(iter(hint))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: UpgradeOptions(5),  # type: ignore[arg-type]
            "UpgradeOptions: target takes a text or None, such as '5', not 5",
        ),
        (
            lambda: DowngradeOptions(0),  # type: ignore[arg-type]
            "DowngradeOptions: target takes a text or None, such as '0', not 0",
        ),
        (
            lambda: StampOptions("1", verify=0),  # type: ignore[arg-type]
            "StampOptions: verify takes True or False, not 0",
        ),
        (
            lambda: UpgradeOptions(timeout=True),
            "UpgradeOptions: timeout takes a number or None, not True",
        ),
        (lambda: ImportOptions(names="Users"), "ImportOptions: names takes a list of texts, not the text 'Users'"),
        (
            lambda: PolicyOptions("status"),  # type: ignore[arg-type]
            "PolicyOptions: role takes Role.STATUS, Role.UPGRADE or Role.DOWNGRADE, not the text 'status'",
        ),
    ],
)
def test_it_reads_as_a_sentence(call: Any, message: str) -> None:
    """What was given, where, and what is taken there."""
    with pytest.raises(ArgumentInvalid) as caught:
        call()
    assert caught.value.message == message


def test_what_is_right_is_taken() -> None:
    """Whole seconds are a number of seconds, and a tuple is a list."""
    assert UpgradeOptions("5", timeout=3, lock_timeout=0).timeout == 3
    assert ImportOptions(names=("Users",)).names == ("Users",)
    assert PolicyOptions(Role.STATUS).role is Role.STATUS
