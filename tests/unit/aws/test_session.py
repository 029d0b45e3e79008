"""Region, profile, endpoint and credentials, decided before any call."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from osem_migrate import errors
from osem_migrate.aws.lock import LEASE_SECONDS
from osem_migrate.aws.region import DEFAULT_REGION, RegionChoice
from osem_migrate.aws.session import LOCAL_ACCESS_KEY, CallLimits, Session

LOCAL = "http://127.0.0.1:9"
Files = Callable[..., None]


@pytest.fixture
def aws_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Write ~/.aws/config and ~/.aws/credentials of this test."""

    def write(*, config: str = "", credentials: str = "") -> None:
        for name, text in (("AWS_CONFIG_FILE", config), ("AWS_SHARED_CREDENTIALS_FILE", credentials)):
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            monkeypatch.setenv(name, str(path))

    return write


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """An access key in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return "AKIDEXAMPLE"


def access_key(session: Session) -> str:
    """The access key that the session's client signs with."""
    session.dynamodb()
    found = session._core.get_credentials()
    assert found is not None
    return str(found.access_key)


EVERYTHING = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}


@pytest.mark.parametrize(
    ("flag", "environ", "configured", "choice"),
    [
        ("eu-north-1", EVERYTHING, "eu-west-3", RegionChoice("eu-north-1", None)),
        (None, EVERYTHING, "eu-west-3", RegionChoice("eu-west-1", "AWS_REGION")),
        (None, {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-3", RegionChoice("eu-west-2", "AWS_DEFAULT_REGION")),
        (None, {"AWS_REGION": ""}, "eu-west-3", RegionChoice("eu-west-3", "the configuration")),
        (None, {}, None, RegionChoice("ap-south-1", "AWS profile 'default'")),
    ],
)
def test_the_region_is_the_first_that_is_set(
    flag: str | None, environ: dict[str, str], configured: str | None, choice: RegionChoice, aws_files: Files
) -> None:
    """Flag, variables, project, AWS files: in that order, and the source is known."""
    aws_files(config="[default]\nregion = ap-south-1\n")
    assert Session.open(region=flag, configured_region=configured, environ=environ).region == choice


def test_without_any_region_it_is_us_east_1() -> None:
    """The last resort is fixed and says so."""
    assert Session.open(environ={}).region == RegionChoice(DEFAULT_REGION, "default")


def test_the_region_of_a_profile_names_the_profile(aws_files: Files) -> None:
    """Who chose a region can be told from the session."""
    aws_files(config="[profile team]\nregion = ap-south-1\n")
    session = Session.open(profile="team", environ={})
    assert session.region == RegionChoice("ap-south-1", "AWS profile 'team'")
    assert session.profile == "team"


def test_the_client_calls_the_chosen_region(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION counts, although boto3 alone would not look at it."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    client = Session.open().dynamodb()
    assert client.meta.region_name == "eu-west-1"
    assert "eu-west-1" in client.meta.endpoint_url


@pytest.mark.parametrize("region", ["x y", "eu_west_1", "-", "https://eu-west-1"])
def test_a_malformed_region_is_refused(region: str) -> None:
    """What could be no region's name is refused before any call."""
    with pytest.raises(errors.RegionMissing) as caught:
        Session.open(region=region)
    assert region in caught.value.message


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt profile is refused, wherever it was chosen."""
    with pytest.raises(errors.ProfileUnknown, match="nope"):
        Session.open(profile="nope")
    monkeypatch.setenv("AWS_PROFILE", "nada")
    with pytest.raises(errors.ProfileUnknown, match="nada"):
        Session.open()


def test_an_unreadable_aws_file_is_named(aws_files: Files) -> None:
    """A syntax error in ~/.aws/config is not a traceback."""
    aws_files(config="[default\nregion")
    with pytest.raises(errors.AwsFilesInvalid, match="AWS_CONFIG_FILE"):
        Session.open()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_METADATA_SERVICE_TIMEOUT", "soon"),
        ("AWS_DEFAULTS_MODE", "wild"),
        ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "maybe"),
    ],
)
def test_an_unusable_aws_variable_is_named(name: str, value: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the SDK cannot use of its variables becomes one sentence with the value in it."""
    monkeypatch.setenv(name, value)
    with pytest.raises(errors.AwsFilesInvalid, match=value):
        Session.open().dynamodb()


def test_opening_needs_no_credentials() -> None:
    """A command may look at region and endpoint before it knows who it is."""
    assert Session.open().local is False


def test_missing_credentials_are_found_before_the_first_call() -> None:
    """On AWS nobody waits for a call to learn that there is no one to sign it."""
    with pytest.raises(errors.CredentialsMissing):
        Session.open().dynamodb()
    with pytest.raises(errors.CredentialsMissing):
        Session.open().identity()


def test_half_of_the_credentials_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without its secret is an error everywhere, since it was meant to be used."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    for endpoint_url in (None, LOCAL):
        with pytest.raises(errors.CredentialsPartial):
            Session.open(endpoint_url=endpoint_url).dynamodb()


def test_a_local_engine_needs_no_credentials() -> None:
    """On this machine fixed letters and digits do, as DynamoDB Local wants them."""
    session = Session.open(endpoint_url=LOCAL)
    assert session.local
    assert access_key(session) == LOCAL_ACCESS_KEY
    assert LOCAL_ACCESS_KEY.isalnum()


def test_a_local_engine_is_called_with_the_credentials_there_are(key: str) -> None:
    """DynamoDB Local keeps a database for each key, so tool and application must use the same."""
    assert access_key(Session.open(endpoint_url=LOCAL)) == key


def test_made_up_credentials_never_reach_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint elsewhere is not local, whatever it is called."""
    monkeypatch.setattr("osem_migrate.aws.session.recognise", lambda _url: None)
    with pytest.raises(errors.CredentialsMissing):
        Session.open(endpoint_url="http://localhost.example.com").dynamodb()


@pytest.mark.parametrize(
    ("url", "local", "answers", "expected"),
    [
        ("http://dynamodb-local:8000", None, "DynamoDB Local", True),
        ("http://dynamodb-local:8000", None, None, False),
        ("http://dynamodb-local:8000", True, None, True),
        ("http://dynamodb-local:8000", False, "DynamoDB Local", False),
        (LOCAL, False, "moto", False),
        (LOCAL, None, None, True),
        (None, True, None, False),
        (None, None, None, False),
    ],
)
def test_who_decides_that_an_endpoint_is_an_engine(
    monkeypatch: pytest.MonkeyPatch,
    url: str | None,
    local: bool | None,  # noqa: FBT001 - a case of the table
    answers: str | None,
    expected: bool,  # noqa: FBT001 - likewise
) -> None:
    """The configuration, then the address, then what answers there, which is asked once at most."""
    asked: list[str] = []

    def recognise(endpoint_url: str) -> str | None:
        asked.append(endpoint_url)
        return answers

    monkeypatch.setattr("osem_migrate.aws.session.recognise", recognise)
    session = Session.open(endpoint_url=url, local=local)
    assert [session.local, session.local] == [expected, expected]
    assert asked == ([url] if local is None and url not in {None, LOCAL} else [])


def test_an_expired_sign_in_does_not_keep_from_a_local_engine(aws_files: Files) -> None:
    """Credentials that would have to be fetched play no part on this machine."""
    aws_files(
        config="[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n"
    )
    assert access_key(Session.open(endpoint_url=LOCAL)) == LOCAL_ACCESS_KEY


def test_the_source_of_the_credentials(aws_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """In botocore's own word, and without a call; that there are none is found as ever."""
    with pytest.raises(errors.CredentialsMissing):
        Session.open().credentials_source()
    assert Session.open(endpoint_url="http://localhost:8000").credentials_source() == "explicit"
    aws_files(credentials="[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    assert Session.open().credentials_source() == "shared-credentials-file"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    assert Session.open().credentials_source() == "env"


def test_the_credentials_of_a_profile_are_used(aws_files: Files, key: str) -> None:
    """A profile that was named goes before the variables of the process."""
    aws_files(credentials="[team]\naws_access_key_id = AKIDTEAM\naws_secret_access_key = s\n")
    assert access_key(Session.open(profile="team")) == "AKIDTEAM"


@pytest.mark.parametrize("endpoint_url", ["localhost:8000", "foo", "http://local host"])
def test_an_endpoint_that_is_no_url_is_refused(endpoint_url: str) -> None:
    """A forgotten http:// is found before any call."""
    with pytest.raises(errors.EndpointInvalid):
        Session.open(endpoint_url=endpoint_url)


def test_an_endpoint_configured_for_the_sdk_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK would call this machine, the session knows that it is local; a flag goes before."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", LOCAL)
    session = Session.open()
    assert (session.endpoint_url, session.local) == (LOCAL, True)
    assert session.dynamodb().meta.endpoint_url == LOCAL
    assert Session.open(endpoint_url="http://127.0.0.1:10").endpoint_url == "http://127.0.0.1:10"


def test_attempts_and_timeouts_are_ours(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no version of botocore decides how long a call may take."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "77")
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    config = Session.open(limits=CallLimits(connections=7)).dynamodb().meta.config
    assert isinstance(config, Config)
    settings = vars(config)
    assert settings["retries"] == {"mode": "standard", "total_max_attempts": 4}
    assert (settings["connect_timeout"], settings["read_timeout"]) == (5.0, 20.0)
    assert settings["max_pool_connections"] == 7
    assert "osem-migrate" in settings["user_agent"]


def test_a_heartbeat_is_given_up_before_a_lease_is_over(key: str) -> None:
    """So that another can be sent: each is one request, of which two fit into a lease."""
    config: Any = Session.open(endpoint_url="http://127.0.0.1:9").heartbeat_client().meta.config
    assert config.retries["total_max_attempts"] == 1
    assert 2 * (config.connect_timeout + config.read_timeout) < LEASE_SECONDS


def test_identity_is_asked_of_the_region_with_short_timeouts(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """STS of the region answers, even where the AWS files still say that the global one should."""
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    client = Session.open(region="us-west-2")._sts()
    settings = vars(client.meta.config)
    assert client.meta.endpoint_url == "https://sts.us-west-2.amazonaws.com"
    assert settings["retries"] == {"mode": "standard", "total_max_attempts": 2}
    assert (settings["connect_timeout"], settings["read_timeout"]) == (5.0, 5.0)


def test_an_endpoint_of_dynamodb_is_none_of_sts(key: str) -> None:
    """A VPC endpoint of DynamoDB cannot say who we are; an engine on this machine must be asked instead of AWS."""
    remote = Session.open(region="us-west-2", endpoint_url="https://vpce-1.dynamodb.us-west-2.vpce.amazonaws.com")
    assert remote._sts().meta.endpoint_url == "https://sts.us-west-2.amazonaws.com"
    assert Session.open(endpoint_url=LOCAL)._sts().meta.endpoint_url == LOCAL


def test_autoscaling_is_asked_of_aws_with_short_timeouts(key: str) -> None:
    """The endpoint of DynamoDB is none of its, and what is beside the tables may hold nothing up."""
    client = Session.open(region="eu-west-1", endpoint_url="http://dynamodb.example.com:8000").autoscaling()
    assert client.meta.endpoint_url == "https://application-autoscaling.eu-west-1.amazonaws.com"
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (5.0, 5.0)
    assert client.meta.config.retries["total_max_attempts"] == 2


def test_there_is_one_client_for_all_threads(key: str) -> None:
    """Lanes that ask at the same time share one client and its connections."""
    session = Session.open()
    gate = threading.Barrier(4)
    clients: set[int] = set()

    def ask() -> None:
        gate.wait()
        clients.add(id(session.dynamodb()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clients == {id(session.dynamodb())}


def test_the_narrow_loader_finds_what_boto3_finds(key: str) -> None:
    """The shortcut through the service files leaves the client as boto3 would make it."""
    ours = Session.open(region="eu-west-1").dynamodb()
    theirs = boto3.Session().client("dynamodb", region_name="eu-west-1")
    assert ours.meta.service_model.api_version == theirs.meta.service_model.api_version
    assert ours.meta.endpoint_url == theirs.meta.endpoint_url
    assert set(dir(ours)) == set(dir(theirs))


@pytest.mark.parametrize(
    "given",
    [
        {"AWS_ACCESS_KEY_ID": "http://u:p@h"},
        {"AWS_ACCESS_KEY_ID": "AKID EXAMPLE"},
        {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE,x"},
        {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE\n"},
        {"AWS_ACCESS_KEY_ID": "AKIDÉXAMPLE"},
        {"AWS_SESSION_TOKEN": "token\nx"},
        {"AWS_SESSION_TOKEN": "tokén"},
    ],
)
@pytest.mark.parametrize("endpoint_url", [LOCAL, None])
def test_credentials_that_no_request_can_carry_are_refused_before_one_is_sent(
    key: str, given: dict[str, str], endpoint_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulator took the signature apart at the wrong slash and answered for another service; no key is shown."""
    (name, text), *_ = given.items()
    monkeypatch.setenv(name, text)
    with pytest.raises(errors.CredentialsInvalid) as caught:
        Session.open(endpoint_url=endpoint_url).dynamodb()
    assert name in caught.value.remediation
    assert text not in str(caught.value.as_dict())


@pytest.mark.parametrize("text", ["test-key", "AKIAIOSFODNN7EXAMPLE", "a", "~!@$%^&*()_+="])
def test_a_key_of_an_emulator_may_look_otherwise(key: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what breaks a signature is refused here; the rest is for who gets it to judge."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", text)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "FwoGZXIvYXdzEBYaDH//+==")
    assert access_key(Session.open(endpoint_url=LOCAL)) == text
