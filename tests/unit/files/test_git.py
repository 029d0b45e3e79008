"""What git knows of the scripts: asked of real repositories."""

import os
import subprocess
from pathlib import Path

import pytest

from osem_migrate.errors import GitError, GitMissing, GitRepositoryMissing, GitRevisionUnknown
from osem_migrate.files import git
from osem_migrate.files.git import new_scripts
from tests.doubles.typed import typed
from tests.unit.files.scripts import put

IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
NOBODYS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
SCRIPTS = ("0001_a", "0002_b")


def _git(folder: Path, *words: str, fails: bool = False) -> None:
    environ = {**os.environ, **IDENTITY, **NOBODYS}
    done = subprocess.run(["git", *words], cwd=folder, env=environ, capture_output=True, check=False)  # noqa: S607
    assert bool(done.returncode) is fails, done.stderr


def _commit(folder: Path) -> None:
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "a commit")


@pytest.fixture
def repository(folder: Path) -> Path:
    """The migrations folder of a repository whose branch main has the first script; the second is not committed."""
    _git(folder.parent, "init", "--quiet", "--initial-branch", "main")
    put(folder, "0001_a.py")
    _commit(folder)
    put(folder, "0002_b.py")
    return folder


@pytest.mark.parametrize("revision", ["main", "HEAD", "refs/heads/main", "main^{commit}"])
def test_a_script_is_new_that_the_revision_does_not_have(repository: Path, revision: str) -> None:
    """Whether it is committed meanwhile or not."""
    assert new_scripts(repository, SCRIPTS, revision) == {"0002_b"}
    _git(repository, "switch", "--quiet", "--create", "feature")
    _commit(repository)
    assert new_scripts(repository, SCRIPTS, "main") == {"0002_b"}
    assert new_scripts(repository, SCRIPTS, "feature") == frozenset()


def test_a_renamed_script_is_not_new(repository: Path) -> None:
    """It went out under its old name; where it was edited as well, nobody can tell it from a new one."""
    (repository / "0001_a.py").rename(repository / "0001_c.py")
    assert new_scripts(repository, ["0001_c", "0002_b"], "main") == {"0002_b"}
    put(repository, "0001_c.py", "operations = []")
    assert new_scripts(repository, ["0001_c", "0002_b"], "main") == {"0001_c", "0002_b"}


def test_an_edited_script_is_not_new(repository: Path) -> None:
    """It is one that the revision has."""
    put(repository, "0001_a.py", "operations = []")
    assert new_scripts(repository, SCRIPTS, "main") == {"0002_b"}


def test_every_script_is_new_where_the_revision_has_no_such_folder(repository: Path) -> None:
    """As in the branch that brings them."""
    other = repository.parent / "elsewhere"
    other.mkdir()
    put(other, "0007_g.py")
    assert new_scripts(other, ["0007_g"], "main") == {"0007_g"}


def test_names_are_read_as_they_are(repository: Path) -> None:
    """Git quotes what is not ASCII, unless it is asked not to; a subfolder is no script."""
    odd = repository.parent / "möbel \n x"
    odd.mkdir()
    put(odd, "0001_a.py")
    (odd / "0003_folder.py").mkdir()
    put(odd / "0003_folder.py", "x.txt", "x")
    _commit(odd)
    assert new_scripts(odd, ["0001_a", "0003_folder"], "main") == {"0003_folder"}


def test_a_merge_in_progress_changes_nothing(repository: Path) -> None:
    """What is new is what the revision does not have, whatever state the working folder is in."""
    _git(repository, "switch", "--quiet", "--create", "feature")
    put(repository, "0001_a.py", "operations = 1")
    _commit(repository)
    _git(repository, "switch", "--quiet", "main")
    put(repository, "0001_a.py", "operations = 2")
    _commit(repository)
    _git(repository, "merge", "feature", fails=True)
    assert new_scripts(repository, SCRIPTS, "main") == {"0002_b"}
    assert new_scripts(repository, SCRIPTS, "feature") == frozenset()


def test_a_hook_of_another_repository_does_not_lead_astray(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git tells its hooks where they run; the scripts are where they are."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert new_scripts(repository, SCRIPTS, "main") == {"0002_b"}


@pytest.mark.parametrize("revision", ["nowhere", "", "--output=x", "-h", "main\0", "main:migrations", "main..HEAD"])
def test_a_revision_that_there_is_not(repository: Path, revision: str) -> None:
    """It is named, and never taken for an option of git's."""
    with pytest.raises(GitRevisionUnknown, match="git knows no revision") as caught:
        new_scripts(repository, SCRIPTS, revision)
    assert "git branch --all" in typed(caught.value)


def test_a_shallow_clone_says_how_to_get_the_rest(repository: Path, tmp_path: Path) -> None:
    """It has one commit only, as in CI."""
    _commit(repository)
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "--quiet", "--depth", "1", repository.parent.as_uri(), str(clone))
    with pytest.raises(GitRevisionUnknown, match="this clone is shallow") as caught:
        new_scripts(clone / "migrations", SCRIPTS, "HEAD~1")
    assert "git fetch --unshallow origin" in typed(caught.value)
    assert "--git-base origin/main" in typed(caught.value)
    assert new_scripts(clone / "migrations", SCRIPTS, "HEAD") == frozenset()


def test_a_repository_without_commits(folder: Path) -> None:
    """It has no revision at all."""
    _git(folder, "init", "--quiet")
    with pytest.raises(GitRevisionUnknown):
        new_scripts(folder, SCRIPTS, "HEAD")


def test_scripts_in_no_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is run: the folder decides."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    with pytest.raises(GitRepositoryMissing, match=r"^migrations is in no git repository$"):
        new_scripts(folder, SCRIPTS, "main")


def test_without_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(GitMissing) as caught:
        new_scripts(folder, SCRIPTS, "main")
    assert "Install git" in typed(caught.value)


def _stand_in(folder: Path, text: str, mode: int = 0o755) -> None:
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(mode)


@pytest.mark.parametrize(
    ("program", "mode", "says"),
    [
        ("echo 'fatal: detected dubious ownership in repository' >&2; exit 128", 0o755, "git: detected dubious"),
        ("exit 1", 0o644, "git cannot be run: Permission denied"),
        ("exec /bin/sleep 5", 0o755, "git has not answered for 0.2 seconds"),
    ],
)
def test_what_git_complains_of_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, program: str, mode: int, says: str
) -> None:
    """In its own words; and nobody waits for ever."""
    _stand_in(folder, program, mode)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(git, "_SECONDS", 0.2)
    with pytest.raises(GitError, match=f"^{says}"):
        new_scripts(folder, SCRIPTS, "main")


def test_git_is_asked_once(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """However many scripts there are; a second time only to explain what is wrong."""
    log = tmp_path / "calls"
    found = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
    programs = tmp_path / "bin"
    programs.mkdir()
    _stand_in(programs, f'echo "$@" >> {log}; exec {found} "$@"')
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    new_scripts(repository, SCRIPTS, "main")
    assert len(log.read_text().splitlines()) == 1
    with pytest.raises(GitRevisionUnknown):
        new_scripts(repository, SCRIPTS, "nowhere")
    assert len(log.read_text().splitlines()) == 3
