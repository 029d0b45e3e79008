"""boto3 against the simulator in this process: everything but the socket is real."""

import json
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import boto3
import botocore.endpoint
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from osem_migrate.access import DynamoDBClient
from osem_migrate.aws import lock, session
from osem_migrate.commands import doctor
from osem_migrate.config import Environment, Project
from osem_migrate.deployment.connection import Connection, connect
from osem_migrate.events import RunEvent
from osem_migrate.migrator import Migrator
from tests.doubles.answer import RawAnswer
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator import ConnectionCut, Durations, SimulatedError, Simulator
from tests.simulator.clock import VirtualClock
from tests.simulator.simulator import ACCESS_KEY, IDENTITY, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient as BotoClient

    from osem_migrate.access.session import LazySession

NOWHERE = "http://127.0.0.1:9"  # the port that answers nobody: what went past the simulator would be noticed
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIASIMULATED",
    "AWS_SECRET_ACCESS_KEY": "simulated",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
TUNNEL = f'[tool.osem-migrate.environments.dev]\nendpoint_url = "{NOWHERE}"\nlocal = false\n'
"""The environment that is AWS as far as the tool knows."""
SHORTENED = Durations(index_allocation=((24.0, 28.0),), index_build=((90.0, 110.0),), warm_up=((90.0, 110.0),))
"""What takes a quarter of an hour takes two minutes, with a fifth of the heartbeats: still more than the minute in
which everything else settles, so that a test may meet it on the way. What counts the minutes needs Durations()."""
HEARTBEAT = 2 * lock.HEARTBEAT_SECONDS
"""Of a lock: there are hundreds in the minutes of one index, and each is a call. Sooner than ``is_alive`` gives up."""


class SimulatedAws:
    """A simulator, the clock it lives by, and Migrators whose calls end there.

    Args:
        clock: skips the waiting; is entered and left by whoever made it.
        simulator: takes the calls.
    """

    def __init__(self, clock: SkippingClock | VirtualClock, simulator: Simulator | None = None) -> None:
        self.clock = clock
        self.simulator = simulator or Simulator(clock=clock, sleep=clock.sleep, durations=SHORTENED)

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """Credentials, botocore's own retries by this clock, fewer heartbeats."""
        paced = SimpleNamespace(sleep=self.clock.sleep, time=time.time)
        with (
            mock.patch.dict("os.environ", CREDENTIALS),
            mock.patch.object(botocore.endpoint, "time", paced),
            mock.patch.object(doctor, "connect", self.connect),
            mock.patch.object(lock, "HEARTBEAT_SECONDS", HEARTBEAT),
        ):
            yield

    def migrator(
        self, project: Project, on_event: Callable[[RunEvent], None] = lambda _event: None, env: str = "dev"
    ) -> Migrator:
        """A new one, as if in a new process."""
        connection = Connection(endpoint_url=NOWHERE)
        migrator = Migrator.open(env, project=project, connection=connection, on_event=on_event, clock=self.clock.clock)
        migrator.session._core.register("before-send", self.answer)  # type: ignore[arg-type]
        return migrator

    def client(self, table: str, **chosen: Any) -> DynamoDBClient:
        """The client of an application whose calls end here."""
        made = DynamoDBClient(table, endpoint_url=NOWHERE, **chosen)
        self.take(made._session)
        return made

    def take(self, opened: "LazySession") -> None:
        """Let the calls of a session that is not used yet end here."""
        opened.opened()._core.register("before-send", self.answer)  # type: ignore[arg-type]

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """What the service says to one request of botocore's; ConnectionClosedError where it says nothing."""
        answer = self._answer(request)
        answer.headers["Date"] = formatdate(self.clock.now(), usegmt=True)
        return answer

    def connect(
        self, project: Project, environment: Environment, asked: Connection, *listening: Callable[[RunEvent], None]
    ) -> session.Session:
        """A session whose calls end here."""
        connected = connect(project, environment, asked, *listening)
        connected._core.register("before-send", self.answer)  # type: ignore[arg-type]
        return connected

    def _answer(self, request: AWSPreparedRequest) -> AWSResponse:
        target: Any = request.headers.get("X-Amz-Target")
        body: Any = request.body
        key = _access_key(request)
        try:
            if target is None:
                return _sts(self.simulator.call(IDENTITY, {}, access_key=key))
            action = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
            return _json(200, self.simulator.call(action, json.loads(body), access_key=key, connection=self))
        except SimulatedError as refusal:
            if target is None:
                return _response(refusal.status, "text/xml", _sts_error(refusal))
            space = "com.amazonaws.dynamodb.v20120810#"
            return _json(
                refusal.status, {"__type": space + refusal.code, "message": refusal.message, **refusal.details}
            )
        except ConnectionCut as cut:
            raise ConnectionClosedError(endpoint_url=NOWHERE, request=request) from cut


def client_answered_by(answer: Callable[..., AWSResponse], region: str = REGION) -> "BotoClient":
    """A client of boto3's whose requests are answered so, and sent once each."""
    client: BotoClient = boto3.client(
        "dynamodb",
        region_name=region,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key="simulated",
        config=Config(retries={"total_max_attempts": 1}),
    )
    events: Any = client.meta.events  # the stubs do not know that a handler may answer the call
    events.register("before-send.dynamodb", answer)
    return client


def project_of(folder: Path, settings: str = TUNNEL) -> Project:
    """A project without scripts."""
    (folder / "migrations").mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(f'[tool.osem-migrate]\napplication = "osem"\n{settings}')
    return Project.find(folder, environ={})


def _access_key(request: AWSPreparedRequest) -> str:
    signature: Any = request.headers["Authorization"]
    text = signature.decode() if isinstance(signature, bytes) else signature
    return str(text).partition("Credential=")[2].partition("/")[0]


def _json(status: int, answer: dict[str, Any]) -> AWSResponse:
    return _response(status, "application/x-amz-json-1.0", json.dumps(answer).encode())


def _response(status: int, kind: str, content: bytes) -> AWSResponse:
    headers: Any = {"Content-Type": kind, "x-amzn-RequestId": "simulated", "x-amz-crc32": str(zlib.crc32(content))}
    return AWSResponse(NOWHERE, status, headers, RawAnswer(content))


def _sts(found: dict[str, Any]) -> AWSResponse:
    members = "".join(f"<{name}>{text}</{name}>" for name, text in found.items())
    body = f"<{IDENTITY}Response><{IDENTITY}Result>{members}</{IDENTITY}Result></{IDENTITY}Response>"
    return _response(200, "text/xml", body.encode())


def _sts_error(refusal: SimulatedError) -> bytes:
    kind = f"<Type>Sender</Type><Code>{refusal.code}</Code><Message>{refusal.message}</Message>"
    return f"<ErrorResponse><Error>{kind}</Error></ErrorResponse>".encode()
