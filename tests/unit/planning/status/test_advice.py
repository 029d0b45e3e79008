"""What to type after a plan could not be made: what ``status`` says of the same finding, and with every option."""

import pytest

from osem_migrate.errors import (
    HistoryError,
    HistoryUnreadable,
    MigrationChanged,
    MigrationFuture,
    MigrationMissing,
    MigrationOutOfOrder,
    TargetUnknown,
)
from osem_migrate.history import ShownState
from osem_migrate.planning.status.remedy import advising, explain
from tests.unit.planning.builders import CALLER, ENVIRONMENT_AND_FLAGS, applied, migration

ONE = migration(1)
RECORDS = applied(ONE).records


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (MigrationChanged, ShownState.CHANGED),
        (MigrationMissing, ShownState.MISSING),
        (MigrationFuture, ShownState.FUTURE),
        (MigrationOutOfOrder, ShownState.OUT_OF_ORDER),
    ],
)
def test_the_remedy_is_that_of_status(error: type[HistoryError], state: ShownState) -> None:
    """One finding has one remedy, and its command names the environment and how it was reached."""
    with pytest.raises(error) as caught, advising(CALLER, RECORDS):
        raise error("as it is", migration=ONE.id)
    assert caught.value.remediation == explain(state, ONE.id, RECORDS[ONE.id], CALLER)[1]
    assert ENVIRONMENT_AND_FLAGS in caught.value.remediation


def test_an_unknown_version_names_the_environment() -> None:
    """Its versions are those of this environment, not of the default one."""
    with pytest.raises(TargetUnknown) as caught, advising(CALLER, RECORDS):
        raise TargetUnknown("no migration '99'", version="99")
    assert caught.value.remediation == f"See the versions with: osem-migrate status {ENVIRONMENT_AND_FLAGS}"


@pytest.mark.parametrize("error", [HistoryUnreadable("odd", remediation="Update"), KeyError("x")])
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    """What needs no command of ours keeps its own remedy."""
    with pytest.raises(type(error)) as caught, advising(CALLER, RECORDS):
        raise error
    assert caught.value is error
    assert getattr(caught.value, "remediation", "Update") == "Update"
