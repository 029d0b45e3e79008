"""What a command owes whatever it is given: a documented exit code, a stable code, a remedy, and no defect of ours."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, settings

from osem_migrate.cli.main import run
from osem_migrate.errors import ExitCode, OsemMigrateError, error_classes
from osem_migrate.migrator import Migrator
from tests.cli.command_line import Result
from tests.doubles.simulated_aws import SimulatedAws
from tests.simulator.clock import VirtualClock

CODES = frozenset(kind.code for kind in error_classes()) - {OsemMigrateError.code}
EXITS = frozenset(map(int, ExitCode))
TOLD = re.compile(r"^\S+ ([A-Z_]+): .*?\n\n.*?hint: \S", re.DOTALL | re.MULTILINE)

without_haste = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
"""A command is no function of a microsecond, and one project does for all examples of a test."""


def type_in(*words: str) -> Result:
    """Run one command line in this process, as often as an example wants; pytest's captures are for a whole test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = run(list(words))
    return Result(code, *(_text(stream) for stream in (out, err)))


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def check_told(said: Result) -> str | None:
    """Whatever a command said, the code of the error if it ended in one; fails where it is a defect of ours."""
    assert said.code in EXITS, said
    for text in (said.out, said.err):
        assert "this is a bug in osem-migrate" not in text, text
        assert "Traceback" not in text, text
        text.encode()
    if said.out.startswith("{"):
        document = json.loads(said.out)
        error = document.get("error")
        code = error["code"] if error is not None else None
        assert error is None or (error["message"] and error["remediation"]), error
        codes = {code} | {
            finding["code"] for finding in (document.get("data") or {}).get("findings", ()) if "code" in finding
        }
    else:
        found = TOLD.search(said.err)
        code = found[1] if found is not None else None
        codes = {code}
    assert codes <= CODES | {None}, said
    failed = said.code in {ExitCode.ERROR, ExitCode.USAGE}
    assert code is not None or not failed or said.out or said.err.startswith("Usage: "), said
    return code


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, so that what is written shows."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def answered_by(aws: SimulatedAws) -> Iterator[None]:
    """While commands are typed, they end at this AWS, and whoever waits finds the time gone."""
    assert isinstance(aws.clock, VirtualClock)
    defaults = Migrator.open.__func__.__kwdefaults__  # type: ignore[attr-defined]
    with (
        aws.surroundings(),
        mock.patch("osem_migrate.migrator.connect", aws.connect),
        mock.patch.dict(defaults, clock=aws.clock.clock),
    ):
        yield
