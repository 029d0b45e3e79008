"""One table as an application uses it, at moto."""

import copy
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osem_migrate import access
from osem_migrate.access import DynamoDBClient
from osem_migrate.advice import in_library
from osem_migrate.aws.session import Session
from osem_migrate.errors import (
    ArgumentInvalid,
    AwsError,
    ConditionFailed,
    CredentialsMissing,
    EndpointInvalid,
    ProfileUnknown,
    RegionMissing,
    RequestInvalid,
    ResourceNotFound,
)
from tests.unit.access.conftest import REGION

NOWHERE = "http://127.0.0.1:9"
ITEM = {"day": "2026-11-28", "id": "a"}


def test_nothing_happens_before_the_first_use() -> None:
    """Neither a call nor a look at credentials, profile, region and endpoint: it may be made while a module loads."""
    DynamoDBClient("Digests", region="no region", profile="nobody", endpoint_url="no url").close()


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        ({}, CredentialsMissing),
        ({"region": "no region"}, RegionMissing),
        ({"profile": "nobody"}, ProfileUnknown),
        ({"endpoint_url": "localhost:8000"}, EndpointInvalid),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.table,
        lambda client: client.client,
        lambda client: client.test_connection(),
        lambda client: DynamoDBClient("Digests", **client.chosen, validate=True),
    ],
    ids=["table", "client", "test_connection", "validate"],
)
def test_what_is_wrong_with_the_way_there_is_an_error_of_ours_at_the_first_use(
    chosen: dict[str, str], error: type[AwsError], use: Callable[[Any], object]
) -> None:
    """Credentials, region, profile and endpoint each have their error, with what to do."""

    class Chosen(DynamoDBClient):
        def __init__(self) -> None:
            super().__init__("Digests", **chosen)  # type: ignore[arg-type]
            self.chosen = chosen

    with pytest.raises(error) as caught:
        use(Chosen())
    assert caught.value.remediation


def test_the_description_is_what_dynamodb_says(table: str) -> None:
    """``test_connection`` gives the member Table of DescribeTable, as it stands."""
    described = boto3.client("dynamodb", region_name=REGION).describe_table(TableName=table)["Table"]
    assert DynamoDBClient(table).test_connection() == described
    assert described["TableStatus"] == "ACTIVE"


def test_a_table_that_is_not_there_is_said_with_a_remedy(table: str) -> None:
    """Validating finds it at once; without that, the first test of the connection does."""
    with pytest.raises(ResourceNotFound) as caught:
        DynamoDBClient("Nothing", validate=True)
    assert "Nothing" in caught.value.message
    assert caught.value.code == "AWS_RESOURCE_NOT_FOUND"
    assert caught.value.remediation == (
        "Check the name of the table, the region and the endpoint. "
        "The tables of an environment are created with: migrator.upgrade()"
    )
    assert DynamoDBClient("Nothing").table_name == "Nothing"
    assert DynamoDBClient(table, validate=True).table_name == table


def test_items_are_written_and_read_as_with_boto3(table: str) -> None:
    """The table takes values of Python and the client typed ones, of the same items."""
    client = DynamoDBClient(table)
    client.table.put_item(Item={**ITEM, "tags": {"b", "a"}, "title": "Füße ✓", "note": ""})
    assert client.table.get_item(Key=ITEM)["Item"] == {**ITEM, "tags": {"a", "b"}, "title": "Füße ✓", "note": ""}
    found = client.client.query(
        TableName=table, KeyConditionExpression="#day = :day", ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": {"S": ITEM["day"]}},
    )  # fmt: skip
    assert [item["title"] for item in found["Items"]] == [{"S": "Füße ✓"}]


def test_it_is_made_to_be_derived_from(table: str) -> None:
    """An application adds its own methods, and arguments of its own."""

    class Digests(DynamoDBClient):
        def __init__(self, env: str) -> None:
            super().__init__(table)
            self.env = env

        def of(self, day: str) -> list[dict[str, Any]]:
            with self.calling("Query"):
                return self.table.query(KeyConditionExpression=Key("day").eq(day))["Items"]

    digests = Digests("dev")
    digests.table.put_item(Item=ITEM)
    assert (digests.of(ITEM["day"]), digests.of("2026-11-29")) == ([ITEM], [])
    assert repr(digests) == "<Digests Digests>"


def test_the_region_of_the_argument_goes_before_that_of_the_environment(table: str) -> None:
    """AWS_REGION counts, which boto3 alone ignores; an argument counts more."""
    assert DynamoDBClient(table).client.meta.region_name == REGION
    assert DynamoDBClient(table).table.meta.client.meta.region_name == REGION
    assert DynamoDBClient(table, region="us-west-2").client.meta.region_name == "us-west-2"


@pytest.mark.parametrize(
    ("environ", "argument", "expected"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, None, "http://127.0.0.1:1"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://localhost:2"},
            None,
            "http://localhost:2",
        ),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://localhost:2"}, NOWHERE, NOWHERE),
    ],
)
def test_the_variables_of_localstack_lead_there(
    environ: dict[str, str], argument: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word in the application, and without credentials; an argument counts more."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    client = DynamoDBClient("Digests", endpoint_url=argument)
    assert client.client.meta.endpoint_url == expected
    assert client.table.meta.client.meta.endpoint_url == expected


def test_the_profile_decides_on_region_and_credentials(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile of the argument, whatever AWS_PROFILE says."""
    files = {
        "AWS_CONFIG_FILE": "[profile team]\nregion = ap-south-1\n[profile other]\nregion = eu-west-3\n",
        "AWS_SHARED_CREDENTIALS_FILE": "[team]\naws_access_key_id = AKIDTEAM\naws_secret_access_key = s\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_PROFILE", "other")
    client = DynamoDBClient("Digests", profile="team").client
    assert client.meta.region_name == "ap-south-1"
    assert client._request_signer._credentials.access_key == "AKIDTEAM"  # type: ignore[attr-defined]


def test_how_often_a_call_is_tried_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four requests unless the application chooses; no variable of the SDK changes it."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "77")
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    unsaid = DynamoDBClient("Digests", endpoint_url=NOWHERE)
    for client, expected in ((unsaid, 4), (DynamoDBClient("Digests", endpoint_url=NOWHERE, attempts=2), 2)):
        for made in (client.client, client.table.meta.client):
            assert vars(made.meta.config)["retries"] == {"mode": "standard", "total_max_attempts": expected}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"table": None}, "table takes a text, not None"),
        ({"table": ""}, "table takes the name of a table, not ''"),
        ({"region": 1}, "region takes a text or None, such as '1', not 1"),
        ({"endpoint_url": b"x"}, "endpoint_url takes a text or None, not a bytes"),
        ({"profile": ["a"]}, "profile takes a text or None, not ['a']"),
        ({"validate": "yes"}, "validate takes True or False, not the text 'yes'"),
        ({"attempts": True}, "attempts takes a whole number, not True"),
        ({"attempts": 0}, "attempts takes 1 or more, not 0"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], says: str) -> None:
    """At once, and in the words of the caller: a table's variable that is not set is None."""
    with pytest.raises(ArgumentInvalid) as caught:
        DynamoDBClient(**{"table": "Digests", **arguments})
    assert caught.value.message == f"DynamoDBClient: {says}"
    assert caught.value.details == {"argument": next(iter(arguments))}
    assert "help(DynamoDBClient)" in caught.value.remediation


def test_threads_share_the_client_and_each_has_its_table(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's clients serve all threads, its resources one each; the first use may be of many threads at once."""
    make = Session.item_client

    def make_slowly(session: Session) -> Any:
        time.sleep(0.05)  # in which all the other threads find that there is none yet
        return make(session)

    monkeypatch.setattr(Session, "item_client", make_slowly)
    client = DynamoDBClient(table)
    gate = threading.Barrier(8)
    clients: list[object] = []
    tables: list[object] = []

    def use(number: int) -> None:
        gate.wait()
        clients.append(client.client)
        own = client.table
        tables.append(own)
        client.table.put_item(Item={"day": "today", "id": str(number)})
        assert client.table is own

    threads = [threading.Thread(target=use, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, clients))) == 1
    assert len(set(map(id, tables))) == 8
    assert len({id(one.meta.client) for one in tables}) == 1  # type: ignore[attr-defined]
    assert client.table.scan()["Count"] == 8


def test_closing_ends_what_is_open_and_the_next_use_begins_anew(table: str) -> None:
    """A block that is left closes; what is closed twice or never used is closed all the same."""
    with DynamoDBClient(table) as client:
        before = (client.client, client.table)
        client.table.put_item(Item=ITEM)
    client.close()
    assert client.table.get_item(Key=ITEM)["Item"] == ITEM
    assert client.client is not before[0]
    assert client.table is not before[1]


def test_a_forked_process_opens_connections_of_its_own(table: str) -> None:
    """Two processes that write into one connection would get each other's answers."""
    client = DynamoDBClient(table)
    opened, resource = client.client, client.table
    child = os.fork()
    if child == 0:  # pragma: no cover - coverage does not see it
        os._exit(0 if client.client is not opened and client.table is not resource else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.client is opened


@pytest.mark.parametrize("copied", [lambda made: pickle.loads(pickle.dumps(made)), copy.deepcopy])  # noqa: S301 - our own
def test_a_copy_is_one_for_another_process(table: str, copied: Callable[[Any], Any]) -> None:
    """It has what was chosen, and opens connections of its own: as the argument of a worker, whether used or not."""
    client = DynamoDBClient(table, region=REGION, attempts=2)
    client.table.put_item(Item={"day": "1", "id": "a"})
    other = copied(client)
    assert other.table.get_item(Key={"day": "1", "id": "a"})["Item"] == {"day": "1", "id": "a"}
    assert (other.client.meta.region_name, other.client is client.client) == (REGION, False)
    assert other.client.meta.config.retries["total_max_attempts"] == 2


def test_a_refusal_has_a_remedy_for_applications(table: str) -> None:
    """Inside ``calling`` a condition that does not hold is ConditionFailed; what is not AWS's passes untouched."""
    client = DynamoDBClient(table)
    client.table.put_item(Item=ITEM)
    condition = "attribute_not_exists(id)"
    with pytest.raises(ClientError):
        client.table.put_item(Item=ITEM, ConditionExpression=condition)
    with pytest.raises(ConditionFailed) as caught, client.calling("PutItem"):
        client.table.put_item(Item=ITEM, ConditionExpression=condition)
    assert caught.value.details["action"] == "dynamodb:PutItem"
    assert caught.value.remediation == "Read the item again, then decide whether it is still to be written."
    with pytest.raises(RequestInvalid) as refused, client.calling("PutItem"):
        client.table.put_item(Item={"day": "x"})
    assert refused.value.remediation == "Correct the call as the message says."
    with pytest.raises(KeyError), client.calling("PutItem"):
        raise KeyError("ours")


def test_a_remedy_of_one_refusal_stays(table: str) -> None:
    """Where a refusal has a remedy of its own, it is not replaced by that of its class."""
    client = DynamoDBClient(table)
    answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
    with pytest.raises(AwsError) as caught, client.calling("PutItem"):
        raise ClientError(answer, "PutItem")
    assert caught.value.remediation.startswith("Grant dynamodb:PutItem on Digests to ")


def test_attempts_and_outcomes_are_logged(table: str, caplog: pytest.LogCaptureFixture) -> None:
    """Connecting and its outcome for people, every call for those who debug; a refusal is seen at INFO."""
    caplog.set_level(logging.DEBUG, "osem_migrate.access")
    client = DynamoDBClient(table)
    client.test_connection()
    client.table.put_item(Item=ITEM)
    with pytest.raises(ClientError):
        client.table.put_item(Item=ITEM, ConditionExpression="attribute_not_exists(id)")
    with pytest.raises(ResourceNotFound):
        DynamoDBClient("Nothing", validate=True)
    mine = [record for record in caplog.records if record.name == "osem_migrate.access"]
    told = [(record.levelname, record.getMessage().split(" after ")[0]) for record in mine]
    assert told[:-1] == [
        ("INFO", "Connecting to table Digests"),
        ("DEBUG", "dynamodb:DescribeTable on Digests: ok"),
        ("INFO", "Connected to table Digests at eu-west-1"),
        ("DEBUG", "dynamodb:PutItem on Digests: ok"),
        ("INFO", "dynamodb:PutItem on Digests: ConditionalCheckFailedException"),
        ("INFO", "Connecting to table Nothing"),
        ("INFO", "dynamodb:DescribeTable on Nothing: ResourceNotFoundException"),
    ]
    level, text = told[-1]
    assert (level, text.startswith("No connection to table Nothing: ")) == ("WARNING", True)
    assert text.endswith("(AWS_RESOURCE_NOT_FOUND)")
    assert mine[2].getMessage().endswith(" ms: it is ACTIVE")
    assert mine[3].getMessage().endswith(" ms, 1 request")


def test_a_client_loads_only_what_it_needs() -> None:
    """An application that connects pays for boto3, and not for pydantic, which declares what migrations build."""
    script = (
        "import sys; from osem_migrate.access import DynamoDBClient;"
        f"DynamoDBClient('T', endpoint_url={NOWHERE!r}).client;"
        "print(sorted({'boto3', 'pydantic', 'click', 'yoyo', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['boto3']\n", "")


def test_nothing_is_printed_where_nobody_listens(table: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A library has no log of its own: without a handler of the application nothing reaches its screen."""
    logger = logging.getLogger("osem_migrate.access")
    logger.propagate = False
    try:
        with pytest.raises(ResourceNotFound):
            DynamoDBClient("Nothing", validate=True)
    finally:
        logger.propagate = True
    assert capfd.readouterr() == ("", "")


# What a URL may hold between "://" and the host, and what people put there although it may not.
PASSWORDS = st.text(st.sampled_from("abcXYZ019-._~!$&'()*+,;=:@/%"), min_size=4, max_size=30).map("Pw0rd{}".format)
KEYS = st.text(st.sampled_from("abcdefXYZ0189+/"), min_size=40, max_size=40)


@given(password=PASSWORDS, key=KEYS, content=st.text(st.sampled_from("abcdef"), min_size=12, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_no_secret_reaches_a_log_or_a_message(
    password: str, key: str, content: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the password of an endpoint, nor a secret key, nor what is in an item."""
    caplog.set_level(logging.DEBUG, "osem_migrate.access")
    caplog.clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key)
    client = DynamoDBClient("Digests", endpoint_url=f"http://me:{password}@127.0.0.1:9", attempts=1)
    said = [repr(client)]
    for use in (client.test_connection, lambda: client.table.put_item(Item={**ITEM, "text": content})):
        with pytest.raises(AwsError) as caught, client.calling("PutItem"):
            use()
        said += [str(caught.value.as_dict()), in_library(caught.value.advice)]
    said += [record.getMessage() for record in caplog.records if record.name == "osem_migrate.access"]
    for secret in (password, key, content, "AKIAIOSFODNN7EXAMPLE"):
        assert [text for text in said if secret in text] == []


def test_what_is_public_can_be_listed() -> None:
    """A star brings the public names, ``dir`` shows them, and another name is an AttributeError."""
    assert "DynamoDBClient" in access.__all__  # type: ignore[attr-defined]
    assert {*access.__all__} <= {*dir(access)}  # type: ignore[attr-defined]
    assert [name for name in access.__all__ if not hasattr(access, name)] == []  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Nothing"):
        access.Nothing  # type: ignore[attr-defined] # noqa: B018
