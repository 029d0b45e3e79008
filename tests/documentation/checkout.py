"""A fresh checkout, in which the commands of a page are typed."""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import jq

from osem_migrate.cli.main import run as run_words
from tests.documentation import aws_cli
from tests.documentation.shown import ROOT
from tests.engines.ports import free_port

BIN = Path(sys.executable).parent
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
_END = "\x1e"  # between what one command prints and the next


@contextmanager
def checkout(folder: Path) -> Iterator[Path]:
    """A plain checkout of what a page's commands work on; an embedded engine that they start ends with it."""
    for name in ("Makefile", "README.md", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    # An engine of its own, whatever else listens on this machine: another worker's page, or somebody's demo.
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n[tool.osem-migrate.local]\nport = {free_port()}\n")
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    try:
        yield folder
    finally:
        with chdir(folder):
            run_here("osem-migrate local stop", folder, {})


def run(command: str, folder: Path, environ: Mapping[str, str]) -> str:
    """What a command prints, on stdout and stderr together; ``environ`` is what reaches the engine."""
    # make would install into .venv; the tests run in an environment that has everything already.
    venv = BIN.parent
    command = command.replace("make demo", f"make demo VENV={venv} -o {venv}/.installed")
    command = command.replace("make test", "make --dry-run test")
    # The tests may run under make themselves, and must not look like a part of it.
    own = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    shell = ["sh", "-c", command]  # the page's own words, quotes and all
    done = subprocess.run(
        shell,
        cwd=folder,
        env={**own, **environ, "PATH": path},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.replace(f"{venv}/bin", ".venv/bin")


def run_in_one_shell(commands: Sequence[str], folder: Path, environ: Mapping[str, str]) -> list[str]:
    """What each of the commands prints that are typed in one terminal, where each stands in the folder of the last."""
    shell = ["sh", "-c", "".join(f"{{ {command}\n}} 2>&1\nprintf '{_END}'\n" for command in commands)]
    done = subprocess.run(
        shell,
        cwd=folder,
        env={**os.environ, **environ, "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    return done.stdout.split(_END)[:-1]


def run_here(command: str, folder: Path, environ: Mapping[str, str]) -> str:
    """The same in this process, whose working folder and variables are the checkout's already, where that can be.

    A page has dozens of commands, and a process takes half a second to start. The AWS CLI is no dependency: what it
    would do is done for it.
    """
    command, *programs = command.split(" | jq ")
    if programs:
        return filtered(run_here(command, folder, environ), shlex.split(programs[0]))
    words = shlex.split(command)
    if words[0] not in {"osem-migrate", "aws"} or set(command) & set("|<>;&"):
        return run(command, folder, environ)
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(screen), redirect_stderr(screen):
        if words[0] == "aws":
            aws_cli.main(words[1:])
        else:
            run_words(words[1:])
    screen.seek(0)
    return screen.read()


def filtered(text: str, words: Sequence[str]) -> str:
    """What ``jq WORDS`` makes of a JSON document; -r, -c and a program are all that the pages use of it."""
    *options, program = words
    assert set(options) <= {"-r", "-c"}, options
    answers = jq.compile(program).input_text(text).all()
    raw, indent = "-r" in options, None if "-c" in options else 2
    separators = (",", ":") if "-c" in options else None
    lines = (
        answer if raw and isinstance(answer, str) else json.dumps(answer, indent=indent, separators=separators)
        for answer in answers
    )
    return "".join(f"{line}\n" for line in lines)
