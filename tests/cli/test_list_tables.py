"""``list``: the environment's tables, and no others."""

import pytest

from osem_migrate.live_table import LiveTable
from osem_migrate.migrator import Migrator
from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables


def test_an_empty_environment(run: Run, tables: Tables) -> None:
    """No tables is an answer."""
    assert run("list").out == "ℹ There are no tables of dev.\n"  # noqa: RUF001 - our own sign


def test_the_tables_of_one_environment(run: Run, applied: Applied, tables: Tables) -> None:
    """One line a table with status and counts; another environment's tables are not shown."""
    applied()
    applied("--env", "staging")
    head, *lines = run("list").out.splitlines()
    assert head.split() == ["TABLE", "STATUS", "INDEXES", "ITEMS", "BYTES"]
    assert [line.split()[:3] for line in lines] == [
        ["shop-dev-Plans", "ACTIVE", "0"],
        [HISTORY, "ACTIVE", "0"],
        ["shop-dev-Teams", "ACTIVE", "1"],
    ]


def test_details(project: Project, run: Run, tables: Tables) -> None:
    """--details has keys, indexes with projection and phase, and settings."""
    project.script(
        "0004_add_reports",
        'CreateTable("Reports", partition_key=S("id"), sort_key=S("at"), '
        'local_indexes=[LocalIndex("title-local", sort_key=S("title"))])',
        prelude="from osem_migrate import LocalIndex",
    )
    project.script(
        "0005_add_index",
        'AddIndex("Reports", "by-author", partition_key=S("author"), sort_key=S("year"), '
        'projection="INCLUDE", include=["title"])',
    )
    assert run("upgrade").code == 0
    said = run("list", "--details").out
    assert "shop-dev-Reports  ACTIVE, 0 items\n  keys      id S / at S\n" in said
    assert "  index     by-author: author S / year S, INCLUDE (title), ready\n" in said
    assert "  local     title-local: title S, ALL\n" in said
    assert "  setting   billing on-demand\n" in said
    assert "  setting   encryption: not supported by this local engine\n" in said


def test_a_table_that_goes_while_it_is_looked_at(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropped between the listing and the look: gone, and no crash."""
    gone = LiveTable(name="Teams", physical_name="shop-dev-Teams", table=None)
    monkeypatch.setattr(Migrator, "tables", lambda *_, **__: [gone])
    assert "shop-dev-Teams  gone" in run("list").out
    assert run("list", "--details").out == ""
    (table,) = run("list", "--json").document["data"]["tables"]
    assert (table["status"], table["keys"], table["indexes"], set(table["settings"].values())) == (None, [], [], {None})


def test_as_data(project: Project, run: Run, tables: Tables) -> None:
    """--json has every table with its keys and their roles, all indexes, and its settings as values."""
    project.script(
        "0004_add_reports",
        'CreateTable("Reports", partition_key=S("id"), sort_key=S("at"), settings=[SetTimeToLive("Reports", "gone")], '
        'local_indexes=[LocalIndex("title-local", sort_key=S("title"), projection="INCLUDE", include=["year"])])',
        prelude="from osem_migrate import LocalIndex",
    )
    run("upgrade")
    data = run("list", "--details", "--json").document["data"]
    assert data["counts"] == {"tables": 4, "indexes": 1, "local_indexes": 1}
    found = {table["name"]: table for table in data["tables"]}
    assert found["Teams"]["physical_name"] == "shop-dev-Teams"
    assert found["Teams"]["keys"] == [{"name": "teamId", "type": "S", "role": "HASH"}]
    (index,) = found["Teams"]["indexes"]
    assert (index["name"], index["status"], index["backfilling"]) == ("managerId-index", "ACTIVE", False)
    assert index["keys"] == [{"name": "managerId", "type": "S", "role": "HASH"}]
    (local,) = found["Reports"]["local_indexes"]
    assert local == {
        "name": "title-local",
        "keys": [{"name": "id", "type": "S", "role": "HASH"}, {"name": "title", "type": "S", "role": "RANGE"}],
        "projection": "INCLUDE",
        "include": ["year"],
    }
    settings = found["Reports"]["settings"]
    assert settings["time_to_live"] == {"enabled": True, "attribute": "gone"}
    assert settings["billing"] == {"mode": "PAY_PER_REQUEST", "throughput": None}
    assert settings["stream"] == {"enabled": False, "view": None}
    assert (settings["encryption"], found["Reports"]["unsupported_settings"][0]) == (None, "encryption")


def test_what_is_not_read_is_null(run: Run, applied: Applied, tables: Tables) -> None:
    """Without --details, a setting that takes a call of its own is unknown, and not said to be off."""
    applied("--to", "1")
    found = {table["name"]: table["settings"] for table in run("list", "--json").document["data"]["tables"]}
    assert found["Teams"]["time_to_live"] is None
    assert found["Teams"]["deletion_protection"] == {"enabled": False}
