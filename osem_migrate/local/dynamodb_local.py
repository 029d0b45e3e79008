"""The engine that Amazon publishes: DynamoDB Local, in Java, with its data in a folder."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import ClassVar

from osem_migrate.advice import AGAIN, CONFIGURATION, command, section
from osem_migrate.errors import LocalEngineError, LocalEngineMissing, LocalEngineNotStarted
from osem_migrate.local.state import EngineKind

JAR = "DynamoDBLocal.jar"
LIBRARIES = "DynamoDBLocal_lib"
# Java's second compiler takes more of the processor than it saves within minutes.
FIRST_COMPILER_ONLY = "-XX:TieredStopAtLevel=1"
JAVA_REMEDY = (
    "Install Java 17 or newer (for example: apt-get install openjdk-17-jre-headless, or: brew install openjdk@17), "
    f"or use the engine that needs no Java: {command('local', 'start', '--engine', 'moto')}"
)
PORT_REMEDY = f"End that program, then {AGAIN}; or choose another port in {CONFIGURATION}, under {section('local')}."
FOLDER_REMEDY = (
    f"Unpack Amazon's DynamoDB Local somewhere and name the folder that holds {JAR} and {LIBRARIES} in "
    f'{CONFIGURATION}, under {section("local")}: dynamodb_local_folder = "PATH"'
)


@dataclass(frozen=True, slots=True)
class DynamoDbLocal:
    """How DynamoDB Local is run. It listens on every interface of the machine; it has no option for the loopback only.

    Args:
        folder: holds ``DynamoDBLocal.jar`` and ``DynamoDBLocal_lib``; ``None`` when nobody configured one.
        java: name on the PATH, or path, of the Java program.
        data: the folder of its data.
    """

    kind: ClassVar[EngineKind] = EngineKind.DYNAMODB_LOCAL
    identity_path: ClassVar[str] = "/"
    environment: ClassVar[Mapping[str, str]] = {}
    folder: Path | None
    java: str
    data: Path

    def require(self) -> None:
        """Make sure that the jar, its libraries and a Java program are there.

        Raises:
            LocalEngineMissing: one of them is not.
        """
        folder = self._folder()
        for name in (JAR, LIBRARIES):
            if not (folder / name).exists():
                raise LocalEngineMissing(
                    f"there is no {name} in {folder}", remediation=FOLDER_REMEDY, path=str(folder / name)
                )
        self._java()

    def command(self, listener: socket) -> Sequence[str]:
        """Program and arguments that serve on the listening socket's port, which must be closed by then."""
        folder = self._folder()
        port = listener.getsockname()[1]
        library = f"-Djava.library.path={folder / LIBRARIES}"
        options = ["-port", str(port), "-disableTelemetry", "-sharedDb", "-dbPath", str(self.data)]
        return [self._java(), FIRST_COMPILER_ONLY, library, "-jar", str(folder / JAR), *options]

    def inherited(self, _listener: socket) -> tuple[int, ...]:
        """The descriptors that the process needs open: none, Java opens its own."""
        return ()

    def recognises(self, answer: bytes) -> bool:
        """Whether an answer on ``identity_path`` is DynamoDB's refusal of an unsigned request."""
        return b"com.amazonaws.dynamodb" in answer

    def diagnose(self, log: str) -> LocalEngineError | None:
        """A known cause of an early end: a port that is taken, or a Java that is too old or only a placeholder."""
        if "Failed to bind" in log:
            return LocalEngineNotStarted(
                "another program took the port before DynamoDB Local had it", remediation=PORT_REMEDY
            )
        if "UnsupportedClassVersionError" in log:
            return LocalEngineMissing(f"{self._java()} is too old for DynamoDB Local", remediation=JAVA_REMEDY)
        if "Unable to locate a Java Runtime" in log:
            return LocalEngineMissing(f"{self._java()} finds no Java on this machine", remediation=JAVA_REMEDY)
        return None

    def _folder(self) -> Path:
        if self.folder is None:
            raise LocalEngineMissing("no folder of DynamoDB Local is configured", remediation=FOLDER_REMEDY)
        return self.folder.absolute()

    def _java(self) -> str:
        program = shutil.which(self.java)
        if program is None:
            raise LocalEngineMissing(f"no Java: there is no program {self.java!r}", remediation=JAVA_REMEDY)
        return str(Path(program).absolute())
