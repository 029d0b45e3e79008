"""Who applies: an identity for records, and enough about this process for those who wait for it."""

import getpass
import os
import socket

import pytest

from osem_migrate.deployment.actor import Actor, local_identity, run_url

GITHUB = {"GITHUB_REPOSITORY": "osem/ladders", "GITHUB_RUN_ID": "42"}


def test_a_holder_is_this_process() -> None:
    """Host, process and CI run tell those who wait whom to ask; the fence is decided at acquisition."""
    actor = Actor("arn:aws:iam::123456789012:user/ada", "0.1.0")
    holder = actor.as_holder(lease_ms=30_000, acquired_at=1_700_000_000_000, environ={"CI_JOB_URL": "https://ci/1"})
    assert (holder.host, holder.pid) == (socket.gethostname(), os.getpid())
    assert (holder.identity, holder.run_url) == ("arn:aws:iam::123456789012:user/ada", "https://ci/1")
    assert (holder.lease_ms, holder.acquired_at) == (30_000, 1_700_000_000_000)
    assert (holder.fence, holder.heartbeat) == (0, 0)


def test_every_acquisition_has_an_owner_of_its_own() -> None:
    """Two runs of one process are two owners; otherwise one could release the other's lock."""
    actor = Actor("ada@laptop", "0.1.0")
    owners = {actor.as_holder(lease_ms=1, acquired_at=1, environ={}).owner for _ in range(9)}
    assert len(owners) == 9


def test_a_local_identity_is_user_and_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local engine knows no identities, people know each other's names."""
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(socket, "gethostname", lambda: "laptop")
    assert local_identity() == "ada@laptop"


@pytest.mark.parametrize("failure", [KeyError("getpwuid(): uid not found: 4711"), OSError("No username set")])
def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    """A container may run as a number that no user database knows; Python 3.13 says so differently than 3.11."""

    def unknown() -> str:
        raise failure

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    monkeypatch.setattr(socket, "gethostname", lambda: "build-7")
    assert local_identity() == "uid-4711@build-7"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        (GITHUB, "https://github.com/osem/ladders/actions/runs/42"),
        ({**GITHUB, "GITHUB_SERVER_URL": "https://git.example"}, "https://git.example/osem/ladders/actions/runs/42"),
        ({"GITHUB_RUN_ID": "42"}, None),
        ({"GITHUB_RUN_ID": "", "GITHUB_REPOSITORY": "osem/ladders"}, None),
        ({"GITHUB_RUN_ID": "42", "BUILD_URL": "https://jenkins/1"}, "https://jenkins/1"),
        ({"CI_JOB_URL": "https://gitlab/1"}, "https://gitlab/1"),
        ({"CI_JOB_URL": "", "CIRCLE_BUILD_URL": "https://circle/1"}, "https://circle/1"),
        ({"BITBUCKET_BUILD_URL": "https://bitbucket/1"}, "https://bitbucket/1"),
        ({"BUILDKITE_BUILD_URL": "https://buildkite/1"}, "https://buildkite/1"),
        ({"TRAVIS_JOB_WEB_URL": "https://travis/1"}, "https://travis/1"),
        ({"BUILD_URL": ""}, None),
    ],
)
def test_the_run_is_where_ci_says_it_is(environ: dict[str, str], url: str | None) -> None:
    """The address opens in a browser, or there is none."""
    assert run_url(environ) == url


def test_the_process_environment_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI nobody hands the environment in."""
    monkeypatch.setenv("GITHUB_REPOSITORY", "osem/ladders")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    holder = Actor("ada@laptop", "0.1.0").as_holder(lease_ms=1, acquired_at=1)
    assert holder.run_url == "https://github.com/osem/ladders/actions/runs/42"
    assert "pid" in holder.describe()
    assert holder.run_url in holder.describe()
