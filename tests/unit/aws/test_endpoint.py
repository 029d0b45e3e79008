"""Endpoints other than AWS's own."""

import pytest

from osem_migrate.aws.endpoint import configured_endpoint, require_url
from osem_migrate.errors import EndpointInvalid

PROFILE = {"services": "mine", "endpoint_url": "http://profile:1"}
FILES = {"services": {"mine": {"dynamodb": {"endpoint_url": "http://service:1"}}}}


@pytest.mark.parametrize(
    ("environ", "profile", "endpoint_url"),
    [
        ({}, {}, None),
        ({"AWS_ENDPOINT_URL": "http://all:1"}, PROFILE, "http://all:1"),
        ({"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://dynamo:1"}, {}, "http://dynamo:1"),
        ({}, PROFILE, "http://service:1"),
        ({}, {"endpoint_url": "http://profile:1"}, "http://profile:1"),
        ({"AWS_ENDPOINT_URL": "http://all:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, PROFILE, None),
        ({}, {**PROFILE, "ignore_configured_endpoint_urls": "true"}, None),
    ],
)
def test_an_endpoint_is_found_where_the_sdks_look(
    environ: dict[str, str], profile: dict[str, str], endpoint_url: str | None
) -> None:
    """Variable of the service, general variable, section of the service, profile; unless told to ignore them."""
    assert configured_endpoint(environ, profile, FILES) == endpoint_url


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "foo",
        "",
        "http://",
        "ftp://localhost",
        "http://localhost:99999",
        "http://localhost:port",
        "http://local host",
        "http://localhost:8000 ",
        "http://[::1",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """A forgotten scheme or a wrong port is named before any call, with an example of a right one."""
    with pytest.raises(EndpointInvalid) as caught:
        require_url(url)
    assert "http://localhost:8000" in caught.value.remediation


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com/", "http://[::1]:1"]
)
def test_a_url_is_accepted(url: str) -> None:
    """Hosts, addresses and ports pass."""
    require_url(url)


def test_a_password_in_the_url_is_not_repeated() -> None:
    """The message shows the URL without the user that stands in it."""
    with pytest.raises(EndpointInvalid) as caught:
        require_url("ftp://me:hunter2@localhost")
    assert "hunter2" not in str(caught.value.as_dict())
