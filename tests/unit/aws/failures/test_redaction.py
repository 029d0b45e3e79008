"""Texts without credentials."""

import pytest

from osem_migrate.aws.failures.redaction import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Credential=AKIAIOSFODNN7EXAMPLE/20261120/us-east-1, Signature=abc", "Credential=***, Signature=***"),
        ("X-Amz-Security-Token: abc", "X-Amz-Security-Token: ***"),
        ('{"SecretAccessKey": "abc", "Version": 1}', '{"SecretAccessKey": "***", "Version": 1}'),
        ("aws_session_token=abc", "aws_session_token=***"),
        ("the key ASIAIOSFODNN7EXAMPLE", "the key ***"),
        ("http://me:pass@localhost:8000/", "http://***@localhost:8000/"),
        ("http://me:pa/ss@localhost:8000/", "http://***@localhost:8000/"),
        ("http://me:p@ss@localhost:8000/", "http://***@localhost:8000/"),
        ('{"a":"http://h/","b":"c@d"}', '{"a":"http://h/","b":"c@d"}'),
        ("got wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "got ***."),
        ("no good.\n\nThe Canonical String for this request should have been\n'POST'", "no good."),
    ],
)
def test_what_could_be_a_credential_is_masked(text: str, shown: str) -> None:
    """Keys, tokens, signatures and passwords become three stars and the rest stays readable."""
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Signature expired: 20261120T000000Z is now earlier than 20261120T001000Z",
        "arn:aws:dynamodb:us-east-1:123456789012:table/OsemStagingAssessmentPlansOfManagers2026/index/managerIdIndex",
        "Table already exists: osem-Staging-AssessmentPlans2026OfManagersAndSomeMoreWords0123456789",
        "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized",
        "Request ID: VJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9QVJ9Q",
        "sha256:v1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_what_names_a_thing_is_kept(text: str) -> None:
    """Names, dates, checksums and request ids pass unchanged."""
    assert redact(text) == text


def test_the_text_is_one_line_of_bounded_length() -> None:
    """No answer, however long, floods a terminal or a log."""
    shown = redact("<html>\n <body>" + "word " * 1000)
    assert len(shown) == 600
    assert shown.startswith("word word")
    assert shown.endswith("…")
