"""A process that outlives the command that started it."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from osem_migrate.errors import LocalEngineError

PROC = Path("/proc")
BOOT = PROC / "sys/kernel/random/boot_id"
INTERVAL = 0.02
KILL_PATIENCE = 5.0

# An engine needs to find its programs and speak the user's language. It needs no credential, token or proxy.
KEPT = frozenset(
    {
        "HOME",
        "JAVA_HOME",
        "JAVA_TOOL_OPTIONS",
        "LANG",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "PATH",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "USER",
        "VIRTUAL_ENV",
    }
)
KEPT_PREFIXES = ("COVERAGE_", "DYLD_", "LC_", "NIX_", "PYTHON")
NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told from any other that ever had or will have its pid.

    Args:
        pid: its number.
        birth: boot and start time, as the system reports them.
    """

    pid: int
    birth: str

    @classmethod
    def start(
        cls, command: Sequence[str], *, log: Path, environment: Mapping[str, str], keep: Sequence[int] = ()
    ) -> Self:
        """Start a command in its own session, so that Ctrl-C and a closing terminal do not reach it.

        Args:
            command: absolute program and arguments.
            log: receives standard output and error, from empty; its folder is the working directory.
            environment: all of its environment.
            keep: open file descriptors it inherits.

        Raises:
            LocalEngineError: the program or the log cannot be opened.
        """
        try:
            with log.open("wb") as sink:
                child = subprocess.Popen(  # noqa: S603 - the command is built here, never by a shell
                    command,
                    cwd=log.parent,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    pass_fds=tuple(keep),
                    start_new_session=True,
                )
        except OSError as reason:
            raise LocalEngineError(
                f"cannot run {command[0]} with its output in {log}: {reason.strerror or reason}", path=str(log)
            ) from reason
        # It outlives this object on purpose; without this, Popen warns when it is collected.
        child.returncode = 0
        return cls(child.pid, birth_of(child.pid) or "")

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        # Ours or not: a child that ended stays listed until somebody asks for its exit code.
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return self.birth != "" and birth_of(self.pid) == self.birth

    def end(self, *, patience: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """Ask it to end, kill it after ``patience`` seconds, and return when it is gone; gone already is fine.

        Raises:
            LocalEngineError: it belongs to another user, or survives SIGKILL.
        """
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, KILL_PATIENCE)):
            deadline = clock() + seconds
            if self.is_alive():
                self._send(number)
            while self.is_alive() and clock() < deadline:
                sleep(INTERVAL)
        if self.is_alive():
            raise LocalEngineError(
                f"process {self.pid} does not end", remediation=f"End it with: kill -9 {self.pid}", pid=self.pid
            )

    def _send(self, number: signal.Signals) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return
        except PermissionError as reason:
            raise LocalEngineError(
                f"process {self.pid} belongs to another user",
                remediation=f"End it as the user who started it: kill {self.pid}",
                pid=self.pid,
            ) from reason


def birth_of(pid: int) -> str | None:
    """When the running process with this pid was started, as an opaque text; ``None`` when there is none."""
    return _birth_from_proc(pid) if BOOT.exists() else _birth_from_ps(pid)


def _birth_from_proc(pid: int) -> str | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # pid (name) state ppid …: a name may hold blanks and parentheses; the start in clock ticks is the 22nd field.
    state, *rest = stat.rpartition(")")[2].split()
    # While it ends, its first thread can be gone before the others, which still hold what the process had open, its
    # port too; their number is the 20th field (proc_pid_stat(5)).
    if state == "X" or (state == "Z" and rest[16] == "1"):
        return None
    return f"{BOOT.read_text(encoding='ascii').strip()}/{rest[18]}"


def _birth_from_ps(pid: int) -> str | None:
    done = subprocess.run(  # noqa: S603 - the only argument is a number
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - macOS and the BSDs keep it in different places
        capture_output=True,
        encoding="ascii",
        errors="replace",
        check=False,
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", os.defpath)},
    )
    state, _, started = done.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else " ".join(started.split())


def environment_of_engine(surroundings: Mapping[str, str]) -> dict[str, str]:
    """What an engine may know of ``surroundings``: neither AWS credentials nor anybody else's secrets."""
    kept = {name: value for name, value in surroundings.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    return kept | NO_CREDENTIALS
