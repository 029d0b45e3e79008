"""An invocation: what it says before a command does anything."""

from pathlib import Path

import pytest

from osem_migrate.cli.invocation import Invocation

PYPROJECT = """[tool.osem-migrate]
application = "shop"
table_name = "{entity}"
[tool.osem-migrate.environments.dev]
account_id = "111111111111"
[tool.osem-migrate.environments.prod]
"""


@pytest.mark.parametrize(("prod", "is_told"), [("", True), ('account_id = "222222222222"', False)])
def test_a_doubt_about_names_is_told(
    prod: str, is_told: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody says in which account another environment is, whose tables would have the same names."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + prod)
    monkeypatch.chdir(tmp_path)
    Invocation(command="status", environment="dev").migrator()
    said = " ".join(capsys.readouterr().err.split())
    told = "would belong to environment 'prod', too, if that is in this account; set account_id in both"
    assert (told in said, bool(said)) == (is_told, is_told)
