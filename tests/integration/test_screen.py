"""What a run leaves on the screen and in its scroll-back: all that was there, and every line of ours once, in order."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.cli.command_line import PYPROJECT, Project
from tests.cli.process import PROGRAM
from tests.doubles.screen import PATIENCE, Screen, Shell
from tests.simulator import Simulator
from tests.simulator.calls import OK, Call
from tests.simulator.clock import ScaledClock
from tests.simulator.durations import Durations, exactly
from tests.simulator.faults import Fail, Fault, Hang, Hook
from tests.simulator.server import SimulatorServer, serve

LANES = 6
PLAN = rf"ℹ {2 * LANES} migrations, {2 * LANES} calls: usually 8 to 17 min on AWS; with --fold 14(?: to 22 s\.)?"  # noqa: RUF001 - ours
NUMBERS = [str(number) for number in range(1, 13)]
SCALE = 200.0
DURATIONS = Durations(create_table=exactly(20.0), index_allocation=exactly(60.0), index_build=((400.0, 620.0),))
CTRL_C, CTRL_Z = b"\x03", b"\x1a"
APPLIED = (rf"✓ {2 * LANES} migrations applied to dev \(.*\)\.", "code 0")
ASIDE = {"^Z", "Stopping after the call in flight; once more leaves at once."}
SPINNERS = re.compile("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]")


def _index(lane: int) -> str:
    return f"an-index-with-quite-a-long-name-{lane}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Six tables with an index each: as many lanes, and lines that are longer than 80 columns."""
    project = Project(tmp_path / "project")
    project.migrations.mkdir(parents=True)
    project.configure(PYPROJECT)
    for lane in range(1, LANES + 1):
        table = f"Table{lane}"
        project.script(f"{lane:04}_create", f'CreateTable("{table}", partition_key=S("id"))')
        operation = f'AddIndex("{table}", "{_index(lane)}", partition_key=S("key"))'
        project.script(f"{lane + LANES:04}_add_an_index_with_a_name_that_is_long", operation)
    return project


@dataclass(frozen=True)
class Desk:
    """Where somebody works with the project."""

    project: Project
    server: SimulatorServer

    def wait_for_others(self, _: Call) -> None:
        """Return once all lanes but one have begun their index."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if sum((call.action, call.outcome) == ("UpdateTable", OK) for call in self.server.calls) == LANES - 1:
                return
            time.sleep(0.01)

    def environ(self, **more: str) -> dict[str, str]:
        """An ordinary environment, with the simulator for AWS."""
        outer = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
        inherited = {name: text for name, text in os.environ.items() if name not in outer and "AWS" not in name}
        aws = {"AWS_ACCESS_KEY_ID": "AKIASIMULATED", "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": "us-east-1"}
        aws |= {"AWS_ENDPOINT_URL_DYNAMODB": self.server.endpoint_url, "AWS_ENDPOINT_URL_STS": self.server.endpoint_url}
        return {**inherited, **aws, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **more}


@pytest.fixture
def start(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Shell]]:
    """Start the upgrade on a screen, below twelve lines of somebody's earlier output; ended with the test."""
    monkeypatch.chdir(project.folder)
    simulator = Simulator(clock=ScaledClock(SCALE), durations=DURATIONS)
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(simulator.account.limiter, "read", lambda *_: None)
        desk = Desk(project, stack.enter_context(serve(simulator)))

        def begin(columns: int, lines: int, fault: Fault | None = None) -> Shell:
            if fault is not None:
                desk.server.faults.plan(fault, action="UpdateTable", table="shop-dev-Table3")
            if isinstance(fault, Fail):  # after a failure nothing else would begin
                desk.server.faults.plan(
                    Hook(before=desk.wait_for_others), action="UpdateTable", table="shop-dev-Table3"
                )
            screens = [Screen(columns, lines, reflows=reflows) for reflows in (True, False)]
            command = f"seq 1 12; {PROGRAM} upgrade --log-file run.log; echo code $?"
            shell = Shell(command, screens, desk.environ())
            stack.callback(shell.close)
            return shell

        yield begin


def _joined(rows: list[str]) -> list[str]:
    """The rows with those that were wrapped at a word in one."""
    lines: list[str] = []
    for row in rows:
        # The plan's line may also be broken, or cut, by a terminal that was made narrower after it was printed.
        if lines and (
            (row.startswith("  ") and not row.startswith("  - ")) or re.fullmatch(PLAN, f"{lines[-1]} {row}")
        ):
            lines[-1] += f" {row.strip()}"
        else:
            lines.append(row)
    return lines


def _done(project: Project) -> list[str]:
    """The operations that ended, in the order in which the log has them."""
    log = (project.folder / "run.log").read_text(encoding="utf-8")
    return re.findall(r'"event": "operation finished", "migration": "(\w+)"', log)


def _assert_whole(shell: Shell, project: Project, *end: str) -> None:
    """What was there, the plan, what was done, and how it ended; nothing else, nothing twice, and a clean terminal."""
    screens = shell.finish()
    done = [rf"✓ {name}: (?:create table|add index) .* \([\d.]+ s\)" for name in _done(project)]
    expected = [*NUMBERS, PLAN, *done, *end]
    for rows in screens:
        told = [line for line in _joined(rows) if line not in ASIDE]
        assert len(told) == len(expected), "\n".join(rows)
        assert all(map(re.fullmatch, expected, told)), "\n".join(rows)
    assert shell.is_clean


def _in_work(rows: list[str]) -> list[str]:
    return [row for row in rows if SPINNERS.match(row) and "backfilling" in row]


def _fits(columns: int, rows: list[str]) -> bool:
    lanes = _in_work(rows)
    return bool(lanes) and all(len(row) < columns for row in lanes)


@pytest.mark.slow
def test_a_run_leaves_what_was_there_and_every_line_once(project: Project, start: Callable[..., Shell]) -> None:
    """All lanes at once, each with what it does, phase, time since it began and usual time; the whole below.

    Whoever presses keys meanwhile changes nothing of it.
    """
    shell = start(80, 24)
    rows = shell.wait_for(lambda rows: len(_in_work(rows)) == LANES)
    lanes, last = _in_work(rows), rows[max(at for at, row in enumerate(rows) if row)]
    for lane in lanes:
        assert re.search(r"backfilling  +[\d.]+ s  usually 8 to 17 min$", lane)
        assert lane.count("an-index-with-quite") == 1
    assert last == f"  {LANES} of {2 * LANES} done, {LANES} in work; 8 to 17 min left on AWS"
    assert all(len(row) < 80 for row in lanes)
    shell.type(b"\r\rls\r")  # nothing is to be seen of it, and no row is left behind
    _assert_whole(shell, project, *APPLIED)


@pytest.mark.slow
def test_more_lanes_than_rows_and_a_failure(project: Project, start: Callable[..., Shell]) -> None:
    """Half of the screen shows what there is room for; then stands what was done, what is wrong, and what to type."""
    shell = start(80, 8, Fail("AccessDeniedException", "User: ada is not authorized to perform: dynamodb:UpdateTable"))
    whole = f"  {LANES} of {2 * LANES} done, 5 in work (2 hidden), 1 failed; 8 to 17 min left on AWS"
    shell.wait_for(lambda rows: len(_in_work(rows)) == 3 and whole in rows)
    refused = r"✗ PARTIALLY_APPLIED: \d+ applied, then: .*dynamodb:UpdateTable.*"
    _assert_whole(shell, project, refused, "", "hint: .*", "code 2")


@pytest.mark.slow
def test_a_terminal_may_change_its_size(project: Project, start: Callable[..., Shell]) -> None:
    """Narrower, shorter and larger while it draws, and suspended in between: no row stays, and no line is lost."""
    shell = start(120, 40)
    shell.wait_for(_in_work)
    for columns, lines in [(70, 40), (70, 12), (110, 30)]:
        shell.resize(columns, lines)
        shell.wait_for(partial(_fits, columns))
    shell.type(CTRL_Z)
    shell.wait_for(lambda rows: not _in_work(rows) and shell.is_clean)
    os.killpg(shell.process.pid, signal.SIGCONT)
    _assert_whole(shell, project, *APPLIED)


def test_ctrl_c_takes_the_rows_away(project: Project, start: Callable[..., Shell]) -> None:
    """What was done stands there, and the way on."""
    shell = start(80, 24)
    shell.wait_for(_in_work)
    shell.type(CTRL_C)
    stopped = r"✗ PARTIALLY_APPLIED: \d+ applied, then: stopped by Ctrl-C"
    _assert_whole(shell, project, stopped, "", "hint: Continue with: osem-migrate upgrade --env dev", "code 130")


def test_a_second_ctrl_c_takes_the_rows_away_at_once(project: Project, start: Callable[..., Shell]) -> None:
    """In the middle of a call that does not end; what was printed before stays."""
    shell = start(80, 8, Hang(PATIENCE))
    shell.wait_for(_in_work)
    shell.type(CTRL_C)
    shell.wait_for(lambda rows: any(row.startswith("Stopping") for row in rows))
    shell.type(CTRL_C)
    _assert_whole(shell, project, "code 130")
