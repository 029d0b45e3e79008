"""What AWS has on and nobody declared."""

import pytest

from osem_migrate.operations import (
    WATCHED,
    CreateTable,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.planning.drift.undeclared import undeclared
from osem_migrate.schema import S
from tests.unit.planning.builders import MANAGED_KEY, created, live, live_of

BARE = created(CreateTable("Teams", S("teamId")))

ON: list[Setting] = [
    SetDeletionProtection("Teams", enabled=True),
    SetEncryption("Teams", MANAGED_KEY),
    SetPointInTimeRecovery("Teams", enabled=True),
    SetStream("Teams", "NEW_IMAGE"),
    SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS"),
    SetTimeToLive("Teams", "expiresAt"),
]


@pytest.mark.parametrize("setting", ON, ids=lambda setting: setting.noun)
def test_what_is_on_without_having_been_declared_is_found(setting: Setting) -> None:
    """Each kind of setting but tags and billing, with both sides and the way back to AWS's default."""
    (difference,) = undeclared(live(BARE.with_setting(setting)), BARE)
    assert difference.code == "DRIFT_SETTING_UNDECLARED"
    assert (difference.table, difference.subject) == ("Teams", "Teams")
    assert difference.found.startswith(setting.noun)
    assert difference.expected != difference.found
    assert difference.repair == (type(setting).default("Teams"),)


def test_every_kind_but_tags_and_billing_is_looked_for() -> None:
    """Tags belong to many, and billing is always declared."""
    assert {type(setting) for setting in ON} == set(WATCHED)
    assert not {SetTags, SetBilling} & set(WATCHED)


@pytest.mark.parametrize("setting", ON, ids=lambda setting: setting.noun)
def test_what_was_declared_is_no_news(setting: Setting) -> None:
    """Neither as declared nor otherwise: that is what drift is for."""
    kind = type(setting)
    declared = BARE.with_setting(kind.default("Teams"))
    assert undeclared(live(BARE.with_setting(setting)), declared) == ()
    assert undeclared(live(BARE.with_setting(kind.default("Teams"))), BARE) == ()


def test_what_was_not_read_is_not_guessed() -> None:
    """A setting that nobody asked for, an engine that cannot tell, a table that is gone, or is nobody's."""
    assert undeclared(live_of(BARE), BARE) == ()
    stream = live(BARE.with_setting(ON[3]))
    assert undeclared(live(BARE.with_setting(ON[3]), unreadable=frozenset({SetStream})), BARE) == ()
    assert undeclared(stream, None) == ()
    assert undeclared(live(None, name="Teams"), BARE) == ()
