"""What every test stands on: a clean environment, the engines, and Hypothesis without luck or haste."""

import gc
import os
import signal
import tempfile
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.engines import moto_server as moto
from tests.engines.dynamodb_local import required
from tests.engines.engine import Engine
from tests.engines.package import CACHE, EngineMissing
from tests.engines.service_files import read_once
from tests.engines.shared import SharedEngines
from tests.workers import begun_elsewhere, worker_of

ENGINES = pytest.StashKey[SharedEngines]()
FOREIGN = ("AWS_", "OSEM_", "GITHUB_")
COLOUR = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")

# Shared machines make deadlines lie; in CI the same examples every time, so that a failure is the change's own.
# A law is tried often enough to notice a mistake, and with OSEM_TORTURE=1 often enough to search for one.
EXAMPLES = 500 if os.environ.get("OSEM_TORTURE") else 25
settings.register_profile("dev", deadline=None, max_examples=EXAMPLES)
settings.register_profile("ci", deadline=None, max_examples=EXAMPLES, derandomize=True)
settings.load_profile("ci" if required() else "dev")

read_once()

# New objects that begin a search for garbage. Python's 700 are there with every client of botocore: the searches took a
# seventh of the processor's time, and now half of that, for 11 MB a worker.
GARBAGE = 20_000


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, and give the session its folder of engines; a worker of xdist is told its controller's."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell starts what a script puts into the background; the tests of Ctrl-C would press it in vain.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    handed: dict[str, Any] | None = getattr(config, "workerinput", None)
    if handed is None:
        engines = SharedEngines(Path(tempfile.mkdtemp(prefix="osem-migrate-engines-")), os.getpid())
    else:
        engines = SharedEngines(Path(handed["engines_folder"]), handed["engines_controller"])
    config.stash[ENGINES] = engines


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what is imported and collected out of every search for garbage: a tenth of the processor's time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Begin each folder elsewhere on each worker, so that each finds compiled what another has compiled."""
    report = yield
    if isinstance(collector, pytest.Directory):
        report.result = begun_elsewhere(report.result, collector.config)
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the slow tests, one of which at the end would keep all workers waiting, but on half of them.

    Most of the slow ones wait for time to pass or for a process, and the other half uses the processor meanwhile.
    """
    _, workers = worker_of(config)
    if workers > 1:
        items.sort(key=lambda item: item.path.parts)  # each began elsewhere, and all have to offer the same list
    tests, begun = len(items), max(1, workers // 2)
    slow = [item for item in items if "slow" in item.keywords]
    rest = iter([item for item in items if "slow" not in item.keywords])
    items.clear()
    for worker in range(workers):  # with --dist worksteal each begins with its part of the list
        items += slow[worker::begun] if worker < begun else []
        items += islice(rest, max(0, tests * (worker + 1) // workers - len(items)))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the session's engines are."""
    engines = node.config.stash[ENGINES]
    node.workerinput.update(engines_folder=str(engines.folder), engines_controller=engines.controller)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engines when the whole session is over; workers leave them to the others."""
    if not hasattr(config, "workerinput"):
        config.stash[ENGINES].stop()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep whatever credentials, configuration and CI surround the tests out of them."""
    for name in list(os.environ):
        if (name.startswith(FOREIGN) and name != CACHE) or name in COLOUR:
            monkeypatch.delenv(name)
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-files"
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))


def _endpoint_url(config: pytest.Config, name: str, *options: str) -> str:
    try:
        return config.stash[ENGINES].endpoint_url(name, *options)
    except EngineMissing as reason:
        if required():
            pytest.fail(f"CI requires DynamoDB Local: {reason}")
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def dynamodb_local(pytestconfig: pytest.Config) -> str:
    """The endpoint URL of the session's one DynamoDB Local."""
    return _endpoint_url(pytestconfig, "dynamodb-local")


@pytest.fixture(scope="session")
def delayed_dynamodb_local(pytestconfig: pytest.Config) -> str:
    """The same with ``-delayTransientStatuses``: an index stays CREATING for about 30 seconds."""
    return _endpoint_url(pytestconfig, "delayed-dynamodb-local", "-delayTransientStatuses")


@pytest.fixture(scope="session")
def _database(dynamodb_local: str) -> Engine:
    """DynamoDB Local as one worker's own."""
    return Engine(dynamodb_local)


@pytest.fixture
def engine(_database: Engine) -> Engine:
    """DynamoDB Local without tables, which nobody else sees; the next test empties it again."""
    _database.empty()
    return _database


@pytest.fixture
def delayed_engine(delayed_dynamodb_local: str) -> Engine:
    """The delayed DynamoDB Local as one test's own."""
    return Engine(delayed_dynamodb_local)


@pytest.fixture(scope="session")
def _moto_session() -> Iterator[str]:
    with moto.running() as endpoint_url:
        yield endpoint_url


@pytest.fixture
def moto_server(_moto_session: str) -> str:
    """The endpoint URL of an empty moto server; the next test empties it again."""
    moto.reset(_moto_session)
    return _moto_session
