"""Destroy on DynamoDB Local: the whole life of an environment, twice."""

from pathlib import Path

import pytest

from osem_migrate import DestroyOptions
from osem_migrate.errors import ExitCode
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, Watched, write_project
from tests.engines.engine import Engine

SCRIPTS = {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER}


@pytest.fixture
def on_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine


def test_from_nothing_to_nothing_and_again(tmp_path: Path, on_engine: Engine) -> None:
    """The history starts afresh, and nothing is asked of the engine beyond what each table takes."""
    project = write_project(tmp_path, SCRIPTS)
    for _ in range(2):
        Watched(project).migrator.upgrade()
        watched = Watched(project)
        assert watched.migrator.status().exit_code() is ExitCode.OK
        assert watched.migrator.destroy(DestroyOptions(allow_data_loss=True)).dropped == ("osem-dev-Teams", HISTORY)
        assert watched.mutations() == [
            ("DeleteTable", "osem-dev-Teams"),
            ("UpdateTable", HISTORY),
            ("DeleteTable", HISTORY),
        ]
        assert on_engine.client().list_tables()["TableNames"] == []


def test_two_applications_in_one_history_table(tmp_path: Path, on_engine: Engine) -> None:
    """Each destroys what is its own; the last one takes the history table along."""
    names = 'table_name = "osem-{env}-{entity}"\n[tool.osem-migrate.environments.dev]\n'
    ours = write_project(tmp_path / "ours", SCRIPTS, names)
    plans = 'operations = [CreateTable("Plans", S("planId"))]'
    theirs = write_project(tmp_path / "theirs", {"0001_plans": plans}, names)
    settings = theirs.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('application = "osem"', 'application = "other"'))
    theirs = type(theirs).find(theirs.root, environ={})
    Watched(ours).migrator.upgrade()
    Watched(theirs).migrator.upgrade()
    result = Watched(ours).migrator.destroy(DestroyOptions(allow_data_loss=True))
    assert (result.dropped, result.kept) == (("osem-dev-Teams",), ("osem-dev-Plans",))
    assert Watched(theirs).migrator.status().exit_code({"drift"}) is ExitCode.OK
    assert Watched(theirs).migrator.destroy(DestroyOptions(allow_data_loss=True)).dropped[0] == "osem-dev-Plans"
