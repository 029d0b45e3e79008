"""Live: what is busy on a table that DynamoDB describes."""

import pytest

from osem_migrate.live_table import LiveIndex, LiveTable


@pytest.mark.parametrize(
    ("index", "phase"),
    [
        (LiveIndex(status="ACTIVE"), None),
        (LiveIndex(status="ACTIVE", backfilling=True), "backfilling"),
        (LiveIndex(status="CREATING"), "allocating"),
        (LiveIndex(status="CREATING", backfilling=True), "backfilling"),
        (LiveIndex(status="UPDATING"), "updating"),
        (LiveIndex(status="DELETING"), "deleting"),
    ],
)
def test_the_phase_of_an_index(index: LiveIndex, phase: str | None) -> None:
    """An index is ready when it is ACTIVE and not backfilling any more."""
    assert index.phase == phase


@pytest.mark.parametrize(
    ("status", "busy"),
    [
        (None, {}),
        ("ACTIVE", {}),
        ("CREATING", {"Teams": "creating"}),
        ("UPDATING", {"Teams": "updating"}),
        ("DELETING", {"Teams": "deleting"}),
        ("ARCHIVED", {}),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", {}),
    ],
)
def test_which_table_statuses_pass_by_themselves(status: str | None, busy: dict[str, str]) -> None:
    """Waiting for an archived or inaccessible table would never end."""
    assert LiveTable(name="Teams", physical_name="osem-dev-Teams", table=None, status=status).busy == busy


def test_everything_that_has_not_settled_is_busy() -> None:
    """Table, indexes and settings, each under its own name; what has settled is left out."""
    live = LiveTable(
        name="Teams",
        physical_name="osem-dev-Teams",
        table=None,
        status="UPDATING",
        indexes={"a-index": LiveIndex(status="CREATING"), "b-index": LiveIndex(status="ACTIVE")},
        changing=("time to live",),
    )
    assert live.busy == {"Teams": "updating", "a-index": "allocating", "time to live": "changing"}
