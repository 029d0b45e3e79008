"""What the SDK itself refuses, or could not send, as a table: exception class, text, our error, what to do.

Classes are named, not imported: which of them exist depends on botocore's version. A class without a row falls to its
bases', and the first row that fits wins. Source: botocore/exceptions.py and botocore/parsers.py of 1.44.
"""

from osem_migrate.advice import AGAIN
from osem_migrate.aws.failures.rule import Refusal, Verdict
from osem_migrate.errors import (
    AccessDenied,
    AnswerUnreadable,
    AwsFilesInvalid,
    CredentialProcessFailed,
    CredentialsExpired,
    CredentialsMissing,
    CredentialsPartial,
    EndpointInvalid,
    EndpointUnreachable,
    ProfileUnknown,
    RegionMissing,
    RequestInvalid,
    SsoSessionExpired,
    UnexpectedAwsError,
)

_, DESCRIBE, _, GIVE_UP = Verdict

_NOBODY = ("NoCredentialsError", "NoAuthTokenError")
_REGION = ("NoRegionError", "InvalidRegionError", "UnknownRegionError", "UnknownEndpointError")
_FILES = ("ConfigParseError", "ConfigNotFound")
_CREDENTIAL_FILES = ("InvalidConfigError", "UnknownCredentialError")
_SETTINGS = (
    "InvalidRetryConfigurationError",
    "InvalidSTSRegionalEndpointsConfigError",
    "InvalidDefaultsMode",
    "InvalidEndpointConfigurationError",
    "InvalidIMDSEndpointError",
    "InvalidIMDSEndpointModeError",
    "InvalidProxiesConfigError",
    "EndpointVariantError",
)
_LOGIN = ("LoginError", "LoginRefreshRequired", "LoginTokenLoadError")
_SSO = (
    "SSOError",
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "TokenRetrievalError",
    "PendingAuthorizationExpiredError",
)
_SOURCE = ("CredentialRetrievalError", "MetadataRetrievalError")
_PARAMETERS = ("ParamValidationError", "ValidationError", "MissingParametersError", "EndpointProviderError")
_NOT_SENT = ("EndpointConnectionError", "ConnectTimeoutError", "ConnectionError")
_NOT_ANSWERED = (
    "ReadTimeoutError",
    "ConnectionClosedError",
    "IncompleteReadError",
    "ResponseStreamingError",
    "HTTPClientError",
)

_CRT = "Install the package that these credentials need: pip install 'botocore[crt]'"
_CREATE_TOKEN = "Grant signin:CreateOAuth2Token to the identity, then sign in with: aws login"  # noqa: S105 an action's name
_MFA = f"Obtain a fresh session with your MFA device, then {AGAIN}."
_CERTIFICATES = "Check the certificate of the endpoint. For a certificate authority of your own, set AWS_CA_BUNDLE=FILE"
_PROXY = f"Check HTTPS_PROXY and NO_PROXY, then {AGAIN}."
_ACCOUNT_ENDPOINT = (
    "Allow that host name, which contains the account id, "
    "or use the plain one: export AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled"
)

COMPLAINTS: tuple[Refusal, ...] = (
    # Who is calling.
    Refusal(_NOBODY, "", CredentialsMissing, GIVE_UP, "failed, because there are no AWS credentials"),
    Refusal(("PartialCredentialsError",), "", CredentialsPartial, GIVE_UP, "got incomplete credentials"),
    Refusal(("ProfileNotFound",), "", ProfileUnknown, GIVE_UP, "failed, because the profile does not exist"),
    Refusal(("LoginInsufficientPermissions",), "", AccessDenied, GIVE_UP, "could not sign in", _CREATE_TOKEN),
    Refusal(_LOGIN, "", SsoSessionExpired, GIVE_UP, "needs a new sign-in", "Sign in with: aws login"),
    Refusal(_SSO, "", SsoSessionExpired, GIVE_UP, "needs a new single sign-on session"),
    Refusal(
        ("MissingDependencyException",), "", CredentialProcessFailed, GIVE_UP, "needs another Python package", _CRT
    ),
    Refusal(("RefreshWithMFAUnsupportedError",), "", CredentialsExpired, GIVE_UP, "needs a new MFA code", _MFA),
    Refusal(_SOURCE, "", CredentialProcessFailed, GIVE_UP, "got no credentials from the source that the profile names"),
    # Where to.
    Refusal(_REGION, "", RegionMissing, GIVE_UP, "failed, because there is no usable region"),
    Refusal(("ValueError",), "Invalid endpoint", EndpointInvalid, GIVE_UP, "failed, because the endpoint is not a URL"),
    # With which settings.
    Refusal(_FILES, "", AwsFilesInvalid, GIVE_UP, "could not read the AWS configuration files"),
    Refusal((*_CREDENTIAL_FILES, *_SETTINGS), "", AwsFilesInvalid, GIVE_UP, "could not use an AWS setting"),
    Refusal(("EndpointProviderError",), "Invalid Conf", AwsFilesInvalid, GIVE_UP, "could not use an AWS setting"),
    Refusal(("ValueError", "OSError"), "", AwsFilesInvalid, GIVE_UP, "could not use an AWS setting"),
    Refusal(_PARAMETERS, "", RequestInvalid, GIVE_UP, "was not sent, because its parameters are invalid"),
    # On the way there.
    Refusal(("SSLError",), "", EndpointUnreachable, GIVE_UP, "could not trust the certificate", _CERTIFICATES),
    Refusal(("ProxyConnectionError",), "", EndpointUnreachable, GIVE_UP, "could not reach the proxy", _PROXY),
    Refusal(_NOT_SENT, r".*\.ddb\.", EndpointUnreachable, GIVE_UP, "could not reach the endpoint", _ACCOUNT_ENDPOINT),
    Refusal(_NOT_SENT, "", EndpointUnreachable, GIVE_UP, "could not reach the endpoint"),
    # And back: it may have been applied.
    Refusal(_NOT_ANSWERED, "", EndpointUnreachable, DESCRIBE, "got no answer"),
    Refusal(("ResponseParserError",), "", AnswerUnreadable, DESCRIBE, "got an answer that cannot be read"),
    Refusal(("*",), "", UnexpectedAwsError, GIVE_UP, "failed in the SDK"),
)
