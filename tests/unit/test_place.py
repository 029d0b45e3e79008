"""Which addresses are on this machine."""

import pytest

from osem_migrate.place import is_this_machine


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000",
        "HTTP://LOCALHOST:8000/",
        "http://dynamodb.localhost",
        "http://localhost.:8000",
        "http://127.0.0.1:8000",
        "https://127.9.8.7",
        "http://[::1]:8000",
        "http://0.0.0.0:8000",
        "http://host.docker.internal:8000",
        "http://localhost.localstack.cloud:4566",
        "https://dynamodb.us-east-1.localhost.localstack.cloud:4566",
    ],
)
def test_this_machine_is_local(url: str) -> None:
    """Loopback in every spelling, and a container's name for its host, are engines of the developer."""
    assert is_this_machine(url)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://dynamodb.us-east-1.amazonaws.com",
        "https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com",
        "http://10.0.0.1:8000",
        "http://192.168.1.1",
        "http://localhost.example.com",
        "http://notlocalhost",
        "http://notlocalhost.localstack.cloud",
        "http://127.0.0.1.nip.io",
        "http://example.com/localhost",
        "localhost:8000",
    ],
)
def test_nothing_else_is_local(url: str | None) -> None:
    """Where checks are skipped and credentials made up, a mistake would reach AWS or a colleague's machine."""
    assert not is_this_machine(url)
