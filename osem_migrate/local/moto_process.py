"""The process of the moto engine: ``python -P moto_process.py DESCRIPTOR IDENTITY_PATH TOKEN``.

It is run by its path and imports nothing of this package. moto's own ``python -m moto.server`` is not used because it
loses committed writes under concurrent requests, logs every request, and lets any web page reset it.
"""

import copy
import json
import re
import socket
import sys
from collections import defaultdict
from collections.abc import Iterable
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SERVICES = frozenset({"dynamodb", "sts"})
SCOPE = re.compile(r"Credential=[^,]+/\d{8}/[^/,]+/([^/,]+)/aws4_request")


class QuietHandler(MotoRequestHandler):
    """Moto's handler without a line in the log for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


class SerialApplication:
    """A WSGI application with one request in it at a time, for signed calls of DynamoDB and STS only.

    moto changes its dictionaries without a lock, and a refused TransactWriteItems puts a copy of the whole table back,
    with it undoing what others wrote meanwhile. Unsigned requests are what web pages can send, such as moto's reset.

    Args:
        application: moto's.
        identity_path: where ``token`` is answered, to whoever asks.
        token: plain text.
    """

    def __init__(self, application: "WSGIApplication", identity_path: str, token: str) -> None:
        self._application = application
        self._identity_path = identity_path
        self._token = token
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        _read_body(environ)
        if environ["PATH_INFO"] == self._identity_path:
            return _answer(start_response, "200 OK", "text/plain", self._token)
        if environ["PATH_INFO"] != "/" or _service(environ) not in SERVICES:
            refusal = {
                "__type": "com.amazon.coral.service#UnknownOperationException",
                "message": "The local engine answers signed requests of DynamoDB and STS only.",
            }
            return _answer(start_response, "400 Bad Request", "application/x-amz-json-1.0", json.dumps(refusal))
        with self._lock:
            return [b"".join(self._application(environ, start_response))]


def _read_body(environ: "WSGIEnvironment") -> None:
    """Read the request before it waits for its turn, so that a slow sender holds up nobody."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and not environ.get("wsgi.input_terminated"):
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))


def _service(environ: "WSGIEnvironment") -> str | None:
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return scope and scope[1]


def _answer(start_response: "StartResponse", status: str, content_type: str, text: str) -> list[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def let_streams_change() -> None:
    """Let a stream be turned on again once it was turned off; moto takes one that ever was on for one that is."""
    original = Table.set_stream_specification

    def set_stream_specification(table: Table, streams: dict[str, Any] | None) -> None:
        original(table, streams)
        if not (table.stream_specification or {}).get("StreamEnabled"):
            table.latest_stream_label = None

    Table.set_stream_specification = set_stream_specification  # type: ignore[method-assign, assignment]


def let_tags_be_replaced() -> None:
    """Let a tag that is set again have its new value; moto keeps the old one too, and its pages never end then."""
    original = DynamoDBBackend.tag_resource

    def tag_resource(backend: DynamoDBBackend, arn: str, tags: dict[str, str]) -> None:
        backend.untag_resource(arn, list(tags))
        original(backend, arn, tags)

    DynamoDBBackend.tag_resource = tag_resource  # type: ignore[method-assign, assignment]


def let_copies_share_items() -> None:
    """Let a copy of a table have the same items, and an item that is updated be a new one.

    moto copies the whole table once for each action of a transaction, because it updates an item in place: a tenth of
    a second for every step of a pass once the history has a few hundred items.
    """
    update = DynamoDBBackend.update_item

    def update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *asked: Any, **named: Any) -> Item:
        item = backend.get_item(table_name, key)
        if item is not None:
            items: Any = backend.get_table(table_name).items
            if item.range_key is None:
                items[item.hash_key] = copy.deepcopy(item)
            else:
                items[item.hash_key][item.range_key] = copy.deepcopy(item)
        return update(backend, table_name, key, *asked, **named)

    def copied(table: Table, memo: dict[int, Any]) -> Table:
        items = {key: copy.copy(found) if table.has_range_key else found for key, found in table.items.items()}
        memo[id(table.items)] = defaultdict(dict, items)
        memo[id(table)] = result = object.__new__(type(table))
        vars(result).update(copy.deepcopy(vars(table), memo))
        return result

    DynamoDBBackend.update_item = update_item  # type: ignore[method-assign, assignment]
    Table.__deepcopy__ = copied  # type: ignore[attr-defined]


def main(descriptor: int, identity_path: str, token: str) -> None:
    """Serve on an inherited listening socket until the process is ended."""
    let_streams_change()
    let_tags_be_replaced()
    let_copies_share_items()
    listener = socket.socket(fileno=descriptor)
    host, port = listener.getsockname()
    application = SerialApplication(DomainDispatcherApplication(create_backend_app), identity_path, token)
    server = make_server(host, port, application, threaded=True, request_handler=QuietHandler, fd=descriptor)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
