"""The standard credential chain of AWS, and where the calls go."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from boto3.resources.base import ServiceResource
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader, instance_cache
from botocore.utils import validate_region_name

from osem_migrate.aws.answers import DIRECT_ANSWERS, ITEM_ANSWERS, AnswerParsers
from osem_migrate.aws.api_calls import ApiCall, CallRecorder
from osem_migrate.aws.credentials import require_signable
from osem_migrate.aws.emulator import recognise
from osem_migrate.aws.endpoint import configured_endpoint, is_mocked, require_url
from osem_migrate.aws.failures.classify import door, refusal, translate
from osem_migrate.aws.failures.redaction import redact
from osem_migrate.aws.region import RegionChoice, choose_region
from osem_migrate.place import is_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
    from mypy_boto3_sts import STSClient

    from osem_migrate.errors import AwsError

__all__ = ["ApiCall", "CallLimits", "Identity", "Session"]

LOCAL_ACCESS_KEY = "osemlocal"
"""Of an engine on this machine, when there are no credentials; DynamoDB Local takes letters and digits only."""
LOCAL_SECRET_KEY = "osemlocal"  # noqa: S105 any text will do, and no AWS account has it

ATTEMPTS = 4
"""Requests a call may take, the first included: what botocore 1.44 gives DynamoDB, written down so that neither an
older botocore (10) nor AWS_MAX_ATTEMPTS changes it. It bridges seconds; longer waits are ours, and seen."""
REQUEST_SECONDS = 8.0
"""What one request of a pass, or a heartbeat, may take."""
_BRIEF = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5.0, read_timeout=5.0)
"""For a question beside the tables, which an unreachable service must not hold up for long."""

_ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=REQUEST_SECONDS / 4,
    read_timeout=REQUEST_SECONDS * 3 / 4,
)
_UNVALIDATED = Config(parameter_validation=False)
_MANY = Config(max_pool_connections=200)
"""For the threads of all passes that run at a time; a connection is opened once it is needed."""

_STATIC_SOURCES = frozenset({"env", "shared-credentials-file", "config-file"})
_OPENING = "Opening the AWS session"


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What a call to DynamoDB may take.

    Attributes:
        attempts: requests, the first included.
        connect_timeout: seconds.
        read_timeout: seconds. Control-plane calls answer within one or two; a lost answer should be found out before
            the user doubts.
        connections: kept open to the endpoint, one for each call at a time.
    """

    attempts: int = ATTEMPTS
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    connections: int = 20


@dataclass(frozen=True, slots=True)
class Identity:
    """Who STS says we are: the twelve digits of the account, and the ARN of the user or the assumed role."""

    account: str
    arn: str


class Session:
    """The clients of one region, endpoint and profile; made when asked for, then kept; safe to share between threads.

    Credentials come from the standard chain. On a local endpoint only those count that need no network (environment and
    AWS files), else fixed ones are used: an expired sign-in must not keep anybody from a local engine.

    Where credentials carry an account id, botocore sends DynamoDB's calls to ``ACCOUNT.ddb.REGION.amazonaws.com``. It
    is left so, because the network decides what is reachable: AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled turns it off.

    Attributes:
        region: where the tables are, and who chose it.
        endpoint_url: instead of AWS's own endpoint, as given or as configured for the SDK.
        profile: the name of the AWS profile, where one is chosen.
    """

    def __init__(
        self,
        core: botocore.session.Session,
        *,
        region: RegionChoice,
        endpoint_url: str | None,
        local: bool | None,
        limits: CallLimits,
    ) -> None:
        self.region = region
        self.endpoint_url = endpoint_url
        self._configured_local = local
        self.profile: str | None = core.profile
        self._core = core
        self._boto = boto3.Session(botocore_session=core, region_name=region.name)
        self._limits = limits
        self._recorder = CallRecorder()
        self._lock = threading.Lock()
        self._dynamodb: DynamoDBClient | None = None

    @classmethod
    def open(  # noqa: PLR0913 one keyword for each place a choice may come from
        cls,
        *,
        region: str | None = None,
        configured_region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        local: bool | None = None,
        environ: Mapping[str, str] = os.environ,
        limits: CallLimits = CallLimits(),
    ) -> Session:
        """Decide region, profile and endpoint; no network, no credentials yet.

        Args:
            region: of the command line; goes before everything.
            configured_region: of the configuration; goes before the AWS files.
            profile: of the command line or the configuration; without it AWS_PROFILE counts.
            endpoint_url: of the command line or the configuration; goes before what is configured for the SDK.
            local: whether the endpoint is a local engine; None leaves it to its address, and to what answers there.
            environ: where regions and endpoints are looked up; credentials the SDK reads from the process itself.
            limits: of each call to DynamoDB.

        Raises:
            ProfileUnknown, AwsFilesInvalid, RegionMissing, EndpointInvalid: naming what is wrong.
        """
        with _opening():
            core = botocore.session.Session(profile=profile or None)
            core.register_component("data_loader", _ServiceFiles())
            settings: Mapping[str, Any] = core.get_scoped_config()
            choice = choose_region(region, environ, configured_region, settings, core.profile)
            validate_region_name(choice.name)
            url = endpoint_url or configured_endpoint(environ, settings, core.full_config)
            if url is not None:
                require_url(url)
            return cls(core, region=choice, endpoint_url=url, local=local, limits=limits)

    @cached_property
    def local(self) -> bool:
        """Whether the endpoint is a local engine: as configured, else one of this machine, or one that answers as such.

        Only an endpoint elsewhere is asked, once, by a request without credentials.
        """
        if self._configured_local is not None or self.endpoint_url is None:
            return bool(self._configured_local) and self.endpoint_url is not None
        return is_this_machine(self.endpoint_url) or recognise(self.endpoint_url) is not None

    @property
    def address(self) -> str:
        """Where the calls go, for people: the endpoint without a password in it, or the region."""
        return redact(self.endpoint_url) if self.endpoint_url is not None else self.region.name

    @property
    def emulated(self) -> bool:
        """Whether an emulator answers, which keeps less than AWS does: a local engine, or moto in this very process."""
        return self.local or is_mocked()

    def dynamodb(self) -> DynamoDBClient:
        """The client of DynamoDB; raises CredentialsMissing before the first call, if the chain holds none."""
        with self._lock:
            if self._dynamodb is None:
                self._dynamodb = self._client("dynamodb", self._config(), self.endpoint_url)
            return self._dynamodb

    def item_client(self) -> DynamoDBClient:
        """A new client for items, whose answers are not compared with the model; raises as ``dynamodb`` does."""
        client: DynamoDBClient = self._for_items(self._boto.client)
        return client

    def heartbeat_client(self) -> DynamoDBClient:
        """A new client for heartbeats, each sent once and given up long before a lease is over; raises likewise.

        A request of any other client may take longer than a lease, with all that is repeated of it.
        """
        with self._lock:
            client: DynamoDBClient = self._client("dynamodb", self._config().merge(_ONCE), self.endpoint_url)
            return client

    def pass_client(self) -> DynamoDBClient:
        """A new client for the items of a pass, who repeats requests itself; raises as ``dynamodb`` does.

        Each request may be refused as it is sent, and is given up long before a lease is over. What botocore does for
        every request anew, and no pass needs, is left out: to look at the parameters, which are ours, and to put its
        own name together.
        """
        with self._lock:
            once = self._config().merge(_ONCE).merge(_UNVALIDATED).merge(_MANY)
            once = once.merge(Config(user_agent=self._core.user_agent()))
            parsers = AnswerParsers(ITEM_ANSWERS, DIRECT_ANSWERS)
            client: DynamoDBClient = self._made(self._boto.client, "dynamodb", once, self.endpoint_url, parsers)
            return client

    def item_resource(self) -> DynamoDBServiceResource:
        """The same as a resource of boto3's, which takes and gives values of Python."""
        resource: DynamoDBServiceResource = self._for_items(self._boto.resource)
        return resource

    @staticmethod
    def refusal(exception: BaseException, action: str, resource: str | None) -> AwsError | None:
        """Our error for what a call of botocore's raised: ``action`` (``dynamodb:PutItem``) on a table; else None."""
        return refusal(exception, action=action, resource=resource)

    def autoscaling(self) -> Any:
        """The client of application-autoscaling, which is asked on AWS only; it is given up within seconds."""
        return self._beside("application-autoscaling")

    def kms(self) -> Any:
        """The client of KMS, which is asked on AWS only; it is given up within seconds."""
        return self._beside("kms")

    def identity(self) -> Identity:
        """Ask STS of the region who we are: one call that needs no permission, answered or given up within seconds.

        On a local endpoint the question goes there and never to AWS; DynamoDB Local raises AnswerUnreadable.
        """
        client = self._sts()
        with door("sts:GetCallerIdentity"):
            answer = client.get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])

    def credentials_source(self) -> str:
        """Where the credentials come from, in botocore's own word (``env``, ``sso``, ``assume-role`` …).

        Raises CredentialsMissing, or whatever else keeps them from being found; whether they are valid is not asked.
        """
        with self._lock, _opening():
            self._find_credentials()
            return str(getattr(self._core.get_credentials(), "method", "unknown"))

    def on_call(self, callback: Callable[[ApiCall], None]) -> None:
        """Tell ``callback`` of every call that ends from now on, in the thread that made it."""
        self._recorder.listen(callback)

    def _beside(self, service: str) -> Any:
        with self._lock:
            return self._client(service, self._config().merge(_BRIEF))

    def _sts(self) -> STSClient:
        with self._lock:
            # The global endpoint answers from us-east-1, which a network or a policy may keep out of reach.
            self._core.set_config_variable("sts_regional_endpoints", "regional")
            client: STSClient = self._client(
                "sts", self._config().merge(_BRIEF), self.endpoint_url if self.local else None
            )
            return client

    def _client(self, service: str, config: Config, endpoint_url: str | None = None) -> Any:
        return self._made(self._boto.client, service, config, endpoint_url, AnswerParsers())

    def _for_items(self, make: Callable[..., Any]) -> Any:
        with self._lock:
            return self._made(make, "dynamodb", self._config(), self.endpoint_url, AnswerParsers(ITEM_ANSWERS))

    def _made(
        self,
        make: Callable[..., Any],
        service: str,
        config: Config,
        endpoint_url: str | None,
        parsers: AnswerParsers,
    ) -> Any:
        """A client or a resource whose answers are checked and whose calls are told; the lock is held."""
        with _opening():
            self._find_credentials()
            self._core.register_component("response_parser_factory", parsers)
            made = make(service, endpoint_url=endpoint_url, config=config)
        client = made.meta.client if isinstance(made, ServiceResource) else made
        parsers.endpoint = client.meta.endpoint_url
        self._recorder.watch(client.meta.events)
        return made

    def _config(self) -> Config:
        return Config(
            retries={"mode": "standard", "total_max_attempts": self._limits.attempts},
            connect_timeout=self._limits.connect_timeout,
            read_timeout=self._limits.read_timeout,
            max_pool_connections=self._limits.connections,
            user_agent_extra="osem-migrate",
            proxies={} if self.local else None,  # no proxy stands between this machine and itself
        )

    def _find_credentials(self) -> None:
        if self.local:
            resolver = self._core.get_component("credential_provider")
            resolver.providers = [source for source in resolver.providers if source.METHOD in _STATIC_SOURCES]
        found = self._core.get_credentials()
        if found is not None:
            if found.method in _STATIC_SOURCES:  # others are fetched when they are needed, and no sooner
                require_signable(found)
            return
        if not self.local:
            raise NoCredentialsError
        self._core.set_credentials(LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY)


class _ServiceFiles(Loader):
    """botocore's loader without its search of 400 folders for service models: a quarter of the time a client takes."""

    @instance_cache
    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 the base class's signature
        """Every folder of service models, whichever types it holds; what is missing shows when it is loaded."""
        folders = (folder for folder in self.search_paths if Path(folder).is_dir())
        return [entry.name for folder in folders for entry in os.scandir(folder)]


@contextmanager
def _opening() -> Iterator[None]:
    """``door``, and two more errors: ValueError for a setting that is no number, OSError for a missing certificate."""
    try:
        with door(_OPENING):
            yield
    except (ValueError, OSError) as exception:
        raise translate(exception, action=_OPENING) from exception
