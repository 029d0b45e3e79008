"""Whatever pyproject.toml says, a command takes it or tells which key is wrong, and writes nothing."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from osem_migrate.config import EnvironmentSettings, LocalSettings, ProjectSettings
from tests.cli.command_line import SCRIPTS, Project
from tests.doubles.simulated_aws import SimulatedAws
from tests.torture.bad_input import check_told, contents, type_in, without_haste

COMMANDS = (
    *(("status",), ("upgrade", "--dry-run"), ("policy",), ("doctor",), ("list",), ("import",), ("local", "status")),
    ("verify", "--json"),
)
VALUES = (
    *("0", "-1", "1", "4611", "65536", "9" * 40, "9" * 5_000, "0x10", "1_000", "1e400", "nan", "true", "false"),
    *(
        '""',
        '"x"',
        '"-"',
        '"\\u0000"',
        '"\\n"',
        '"٣"',
        '"\\U0001F600"',
        f'"{"x" * 300}"',
        f'"{"x" * 5_000}"',
        '"{env}"',
    ),
    *('"{entity}"', '"{env}{entity}"', '"a-{env}-{entity}"', '"{application}{env}.{entity}"', '"a b {env}{entity}"'),
    *(
        '"/"',
        '".."',
        '"/dev/null"',
        '"~"',
        '"pyproject.toml"',
        '"migrations"',
        '"/dev/null/x"',
        '"a/b/../../migrations"',
    ),
    *('"http://["', '"http://h:99999"', '"http://127.0.0.1:9"', '"ftp://h"', '"http://u:p@127.0.0.1:9"', '"h"'),
    *('"us-east-1"', '"us east"', '"us-east-1\\n"', '"123456789012"', '"moto"', '"dynamodb-local"', '"nobody"'),
    *("[]", "[1]", '["Teams"]', '["Teams", 1]', "{}", "{ a = 1 }", '{ a = "b" }', '{ "" = "" }', '{ "aws:x" = "y" }'),
    *('{ a = "&" }', '{ a = "{env}{team}" }', "{ read = 1, write = 1 }", "{ read = 0, write = 1 }", "{ read = 1 }"),
    *("1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "[" * 200 + "]" * 200, "[" * 10_000 + "]" * 10_000),
)
NAMES = ("dev", "prod", "dev-eu", "local", '""', '"a b"', '"Ä"', '"\\u0000"', '"-x"', "A", f'"{"e" * 300}"')


SECTIONS: dict[str, type[BaseModel]] = {
    "": ProjectSettings,
    ".environments.dev": EnvironmentSettings,
    ".environments.prod": EnvironmentSettings,
    ".local": LocalSettings,
}
BASE: dict[str, dict[str, str]] = {
    "": {"application": '"shop"'},
    ".environments.dev": {},
    ".environments.prod": {},
    ".local": {},
}


def _document(changes: list[tuple[str, str, str]], name: str) -> str:
    """A configuration that is right but for what was changed: section, key, value; ``name`` is that of prod."""
    sections = {section: dict(lines) for section, lines in BASE.items()}
    for section, key, value in changes:
        sections[section][key] = value
    texts = (
        f"[tool.osem-migrate{section.replace('prod', name)}]\n"
        + "".join(f"{key} = {value}\n" for key, value in lines.items())
        for section, lines in sections.items()
    )
    return "\n".join(texts)


def _change(section: str) -> st.SearchStrategy[tuple[str, str, str]]:
    keys = [*sorted(SECTIONS[section].model_fields.keys() - {"environments", "local"}), "unknown", "tags.a"]
    return st.tuples(st.just(section), st.sampled_from(keys), st.sampled_from(VALUES))


TABLES = st.builds(
    _document,
    st.lists(st.sampled_from(sorted(SECTIONS)).flatmap(_change), min_size=1, max_size=2),
    st.just("prod") | st.sampled_from(NAMES),
)
BYTES = st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
DOCUMENTS = (
    TABLES.map(str.encode)
    | BYTES
    | BYTES.map(lambda more: b'[tool.osem-migrate]\napplication = "shop"\n' + more)
    | st.sampled_from((b"tool = 5", b"[tool]\nosem-migrate = 5", b"[[tool.osem-migrate]]", b"\xef\xbb\xbf[tool]"))
)


@without_haste
@given(words=st.sampled_from(COMMANDS), document=DOCUMENTS)
def test_a_configuration_is_taken_or_told_to_be_wrong(
    aws: SimulatedAws, project: Project, words: tuple[str, ...], document: bytes
) -> None:
    """File and key of a mistake, or the command's own answer; never a traceback, and no file but what was there."""
    (project.folder / "pyproject.toml").write_bytes(document)
    before = contents(project.folder)
    check_told(type_in(*words, *(() if words[0] == "local" else ("--env", "dev"))))
    assert contents(project.folder) == before
    assert not aws.simulator.account.tables
    assert len(before) == len(SCRIPTS) + 1
