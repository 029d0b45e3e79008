"""moto sees one request at a time, and only signed calls of DynamoDB and STS."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, Any

import pytest

from osem_migrate.local.moto_process import SerialApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SIGNED = "AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"


class Echo:
    """Stands for moto: answers the body it was sent."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [environ["wsgi.input"].read(), b"."]


def _request(
    application: Any, path: str = "/", service: str | None = "dynamodb", body: bytes = b"{}"
) -> tuple[str, bytes]:
    statuses: list[str] = []
    environ = {"PATH_INFO": path, "wsgi.input": BytesIO(body + b"the next request"), "CONTENT_LENGTH": str(len(body))}
    if service is not None:
        environ["HTTP_AUTHORIZATION"] = SIGNED.format(key="local", service=service)
    answer = b"".join(application(environ, lambda status, _headers: statuses.append(status)))
    return statuses[0], answer


@pytest.mark.parametrize("service", ["dynamodb", "sts"])
def test_a_signed_call_reaches_moto(service: str) -> None:
    """DynamoDB and STS are answered by moto, with exactly the body that was sent."""
    assert _request(SerialApplication(Echo(), "/id", "token"), service=service, body=b"hello") == ("200 OK", b"hello.")


@pytest.mark.parametrize(
    ("path", "service"), [("/", None), ("/", "s3"), ("/moto-api/reset", None), ("/moto-api/reset", "dynamodb")]
)
def test_anything_else_is_an_unknown_operation(path: str, service: str | None) -> None:
    """A web page can neither read nor reset the data, and an unsupported service says so as DynamoDB would."""
    status, answer = _request(SerialApplication(Echo(), "/id", "token"), path=path, service=service)
    assert status == "400 Bad Request"
    assert json.loads(answer)["__type"].endswith("#UnknownOperationException")


def test_whoever_asks_learns_the_token() -> None:
    """The identity is answered without a signature, and without asking moto."""
    assert _request(SerialApplication(Echo(), "/id", "token"), path="/id", service=None) == ("200 OK", b"token")


def test_moto_never_sees_two_requests_at_once() -> None:
    """A second request waits until the first is answered: two never meet inside moto."""
    meeting = Barrier(2)
    alone: list[bool] = []

    def meet(_environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        try:
            meeting.wait(timeout=0.2)
            alone.append(False)
        except BrokenBarrierError:
            meeting.reset()
            alone.append(True)
        return []

    application = SerialApplication(meet, "/id", "token")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: _request(application), range(2)))
    assert alone == [True, True]
