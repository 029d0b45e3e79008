"""Quotas that AWS raises on request are worth one warning a table, and no refusal."""

from osem_migrate.files.quota import beyond_quota
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, DropTable
from osem_migrate.schema import Index, LocalIndex, N, S
from tests.unit.planning.builders import migration

NINETEEN = [Index(f"i{number}-index", S("status")) for number in range(19)]


def add(name: str) -> AddIndex:
    """One more index of Teams."""
    return AddIndex("Teams", name, S("status"))


def test_the_21st_index_is_warned_of_once() -> None:
    """Where it is declared, and not again for the 22nd."""
    scripts = [
        migration(1, CreateTable("Teams", S("id"), indexes=NINETEEN)),
        migration(2, add("a-index"), add("b-index")),
        migration(3, add("c-index")),
    ]
    (warning,) = beyond_quota(scripts)
    assert warning.startswith("migrations/0002_change.py:6: table 'Teams' comes to have 21 global secondary ")
    assert warning.endswith("AWS allows 20 unless it has raised that quota for the account")


def test_what_is_dropped_does_not_count() -> None:
    """An index that went, and a table that was made anew."""
    created = CreateTable("Teams", S("id"), indexes=NINETEEN)
    dropped = [migration(1, created, add("a-index")), migration(2, DropIndex("Teams", "a-index"), add("b-index"))]
    assert [*beyond_quota(dropped)] == []
    anew = [migration(1, created, add("a-index")), migration(2, DropTable("Teams"), created, add("b-index"))]
    assert [*beyond_quota(anew)] == []


def test_included_attributes_count_over_all_indexes() -> None:
    """Local ones as well; an attribute counts once for each index."""
    names = [f"a{number}" for number in range(20)]
    full = [Index(f"i{number}-index", S("status"), projection="INCLUDE", include=names) for number in range(5)]
    local = LocalIndex("l-index", N("rank"), "INCLUDE", ["a0"])
    assert [*beyond_quota([migration(1, CreateTable("Teams", S("id"), S("x"), full))])] == []
    (warning,) = beyond_quota([migration(1, CreateTable("Teams", S("id"), S("x"), full, [local]))])
    assert "101 INCLUDE attributes over all its indexes; AWS allows 100" in warning
