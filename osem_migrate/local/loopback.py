"""The loopback address: a port to listen on, and what answers there."""

import errno
import socket

from osem_migrate.advice import AGAIN
from osem_migrate.errors import LocalEngineNotStarted

HOST = "127.0.0.1"
DEFAULT_PORT = 4610
BACKLOG = 128
LIMIT = 4096


def listen(port: int | None) -> socket.socket:
    """Take a port of the loopback address: ``port``, or DEFAULT_PORT when that is free, or any free one.

    Raises:
        LocalEngineNotStarted: ``port`` was asked for and is not to be had.
    """
    try:
        return _listen(DEFAULT_PORT if port is None else port)
    except OSError as reason:
        if port is None:
            return _listen(0)
        taken = reason.errno == errno.EADDRINUSE
        raise LocalEngineNotStarted(
            f"port {port} of {HOST} is {'taken by another program' if taken else f'not usable: {reason.strerror}'}",
            remediation=f"Choose another port, or end the program that uses this one, then {AGAIN}.",
            port=port,
        ) from reason


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        # The last engine's closed connections must not block the port for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def ask(port: int, path: str, *, timeout: float) -> bytes:
    """What an HTTP server says to ``GET path``: at most 4,096 bytes with head; nothing when nobody answers in time.

    Spelled out on a socket, because ``http.client`` alone would double the start-up time of a command.
    """
    request = f"GET {path} HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode()
    answer = b""
    try:
        with socket.create_connection((HOST, port), timeout=timeout) as connection:
            connection.sendall(request)
            while len(answer) < LIMIT and (chunk := connection.recv(LIMIT)):
                answer += chunk
    except OSError:
        return b""
    return answer
