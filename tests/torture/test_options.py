"""Whatever is typed, a command does it or tells which word is wrong, and writes nothing."""

from collections.abc import Iterator

import click
from hypothesis import assume, given
from hypothesis import strategies as st

from osem_migrate.cli.main import COMMANDS, cli
from tests.cli.command_line import Project
from tests.doubles.simulated_aws import SimulatedAws
from tests.torture.bad_input import check_told, contents, type_in, without_haste

WRITING = {"new", "import", "local start", "local stop"}
"""What writes files or starts processes although nothing is wrong."""
WORDS = (
    *("", " ", "-", "--", "0", "1", "-1", "+1", "0001", "1_000", "٣", "²", "9" * 5_000, "1e9", "1e99", "nan", "inf"),
    *(
        "0001_create_teams",
        "teams",
        "head",
        "dev",
        "local",
        "x" * 5_000,
        "\udcff",
        "\u0000",
        "a\nb",
        "\x1b[31m",
        "{env}",
    ),
    *("us-east-1", "us east", "http://127.0.0.1:9", "http://[", "http://u:p@h:1", "123456789012", "json", "pending,x"),
    *("/", "/dev/null/x", "migrations", "~", "--json", "--help", "--env", "-qv", "upgrade", "٣٣٣٣٣٣٣٣٣٣٣٣"),
)


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        elif " ".join((*path, name)) not in WRITING:
            yield (*path, name), command


def _lines(path: tuple[str, ...], command: click.Command) -> st.SearchStrategy[list[str]]:
    """Command lines of one command: what it takes, with all sorts of values, and sometimes a word too many."""
    word = st.sampled_from(WORDS) | st.text(max_size=8)
    parts: list[st.SearchStrategy[list[str]]] = []
    arguments: list[st.SearchStrategy[list[str]]] = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            arguments.append(word.map(lambda text: [text]))
        elif isinstance(parameter, click.Option) and parameter.name != "log_file":
            name = st.sampled_from([*parameter.opts, *parameter.secondary_opts]).map(lambda option: [option])
            parts.append(name if parameter.is_flag else st.tuples(name, word).map(lambda pair: [*pair[0], pair[1]]))
    options = st.lists(st.one_of(parts), max_size=3)
    extra = st.lists(word, max_size=1).map(lambda words: words * (len(words) and words[0] in WORDS[:3]))
    together = st.tuples(*arguments, options.map(lambda lists: [each for one in lists for each in one]), extra)
    return together.map(lambda lists: [*path, *(each for one in lists for each in one)])


LINES = st.one_of([_lines(*each) for each in _commands(cli)]) | st.lists(
    st.sampled_from((*COMMANDS, *WORDS)), max_size=3
)


@without_haste
@given(words=LINES)
def test_a_command_line_is_taken_or_told_to_be_wrong(aws: SimulatedAws, project: Project, words: list[str]) -> None:
    """What is wrong with which word; never a traceback, and no file but what was there."""
    # Nothing that is pending fits, so that nothing is ever carried out.
    project.script("0004_too_late", 'AddIndex("Users", "a-index", partition_key=S("a"))')
    assume(not WRITING & {" ".join(words[:1]), " ".join(words[:2])} and "local" not in words[1:])
    before = contents(project.folder)
    check_told(type_in(*words))
    assert contents(project.folder) == before
    assert not aws.simulator.account.tables
