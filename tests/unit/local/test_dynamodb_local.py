"""What DynamoDB Local needs is checked before it is run, each lack with its own remedy."""

from pathlib import Path

import pytest

from osem_migrate.errors import LocalEngineMissing, LocalEngineNotStarted
from osem_migrate.local.dynamodb_local import DynamoDbLocal
from osem_migrate.local.loopback import listen
from tests.doubles.typed import typed


@pytest.fixture
def java(tmp_path: Path) -> str:
    """A program that says it is Java."""
    program = tmp_path / "java"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with everything in it."""
    folder = tmp_path / "unpacked"
    (folder / "DynamoDBLocal_lib").mkdir(parents=True)
    (folder / "DynamoDBLocal.jar").write_text("")
    return folder


def test_an_unconfigured_folder_is_missing(java: str, tmp_path: Path) -> None:
    """The remedy says where to configure it."""
    with pytest.raises(LocalEngineMissing, match="no folder") as caught:
        DynamoDbLocal(None, java, tmp_path).require()
    assert "dynamodb_local_folder" in typed(caught.value)


@pytest.mark.parametrize("name", ["DynamoDBLocal.jar", "DynamoDBLocal_lib"])
def test_an_incomplete_folder_is_missing_its_part(name: str, folder: Path, java: str, tmp_path: Path) -> None:
    """The error names the part and the folder that was searched."""
    (folder / name).rename(folder / "elsewhere")
    with pytest.raises(LocalEngineMissing, match=f"no {name} in {folder}"):
        DynamoDbLocal(folder, java, tmp_path).require()


def test_absent_java_is_missing(folder: Path, tmp_path: Path) -> None:
    """The error names the program that was looked for, and the remedy the engine that needs no Java."""
    with pytest.raises(LocalEngineMissing, match="no-such-java") as caught:
        DynamoDbLocal(folder, "no-such-java", tmp_path).require()
    assert "Java 17" in typed(caught.value)
    assert "osem-migrate local start --engine moto" in typed(caught.value)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("java.lang.UnsupportedClassVersionError: Main has been compiled by a more recent version", "too old"),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", "finds no Java"),
    ],
)
def test_an_unfit_java_is_missing(log: str, reason: str, folder: Path, java: str, tmp_path: Path) -> None:
    """What Java itself says when it is too old, or only a placeholder, becomes the remedy to install one."""
    error = DynamoDbLocal(folder, java, tmp_path).diagnose(log)
    assert isinstance(error, LocalEngineMissing)
    assert reason in error.message
    assert "Java 17" in typed(error)


def test_a_port_that_another_program_took_meanwhile_is_named(folder: Path, java: str, tmp_path: Path) -> None:
    """It was free when it was chosen; Java takes seconds until it opens it."""
    log = 'Exception in thread "main" java.io.IOException: Failed to bind to 0.0.0.0/0.0.0.0:4711\n\tat org.eclipse…'
    error = DynamoDbLocal(folder, java, tmp_path).diagnose(log)
    assert isinstance(error, LocalEngineNotStarted)
    assert "another program took the port" in error.message
    assert "choose another port" in typed(error)


def test_an_unknown_end_is_not_explained(folder: Path, java: str, tmp_path: Path) -> None:
    """Any other end is left to its log."""
    assert DynamoDbLocal(folder, java, tmp_path).diagnose("OutOfMemoryError") is None


def test_the_command_shares_one_database_and_keeps_it(folder: Path, java: str, tmp_path: Path) -> None:
    """Data go to the folder, for every access key and region, and nothing is sent to Amazon."""
    engine = DynamoDbLocal(folder, java, tmp_path / "data")
    with listen(None) as listener:
        command = engine.command(listener)
        port = listener.getsockname()[1]
    assert command == [
        java,
        "-XX:TieredStopAtLevel=1",
        f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}",
        "-jar",
        str(folder / "DynamoDBLocal.jar"),
        "-port",
        str(port),
        "-disableTelemetry",
        "-sharedDb",
        "-dbPath",
        str(tmp_path / "data"),
    ]
