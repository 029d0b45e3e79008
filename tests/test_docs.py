"""The guide is true: what it shows is run, what it only names exists, and what the code writes is current."""

import json
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path

import boto3
import click
import pytest
from botocore.exceptions import ClientError

from docs.generator import pages, picture
from docs.generator.error_codes import problem_codes
from osem_migrate.cli.main import COMMANDS, cli
from osem_migrate.config import ProjectSettings
from osem_migrate.errors import error_classes
from tests.documentation import aws_cli, shown
from tests.documentation.checkout import checkout, run_here
from tests.engines.engine import Engine

GUIDE = sorted(shown.DOCS.glob("*.md"))
PAGES = [shown.README, *GUIDE, *sorted(shown.ROOT.glob("examples/*/README.md"))]
NAMES = [str(page.relative_to(shown.ROOT)) for page in PAGES]
JOURNEYS = [page for page in GUIDE if shown.blocks(shown.read(page), "console")]


@pytest.mark.parametrize("page", JOURNEYS, ids=[page.name for page in JOURNEYS])
def test_every_command_prints_what_the_page_shows(
    page: Path, tmp_path: Path, moto_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's commands, typed one after the other in a fresh checkout, print what it says they print."""
    environ = Engine(moto_server).environ()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with checkout(tmp_path) as folder:
        for item in shown.commands(shown.read(page)):
            if item.is_file:
                (folder / item.command).write_text(item.output, encoding="utf-8")
                continue
            printed = _as_on_aws(run_here(item.command, folder, environ), moto_server)
            difference = f"$ {item.command}\n{printed}\n--- {page.name} ---\n{item.output}"
            fits = not item.output or shown.pattern(item.output).fullmatch(printed) is not None
            assert fits, difference


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_that_is_only_named_exists(page: Path) -> None:
    """Commands that need AWS, or stand in a sentence, name commands and options that there are."""
    for words in shown.typed(shown.read(page)):
        _check(words)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links between the pages name a file that exists and a heading in it."""
    for target in shown.links(shown.read(page)):
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), target
        assert not anchor or anchor in shown.anchors(shown.read(found)), target


@pytest.mark.parametrize("page", GUIDE, ids=[page.name for page in GUIDE])
def test_every_snippet_is_accepted(page: Path) -> None:
    """JSON is JSON, and configuration is what the tool accepts."""
    text = shown.read(page)
    for snippet in shown.blocks(text, "json"):
        json.loads(snippet)
    for snippet in shown.blocks(text, "toml"):
        table = tomllib.loads(snippet)["tool"]["osem-migrate"]
        ProjectSettings.model_validate({"application": "osem-ladders", **table})


def test_the_first_steps_are_taken_in_one_region() -> None:
    """The lines of getting-started fit below the heading that is there, and no block of it names another region."""
    text = shown.read(shown.DOCS / "getting-started.md")
    (block,) = shown.blocks(text, "toml")
    heading, *lines = block.splitlines()
    configured = shown.read(shown.ROOT / "pyproject.toml").replace(heading, "\n".join([heading, *lines]))
    settings = ProjectSettings.model_validate(tomllib.loads(configured)["tool"]["osem-migrate"])
    blocks = [found for language in ("console", "json", "sh", "text", "toml") for found in shown.blocks(text, language)]
    regions = set(re.findall(r"\b[a-z]{2}-(?:north|south|east|west|central)+-\d\b", "".join(blocks)))
    assert regions == {settings.environments["dev"].region}


def test_what_the_code_writes_is_current() -> None:
    """docs/commands.md and the tables of error codes are as ``make docs`` would write them."""
    stale = [page.name for page, text in pages.written().items() if shown.read(page) != text]
    assert stale == [], "run: make docs"


def test_every_command_is_in_the_reference() -> None:
    """No command and no option of it is missing from the reference."""
    text = shown.read(pages.COMMANDS_PAGE)
    assert [name for name in COMMANDS if f"\n## osem-migrate {name}\n" not in text] == []
    context = click.Context(cli, **cli.context_settings)
    commands = [command for name in COMMANDS if (command := cli.get_command(context, name)) is not None]
    options = {word for command in commands for option in command.params for word in option.opts if word[0] == "-"}
    assert sorted(word for word in options if word not in text) == []


def test_every_help_fits_on_a_terminal() -> None:
    """No line of any command's --help is wider than 80 columns, and no command is broken."""
    context = click.Context(cli, info_name="osem-migrate", **cli.context_settings)
    found = [(name, command) for name in COMMANDS if (command := cli.get_command(context, name)) is not None]
    for name, command in list(found):
        found += [(f"{name} {part}", inner) for part, inner in getattr(command, "commands", {}).items()]
    for name, command in [("", cli), *found]:
        said = command.get_help(click.Context(command, info_name=name, parent=context, max_content_width=80))
        assert [line for line in said.splitlines() if len(line) > 80 or line.endswith("osem-")] == [], name


def test_the_picture_is_of_todays_page() -> None:
    """What the guide shows of ``export html`` is what it writes now."""
    assert picture.digest_in(picture.PICTURE.read_bytes()) == picture.digest(picture.page()), "run: make picture"
    assert picture.digest_in(b"") is None


def test_every_error_code_is_explained() -> None:
    """Each error of the tool has a row with its cause and its remedy."""
    rows = _rows(shown.read(pages.TROUBLE_PAGE))
    for kind in error_classes():
        assert kind.code in rows, "run: make docs"
        assert all(len(cell.strip()) > 10 for cell in rows[kind.code].split(" | ")[-2:]), kind.code


def test_every_finding_of_status_is_explained() -> None:
    """Each code that ``status`` reports has a row in docs/troubleshooting.md, and every row has a code."""
    text = shown.read(pages.TROUBLE_PAGE)
    known = problem_codes() | {kind.code for kind in error_classes()}
    assert {"DRIFT_TABLE_MISSING", "MIGRATION_PENDING"} <= known
    assert sorted(known - _rows(text).keys()) == []
    assert sorted(_rows(text).keys() - known) == []


def test_nothing_but_the_marked_part_is_written() -> None:
    """What stands around a part that the code writes is left alone, and the tables are put in between."""
    begin = pages.BEGIN.format("part")
    text = f"before\n{begin}old\n{pages.END}\nafter\n"
    assert pages.filled(text, "part", "new\n") == f"before\n{begin}\nnew\n\n{pages.END}\nafter\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("osem-migrate upgrade --evn dev", "--evn"),
        ("osem-migrate upgrde --env dev", "upgrde"),
        ("osem-migrate stamp --env dev", "VERSION"),
        ("osem-migrate local begin", "begin"),
        ("aws dynamodb describe-tables", "describe-tables"),
        ("aws dynamo describe-table --table-name T", "dynamo"),
        ("aws dynamodb describe-table --table T", "--table"),
        ("aws dynamodb describe-table", "TableName"),
        ("aws sso", "no service and operation"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, says: str) -> None:
    """The check of the pages finds a wrong command, a wrong option and a missing one."""
    with pytest.raises((AssertionError, aws_cli.NotAccepted), match=says):
        _check(shlex.split(command))


def test_the_stand_in_for_the_aws_cli_calls_dynamodb(
    moto_server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands of the AWS CLI on the pages take effect where the tool then looks."""
    for name, value in Engine(moto_server).environ().items():
        monkeypatch.setenv(name, value)
    keys = '--attribute-definitions \'[{"AttributeName": "id", "AttributeType": "S"}]\''
    keys += ' --key-schema \'[{"AttributeName": "id", "KeyType": "HASH"}]\''
    create = f"dynamodb create-table --table-name T {keys} --billing-mode PAY_PER_REQUEST"
    aws_cli.main(shlex.split(f"{create} --no-deletion-protection-enabled --region us-east-1"))
    assert json.loads(capsys.readouterr().out)["TableDescription"]["TableName"] == "T"
    aws_cli.main(shlex.split('dynamodb delete-table --cli-input-json \'{"TableName": "T"}\''))
    with pytest.raises(ClientError, match="not found"):
        boto3.client("dynamodb").describe_table(TableName="T")
    with pytest.raises(aws_cli.NotAccepted, match="not here"):
        aws_cli.main(["sts", "get-caller-identity"])


def _as_on_aws(printed: str, endpoint_url: str) -> str:
    """What AWS in us-east-1 would have had printed: a region where the engine's address stands."""
    return printed.replace(f"({endpoint_url})", "(us-east-1)").replace(f" --endpoint-url {endpoint_url}", "")


def _rows(text: str) -> dict[str, str]:
    """The rows of its tables that begin with a code, by code."""
    return dict(re.findall(r"^\| `([A-Z][A-Z_]+)` \| (.+) \|$", text, re.MULTILINE))


def _check(words: Sequence[str]) -> None:
    """Fail unless the command could be typed; of other programs nothing is known."""
    if words[0] == "aws":
        aws_cli.parse(words[1:])
    elif words[0] == "osem-migrate":
        _parse(cli, click.Context(cli, **cli.context_settings), words[1:])


def _parse(group: click.Group, context: click.Context, words: Sequence[str]) -> None:
    name = words[0]
    command = group.get_command(context, name)
    if name.startswith("-") or name == "COMMAND":
        return
    assert command is not None, f"no command {name}"
    if isinstance(command, click.Group):
        _parse(command, context, words[1:])
        return
    try:
        if "--help" not in words:
            command.make_context(name, list(words[1:]), parent=context)
    except click.UsageError as wrong:
        raise AssertionError(f"{' '.join(words)}: {wrong.format_message()}") from wrong
