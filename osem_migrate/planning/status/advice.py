"""Advice: what to type after a plan could not be made, for the environment that it was to be made for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from osem_migrate.errors import HistoryError, MigrationChanged, MigrationMissing, MigrationOutOfOrder, TargetUnknown
from osem_migrate.history import Record, ShownState
from osem_migrate.planning.status.remedy import Caller, explain

_SHOWN = {
    MigrationChanged: ShownState.CHANGED,
    MigrationMissing: ShownState.MISSING,
    MigrationOutOfOrder: ShownState.OUT_OF_ORDER,
}


@contextmanager
def advising(caller: Caller, records: Mapping[str, Record]) -> Iterator[None]:
    """Give a HistoryError raised inside the remedy that ``status`` gives for the same finding.

    The remedy that the error's class brings along knows neither the environment nor the connection options.
    """
    try:
        yield
    except TargetUnknown as unknown:
        unknown.remediation = f"See the versions with: {caller.command('status')}"
        raise
    except HistoryError as error:
        state = _SHOWN.get(type(error))
        if state is not None:
            migration = error.details["migration"]
            error.remediation = explain(state, migration, records.get(migration), caller)[1]
        raise
