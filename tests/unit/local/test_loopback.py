"""Ports are taken on the loopback address only, and whoever answers is asked with patience."""

import socket
from collections.abc import Iterator

import pytest

from osem_migrate.errors import LocalEngineNotStarted
from osem_migrate.local import loopback


@pytest.fixture
def taken() -> Iterator[int]:
    """A port where somebody listens and never answers."""
    with socket.socket() as other:
        other.bind((loopback.HOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_default_port_gives_way(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody asked for a port and the usual one is taken, a free one is found."""
    monkeypatch.setattr(loopback, "DEFAULT_PORT", taken)
    with loopback.listen(None) as listener:
        host, port = listener.getsockname()
    assert host == "127.0.0.1"
    assert port != taken


def test_the_default_port_is_preferred(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the usual port is free it is taken, so that an application's URL stays the same."""
    with socket.socket() as probe:
        probe.bind((loopback.HOST, 0))
        free = probe.getsockname()[1]
    assert free != taken
    monkeypatch.setattr(loopback, "DEFAULT_PORT", free)
    with loopback.listen(None) as listener:
        assert listener.getsockname()[1] == free


def test_a_port_that_was_asked_for_does_not_give_way(taken: int) -> None:
    """The error names the port and says what to do about it."""
    with pytest.raises(LocalEngineNotStarted, match=f"port {taken} .* taken by another program") as caught:
        loopback.listen(taken)
    assert "Choose another port" in caught.value.remediation
    assert caught.value.details == {"port": taken}


def test_silence_is_no_answer(taken: int) -> None:
    """A port where nobody listens, or nobody answers in time, says nothing."""
    assert loopback.ask(taken, "/", timeout=0.05) == b""
    with socket.socket() as probe:
        probe.bind((loopback.HOST, 0))
        free = probe.getsockname()[1]
    assert loopback.ask(free, "/", timeout=1) == b""
