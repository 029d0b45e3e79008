"""The only place where the errors of botocore become ours.

``service`` and ``sdk`` hold the tables it reads; no message that leaves here carries a credential.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from osem_migrate.aws.answers import UnreadableAnswer
from osem_migrate.aws.failures.redaction import redact
from osem_migrate.aws.failures.rule import Refusal, Verdict, first_fit
from osem_migrate.aws.failures.sdk import COMPLAINTS
from osem_migrate.aws.failures.service import ANSWERS
from osem_migrate.errors import AccessDenied, AwsError

__all__ = ["REFUSALS", "Failure", "Verdict", "classify", "door", "refusal", "translate"]

REFUSALS = (ClientError, BotoCoreError, ResponseParserError)
"""What a call of botocore's raises; ``classify`` says what it means."""

_PAUSE = re.compile(r"within the previous (\d+) milliseconds|once every (\d+) seconds")
_DENIAL = re.compile(
    r"User: (?P<principal>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?P<resource>\S+?))?(?: (?P<reason>(?:because|with) .+?))?\.?$"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal, understood: our error, what to do about it, and the pause in seconds where AWS's text names one."""

    error: AwsError
    verdict: Verdict
    retry_after: float | None = None


def classify(exception: Exception, *, action: str, resource: str | None = None) -> Failure:
    """What ``exception`` means as the answer to ``action`` (``dynamodb:UpdateTable``) on the table ``resource``."""
    call = action.rpartition(":")[2]
    if isinstance(exception, ClientError):
        raw = _text(exception)
        row = first_fit(ANSWERS, _codes(exception), raw, call)
        facts = {"aws_code": _codes(exception)[0], **_facts(exception)}
    else:
        raw = str(exception)
        row = first_fit(COMPLAINTS, (*(kind.__name__ for kind in type(exception).__mro__), "*"), raw, call)
        facts = {"sdk_error": type(exception).__name__, "endpoint_url": _endpoint(exception)}
    text = redact(raw)
    error = _error(row, text, action=action, resource=resource, facts=facts)
    return Failure(error, row.verdict, _pause(raw))


def translate(exception: Exception, *, action: str, resource: str | None = None) -> AwsError:
    """Our error for ``exception``; ``classify`` says what to do about it, too."""
    return classify(exception, action=action, resource=resource).error


def refusal(exception: BaseException, *, action: str, resource: str | None = None) -> AwsError | None:
    """Our error for what a call of botocore's raised; None for anything else."""
    if isinstance(exception, REFUSALS) or (
        isinstance(exception, ValueError) and str(exception).startswith("Invalid endpoint")
    ):
        return translate(exception, action=action, resource=resource)
    return None


@contextmanager
def door(action: str, resource: str | None = None) -> Iterator[None]:
    """Turn what botocore raises inside into an AwsError, ``from`` the original; anything else passes untouched."""
    try:
        yield
    except Exception as exception:
        error = refusal(exception, action=action, resource=resource)
        if error is None:
            raise
        raise error from exception


def _codes(exception: ClientError) -> tuple[str, ...]:
    """The error code without its namespace, then the HTTP status, its family and the wildcard."""
    code = str(exception.response.get("Error", {}).get("Code", "")).rpartition("#")[2]
    status = str(exception.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    return (code or "Unknown", status, f"{status[:1]}xx", "*")


def _text(exception: ClientError) -> str:
    """AWS's text, with the codes of a cancelled transaction's reasons, but never its items."""
    text = str(exception.response.get("Error", {}).get("Message") or "")
    reasons = _reasons(exception)
    return f"{text} [{', '.join(reasons)}]" if reasons and reasons[0] not in text else text


def _endpoint(exception: Exception) -> str | None:
    """Where an answer came from that cannot be read."""
    return redact(exception.endpoint or "") or None if isinstance(exception, UnreadableAnswer) else None


def _reasons(exception: ClientError) -> list[str]:
    found: Any = exception.response.get("CancellationReasons", [])
    return [str(reason.get("Code", "None")) for reason in found]


def _facts(exception: ClientError) -> dict[str, Any]:
    request_id = exception.response.get("ResponseMetadata", {}).get("RequestId")
    return {"request_id": request_id, "reasons": _reasons(exception) or None}


def _pause(text: str) -> float | None:
    found = _PAUSE.search(text)
    if found is None:
        return None
    milliseconds, seconds = found.groups()
    return int(milliseconds) / 1000 if milliseconds else float(seconds)


def _error(row: Refusal, text: str, *, action: str, resource: str | None, facts: dict[str, Any]) -> AwsError:
    """The error of ``row``: one sentence of ours that ends with AWS's own text."""
    subject = f"{action} on {resource}" if resource else action
    facts = {"action": action if ":" in action else None, "resource": resource, **facts}
    if issubclass(row.error, AccessDenied) and (denial := _DENIAL.search(text)):
        facts |= {name: value for name, value in denial.groupdict().items() if value}
    named = {
        "action": facts["action"] or action,
        "resource": facts["resource"] or "the resource",
        "principal": facts.get("principal") or "the identity in use",
        "reason": str(facts.get("reason") or "A policy forbids it").removeprefix("with ").capitalize(),
    }
    message = f"{subject} {row.says}: {text}" if text else f"{subject} {row.says}."
    remediation = row.remedy.format_map(named) if row.remedy else None
    return row.error(message, remediation=remediation, **facts)
