"""Where an environment's tables are: which endpoints are engines, and which places may be one."""

import pytest

from osem_migrate.config import EnvironmentSettings
from osem_migrate.config.location import Location


@pytest.mark.parametrize(
    ("url", "local", "engine"),
    [
        (None, None, None),
        ("http://localhost:8000/", None, "http://localhost:8000"),
        ("http://localhost:8000", False, None),
        ("http://dynamodb-local:8000", None, None),
        ("http://dynamodb-local:8000", True, "http://dynamodb-local:8000"),
        ("https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com", None, None),
    ],
)
def test_the_configuration_tells_an_engine(url: str | None, local: bool | None, engine: str | None) -> None:  # noqa: FBT001
    """By ``local``, or by an address of this machine; whatever else may lead to AWS."""
    settings = EnvironmentSettings(endpoint_url=url, local=local)
    assert Location.configured(settings, embedded=False).engine == engine


def test_the_embedded_engine_is_a_place_of_its_own() -> None:
    """No other environment has its tables there, unless it has the endpoint of another."""
    embedded = Location.configured(EnvironmentSettings(), embedded=True)
    assert embedded.may_be(Location.configured(EnvironmentSettings(), embedded=False)) is False
    elsewhere = EnvironmentSettings(endpoint_url="https://example.com")
    assert Location.configured(elsewhere, embedded=True) == Location.configured(elsewhere, embedded=False)
