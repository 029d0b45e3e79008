"""Samples: one item that every index of its table holds."""

from typing import Any

import pytest
from hypothesis import given

from osem_migrate.operations import CreateTable, SetTimeToLive
from osem_migrate.planning.probe import DAY, MARKER, Sample, make_sample
from osem_migrate.schema import B, Index, Key, LocalIndex, N, S, Table
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, item_size
from tests import strategies
from tests.unit.planning.builders import created

NOW = 1_795_253_687


def sample_of(partition_key: Key, sort_key: Key | None = None, **more: Any) -> Sample:
    """The sample of a table."""
    return make_sample(created(CreateTable("Teams", partition_key, sort_key, **more)), "run-1", now=NOW)


def test_it_has_every_key_and_what_indexes_include() -> None:
    """Sentinel values of the right types; the marker says whose it is."""
    sample = sample_of(
        S("teamId"),
        N("version"),
        indexes=[
            Index("both-index", (B("digest"), S("owner")), N("since"), "INCLUDE", ["title"]),
            Index("keys-index", S("owner"), projection="KEYS_ONLY"),
        ],
        local_indexes=[LocalIndex("local", S("status"))],
    )
    assert sample.item == {
        "teamId": {"S": "osem-migrate/probe"},
        "version": {"N": "-271828182845"},
        "digest": {"B": b"osem-migrate/probe"},
        "owner": {"S": "osem-migrate/probe"},
        "since": {"N": "-271828182845"},
        "status": {"S": "osem-migrate/probe"},
        "title": {"S": "osem-migrate/probe"},
        MARKER: {"S": "run-1"},
    }
    both, keys_only = sample.table.indexes
    (local,) = sample.table.local_indexes
    assert set(sample.key) == {"teamId", "version"}
    assert set(sample.key_in(both)) == {"digest", "owner", "since"}
    assert set(sample.key_in(local)) == {"teamId", "status"}
    assert set(sample.seen_in(both)) == {"teamId", "version", "digest", "owner", "since", "title"}
    assert set(sample.seen_in(keys_only)) == {"teamId", "version", "owner"}
    assert sample.seen_in(local) == sample.item


def test_the_key_is_the_same_every_time() -> None:
    """So that a later run finds what an earlier one left."""
    table = created(CreateTable("Teams", S("id")))
    assert make_sample(table, "1", now=1).key == make_sample(table, "2", now=2).key


def test_time_to_live_removes_what_a_killed_probe_left() -> None:
    """A day later; where nobody looks at the attribute any more, it is not written."""
    on, off = SetTimeToLive("Teams", "expiresAt"), SetTimeToLive("Teams", "expiresAt", enabled=False)
    assert sample_of(S("id"), settings=[on]).item["expiresAt"] == {"N": str(NOW + DAY)}
    assert "expiresAt" not in sample_of(S("id"), settings=[off]).item
    assert "expiresAt" not in sample_of(S("id")).item


@pytest.mark.parametrize(
    ("key", "value"),
    [(N("expiresAt"), {"N": str(NOW + DAY)}), (S("expiresAt"), {"S": "osem-migrate/probe"})],
)
def test_an_expiry_that_is_the_key_of_an_index(key: Key, value: dict[str, str]) -> None:
    """Of the type of the key; only a number can be an expiry."""
    settings = [SetTimeToLive("Teams", "expiresAt")]
    sample = sample_of(S("id"), indexes=[Index("by-expiry", key)], settings=settings)
    assert sample.item["expiresAt"] == value


def test_an_expiry_that_is_the_key_of_the_table() -> None:
    """The key stays the one that a later run looks for."""
    sample = sample_of(S("id"), N("expiresAt"), settings=[SetTimeToLive("Teams", "expiresAt")])
    assert sample.item["expiresAt"] == {"N": "-271828182845"}


def test_the_marker_gives_way_to_keys_and_expiry() -> None:
    """Whatever an application calls its attributes."""
    settings = [SetTimeToLive("Teams", f"{MARKER}_")]
    sample = sample_of(N(MARKER), settings=settings)
    assert sample.marker == f"{MARKER}__"
    assert sample.item[sample.marker] == {"S": "run-1"}


@given(strategies.tables())
def test_every_index_of_any_table_holds_it(table: Table) -> None:
    """Law: all key attributes with their types, small enough, and never without its mark."""
    sample = make_sample(table, "run-1", now=NOW)
    for name, kind in table.attributes.items():
        assert list(sample.item[name]) == [kind]
    assert sample.item[sample.marker] == {"S": "run-1"}
    assert sample.marker not in sample.key
    assert item_size(sample.item) < MAX_ITEM_BYTES
    for index in table.all_indexes:
        assert sample.key_in(index).items() <= sample.seen_in(index).items() <= sample.item.items()
        assert sample.key.items() <= sample.seen_in(index).items()
