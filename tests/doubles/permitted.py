"""Identities of a simulated account that may do what a role's policy names, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from osem_migrate import PolicyOptions
from osem_migrate.config import Project
from osem_migrate.migrator import Migrator
from osem_migrate.planning.policy import Role
from tests.doubles.project import own_project
from tests.doubles.simulated_aws import NOWHERE, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator import Durations, Simulator, exactly
from tests.simulator.policy import Policy
from tests.simulator.simulator import ACCESS_KEY, ACCOUNT_ID

RUNNER = ACCESS_KEY
READER = "AKIAREADER"

# How long AWS works is no matter here, and every heartbeat meanwhile is a call.
QUICK = Durations(index_allocation=exactly(2), index_build=exactly(6), time_to_live_cooldown=exactly(1))


@contextmanager
def quick_aws(clock: SkippingClock) -> Iterator[SimulatedAws]:
    """An account without tables that is done soon, and where nobody counts how often one looks."""
    aws = SimulatedAws(clock, Simulator(clock=clock, sleep=clock.sleep, durations=QUICK))
    with aws.surroundings(), mock.patch.object(aws.simulator.account.limiter, "read"):
        yield aws


def own_project_on_aws(folder: Path) -> Project:
    """This repository's configuration and migrations, with a dev that is AWS."""
    own_project(folder)
    text = (folder / "pyproject.toml").read_text()
    tunnel = f'[tool.osem-migrate.environments.dev]\nendpoint_url = "{NOWHERE}"\nlocal = false\n'
    (folder / "pyproject.toml").write_text(text.replace("[tool.osem-migrate.environments.dev]\n", tunnel))
    return Project.find(folder, environ={})


@contextmanager
def acting_as(access_key: str) -> Iterator[None]:
    """Whoever looks for credentials meanwhile finds those of that identity."""
    with mock.patch.dict("os.environ", {"AWS_ACCESS_KEY_ID": access_key}):
        yield


def limit(aws: SimulatedAws, access_key: str, migrator: Migrator, role: Role, **chosen: bool) -> Policy:
    """Let that identity do what the policy of a role allows, and nothing else, from now on."""
    options = PolicyOptions(role, region=migrator.session.region.name, account=ACCOUNT_ID, **chosen)
    policy = Policy.read(migrator.policy(options).document)
    aws.simulator.policies[access_key] = policy
    return policy
