"""moto is run only where it is installed, and only its own answer is believed."""

import pytest

from osem_migrate.errors import LocalEngineMissing
from osem_migrate.local import moto
from osem_migrate.local.loopback import listen
from osem_migrate.local.moto import Moto


def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without moto's server the error says what to install."""
    monkeypatch.setattr(moto, "PACKAGES", ("json", "no_such_package"))
    with pytest.raises(LocalEngineMissing, match="no_such_package") as caught:
        Moto("t").require()
    assert caught.value.remediation == "Install it with: pip install 'osem-migrate[local]'"


def test_moto_is_installed_here() -> None:
    """The packages that are looked for are the ones moto's server has."""
    Moto("t").require()


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nsecret", True),
        (b"HTTP/1.1 200 OK\r\n\r\nof another start", False),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>secret</html>", False),
        (b"", False),
    ],
)
def test_only_the_token_proves_identity(answer: bytes, ours: bool) -> None:  # noqa: FBT001 - a column of the table
    """Another server on the port, even another moto of ours, is not taken for this one."""
    assert Moto("secret").recognises(answer) is ours


def test_the_listening_socket_is_handed_over() -> None:
    """The process gets the very socket that reserved the port, so that nobody can take it in between."""
    with listen(None) as listener:
        assert Moto("t").inherited(listener) == (listener.fileno(),)
        assert Moto("t").command(listener)[-3:] == [str(listener.fileno()), "/osem-migrate/engine", "t"]
