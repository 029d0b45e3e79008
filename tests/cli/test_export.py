"""``export``: what it prints and writes, for which environments, and what it asks of AWS."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.errors import ExitCode
from tests.cli.command_line import Applied, Project, Run, Tables


def test_a_template_of_all_environments(project: Project, run: Run) -> None:
    """Without --env all are in it, dev first, the rest as configured; with --env that one; nothing is asked of AWS."""
    said = run("export", "cloudformation")
    assert (said.code, said.err) == (0, "")
    assert "TableName: !Sub 'shop-${Environment}-Teams'" in said.out
    assert "AllowedValues:\n      - dev\n      - staging\n      - prod\n" in said.out
    assert "TableName: shop-prod-Teams" in run("export", "cloudformation", "--env", "prod").out


def test_an_environment_variable_chooses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """OSEM_ENV chooses as --env does."""
    monkeypatch.setenv("OSEM_ENV", "prod")
    assert "TableName: shop-prod-Teams" in run("export", "cloudformation").out


def test_terraform_is_of_one_environment(run: Run) -> None:
    """That of --env; dev without it."""
    for words, name in (([], "dev"), (["--env", "prod"], "prod")):
        document = json.loads(run("export", "terraform", *words).out)
        assert [one["id"] for one in document["import"]] == [f"shop-{name}-Teams", f"shop-{name}-Plans"]


def test_a_project_that_is_only_local(project: Project, run: Run) -> None:
    """Where there is no other environment, local is written."""
    project.configure('[tool.osem-migrate]\napplication = "shop"\n')
    assert "shop-local-Teams" in run("export", "terraform").out


def test_to_a_file(project: Project, run: Run) -> None:
    """-o writes the same text, and prints the path."""
    said = run("export", "mermaid", "-o", "tables.mmd")
    assert (said.code, said.out) == (0, "tables.mmd\n")
    assert (project.folder / "tables.mmd").read_text() == run("export", "mermaid").out
    missing = run("export", "mermaid", "-o", "nowhere/tables.mmd")
    assert (missing.code, missing.out) == (1, "")
    assert "✗ FILE_NOT_WRITABLE: nowhere/tables.mmd cannot be written: No such file or directory" in missing.err


def test_a_target_that_cannot_be_written(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a code of its own, also in a document; nothing is printed of the file, and no draft is left."""
    (project.folder / "file").write_text("")
    before = sorted(project.folder.iterdir())
    said = run("export", "dot", "-o", "file/tables.dot")
    assert (said.code, said.out) == (1, "")
    assert "✗ FILE_NOT_WRITABLE: file/tables.dot cannot be written: Not a directory" in said.err

    opened = Path.open

    def refused(self: Path, mode: str = "r", **options: Any) -> object:
        if mode == "wb":
            raise PermissionError(13, os.strerror(13), str(self))
        return opened(self, mode, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refused)
        error = run("export", "dot", "-o", "tables.dot", "--json").document["error"]
    assert (error["code"], error["message"]) == (
        "FILE_NOT_WRITABLE",
        "tables.dot cannot be written: Permission denied",
    )
    assert error["details"] == {"file": "tables.dot", "reason": "Permission denied"}
    assert run("export", "dot", "-o", "migrations").code == ExitCode.USAGE
    assert sorted(project.folder.iterdir()) == before


def test_a_full_disk_leaves_the_file_as_it_was(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old text is there whole, beside nothing else, and the message names the file."""
    (project.folder / "tables.mmd").write_text("old")
    before = sorted(project.folder.iterdir())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    said = run("export", "mermaid", "-o", "tables.mmd")
    assert said.code == 1
    assert "✗ FILE_NOT_WRITABLE: tables.mmd cannot be written: No space left on device" in said.err
    assert (project.folder / "tables.mmd").read_text() == "old"
    assert sorted(project.folder.iterdir()) == before


def test_a_file_that_is_written_anew_is_otherwise_the_same(project: Project, run: Run) -> None:
    """Its mode stays, and a link stays a link; no draft is left."""
    (project.folder / "kept").mkdir()
    kept, link = project.folder / "kept" / "tables.mmd", project.folder / "link.mmd"
    kept.write_text("old")
    kept.chmod(0o640)
    link.symlink_to(kept)
    assert run("export", "mermaid", "-o", "link.mmd").code == 0
    assert link.is_symlink()
    assert kept.read_text() == run("export", "mermaid").out
    assert kept.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in kept.parent.iterdir()] == ["tables.mmd"]


def test_what_is_no_regular_file_takes_the_text_as_it_comes(project: Project, run: Run) -> None:
    """A device is written to, and never replaced by a file."""
    full = run("export", "mermaid", "-o", "/dev/full")
    assert (full.code, "✗ FILE_NOT_WRITABLE: /dev/full cannot be written: No space left on device" in full.err) == (
        1,
        True,
    )
    assert run("export", "mermaid", "-o", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_as_data(project: Project, run: Run) -> None:
    """--json has the text, where it was written, and what the format could not say."""
    project.script("0004_stream", 'SetTimeToLive("Plans", "expiresAt")')
    document = run("export", "workbench", "--json").document
    data = document["data"]
    assert (document["environment"], data["format"], data["path"]) == (None, "workbench", None)
    assert json.loads(data["text"])["ModelName"] == "shop"
    assert data["notes"] == [{"place": "Plans", "text": "a model cannot say: time to live expiresAt"}]
    assert run("export", "workbench", "-o", "m.json", "--json").document["data"]["path"] == "m.json"


def test_what_a_format_cannot_say_is_a_warning(project: Project, run: Run) -> None:
    """On stderr, so that stdout is the file; -q leaves it out."""
    project.script("0004_stream", 'SetTimeToLive("Plans", "expiresAt")')
    assert run("export", "workbench").err == "⚠ Plans: a model cannot say: time to live expiresAt\n"
    assert run("export", "workbench", "-q").err == ""


def test_live(project: Project, run: Run, applied: Applied, tables: Tables) -> None:
    """--live writes what is there, not what the scripts declare; what an engine does not tell is a warning."""
    applied()
    index: Any = {
        "IndexName": "by-owner",
        "KeySchema": [{"AttributeName": "ownerId", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    tables.client.update_table(
        TableName="shop-dev-Plans",
        AttributeDefinitions=[
            {"AttributeName": "planId", "AttributeType": "S"},
            {"AttributeName": "ownerId", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    said = run("export", "cloudformation", "--live")
    assert said.code == 0
    assert "IndexName: by-owner" in said.out
    assert "by-owner" not in run("export", "cloudformation").out
    assert "SchemaMigrations" not in said.out
    assert "this local engine does not report encryption" in said.err


def test_live_without_tables(run: Run, tables: Tables) -> None:
    """Exit 1, with what may be wrong."""
    said = run("export", "terraform", "--live")
    assert (said.code, said.out) == (1, "")
    assert "✗ AWS_RESOURCE_NOT_FOUND: there are no tables of dev to export" in said.err


def test_a_page_shows_where_an_environment_stands(run: Run, applied: Applied, tables: Tables, tmp_path: Path) -> None:
    """With --env its status is asked; without, nothing is."""
    assert "in sync" not in run("export", "html").out
    before = run("export", "html", "--env", "dev").out
    assert "not in sync" in before
    assert "0 of 3 migrations applied" in before
    assert "MIGRATION_PENDING" in before
    applied()
    tables.client.delete_table(TableName="shop-dev-Plans")
    after = run("export", "html", "--env", "dev").out
    assert "3 of 3 migrations applied" in after
    assert "DRIFT_TABLE_MISSING" in after
    assert '<span class="badge bad">missing</span>' in after


@pytest.mark.parametrize("words", [["export"], ["export", "pdf"], ["export", "contract"]])
def test_an_unknown_format(run: Run, words: list[str]) -> None:
    """The formats there are get listed; a contract is none that can be written."""
    said = run(*words)
    assert said.code == ExitCode.USAGE
    assert "cloudformation" in said.err


def test_an_unknown_environment(run: Run) -> None:
    """It is refused as everywhere, and nothing is printed."""
    said = run("export", "cloudformation", "--env", "prd")
    assert (said.code, said.out) == (1, "")
    assert "✗ CONFIG_ENVIRONMENT_UNKNOWN" in said.err
