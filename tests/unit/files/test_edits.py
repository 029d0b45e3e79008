"""Edits: what is taken back when a change fails, even where one of the steps back fails as well."""

import errno
import os
from pathlib import Path

import pytest

from osem_migrate.errors import FileNotWritable
from osem_migrate.files.edits import all_or_nothing


def test_a_step_back_that_fails_keeps_no_other_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for good: what was made goes all the same, and the first error is the one that is told."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def change() -> None:
        with all_or_nothing() as edits:
            edits.create(new, "new")
            edits.replace(old, "after")
            monkeypatch.setattr("os.fsync", full)
            edits.create(tmp_path / "missing" / "third", "x")

    with pytest.raises(FileNotWritable, match="third cannot be written: No such file or directory"):
        change()
    assert not new.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
