"""moto as a server inside the test process: instant, forgiving, and emptied between tests."""

import copy
import io
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from moto import backends
from moto.core.serialize import XFormedAttributePicker
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import dynamodb_backends
from moto.server import ThreadedMotoServer
from werkzeug.exceptions import InternalServerError
from werkzeug.http import http_date
from werkzeug.test import run_wsgi_app

from osem_migrate.local.moto_process import let_copies_share_items
from tests.doubles.answer import RawAnswer

Contents = dict[tuple[str, str], Any]
"""Tables of moto's by name, of each account and region."""


@contextmanager
def running() -> Iterator[str]:
    """Serve on a free loopback port and give the endpoint URL; ended on leaving.

    Requests of this process are handed over without the socket: a connection and a thread for each of them are half of
    what moto takes. Other processes connect.
    """
    let_copies_share_items()
    modules = frozenset(backends.list_of_moto_modules())  # moto searches its 200 folders for every single request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with (
        mock.patch.object(backends, "list_of_moto_modules", return_value=modules),
        mock.patch.object(XFormedAttributePicker, "get_possible_keys", _worked_out_once()),
        # The calls that it knows of a service it looks up among all methods of a class, for every single request, too.
        mock.patch("moto.core.responses.method_names_from_class", cache(method_names_from_class)),
    ):
        server.start()
        host, port = server.get_host_and_port()
        endpoint_url = f"http://{host}:{port}"
        try:
            with mock.patch.object(URLLib3Session, "send", _handing_over(server, endpoint_url)):
                yield endpoint_url
        finally:
            server.stop()


def reset(endpoint_url: str) -> None:
    """Forget every table of every account."""
    request = urllib.request.Request(f"{endpoint_url}/moto-api/reset", method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - loopback


def contents() -> Contents:
    """Every table of every account with its items, as they are now."""
    return {
        (account, region): copy.deepcopy(backend.tables)
        for account, regions in dynamodb_backends.items()
        for region, backend in regions.items()
        if backend.tables
    }


def put_back(kept: Contents) -> None:
    """Let these be the tables that there are, whatever happens to them afterwards."""
    for regions in dynamodb_backends.values():
        for backend in regions.values():
            backend.tables = {}
    for (account, region), tables in kept.items():
        dynamodb_backends[account][region].tables = copy.deepcopy(tables)


def _worked_out_once() -> Any:
    """The names that a member of an answer may have in moto's own objects, which it works out anew for each value."""
    work_out = XFormedAttributePicker.get_possible_keys
    known: dict[tuple[type, str, Any], tuple[str, ...]] = {}

    def possible_keys(picker: XFormedAttributePicker, context: Any) -> tuple[str, ...]:
        asked = type(context.obj), context.key, context.shape
        if asked not in known:
            known[asked] = tuple(dict.fromkeys(work_out(picker, context)))
        return known[asked]

    return possible_keys


def _handing_over(server: ThreadedMotoServer, endpoint_url: str) -> Any:
    assert server._server is not None
    application, send, alone = server._server.app, URLLib3Session.send, threading.Lock()

    def hand_over(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if not request.url.startswith(f"{endpoint_url}/"):
            return send(session, request)
        with alone:  # moto is not made for two at once
            try:
                answer, status, headers = run_wsgi_app(application, _environ(request), buffered=True)
            except Exception:  # noqa: BLE001 - whatever it is, the server has this page for it
                answer, status, headers = run_wsgi_app(InternalServerError(), _environ(request), buffered=True)
        headers["Date"] = http_date()
        told: Any = headers  # any mapping without regard to case, as those of urllib3 are
        return AWSResponse(request.url, int(status.split()[0]), told, RawAnswer(b"".join(answer)))

    return hand_over


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """One request as a WSGI application is given it."""
    url, body = urlsplit(request.url), _bytes(request.body)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": _bytes(text).decode() for name, text in request.headers.items()
    }
    return headers | {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": url.path,
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _bytes(text: Any) -> bytes:
    return text.encode() if isinstance(text, str) else text or b""
