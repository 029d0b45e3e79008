"""Which process listens on a port, where the system tells: an answer there may be another program's."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_TABLES = ("net/tcp", "net/tcp6")
_LISTENING = "0A"  # the state of a socket in these tables (Linux, include/net/tcp_states.h)


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on the port; True, too, where the system does not tell."""
    sockets = _sockets(port)
    return sockets is None or not sockets.isdisjoint(_opened(pid))


def _opened(pid: int) -> Iterator[str]:
    """What a process has open: ``socket:[4711]`` and paths."""
    with suppress(OSError):  # it may be another user's, or gone
        for link in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                yield str(link.readlink())


def _sockets(port: int) -> set[str] | None:
    """The sockets that listen on a port, as a process has them open; None where there is no such table."""
    found: set[str] = set()
    tables = [PROC / table for table in _TABLES if (PROC / table).exists()]
    for table in tables:
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            # sl local_address rem_address st … inode: addresses and ports in hexadecimal digits
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found if tables else None
