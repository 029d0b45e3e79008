"""Completion: the script for each shell, and what a shell is told of commands, environments and versions."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from osem_migrate.cli.main import run as run_words
from tests.cli.command_line import Project, Run
from tests.cli.process import PROGRAM

Completed = Callable[..., list[str]]


@pytest.mark.parametrize(("shell", "says"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete --no-")])
def test_each_shell_has_its_script(shell: str, says: str, project: Project, run: Run) -> None:
    """On stdout, to be evaluated as it is; as data with --json."""
    said = run("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert says in said.out
    assert "_OSEM_MIGRATE_COMPLETE" in said.out
    data = run("completion", shell, "--json").document["data"]
    assert data == {"shell": shell, "script": said.out.removesuffix("\n")}


def test_the_script_suits_its_shell(project: Project, run: Run, tmp_path: Path) -> None:
    """Bash reads it without a complaint, and asks the program for what may follow."""
    script = tmp_path / "complete.sh"
    script.write_text(run("completion", "bash").out)
    typed = "COMP_WORDS=(osem-migrate status --env st); COMP_CWORD=3; _osem_migrate_completion osem-migrate"
    asked = f'. "{script}"; {typed}; echo "${{COMPREPLY[@]}}"'
    environ = {**os.environ, "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"}
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run([bash, "-c", asked], env=environ, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("staging\n", "")


@pytest.fixture
def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Completed:
    """Gives what bash is offered for the last of these words."""

    def complete(*words: str) -> list[str]:
        monkeypatch.setenv("_OSEM_MIGRATE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["osem-migrate", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        with pytest.raises(SystemExit) as left:
            run_words([])
        said = capsys.readouterr()
        assert (left.value.code, said.err) == (0, "")
        return [line.partition(",")[2] for line in said.out.split()]

    return complete


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("up",), ["upgrade"]),
        (("local", "sta"), ["start", "status"]),
        (("upgrade", "--no-"), ["--no-fold", "--no-wait"]),
        (("upgrade", "--env", ""), ["dev", "local", "prod", "staging"]),
        (("upgrade", "--to", "0002"), ["0002_add_manager_id_index_to_teams"]),
        (("stamp", "h"), ["head"]),
        (("resolve", "0003"), ["0003_create_plans"]),
        (("downgrade", "--to", "0"), ["0", *(f"000{name}" for name in ("1_create_teams",
         "2_add_manager_id_index_to_teams", "3_create_plans"))]),
        (("completion", "z"), ["zsh"]),
    ],
)  # fmt: skip
def test_what_there_is_is_offered(
    words: tuple[str, ...], offered: list[str], project: Project, completed: Completed
) -> None:
    """Commands, options, environments and versions, without loading a script: a broken one is offered, too."""
    (project.migrations / "0002_add_manager_id_index_to_teams.py").write_text("no Python")
    assert completed(*words) == offered


def test_outside_a_project_there_is_nothing_to_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, completed: Completed
) -> None:
    """And nothing to complain of: somebody is only typing."""
    monkeypatch.chdir(tmp_path)
    assert completed("upgrade", "--env", "") == []
    assert completed("upgrade", "--to", "") == ["head"]
