"""``show``: what one script does, by the scripts before it."""

import pytest

from tests.cli.command_line import Project, Run


@pytest.mark.parametrize("version", ["2", "0002", "0002_add_manager_id_index_to_teams"])
def test_a_script(project: Project, run: Run, version: str) -> None:
    """Its docstring, its plan with every call, and the table before and after it."""
    said = run("show", version)
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "migrations/0002_add_manager_id_index_to_teams.py\n"
        "  Test 0002_add_manager_id_index_to_teams.\n"
        "\n"
        "  ~ table Teams\n"
        "      + index managerId-index  managerId S, ALL  (8 to 17 min)\n"
        "        1. UpdateTable shop-dev-Teams managerId-index\n"
        "           until shop-dev-Teams and managerId-index are ACTIVE and no index is backfilling: "
        "usually 8 to 17 min\n"
        "\n"
        "before: shop-dev-Teams\n"
        "  keys      teamId S\n"
        "  setting   billing on-demand\n"
        "\n"
        "after: shop-dev-Teams\n"
        "  keys      teamId S\n"
        "  index     managerId-index: managerId S, ALL\n"
        "  setting   billing on-demand\n"
    )


def test_a_table_that_comes_or_goes(project: Project, run: Run) -> None:
    """There is none before a script that creates it, nor after one that drops it."""
    project.script("0004_drop_plans", 'DropTable("Plans")')
    assert "\nbefore: shop-dev-Plans  no such table\n" in run("show", "3").out
    said = run("show", "head").out
    assert said.endswith("\nafter: shop-dev-Plans  no such table\n")
    assert "⚠ " in said  # its items are lost


def test_as_data(project: Project, run: Run) -> None:
    """The whole of it, in the environment that is named."""
    document = run("show", "2", "--env", "staging", "--region", "eu-west-1", "--json").document
    assert (document["environment"], document["region"]) == ("staging", "eu-west-1")
    data = document["data"]
    assert data["id"] == "0002_add_manager_id_index_to_teams"
    assert data["docstring"] == "Test 0002_add_manager_id_index_to_teams."
    assert data["checksum"].startswith("sha256:v1:")
    (operation,) = data["operations"]
    assert [call["action"] for call in operation["calls"]] == ["UpdateTable"]
    (table,) = data["tables"]
    assert table["physical_name"] == "shop-staging-Teams"
    assert table["before"]["indexes"] == []
    assert [index["name"] for index in table["after"]["indexes"]] == ["managerId-index"]


def test_a_drop_that_upgrade_would_refuse(project: Project, run: Run) -> None:
    """It is shown as it is declared: the question was what the script says."""
    imported = "from osem_migrate import SetDeletionProtection\n"
    project.script("0004_protect", 'SetDeletionProtection("Plans", True)', prelude=imported)
    project.script("0005_drop_plans", 'DropTable("Plans")')
    said = run("show", "5")
    assert said.code == 0
    assert "  - table Plans" in said.out


def test_a_version_that_is_not_there(project: Project, run: Run) -> None:
    """The nearest one is named."""
    said = run("show", "0002_add_manager_id_index_to_team")
    assert said.code == 1
    assert "✗ TARGET_UNKNOWN: no migration" in said.err
    assert "did you mean '0002_add_manager_id_index_to_teams'?" in said.err
