"""The door for answers: what it lets through, and what it says of the rest."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from osem_migrate.aws.answers import UnreadableAnswer
from osem_migrate.aws.failures.classify import door
from osem_migrate.aws.session import Session
from osem_migrate.errors import AnswerUnreadable, AwsError, ServiceFailed, Throttled
from tests.doubles.simulated_aws import _response

URL = "http://127.0.0.1:9"


def answered(body: bytes | dict[str, Any], status: int = 200, call: str = "query", **parameters: Any) -> Any:
    """What a call gives that is answered so, to every request."""
    client = Session.open(endpoint_url=URL).dynamodb()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(**_: object) -> Any:
        return _response(status, "application/x-amz-json-1.0", content)

    client.meta.events.register("before-send", answer)
    client.meta.events.register("needs-retry", lambda **_: None)
    with door(f"dynamodb:{call}"):
        return getattr(client, call)(**(parameters or {"TableName": "Teams"}))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"null", "it is no answer of the API in JSON but 4 bytes of application/x-amz-json-1.0"),
        (b'"text"', "but 6 bytes of"),
        (b"5", "but 1 bytes of"),
        (b"[" * 10_000 + b"]" * 10_000, "but 20,000 bytes of"),
        ('{"Items": []}'.encode("utf-16"), "but 28 bytes of"),
        (b"<!doctype html><title>Sign in</title>", "begins with '<!doctype html><title>Sign in"),
        (b"", "Items is missing"),
        (b"{}", "Items is missing"),
        ({"Items": None}, "Items is missing"),
        ({"Items": {}}, "Items is dict where list is promised"),
        ({"Items": [{"id": {"S": 5}}]}, "Items[0]['id'].S is int where string is promised"),
        ({"Items": [{"id": {}}]}, "Items[0]['id'] has 0 types where one is promised"),
        ({"Items": [{"id": {"S": "a", "N": "1"}}]}, "has 2 types"),
        ({"Items": [{"id": {"N": "NaN"}}]}, "Items[0]['id'] is no number of DynamoDB's"),
        ({"Items": [None]}, "Items[0] is NoneType where map is promised"),
        ({"Items": [], "Count": True}, "Count is bool where integer is promised"),
    ],
)
def test_what_is_not_of_the_promised_shape_is_told_with_place_and_endpoint(body: bytes, says: str) -> None:
    """Who answered, to which call, and what is wrong with it; the remedy is to look at the address."""
    with pytest.raises(AnswerUnreadable) as caught:
        answered(body)
    error = caught.value
    assert says in error.message
    assert error.message.startswith("dynamodb:query got an answer that cannot be read: HTTP status 200, ")
    assert (error.details["endpoint_url"], error.details["action"]) == (URL, "dynamodb:query")
    assert "address of DynamoDB" in error.remediation
    assert len(error.message) < 300


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("get_item", {"Key": {"id": {"S": "a"}}}),
        ("query", {}),
        ("scan", {}),
        ("put_item", {"Item": {"id": {"S": "a"}}}),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_nothing_of_an_item_is_in_the_message(call: str, parameters: dict[str, Any], status: int) -> None:
    """An answer that was cut off has the item in it, and so has a failed condition; messages end in logs."""
    body = b'{"Item": {"password": {"S": "hunter2"'
    with pytest.raises(AwsError, match="but 37 bytes of application/x-amz-json") as caught:
        answered(body, status, call, TableName="Teams", **parameters)
    assert "hunter2" not in str(caught.value.as_dict())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"[" * 10_000 + b"]" * 10_000, "begins with '[[["),
        ('{"TableNames": []}'.encode("utf-16"), r"begins with '\\xff\\xfe{"),
    ],
)
def test_who_answered_is_seen_by_the_beginning(body: bytes, says: str) -> None:
    """Of what holds no items."""
    with pytest.raises(AnswerUnreadable) as caught:
        answered(body, 200, "list_tables", Limit=1)
    assert says in caught.value.message


def test_what_is_of_the_promised_shape_goes_through() -> None:
    """Members and enum values that this version of the model does not know are nothing to complain of."""
    items = [{"id": {"S": "a"}, "n": {"N": "1E+2"}, "m": {"M": {"l": {"L": [{"NULL": True}]}}}, "b": {"B": "AAE="}}]
    assert len(answered({"Items": items, "New": 1})["Items"]) == 1
    described = {"Table": {"TableStatus": "RESTING", "CreationDateTime": 1.5e9, "ItemCount": 0, "New": {}}}
    assert answered(described, call="describe_table")["Table"]["TableStatus"] == "RESTING"
    assert (
        answered(b"", call="tag_resource", ResourceArn="a" * 20, Tags=[])["ResponseMetadata"]["HTTPStatusCode"] == 200
    )


def test_a_required_member_is_promised() -> None:
    """Of what the model requires, nothing may be missing, however deep."""
    with pytest.raises(AnswerUnreadable, match=r"Table\.KeySchema\[0\]\.KeyType is missing"):
        answered({"Table": {"KeySchema": [{"AttributeName": "id"}]}}, call="describe_table")


@pytest.mark.parametrize(
    "body", [b'{"__type": 5}', b"[]", b"null", b'{"__type": "ValidationException", "message": ["a"]}']
)
def test_a_refusal_that_cannot_be_read_is_told_as_that(body: bytes) -> None:
    """It says nothing of what was refused."""
    with pytest.raises(AnswerUnreadable, match="HTTP status 400"):
        answered(body, 400)


def test_reasons_that_cannot_be_read_are_told_as_that() -> None:
    """The members that the model gives to an error are promised, too."""
    body = {"__type": "x#TransactionCanceledException", "CancellationReasons": [None]}
    with pytest.raises(AnswerUnreadable, match=r"CancellationReasons\[0\] is NoneType"):
        answered(body, 400, "transact_write_items", TransactItems=[{}])


@pytest.mark.parametrize(("status", "kind"), [(503, ServiceFailed), (429, Throttled)])
def test_a_status_that_says_come_again_needs_no_body(
    status: int, kind: type[AwsError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A balancer or a proxy in between sends it with any text, and the SDK asks again."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with pytest.raises(kind) as caught:
        answered(b"[]", status)
    assert isinstance(caught.value.__cause__, ClientError)


def test_an_error_without_a_text_is_told_by_its_code() -> None:
    """Not every server has something to say."""
    with pytest.raises(AwsError) as caught:
        answered({"__type": "x#ResourceNotFoundException", "message": None}, 400)
    assert caught.value.code == "AWS_RESOURCE_NOT_FOUND"
    assert "None" not in caught.value.message


def test_no_credential_that_an_answer_repeats_comes_out() -> None:
    """Some servers answer with the request that they got."""
    error = UnreadableAnswer("x", "http://user:hunter2@127.0.0.1:9")
    with pytest.raises(AnswerUnreadable) as caught, door("dynamodb:Query"):
        raise error
    assert "hunter2" not in str(caught.value.as_dict())


PAGE = {
    "Items": [{"id": {"S": "a"}, "n": {"N": "1.50"}, "tags": {"SS": ["x"]}, "m": {"M": {"b": {"NULL": True}}}}],
    "Count": 1,
    "ScannedCount": 7,
    "ConsumedCapacity": {"TableName": "Teams", "CapacityUnits": 0.5},
    "LastEvaluatedKey": {"id": {"S": "a"}},
}
BINARIES = {
    "Items": [{"id": {"S": "a"}, "data": {"B": "AAE="}, "all": {"BS": ["AQ=="]}}],
    "Count": 1,
    "ScannedCount": 1,
}


def scanned(body: bytes | dict[str, Any], *, of_pass: bool, status: int = 200) -> Any:
    """What a page is that is read by a pass, or as any other call."""
    session = Session.open(endpoint_url=URL)
    client: Any = session.pass_client() if of_pass else session.dynamodb()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    client.meta.events.register("before-send", lambda **_: _response(status, "application/x-amz-json-1.0", content))
    with door("dynamodb:Scan"):
        found: dict[str, Any] = client.scan(TableName="Teams")
    for attempts in ("RetryAttempts", "MaxAttemptsReached"):
        found["ResponseMetadata"].pop(attempts, None)
    return found


@pytest.mark.parametrize("page", [PAGE, BINARIES], ids=["texts", "binaries"])
def test_a_page_of_a_pass_is_read_as_botocore_reads_it(page: dict[str, Any]) -> None:
    """Past its parser or not, binaries are bytes, and numbers are text."""
    found = scanned(page, of_pass=True)
    assert found == scanned(page, of_pass=False)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert found["Items"] == (
        PAGE["Items"] if page is PAGE else [{"id": {"S": "a"}, "data": {"B": b"\0\1"}, "all": {"BS": [b"\1"]}}]
    )


@pytest.mark.parametrize(
    "body", [b"null", b"5", b"{}", b'{"Items": null}', b'{"Items": [', b"<html>Sign in</html>", b""]
)
def test_a_page_of_a_pass_that_is_none_is_told(body: bytes) -> None:
    """Nothing is taken for an empty table that is not."""
    with pytest.raises(
        AnswerUnreadable, match=r"dynamodb:Scan got an answer that cannot be read: HTTP status 200, it is no"
    ):
        scanned(body, of_pass=True)


def test_a_refused_page_of_a_pass_is_a_refusal() -> None:
    """Its body has a code."""
    with pytest.raises(Throttled):
        scanned(
            {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"},
            of_pass=True,
            status=400,
        )
