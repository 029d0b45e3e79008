"""The door for answers: what is not of the shape that the service's model promises goes no further than the parser.

botocore parses what it is given and checks nothing. A server that is not DynamoDB, or a proxy that answers instead of
it, may send anything.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import ResponseParserError, ResponseParserFactory

PROMISED: Mapping[str, tuple[str, ...]] = {
    "DescribeContinuousBackupsOutput": ("ContinuousBackupsDescription",),
    "DescribeKeyResponse": ("KeyMetadata",),
    "DescribeScalableTargetsResponse": ("ScalableTargets",),
    "DescribeTableOutput": ("Table",),
    "DescribeTimeToLiveOutput": ("TimeToLiveDescription",),
    "GetCallerIdentityResponse": ("Account", "Arn"),
    "ListTablesOutput": ("TableNames",),
    "QueryOutput": ("Items",),
    "ScanOutput": ("Items",),
}
"""Members that the API references show in every answer, and the models call optional, by the name of their shape."""

ITEM_ANSWERS = frozenset(
    f"{call}Output"
    for call in (
        *("BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement"),
        *("ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems"),
        "UpdateItem",
    )
)
"""The shapes that carry items. To compare megabytes of them with the model takes as long as to read them."""

DIRECT_ANSWERS = frozenset({"ScanOutput"})
"""Those that are read as the JSON that they are, where they hold no binaries: botocore's parser looks every value up in
the model, and takes ten times as long for the same."""
_BINARIES = (b'"B"', b'"BS"')

_REDIRECTION = 301  # from this status on, botocore takes an answer for an error
_SHOWN = 60  # bytes
_PAGE = b"<"
_LATER = frozenset({429, 502, 503, 504})  # these say enough without a body, and whoever retries has to see them

_NUMBERS: dict[str, tuple[type, ...]] = dict.fromkeys(("integer", "long"), (int,)) | dict.fromkeys(
    ("float", "double"), (int, float)
)
# As JSON has them; what is sent as XML is of the right type or is not parsed.
_TYPES: dict[str, tuple[type, ...]] = {
    **_NUMBERS,
    "blob": (str,),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "string": (str,),
    "structure": (dict,),
    "timestamp": (int, float, str),
}
_COMPOUND = frozenset({"list", "map", "structure"})


class UnreadableAnswer(ResponseParserError):
    """An answer that is not of the shape its model promises; raised out of a call of botocore's.

    Attributes:
        endpoint: where it came from.
    """

    def __init__(self, what: str, endpoint: str | None) -> None:
        super().__init__(what)
        self.endpoint = endpoint


class AnswerParsers(ResponseParserFactory):
    """Makes botocore's parsers of one client, each held to the model.

    Args:
        unread: the shapes of which is only seen that the answer is an object at all, and not the page of a proxy,
            which botocore would take for an item that does not exist.
        direct: the shapes that are read past botocore's parser, where nothing in them needs it.

    Attributes:
        endpoint: of the client, for messages; known once there is a client.
    """

    endpoint: str | None = None

    def __init__(self, unread: Collection[str] = (), direct: Collection[str] = ()) -> None:
        super().__init__()
        self.unread = unread
        self.direct = direct

    def create_parser(self, protocol_name: str) -> Any:
        """The parser of a protocol; what it cannot read raises UnreadableAnswer."""
        return _CheckedParser(super().create_parser(protocol_name).parse, self, is_json="json" in protocol_name)


class _CheckedParser:
    """What botocore's endpoint asks of a parser: ``parse``."""

    def __init__(self, parse: Callable[..., Any], parsers: AnswerParsers, *, is_json: bool) -> None:
        self._parse = parse
        self._parsers = parsers
        self._is_json = is_json

    def parse(self, response: Mapping[str, Any], shape: Shape | None) -> Any:
        """The answer as a dictionary; raises UnreadableAnswer."""
        status: int = response["status_code"]
        try:
            parsed = self._read(response, shape)
            mistake = next(self._mistakes(parsed, response, shape), None)
        except Exception:  # noqa: BLE001 - the parsers take for granted what they are given, and fail in many ways
            parsed, mistake = None, self._foreign(response, shape)
        if mistake is None:
            return parsed
        if status in _LATER:
            return {"Error": {"Code": str(status), "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise UnreadableAnswer(f"HTTP status {status}, {mistake}", self._parsers.endpoint)

    def _read(self, response: Mapping[str, Any], shape: Shape | None) -> Any:
        """As botocore would; raises in as many ways, where it is no answer."""
        body: bytes = response["body"]
        if (
            shape is None
            or shape.name not in self._parsers.direct
            or response["status_code"] >= _REDIRECTION
            or any(mark in body for mark in _BINARIES)
        ):
            return self._parse(response, shape)
        found: dict[str, Any] = json.loads(body)
        lacking = [member for member in PROMISED.get(shape.name, ()) if found.get(member) is None]
        if lacking:
            raise ValueError(lacking)
        return {**self._parse({**response, "body": b"{}"}, shape), **found}

    def _mistakes(self, parsed: Any, response: Mapping[str, Any], shape: Shape | None) -> Iterator[str]:
        """What is wrong with an answer, the first thing first."""
        if "Error" in parsed:
            texts = (parsed["Error"].get(member) for member in ("Code", "Message"))
            if not all(text is None or isinstance(text, str) for text in texts):
                yield "the error's code and message are no texts"
            elif _carries_items(shape) and parsed["Error"].get("Message") and not _is_json(response["body"]):
                # botocore takes the whole body for the message.
                parsed["Error"]["Message"] = self._foreign(response, shape)
            return
        if shape is not None and shape.name in self._parsers.unread:
            # botocore finds nothing in what is no JSON; where it found something, that was an object.
            if parsed.keys() <= {"ResponseMetadata"} and not isinstance(json.loads(response["body"]), dict):
                yield self._foreign(response, shape)
            return
        # As it was sent: botocore takes what is no JSON for an empty object, and a text for a list of its letters.
        sent = json.loads(response["body"] or b"{}") if self._is_json else parsed
        if not isinstance(sent, dict):
            yield self._foreign(response, shape)
        elif shape is not None:
            different = _difference(sent, shape)
            if different is not None:
                way, what = different
                yield f"{way.removeprefix('.') or 'it'} {what}"

    def _foreign(self, response: Mapping[str, Any], shape: Shape | None) -> str:
        """What an answer is that no parser makes sense of: its beginning shows who sent it, unless that is an item."""
        body: bytes = response["body"]
        what = f"it is no answer of the API in {'JSON' if self._is_json else 'XML'} but"
        if _carries_items(shape) and not body.lstrip().startswith(_PAGE):
            return f"{what} {len(body):,} bytes of {response.get('headers', {}).get('content-type', 'unknown type')}"
        return f"{what} begins with {body[:_SHOWN].decode('utf-8', 'backslashreplace')!r}"


def _carries_items(shape: Shape | None) -> bool:
    return shape is not None and shape.name in ITEM_ANSWERS


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _difference(value: Any, shape: Shape) -> tuple[str, str] | None:
    """The first place where a value is not of its shape, as the way to it, and what is wrong there."""
    kind = shape.type_name
    expected = _TYPES.get(kind)
    if expected is not None and (not isinstance(value, expected) or (isinstance(value, bool) and kind in _NUMBERS)):
        return "", f"is {type(value).__name__} where {kind} is promised"
    if kind not in _COMPOUND:
        return None
    if isinstance(shape, StructureShape):
        lacking = next(_lacking(value, shape), None)
        if lacking is not None:
            return lacking
    for place, part, part_shape in _parts(value, shape):
        found = _difference(part, part_shape)
        if found is not None:
            way, what = found
            return (f".{place}{way}" if kind == "structure" else f"[{place!r}]{way}"), what
    return None


def _parts(value: Any, shape: Shape) -> Iterable[tuple[str | int, Any, Shape]]:
    """What a value consists of: the name or the position of each part, the part, and its shape."""
    if isinstance(shape, StructureShape):
        members = shape.members
        return [(name, part, members[name]) for name, part in value.items() if name in members and part is not None]
    if isinstance(shape, ListShape):
        return [(position, item, shape.member) for position, item in enumerate(value)]
    if isinstance(shape, MapShape):
        return [(key, item, shape.value) for key, item in value.items()]
    return ()


def _lacking(value: Mapping[str, Any], shape: StructureShape) -> Iterator[tuple[str, str]]:
    for name in (*shape.required_members, *PROMISED.get(shape.name, ())):
        if value.get(name) is None:
            yield f".{name}", "is missing"
    if shape.name == "AttributeValue":
        yield from (("", what) for what in _undefined(value))


def _undefined(value: Mapping[str, Any]) -> Iterator[str]:
    """What makes an attribute's value none: it has one type, and its numbers are numbers."""
    if len(value) != 1:
        yield f"has {len(value)} types where one is promised"
    for number in (*([value["N"]] if "N" in value else ()), *value.get("NS", ())):
        if not Decimal(number).is_finite():
            yield "is no number of DynamoDB's"
