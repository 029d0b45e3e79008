"""Actor: who applies, for the records and for those who wait."""

import getpass
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from osem_migrate.history import Holder

# Where continuous integration services put the address of the run.
_RUN_URLS = (
    "CI_JOB_URL",
    "BUILD_URL",
    "CIRCLE_BUILD_URL",
    "BITBUCKET_BUILD_URL",
    "BUILDKITE_BUILD_URL",
    "TRAVIS_JOB_WEB_URL",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """An ARN (or user@host on a local engine), and the version of this tool."""

    identity: str
    tool_version: str

    def as_holder(self, *, lease_ms: int, acquired_at: int, environ: Mapping[str, str] = os.environ) -> Holder:
        """This process as a holder of the lock; the fence is decided at acquisition."""
        return Holder(
            owner=uuid.uuid4().hex,
            host=socket.gethostname(),
            pid=os.getpid(),
            identity=self.identity,
            run_url=run_url(environ),
            fence=0,
            lease_ms=lease_ms,
            heartbeat=0,
            acquired_at=acquired_at,
        )


def local_identity() -> str:
    """``ada@laptop``, for engines that know no identities."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that no user database knows.
        user = f"uid-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def run_url(environ: Mapping[str, str]) -> str | None:
    """The address of the CI run that this process belongs to, if it says so."""
    repository, run = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_RUN_ID")
    if repository and run:
        return f"{environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}/actions/runs/{run}"
    return next((environ[name] for name in _RUN_URLS if environ.get(name)), None)
