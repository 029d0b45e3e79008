"""Ports for what a test starts."""

import secrets
from contextlib import suppress
from socket import socket


def free_port() -> int:
    """One that the system does not give to outgoing connections, so that it stays free until the engine has it."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
