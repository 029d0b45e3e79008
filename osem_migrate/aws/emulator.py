"""Emulator: which engine answers at an endpoint, where its answer leaves no doubt."""

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

TIMEOUT = 2
"""Seconds for a question without a signature, which AWS itself answers in milliseconds."""

_OK = 200
_NO_TOKEN = b"com.amazonaws.dynamodb.v20120810#MissingAuthenticationToken"


def recognise(endpoint_url: str) -> str | None:
    """``DynamoDB Local``, ``LocalStack`` or ``moto``; None for AWS, for what leads there, and where nobody answers.

    It costs one or two requests without credentials, and none for a host of AWS. LocalStack names itself in
    every answer (docs.localstack.cloud, "Internal Endpoints"). DynamoDB Local is served by Jetty, and misses a
    signature where AWS answers "healthy". moto keeps its own pages under /moto-api.
    """
    host = urlsplit(endpoint_url).hostname or ""
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return None
    answer = _get(endpoint_url)
    if answer is None:
        return None
    if "x-localstack" in answer.headers:
        return "LocalStack"
    if answer.headers.get("Server", "").startswith("Jetty") and _NO_TOKEN in answer.content:
        return "DynamoDB Local"
    pages = _get(urljoin(endpoint_url, "/moto-api/data.json"))
    return "moto" if pages is not None and pages.status_code == _OK and pages.content.startswith(b"{") else None


def _get(url: str) -> "AWSResponse | None":
    session = URLLib3Session(timeout=TIMEOUT)
    try:
        return session.send(AWSRequest("GET", url).prepare())
    except BotoCoreError:
        return None
    finally:
        session.close()
