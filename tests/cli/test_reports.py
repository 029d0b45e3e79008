"""Reports for continuous integration: what GitHub and JUnit's readers make of them."""

from xml.etree import ElementTree as ET

from osem_migrate.cli.reports import github, junit
from osem_migrate.history import ShownState
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.status.status import MigrationStatus, Problem, ProblemKind, Status


def _problem(code: str, kind: ProblemKind, subject: str, message: str, file: str | None = None) -> Problem:
    return Problem(
        code=code,
        kind=kind,
        state=kind.value,
        subject=subject,
        message=message,
        advice="Type this",
        file=file,
        line=5 if file else None,
    )


def _migration(name: str, state: ShownState) -> MigrationStatus:
    return MigrationStatus(
        id=name, number=int(name[:4]), state=state, summary="", file=f"migrations/{name}.py", record=None
    )


PENDING = _problem("MIGRATION_PENDING", ProblemKind.PENDING, "0002_b", "not applied yet", "migrations/a,b:0002.py")
DRIFT = _problem("DRIFT_TABLE_MISSING", ProblemKind.DRIFT, "shop-dev-Teams", "100% gone\nreally")
KEYS = _problem("DRIFT_TABLE_KEYS", ProblemKind.DRIFT, "shop-dev-Teams", "keys <&> \x00 ü")
REMARK = _problem("IN_PROGRESS", ProblemKind.NOTE, "shop-dev-Teams", "Teams is updating")
STATUS = Status(
    migrations=(_migration("0001_a", ShownState.APPLIED), _migration("0002_b", ShownState.PENDING)),
    tables=(LiveTable(name="Teams", physical_name="shop-dev-Teams", table=None),),
    problems=(PENDING, DRIFT, KEYS),
    remarks=(REMARK,),
    notes=("a note: with 5%",),
)


def test_github_escapes_what_its_commands_use_themselves() -> None:
    """A percent sign, a line break, a colon or a comma cannot end an annotation early."""
    pending, drift, _, remark, note = github(STATUS).splitlines()
    assert pending == (
        "::warning file=migrations/a%2Cb%3A0002.py,line=5,title=MIGRATION_PENDING::0002_b: not applied yet. Type this"
    )
    assert remark == "::notice title=IN_PROGRESS::shop-dev-Teams: Teams is updating. Type this"
    assert drift == "::error title=DRIFT_TABLE_MISSING::shop-dev-Teams: 100%25 gone%0Areally. Type this"
    assert note == "::notice::a note: with 5%25"


def test_github_says_that_all_is_well() -> None:
    """No problem is one notice, after those of the remarks."""
    assert github(Status(migrations=(), tables=(), problems=())) == "::notice::in sync"
    remarked = github(Status(migrations=(), tables=(), problems=(), remarks=(REMARK,)))
    assert remarked.splitlines()[1:] == ["::notice::in sync"]


def test_junit_has_a_case_for_each_migration_and_table() -> None:
    """A problem fails its own case, two problems of one table the same case, and the counts agree."""
    suite = ET.fromstring(junit(STATUS))  # noqa: S314 - our own document
    cases = {case.get("name"): case.find("failure") for case in suite.findall("testcase")}
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    assert cases["0001_a"] is None
    failure = cases["shop-dev-Teams"]
    assert failure is not None
    assert failure.get("type") == "DRIFT_TABLE_MISSING"
    assert (failure.text or "").count("Type this") == 2
    assert (failure.text or "").startswith("error DRIFT_TABLE_MISSING: 100% gone")


def test_a_remark_fails_no_case() -> None:
    """It is what the case of its table says."""
    remarked = Status(migrations=(), tables=STATUS.tables, problems=(), remarks=(REMARK,))
    suite = ET.fromstring(junit(remarked))  # noqa: S314 - our own document
    assert suite.get("failures") == "0"
    said = suite.find(".//testcase[@name='shop-dev-Teams']/system-out")
    assert said is not None
    assert said.text == "info IN_PROGRESS: Teams is updating\nType this"


def test_junit_is_xml_whatever_a_message_holds() -> None:
    """Markup, control characters and umlauts arrive; the document is ASCII, so no encoding can break it."""
    document = junit(STATUS)
    assert document.isascii()
    failure = ET.fromstring(document).find(".//testcase[@name='shop-dev-Teams']/failure")  # noqa: S314 - our own
    assert failure is not None
    assert "keys <&> \N{REPLACEMENT CHARACTER} ü" in (failure.text or "")
