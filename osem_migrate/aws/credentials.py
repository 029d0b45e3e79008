"""What credentials have to look like for a request to be signed with them; whether AWS knows them shows only there."""

import re

from botocore.credentials import Credentials

from osem_migrate.errors import CredentialsInvalid

# The signature names the key as KEY/DATE/REGION/SERVICE, between commas, in a header.
_SIGNABLE = re.compile(r"[!-~]*", re.ASCII)
_SEPARATORS = "/,"


def require_signable(credentials: Credentials) -> None:
    """Raise CredentialsInvalid for an access key or a session token that no request can carry; neither is shown."""
    key, token = credentials.access_key or "", credentials.token or ""
    if not _SIGNABLE.fullmatch(key) or any(separator in key for separator in _SEPARATORS):
        raise _unsignable("access key", "AWS_ACCESS_KEY_ID or aws_access_key_id")
    if not _SIGNABLE.fullmatch(token):
        raise _unsignable("session token", "AWS_SESSION_TOKEN or aws_session_token")


def _unsignable(noun: str, where: str) -> CredentialsInvalid:
    return CredentialsInvalid(
        f"The {noun} has a character that none has, such as a blank, a line break or a slash: no request can be signed",
        remediation=f"Correct {where}, in the environment or in ~/.aws/credentials; a local engine needs none.",
    )
