"""Migration: checksums that depend on what is declared, and on nothing else."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from osem_migrate.migration import Migration, number_named, shown_version
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    PutItems,
    SetBilling,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.schema import Index, LocalIndex, N, S, Throughput

CREATE = CreateTable(
    "Sessions",
    S("userId"),
    N("startedAt"),
    indexes=[Index("b-index", S("b"), projection="INCLUDE", include=["y", "x"]), Index("a-index", (S("a"), N("c")))],
    local_indexes=[LocalIndex("l-index", S("device"), "KEYS_ONLY")],
    settings=[
        SetTimeToLive("Sessions", "expiresAt"),
        SetBilling.provisioned("Sessions", read=5, write=1, indexes={"a-index": Throughput(2, 1)}),
    ],
)


@dataclass(frozen=True)
class OfAProject(AddIndex):
    """One that holds what has no hash."""

    limits: dict[str, int] = field(default_factory=lambda: {"members": 3})


def migration(*operations: Operation) -> Migration:
    """A migration of these operations."""
    return Migration("0001_a", 1, operations)


@pytest.mark.parametrize(
    ("operation", "checksum"),
    [
        (CREATE, "sha256:v1:ad7703a5901def6d0c0c974c6c987ed6c58534fb040edc0220e4373869e4027a"),
        (
            AddIndex("Teams", "managerId-index", S("managerId")),
            "sha256:v1:f15ab709328678c4f8e51d09d17eb83b0661973f2b7c3f5d7f5881d33a9fe8bd",
        ),
        (
            SetTags("Teams", {"Team": "core", "Größe": None}),
            "sha256:v1:60e80de5c6d86e54c6e60790ef4bc1081bf0db5c1519acd3037c8abce16bc2ba",
        ),
        (
            CreateTable("Teams", S("teamId")),
            "sha256:v1:4ffc1b42839557c6a6425e1cc3f1972475a41deb6c1f9feb1c909f62e5337744",
        ),
    ],
)
def test_the_checksum_of_a_release_is_the_checksum_for_ever(operation: Operation, checksum: str) -> None:
    """History tables hold these numbers: another canonical form would call every applied script changed.

    If this fails, do not correct the numbers; give the new form a new prefix and keep reading the old one.
    """
    assert migration(operation).checksum == checksum


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            CREATE,
            CreateTable(
                "Sessions",
                S("userId"),
                (N("startedAt")),
                (Index("a-index", (S("a"), N("c")), ()), Index("b-index", (S("b"),), None, "INCLUDE", ("x", "y"))),
                (LocalIndex("l-index", S("device"), projection="KEYS_ONLY", include=()),),
                (
                    SetBilling("Sessions", "PROVISIONED", Throughput(5, 1), {"a-index": Throughput(2, 1)}),
                    SetTimeToLive("Sessions", attribute="expiresAt", enabled=True),
                ),
            ),
        ),
        (SetTags("Teams", {"a": "1", "b": None}), SetTags("Teams", {"b": None, "a": "1"})),
        (AddIndex("Teams", "a-index", S("a"), None, "ALL", (), None), AddIndex("Teams", "a-index", (S("a"),))),
        (SetBilling.on_demand("Teams"), SetBilling("Teams", "PAY_PER_REQUEST", Throughput(None, None), {})),
    ],
)
def test_spelling_and_order_do_not_change_the_checksum(one: Operation, other: Operation) -> None:
    """What means the same is the same: defaults written out, tuples for lists, another order of what has none."""
    assert migration(one).checksum == migration(other).checksum


DIFFERENT: tuple[Operation, ...] = (
    CREATE,
    replace(CREATE, partition_key=N("userId")),
    replace(CREATE, sort_key=None, local_indexes=[]),
    replace(CREATE, indexes=[CREATE.indexes[0]]),
    replace(CREATE, local_indexes=[]),
    replace(CREATE, settings=CREATE.settings[:1]),
    AddIndex("Teams", "a-index", S("a")),
    AddIndex("Users", "a-index", S("a")),
    AddIndex("Teams", "b-index", S("a")),
    AddIndex("Teams", "a-index", N("a")),
    AddIndex("Teams", "a-index", (S("a"), S("b"))),
    AddIndex("Teams", "a-index", (S("b"), S("a"))),
    AddIndex("Teams", "a-index", S("a"), S("b")),
    AddIndex("Teams", "a-index", S("a"), projection="KEYS_ONLY"),
    AddIndex("Teams", "a-index", S("a"), projection="INCLUDE", include=["x"]),
    AddIndex("Teams", "a-index", S("a"), projection="INCLUDE", include=["x", "y"]),
    AddIndex("Teams", "a-index", S("a"), throughput=Throughput(1, None)),
    AddIndex("Teams", "a-index", S("a"), throughput=Throughput(None, 1)),
    DropIndex("Teams", "a-index"),
    DropTable("Teams"),
    CreateTable("Teams", S("a")),
    SetTags("Teams", {"a": None}),
    SetTags("Teams", {"a": "None"}),
    SetTags("Teams", {"a": ""}),
    SetTags("Teams", {}),
    SetStream("Teams", None),
    SetStream("Teams", "NEW_IMAGE"),
    SetTimeToLive("Teams", "a"),
    SetTimeToLive("Teams", "a", enabled=False),
    SetDeletionProtection("Teams", enabled=True),
    SetDeletionProtection("Teams", enabled=False),
    SetPointInTimeRecovery("Teams", enabled=True),
    SetPointInTimeRecovery("Teams", enabled=True, days=7),
    SetPointInTimeRecovery("Teams", enabled=False),
    SetBilling.on_demand("Teams"),
    SetBilling.on_demand("Teams", indexes={"a-index": None}),
    SetBilling.provisioned("Teams", read=1, write=1),
)


def test_every_difference_in_meaning_changes_the_checksum() -> None:
    """No two of these are the same declaration, and no two share a hash or a checksum."""
    assert len({migration(operation).checksum for operation in DIFFERENT}) == len(DIFFERENT)
    assert len(set(migration(*DIFFERENT).operation_hashes)) == len(DIFFERENT)


def test_the_order_of_operations_counts() -> None:
    """Operations run in order, so another order is another migration; one split in two is not the whole either."""
    for one, other in pairwise(DIFFERENT):
        assert migration(one, other).checksum != migration(other, one).checksum
        assert migration(one, other).checksum != migration(one).checksum


def test_only_what_is_declared_counts() -> None:
    """Name, summary, file and line may change: formatting and comments never show."""
    moved = Migration("0002_b", 2, (CREATE,), "another summary", ("0001_a",), "elsewhere.py", lambda position: position)
    assert moved.checksum == migration(CREATE).checksum
    assert moved.operation_hashes == migration(CREATE).operation_hashes


def test_hashes_say_how_they_were_made() -> None:
    """The prefix leaves room for another form later; the hash of one operation is not the checksum of its script."""
    for digest in (migration(CREATE).checksum, *migration(CREATE, CREATE).operation_hashes):
        assert digest.startswith("sha256:v1:")
        assert len(digest) == len("sha256:v1:") + 64
    assert migration(CREATE).checksum not in migration(CREATE).operation_hashes
    assert len(migration(CREATE, CREATE).operation_hashes) == 2


def test_checksums_do_not_depend_on_the_process() -> None:
    """Another interpreter, with another hash seed, computes the same."""
    program = (
        "from osem_migrate.migration import Migration\n"
        "from osem_migrate.operations import SetTags\n"
        "print(Migration('0001_a', 1, (SetTags('Teams', {'b': '2', 'a': '1'}),)).checksum)"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert seen == {migration(SetTags("Teams", {"a": "1", "b": "2"})).checksum}


def test_the_line_of_an_operation() -> None:
    """Known where the loader found it, None where it did not; it is no part of what the migration is."""
    located = replace(migration(CREATE), locate=lambda position: position + 4)
    assert located.locate(0) == 4
    assert migration(CREATE).locate(0) is None
    assert located == migration(CREATE)


@pytest.mark.parametrize(("version", "number"), [("7", 7), ("0007", 7), ("00000", 0), ("9" * 255, int("9" * 255))])
def test_a_number_names_a_migration(version: str, number: int) -> None:
    """With the zeros of its file or without them."""
    assert number_named(version) == number


@pytest.mark.parametrize("version", ["", "7_", "-7", "+7", " 7", "1_0", "\u0667", "²", "9" * 256, "9" * 5_000, "0x7"])
def test_what_only_python_takes_for_a_number_names_none(version: str) -> None:
    """No file is named so, and Python itself refuses to read thousands of digits."""
    assert number_named(version) is None
    assert len(shown_version(version)) < 300


def test_a_migration_is_a_key_whatever_its_operations_hold() -> None:
    """Items of a script have no hash, nor need what an operation of a project's own holds."""
    items = [{"teamId": "all", "tags": ["a"], "limits": {"members": 3}}]
    puts = migration(PutItems("Teams", items))
    assert {puts: 1}[migration(PutItems("Teams", [dict(items[0])]))] == 1
    assert {PutItems("Teams", items)} == {PutItems("Teams", [dict(items[0])])}
    ours = OfAProject("Teams", "by-owner", S("owner"))
    assert len({migration(ours), migration(ours), puts}) == 2
