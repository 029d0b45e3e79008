"""Whatever a server answers, a command tells what is wrong with it and writes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate import CreateTable, S, SetTags, UpgradeOptions
from osem_migrate.files.writer import write_scripts
from osem_migrate.operations import AddIndex
from tests.doubles import simulated_aws
from tests.doubles.simulated_aws import SimulatedAws, project_of
from tests.simulator.clock import VirtualClock
from tests.torture.bad_input import answered_by, check_told, type_in, without_haste

QUESTIONS = (
    ("status",),
    ("status", "--format", "github"),
    ("verify",),
    ("list", "--details"),
    ("history",),
    ("upgrade", "--dry-run"),
    ("downgrade", "--to", "0001", "--dry-run"),
    ("import",),
    ("doctor",),
    ("doctor", "--role", "upgrade"),
)
DEEP = b"[" * 10_000 + b"]" * 10_000
BODIES = (
    *(b"", b"null", b"5", b'"text"', b"true", b"[]", b"[{}]", b"{}", b"{", b"\xff\xfe", b"\x00", DEEP),
    *('{"Items": []}'.encode("utf-16"), b'{"Items": [], "Items": 1e999}', b'{"Table": ' + b"9" * 5_000 + b"}"),
    *(b"<!doctype html><title>Sign in</title>", b"<html></html>", b"<?xml version='1.0'?><a/>", b"upstream error"),
    *(b'{"__type": 5}', b'{"__type": null, "message": null}', b'{"__type": "x#LimitExceededException"}'),
    *(b'{"__type": "ValidationException", "message": []}', b'{"message": {"a": 1}}', b'{"__type": "a:b#c"}'),
    b'{"__type": "x#TransactionCanceledException", "CancellationReasons": [null, 5, {"Code": 5}]}',
    b'{"__type": "x#ConditionalCheckFailedException", "Item": {"owner": {"N": "x"}}}',
)
STATUSES = (200, 200, 200, 201, 204, 299, 300, 301, 307, 400, 400, 401, 403, 404, 418, 429, 500, 501, 503, 599)
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 7, 0.5, 1e30, float("nan"), 10**30, "", "x", "DELETING", "\ud800", [], [None], [[]], {}),
    *({"S": 5}, {"N": "x"}, {"N": "NaN"}, {"N": "1E+99"}, {"S": "x", "N": "1"}, {"M": {"a": {}}}, {"B": "no base64"}),
)


@dataclass(frozen=True)
class Tampering:
    """What is done to one answer, and to those after it, if ``lasting``.

    Args:
        at: which answer, counted from the first.
        status: of HTTP, if it is another one.
        body: sent as it is; None where the right answer is changed.
        path: where in the right answer, a number a level.
        junk: stands there; ``...`` takes away what was there.
        date: the Date header, if it is another one.
    """

    at: int
    lasting: bool
    status: int | None = None
    body: bytes | None = None
    path: tuple[int, ...] = ()
    junk: Any = None
    date: str | None = None

    def __call__(self, answer: AWSResponse, number: int) -> AWSResponse:
        """The answer of that number as it is sent."""
        if number != self.at and not (self.lasting and number > self.at):
            return answer
        body = answer.content if self.body is None else self.body
        if self.body is None and body.startswith(b"{"):
            body = json.dumps(_changed(json.loads(body), self.path, self.junk)).encode()
        tampered = simulated_aws._response(self.status or answer.status_code, "application/x-amz-json-1.0", body)
        if self.date is not None:
            tampered.headers["Date"] = self.date
        return tampered


def _changed(value: Any, path: tuple[int, ...], junk: Any) -> Any:
    """The value with junk somewhere in it."""
    if not path or not isinstance(value, dict | list) or not value:
        return value if junk is ... else junk
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    changed = value.copy()
    if junk is ... and (len(path) == 1 or not isinstance(value[key], dict | list) or not value[key]):
        del changed[key]
    else:
        changed[key] = _changed(value[key], path[1:], junk)
    return changed


PLACES = st.fixed_dictionaries({"at": st.integers(0, 12), "lasting": st.booleans()})
WHOLE = st.builds(
    lambda place, status, body: Tampering(**place, status=status, body=body),
    PLACES,
    st.sampled_from(STATUSES),
    st.sampled_from(BODIES) | st.binary(max_size=40),
)
PART = st.builds(
    lambda place, path, junk, date: Tampering(**place, path=tuple(path), junk=junk, date=date),
    PLACES,
    st.lists(st.integers(0, 20), min_size=1, max_size=7),
    st.just(...) | st.sampled_from(JUNK),
    st.none() | st.sampled_from(("never", "", "Sat, 21 Nov 99999 09:00:00 GMT", "Sat, 21 Nov 2026 09:00:00 -0000")),
)


class TamperedAws(SimulatedAws):
    """A simulator that somebody stands in front of."""

    tampering: Tampering | None = None

    def __init__(self) -> None:
        super().__init__(VirtualClock(beat=0.02))
        self.answers = 0

    def answer(self, request: AWSPreparedRequest, **options: Any) -> AWSResponse:
        """What the client gets."""
        answer = super().answer(request, **options)
        number, self.answers = self.answers, self.answers + 1
        return self.tampering(answer, number) if self.tampering is not None else answer


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TamperedAws]:
    """A small project that is up to date but for its last script; the working folder."""
    aws, project = TamperedAws(), project_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    teams = [
        CreateTable("Teams", S("id"), settings=[SetTags("Teams", {"a": "b"})]),
        AddIndex("Teams", "a-index", S("a")),
    ]
    write_scripts(project.migrations, [("teams", teams), ("plans", [CreateTable("Plans", S("id"))])])
    with answered_by(aws):
        aws.migrator(project).upgrade(UpgradeOptions(target="0001"))
        yield aws


def _everything(aws: SimulatedAws) -> str:
    """What is in the simulator."""
    return repr([(name, table.items) for name, table in aws.simulator.account.tables.items()])


@without_haste
@given(words=st.sampled_from(QUESTIONS), more=st.sampled_from(((), ("--json",), ("-v",))), tampering=WHOLE | PART)
def test_a_question_never_breaks_and_never_writes(
    aws: TamperedAws, words: tuple[str, ...], more: tuple[str, ...], tampering: Tampering
) -> None:
    """A server that is not DynamoDB, or a proxy in front of it, is told as that, whatever it sends."""
    before = _everything(aws)
    aws.tampering, aws.answers = tampering, 0
    try:
        said = type_in(*words, "--env", "dev", *(more if "--format" not in words else ()))
    finally:
        aws.tampering = None
    check_told(said)
    for name in ("AttributeError", "KeyError", "TypeError", "ValueError", "RecursionError", "IndexError"):
        assert name not in said.out + said.err, (said, tampering)
    assert _everything(aws) == before
