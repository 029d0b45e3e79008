"""What git knows of the scripts: which of them a revision has."""

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from osem_migrate.advice import command
from osem_migrate.errors import GitError, GitMissing, GitRepositoryMissing, GitRevisionUnknown
from osem_migrate.files.location import printable, shown_path

# What a hook of git sets for the repository that it runs in; which one the scripts are in is for git to find.
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_ALWAYS = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
_SECONDS = 60
_HASHES = {40: hashlib.sha1, 64: hashlib.sha256}
"""By the length of an object's name: how git makes it."""


def new_scripts(folder: Path, scripts: Iterable[str], revision: str) -> frozenset[str]:
    """The scripts, by id, that a revision does not have: neither of that name nor, renamed, of that content.

    Args:
        folder: where the scripts are; the repository is the one that it is in.
        scripts: their ids.
        revision: a branch, a tag or a commit.

    Raises:
        GitMissing: git is not installed.
        GitRepositoryMissing: the folder is in no repository.
        GitRevisionUnknown: there is no such revision, or a shallow clone does not have it.
        GitError: git refuses for another reason.
    """
    known = _blobs(folder, revision)
    hashes = set(known.values())
    length = len(next(iter(hashes), ""))
    return frozenset(
        script
        for script in scripts
        if f"{script}.py" not in known and _blob_name(folder / f"{script}.py", length) not in hashes
    )


def _blobs(folder: Path, revision: str) -> dict[str, str]:
    """The files that the revision has in the folder: the name of each, and the name of its content."""
    if not revision or revision.startswith("-") or "\0" in revision:
        raise _unknown(folder, revision)
    done = _git(folder, "ls-tree", "-z", f"{revision}^{{commit}}", "./")
    if done.returncode:
        raise _refused(folder, revision, printable(os.fsdecode(done.stderr)).strip())
    found: dict[str, str] = {}
    for entry in filter(None, os.fsdecode(done.stdout).split("\0")):
        # "100644 blob 0123… 	name"; a path is relative to the folder.
        about, _, name = entry.partition("\t")
        _, kind, blob = about.split()
        if kind == "blob":
            found[name] = blob
    return found


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environ = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    try:
        return subprocess.run(  # noqa: S603 - no shell, and no word of it begins like an option
            ["git", "-C", str(folder), *words],  # noqa: S607 - whichever git the user's PATH has
            env=environ | _ALWAYS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as missing:
        raise GitMissing("git is not installed, or not on the PATH") from missing
    except OSError as refused:
        raise GitError(f"git cannot be run: {refused.strerror}") from refused
    except subprocess.TimeoutExpired as late:
        raise GitError(f"git has not answered for {_SECONDS} seconds", file=shown_path(folder)) from late


def _refused(folder: Path, revision: str, said: str) -> GitError:
    """The error for what git says; its messages are in English, because it was asked so."""
    if "not a git repository" in said:
        what = f"{shown_path(folder)} is in no git repository"
        return GitRepositoryMissing(what, file=shown_path(folder))
    if "Not a valid object name" in said or "bad object" in said or "unknown revision" in said:
        return _unknown(folder, revision)
    return GitError(f"git: {said.removeprefix('fatal: ')}", file=shown_path(folder))


def _unknown(folder: Path, revision: str) -> GitRevisionUnknown:
    what = f"git knows no revision {revision!r}"
    if _git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() != b"true":
        return GitRevisionUnknown(what, version=revision)
    return GitRevisionUnknown(
        f"{what}; this clone is shallow",
        version=revision,
        remediation="Fetch the history: git fetch --unshallow origin (in GitHub Actions: actions/checkout with "
        f"fetch-depth: 0). Then name the branch as it is there, such as {command('--git-base', 'origin/main')}.",
    )


def _blob_name(path: Path, length: int) -> str | None:
    """The name that git gives the content of a file; None where it cannot be told."""
    make = _HASHES.get(length)
    if make is None:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return make(b"blob %d\0" % len(content) + content).hexdigest()
