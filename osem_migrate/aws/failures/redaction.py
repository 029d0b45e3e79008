"""Texts of AWS and its SDK without what could be a credential."""

import re

_LONGEST = 600
"""Characters of AWS's text that a message carries at most; an HTML page of a proxy has no end."""

_MASK = "***"

# SignatureDoesNotMatch repeats the whole request, with access key, token and signature.
_REQUEST_COPY = re.compile(
    r"\s*The (Canonical String|String-to-Sign)( for this request)? should have been.*", re.DOTALL
)
_NAMED = re.compile(
    r"(?i)\b((?:credential|signature|x-amz-security-token|(?:aws_?)?(?:security|session)_?token|(?:aws_?)?secret_?access_?key"
    r"|(?:aws_?)?access_?key_?id|password|client_?secret|refresh_?token)['\"]?\s*[=:]\s*['\"]?)[^\s,;'\"&}]+"
)
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{8,}\b")
_WEB_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w.-]+")
# A password that somebody did not encode may hold "/" and "@" itself, so the last "@" counts.
_URL_USER = re.compile(r'(?<=://)[^\s"<>]+@')
# Secret keys have 40 characters of base64, session tokens hundreds; a table's ARN and a request id must stay readable.
_BASE64 = re.compile(
    r"(?<![\w/+=.-])(?!table/)(?=[a-zA-Z0-9/+=]*[0-9])(?=[a-zA-Z0-9/+=]*[a-z])(?=[a-zA-Z0-9/+=]*[A-Z])"
    r"[a-zA-Z0-9/+=]{40,}+(?![_-])"
)
_TAG = re.compile(r"<[^>]*>")


def redact(text: str) -> str:
    """``text`` on one line, at most 600 characters, with keys, tokens, signatures and passwords replaced by ``***``."""
    text = _REQUEST_COPY.sub("", text)
    if text.lstrip().startswith("<"):
        text = _TAG.sub(" ", text)
    text = _NAMED.sub(rf"\1{_MASK}", text)
    for pattern in (_KEY_ID, _WEB_TOKEN, _BASE64):
        text = pattern.sub(_MASK, text)
    text = " ".join(_URL_USER.sub(f"{_MASK}@", text).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
