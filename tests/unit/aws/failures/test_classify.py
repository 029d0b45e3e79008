"""The door between botocore's errors and ours."""

import json
from typing import Any

import botocore.session
import pytest
from botocore import exceptions as sdk
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from osem_migrate import errors
from osem_migrate.aws.failures.classify import Failure, Verdict, classify, door, translate
from osem_migrate.aws.failures.sdk import COMPLAINTS
from osem_migrate.aws.failures.service import ANSWERS
from osem_migrate.errors import AwsError

TABLE = "osem-dev-Teams"
USER = "arn:aws:sts::123456789012:assumed-role/deploy/ci"
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}"
WAIT, DESCRIBE, UNSUPPORTED, GIVE_UP = Verdict
IN_USE = "Attempt to change a resource which is still in use: "
LIMIT = "Subscriber limit exceeded: "
WRONG = "One or more parameter values were invalid: "
PAGE = "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>"


CALLS = (
    *("CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "ListTables", "DescribeLimits"),
    *("UpdateTimeToLive", "DescribeTimeToLive", "UpdateContinuousBackups", "DescribeContinuousBackups"),
    *("TagResource", "UntagResource", "ListTagsOfResource"),
    *("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchWriteItem", "TransactWriteItems"),
)


def refused(code: str, text: str = "", *, status: int = 400, **more: Any) -> ClientError:
    """What botocore raises for an answer of the service."""
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "REQ1"},
        **more,
    }
    return ClientError(response, "UpdateTable")  # type: ignore[arg-type]


def judged(exception: Exception, call: str = "UpdateTable") -> Failure:
    """The classification of ``exception`` as the answer to ``call``."""
    return classify(exception, action=f"dynamodb:{call}", resource=TABLE)


@pytest.mark.parametrize(
    ("code", "text", "kind", "verdict"),
    [
        ("ExpiredTokenException", "The security token included is expired", errors.CredentialsExpired, GIVE_UP),
        ("ExpiredToken", "The security token included is expired", errors.CredentialsExpired, GIVE_UP),
        ("RequestExpired", "Request has expired", errors.CredentialsExpired, GIVE_UP),
        ("UnrecognizedClientException", "The security token is invalid", errors.CredentialsInvalid, GIVE_UP),
        ("InvalidClientTokenId", "The security token is invalid", errors.CredentialsInvalid, GIVE_UP),
        ("MissingAuthenticationTokenException", "Missing token", errors.CredentialsMissing, GIVE_UP),
        ("InvalidSignatureException", "The request signature does not match", errors.SignatureInvalid, GIVE_UP),
        ("SignatureDoesNotMatch", "Signature expired: 20261120T1 is now earlier", errors.ClockSkewed, GIVE_UP),
        ("InvalidSignatureException", "Signature not yet current: 2026", errors.ClockSkewed, GIVE_UP),
        ("AccessDeniedException", "access denied", errors.AccessDenied, GIVE_UP),
        ("ThrottlingException", "Rate exceeded", errors.Throttled, WAIT),
        ("ThrottlingException", "The rate of control plane requests is too high", errors.Throttled, WAIT),
        ("ProvisionedThroughputExceededException", "slow", errors.Throttled, WAIT),
        ("RequestLimitExceeded", "slow", errors.Throttled, WAIT),
        ("LimitExceededException", f"{LIMIT}Only 1 online index can be created", errors.ResourceInUse, WAIT),
        ("LimitExceededException", f"{LIMIT}Table tags are being updated: {TABLE}", errors.ResourceInUse, WAIT),
        ("LimitExceededException", f"{LIMIT}Only 50 operations simultaneously", errors.Throttled, WAIT),
        ("LimitExceededException", f"{LIMIT}Index x already exists", errors.ResourceInUse, DESCRIBE),
        (
            "LimitExceededException",
            f"{LIMIT}Provisioned throughput decreases are limited",
            errors.QuotaExceeded,
            GIVE_UP,
        ),
        ("LimitExceededException", f"{LIMIT}Encryption mode changes are limited", errors.QuotaExceeded, GIVE_UP),
        ("LimitExceededException", f"{LIMIT}Updates to TableClass are limited", errors.QuotaExceeded, GIVE_UP),
        ("LimitExceededException", f"{LIMIT}Number of x exceeds per-table limit of 20", errors.QuotaExceeded, GIVE_UP),
        ("LimitExceededException", "The requested N is above the maximum", errors.QuotaExceeded, GIVE_UP),
        ("ValidationException", f"{WRONG}Number of x exceeds per-table limit of 100", errors.QuotaExceeded, GIVE_UP),
        ("ValidationException", "Index count exceeds the per-table limit of 20", errors.QuotaExceeded, GIVE_UP),
        ("ResourceInUseException", f"{IN_USE}Table IOPS are currently being updated", errors.ResourceInUse, WAIT),
        ("ResourceInUseException", f"{IN_USE}Index creation is in resource allocation", errors.ResourceInUse, WAIT),
        ("ResourceInUseException", "The resource which you are attempting to change", errors.ResourceInUse, WAIT),
        ("ResourceInUseException", f"{IN_USE}Index is being created.", errors.ResourceInUse, DESCRIBE),
        ("ContinuousBackupsUnavailableException", "Backups are being enabled", errors.ResourceInUse, WAIT),
        (
            "ResourceNotFoundException",
            f"Requested resource not found: Table: {TABLE}",
            errors.ResourceNotFound,
            GIVE_UP,
        ),
        ("ResourceNotFoundException", "Requested resource not found: Index x for", errors.ResourceNotFound, DESCRIBE),
        ("ResourceNotFoundException", "Requested resource not found", errors.ResourceNotFound, DESCRIBE),
        ("ValidationException", "Time to live has been modified multiple times", errors.Throttled, WAIT),
        ("ValidationException", "TimeToLive is already enabled", errors.RequestInvalid, DESCRIBE),
        ("ValidationException", "Table already has an enabled stream: x", errors.RequestInvalid, DESCRIBE),
        (
            "ValidationException",
            "The provisioned throughput for the table will not change.",
            errors.RequestInvalid,
            DESCRIBE,
        ),
        ("ValidationException", "Attempting to create an index which already", errors.ResourceInUse, DESCRIBE),
        ("ValidationException", "Cannot read from backfilling global secondary", errors.ResourceInUse, WAIT),
        (
            "ValidationException",
            "Resource cannot be deleted as it is currently protected",
            errors.RequestInvalid,
            GIVE_UP,
        ),
        ("ValidationException", f"{WRONG}TableClass modification must be the only", errors.RequestInvalid, GIVE_UP),
        ("ConditionalCheckFailedException", "The conditional request failed", errors.ConditionFailed, DESCRIBE),
        ("TransactionConflictException", "conflict", errors.ConditionFailed, WAIT),
        ("UnknownOperationException", "Tagging is not supported", errors.OperationUnsupported, UNSUPPORTED),
        ("InvalidAction", "no such action", errors.OperationUnsupported, UNSUPPORTED),
        ("com.amazonaws.dynamodb.v20120810#ThrottlingException", "Rate", errors.Throttled, WAIT),
        ("NeverHeardOf", "of it", errors.UnexpectedAwsError, GIVE_UP),
    ],
)
def test_an_answer_gets_its_class_and_verdict(code: str, text: str, kind: type[AwsError], verdict: Verdict) -> None:
    """Code and beginning of the text decide which error it is and what to do about it."""
    failure = judged(refused(code, text))
    assert (type(failure.error), failure.verdict) == (kind, verdict)


@pytest.mark.parametrize(
    ("code", "status", "text", "kind", "verdict"),
    [
        ("InternalServerError", 500, "Internal server error", errors.ServiceFailed, DESCRIBE),
        ("InternalFailure", 500, "", errors.ServiceFailed, DESCRIBE),
        ("InternalServerError", 500, "Table is under system maintenance, try again", errors.ServiceFailed, WAIT),
        ("ServiceUnavailable", 503, "", errors.ServiceFailed, WAIT),
        ("Unheard", 503, "", errors.ServiceFailed, WAIT),
        ("Unheard", 599, "", errors.ServiceFailed, DESCRIBE),
        ("Unheard", 429, "", errors.Throttled, WAIT),
        ("501", 501, "", errors.OperationUnsupported, UNSUPPORTED),
        ("404", 404, "Not Found", errors.OperationUnsupported, UNSUPPORTED),
        ("500", 500, PAGE, errors.ServiceFailed, DESCRIBE),
    ],
)
def test_an_unknown_code_is_judged_by_its_http_status(
    code: str, status: int, text: str, kind: type[AwsError], verdict: Verdict
) -> None:
    """What carries no known code still tells by its status whether waiting helps or the call is unknown."""
    failure = judged(refused(code, text, status=status))
    assert (type(failure.error), failure.verdict) == (kind, verdict)


@pytest.mark.parametrize(
    ("call", "code", "text", "verdict"),
    [
        ("CreateTable", "ResourceInUseException", f"Table already exists: {TABLE}", DESCRIBE),
        ("CreateTable", "ResourceInUseException", f"{IN_USE}Table is being created: {TABLE}", DESCRIBE),
        ("CreateTable", "ResourceInUseException", "Cannot create preexisting table", DESCRIBE),
        ("UpdateTable", "ResourceInUseException", f"{IN_USE}Table is being created: {TABLE}", WAIT),
        ("DeleteTable", "ResourceInUseException", f"{IN_USE}Table is being deleted: {TABLE}", DESCRIBE),
        ("DeleteTable", "ResourceInUseException", f"{IN_USE}Table: x is in the process of being updated.", WAIT),
        ("DeleteTable", "ResourceNotFoundException", "Requested resource not found: Table: x", DESCRIBE),
        ("DescribeTable", "ResourceNotFoundException", "Requested resource not found: Table: x", GIVE_UP),
        ("TagResource", "ResourceNotFoundException", "Requested resource not found: ResourceArn: x", DESCRIBE),
        ("UpdateContinuousBackups", "TableNotFoundException", "Table not found: x", DESCRIBE),
        ("DescribeContributorInsights", "500", PAGE, UNSUPPORTED),
    ],
)
def test_the_same_answer_means_another_thing_to_another_call(call: str, code: str, text: str, verdict: Verdict) -> None:
    """An echo of our own success depends on what was asked: a deleted table is what DeleteTable wanted."""
    status = 500 if code == "500" else 400
    assert judged(refused(code, text, status=status), call).verdict == verdict


@pytest.mark.parametrize("what", ["modify stream status while updating table IOPS", "create or delete index while x"])
def test_two_changes_that_exclude_each_other_are_never_waited_for(what: str) -> None:
    """This ValidationException is worded like a passing state, yet the request itself contradicts itself."""
    failure = judged(refused("ValidationException", f"{WRONG}You cannot {what}"))
    assert (type(failure.error), failure.verdict) == (errors.RequestInvalid, GIVE_UP)
    assert "two operations" in failure.error.remediation


def test_a_table_named_like_a_state_changes_no_verdict() -> None:
    """Only the beginning of the text is read, because what follows holds names that people choose."""
    failure = judged(refused("ResourceInUseException", f"{IN_USE}Table is being updated: Table already exists"))
    assert failure.verdict is WAIT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Deletion protection setting for table x modified within the previous 15000 milliseconds. Try", 15.0),
        ("Rate exceeded", None),
    ],
)
def test_the_pause_that_the_text_names_is_handed_on(text: str, seconds: float | None) -> None:
    """A cool-down is waited for exactly, and a mere rate by the caller's own back-off."""
    failure = judged(refused("ThrottlingException", text))
    assert (failure.verdict, failure.retry_after) == (WAIT, seconds)


@pytest.mark.parametrize(
    ("reasons", "kind", "verdict"),
    [
        (["ConditionalCheckFailed", "None"], errors.ConditionFailed, DESCRIBE),
        (["TransactionConflict", "ConditionalCheckFailed"], errors.ConditionFailed, DESCRIBE),
        (["None", "TransactionConflict"], errors.ConditionFailed, WAIT),
        (["None", "ThrottlingError"], errors.Throttled, WAIT),
        (["ValidationError", "None"], errors.RequestInvalid, GIVE_UP),
    ],
)
def test_a_cancelled_transaction_is_judged_by_its_reasons(
    reasons: list[str], kind: type[AwsError], verdict: Verdict
) -> None:
    """The code is one for all; the reasons tell a lost condition from a collision."""
    found = [{"Code": code, "Item": {"owner": {"S": "somebody"}}} for code in reasons]
    failure = judged(refused("TransactionCanceledException", "Transaction cancelled", CancellationReasons=found))
    assert (type(failure.error), failure.verdict) == (kind, verdict)
    assert failure.error.details["reasons"] == reasons
    assert "somebody" not in str(failure.error.as_dict())


@pytest.mark.parametrize(
    ("exception", "kind", "verdict"),
    [
        (sdk.NoCredentialsError(), errors.CredentialsMissing, GIVE_UP),
        (sdk.PartialCredentialsError(provider="env", cred_var="x"), errors.CredentialsPartial, GIVE_UP),
        (sdk.ProfileNotFound(profile="nope"), errors.ProfileUnknown, GIVE_UP),
        (sdk.ConfigParseError(path="/home/me/.aws/config"), errors.AwsFilesInvalid, GIVE_UP),
        (sdk.InvalidConfigError(error_msg="x"), errors.AwsFilesInvalid, GIVE_UP),
        (sdk.InfiniteLoopConfigError(source_profile="a", visited_profiles=["a"]), errors.AwsFilesInvalid, GIVE_UP),
        (sdk.InvalidDefaultsMode(mode="x", valid_modes="y"), errors.AwsFilesInvalid, GIVE_UP),
        (sdk.SSOTokenLoadError(error_msg="x"), errors.SsoSessionExpired, GIVE_UP),
        (sdk.UnauthorizedSSOTokenError(), errors.SsoSessionExpired, GIVE_UP),
        (sdk.TokenRetrievalError(provider="sso", error_msg="expired"), errors.SsoSessionExpired, GIVE_UP),
        (sdk.CredentialRetrievalError(provider="p", error_msg="x"), errors.CredentialProcessFailed, GIVE_UP),
        (sdk.MissingDependencyException(msg="pip install botocore[crt]"), errors.CredentialProcessFailed, GIVE_UP),
        (sdk.NoRegionError(), errors.RegionMissing, GIVE_UP),
        (sdk.InvalidRegionError(region_name="x y"), errors.RegionMissing, GIVE_UP),
        (sdk.EndpointConnectionError(endpoint_url="https://x"), errors.EndpointUnreachable, GIVE_UP),
        (sdk.ConnectTimeoutError(endpoint_url="https://x"), errors.EndpointUnreachable, GIVE_UP),
        (sdk.SSLError(endpoint_url="https://x", error=OSError("self-signed")), errors.EndpointUnreachable, GIVE_UP),
        (sdk.ProxyConnectionError(proxy_url="http://p"), errors.EndpointUnreachable, GIVE_UP),
        (sdk.ReadTimeoutError(endpoint_url="https://x"), errors.EndpointUnreachable, DESCRIBE),
        (sdk.ConnectionClosedError(endpoint_url="https://x"), errors.EndpointUnreachable, DESCRIBE),
        (sdk.ParamValidationError(report="Missing TableName"), errors.RequestInvalid, GIVE_UP),
        (ResponseParserError("invalid XML received"), errors.AnswerUnreadable, DESCRIBE),
        (ValueError("Invalid endpoint: foo"), errors.EndpointInvalid, GIVE_UP),
        (sdk.UnknownServiceError(service_name="x", known_service_names="y"), errors.UnexpectedAwsError, GIVE_UP),
        (BotoCoreError(), errors.UnexpectedAwsError, GIVE_UP),
    ],
)
def test_a_complaint_of_the_sdk_gets_its_class_and_verdict(
    exception: Exception, kind: type[AwsError], verdict: Verdict
) -> None:
    """What botocore refuses by itself, or could not send, is told apart by its class; unanswered is not unsent."""
    failure = judged(exception)
    assert (type(failure.error), failure.verdict) == (kind, verdict)


def test_a_sign_in_that_is_not_sso_names_its_own_command() -> None:
    """Profiles of ``aws login`` are not renewed by ``aws sso login``."""
    refresh = getattr(sdk, "LoginRefreshRequired", None)
    if refresh is None:
        pytest.skip("this botocore has no aws login")
    error = judged(refresh(error_msg="x")).error
    assert isinstance(error, errors.SsoSessionExpired)
    assert error.remediation == "Sign in with: aws login"


def test_denied_names_who_what_and_where() -> None:
    """The action denied may be another than the one called (tags need TagResource), so it is read from the text."""
    text = (
        f"User: {USER} is not authorized to perform: dynamodb:TagResource on resource: {ARN} "
        "because no identity-based policy allows the dynamodb:TagResource action"
    )
    error = judged(refused("AccessDeniedException", text), "CreateTable").error
    assert error.message == f"dynamodb:CreateTable on {TABLE} was denied: {text}"
    assert error.remediation == f"Grant dynamodb:TagResource on {ARN} to {USER}, then call it again."
    assert error.details == {
        "action": "dynamodb:TagResource",
        "resource": ARN,
        "principal": USER,
        "reason": "because no identity-based policy allows the dynamodb:TagResource action",
        "aws_code": "AccessDeniedException",
        "request_id": "REQ1",
    }


def test_an_explicit_deny_is_not_cured_by_a_grant() -> None:
    """A Deny wins over every Allow, so the remedy must be another one."""
    text = (
        f"User: {USER} is not authorized to perform: dynamodb:UpdateTable on resource: {ARN} "
        "with an explicit deny in a service control policy"
    )
    error = judged(refused("AccessDeniedException", text)).error
    assert "denied explicitly" in error.message
    assert error.remediation.startswith("An explicit deny in a service control policy: no further grant helps.")
    assert "dynamodb:UpdateTable" in error.remediation


def test_denied_without_particulars_still_names_action_and_resource() -> None:
    """For another account's table AWS says only that access is denied."""
    error = judged(refused("AccessDeniedException", "access denied")).error
    assert error.details["action"] == "dynamodb:UpdateTable"
    assert error.details["resource"] == TABLE
    assert error.remediation.startswith(f"Grant dynamodb:UpdateTable on {TABLE} to the identity in use")


def test_the_endpoint_with_the_account_in_its_name_has_its_own_remedy() -> None:
    """Some networks allow dynamodb.REGION but not ACCOUNT.ddb.REGION, which botocore prefers."""
    error = judged(sdk.EndpointConnectionError(endpoint_url="https://123456789012.ddb.us-east-1.amazonaws.com/")).error
    assert "AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled" in error.remediation


SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE" + "aB3" * 40 + "=="
KEY = "AKIAIOSFODNN7EXAMPLE"
SIGNATURE = "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"
CANONICAL = (
    "The request signature we calculated does not match the signature you provided.\n\n"
    f"The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:{TOKEN}\n\n{SIGNATURE}'"
    f"\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261120T000000Z\n{SIGNATURE}'\n"
)


@pytest.mark.parametrize(
    "exception",
    [
        refused("InvalidSignatureException", CANONICAL),
        refused("UnrecognizedClientException", CANONICAL),
        refused("IncompleteSignature", f"Authorization=AWS4 Credential={KEY}/20261120/x, Signature={SIGNATURE}"),
        refused("InvalidClientTokenId", f"The key {KEY} with token {TOKEN} is invalid"),
        refused(
            "NeverHeardOf", f'{{"SecretAccessKey": "{SECRET}", "SessionToken": "{TOKEN}", "AccessKeyId": "{KEY}"}}'
        ),
        sdk.CredentialRetrievalError(provider="custom-process", error_msg=f"aws_secret_access_key = {SECRET} {JWT}"),
        sdk.CredentialRetrievalError(provider="custom-process", error_msg=f"got {SECRET}: no expiry"),
        sdk.EndpointConnectionError(endpoint_url="http://me:hunter2hunter2@localhost:8000/"),
        sdk.ProxyConnectionError(proxy_url="http://me:hunter2hunter2@proxy:3128"),
        ValueError("Invalid endpoint: http://me:hunter2hunter2@"),
        ResponseParserError(f"Unable to parse response: b'<AccessKeyId={KEY} password=hunter2hunter2>'"),
    ],
)
def test_no_credential_comes_out(exception: Exception) -> None:
    """No message holds a key, a token, a signature or a password, wherever AWS repeated it."""
    error = judged(exception).error
    out = json.dumps(error.as_dict()) + str(error)
    for credential in (SECRET, TOKEN, KEY, SIGNATURE, JWT, "hunter2hunter2"):
        assert credential not in out
    assert "should have been" not in out


def test_names_survive_the_redaction() -> None:
    """A long table name, an ARN and a request id are no secrets, and without them the message is useless."""
    table = "table/OsemStagingAssessmentPlansOfManagers2026AndLater/index/managerIdIndex"
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:{table}"
    text = f"Requested resource not found: {arn} (Request ID: {'VJ9Q' * 13})"
    assert text in judged(refused("ResourceNotFoundException", text), "DescribeTable").error.message


def test_a_page_of_html_becomes_one_short_line() -> None:
    """A proxy's or an engine's error page is shown without its markup, and never at full length."""
    message = judged(refused("500", PAGE + "<p>far too long</p>" * 200, status=500)).error.message
    assert "<" not in message
    assert "\n" not in message
    assert len(message) < 750


def test_the_door_raises_ours_from_theirs() -> None:
    """The original stays reachable as the cause, where the lock finds the holder's item."""
    original = refused("ConditionalCheckFailedException", "The conditional request failed", Item={"owner": {"S": "x"}})
    with pytest.raises(errors.ConditionFailed) as caught, door("dynamodb:PutItem", TABLE):
        raise original
    assert caught.value.__cause__ is original
    assert caught.value.details["aws_code"] == "ConditionalCheckFailedException"


@pytest.mark.parametrize(
    "exception", [KeyError("x"), ValueError("not ours"), errors.LockHeld("x"), KeyboardInterrupt()]
)
def test_the_door_lets_everything_else_through(exception: BaseException) -> None:
    """A bug of ours, an error of ours and Ctrl-C are not AWS's and keep their class."""
    with pytest.raises(type(exception)) as caught, door("dynamodb:PutItem"):
        raise exception
    assert caught.value is exception


def test_the_door_is_invisible_when_nothing_fails() -> None:
    """The block inside ``door`` is not changed by it."""
    with door("dynamodb:ListTables"):
        answer = 1
    assert answer == 1


def test_translate_is_the_error_of_classify() -> None:
    """Who needs no verdict gets the same error."""
    original = refused("ThrottlingException", "Rate exceeded")
    assert translate(original, action="dynamodb:ListTables").as_dict() == (
        classify(original, action="dynamodb:ListTables").error.as_dict()
    )


def test_every_answer_has_a_remedy_without_a_hole() -> None:
    """No row of the tables leaves a placeholder or an empty remedy to the user."""
    for row in ANSWERS:
        error = judged(refused(row.codes[0], "")).error
        assert error.remediation
        assert "{" not in error.remediation
    assert all(row.says and not row.says.endswith(".") for row in (*ANSWERS, *COMPLAINTS))


def test_every_service_exception_of_dynamodb_we_meet_has_a_row() -> None:
    """The codes of the calls we make, as the service model declares them, are all known to the table."""
    model = botocore.session.Session().get_service_model("dynamodb")
    known = {code for row in ANSWERS for code in row.codes}
    declared = {
        shape.metadata.get("error", {}).get("code", shape.name)
        for call in CALLS
        for shape in model.operation_model(call).error_shapes
    }
    assert declared - {"InvalidEndpointException"} <= known  # of endpoint discovery, which nobody turns on
