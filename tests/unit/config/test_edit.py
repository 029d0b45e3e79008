"""Changes of pyproject.toml: the names are added, and everything else stays as somebody wrote it."""

import tomllib

import pytest

from osem_migrate.config.edit import with_values

TABLES = ("tool", "osem-migrate", "environments", "dev", "tables")
HEAD = '# Ours.\n[tool.osem-migrate]\napplication = "shop" # the name\n'
SPELLINGS = {
    "no environments": HEAD,
    "an empty environment": HEAD + "[tool.osem-migrate.environments.dev]\n",
    "an environment with keys": HEAD
    + '[tool.osem-migrate.environments.dev]\nregion = "x" # here\n[tool.other]\na = 1\n',
    "an inline environment": HEAD + 'environments = { dev = { region = "x" } }\n',
    "an inline map": HEAD + '[tool.osem-migrate.environments.dev]\ntables = { Users = "U" } # some\nregion = "x"\n',
    "a map of its own": HEAD + '[tool.osem-migrate.environments.dev.tables]\nUsers = "U" # some\n\n[tool.z]\nb = 2\n',
    "apart": HEAD + '[tool.z]\nb = 2\n[tool.osem-migrate.environments.dev]\nregion = "x"\n',
    "dotted keys": HEAD + 'environments.dev.region = "x"\n',
    "windows": (HEAD + "[tool.osem-migrate.environments.dev]\n").replace("\n", "\r\n"),
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[tool.osem-migrate.environments.dev]\n", ""),
        ("[tool.osem-migrate.environments.dev]\nregion = 'x'\n", "[tool.other]\na = 1\n"),
        ("[tool.osem-migrate.environments.dev]\nregion = 'x'\n\n", "[tool.other]\na = 1\n"),
        ("", "[tool.other]\na = 1\n"),
    ],
    ids=["at the end", "between", "after an empty line", "nothing configured"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_new_section_stands_apart(before: str, after: str, newline: str) -> None:
    """One empty line is before the section that is added, and one behind it where more follows."""
    changed = with_values((HEAD + before + after).replace("\n", newline), TABLES, {"Orders": "O", "a.b": "I"})
    section = '\n\n[tool.osem-migrate.environments.dev.tables]\nOrders = "O"\n"a.b" = "I"\n'
    begins, _, rest = changed.replace(newline, "\n").partition(section)
    assert begins == (HEAD + before).rstrip()
    assert rest.strip() == after.strip()
    assert rest.startswith("\n") or not after
    assert "\n\n\n" not in changed.replace(newline, "\n")


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_names_are_added(text: str) -> None:
    """Whichever way the environment is spelled: all that was there is there still, comments too."""
    changed = with_values(text, TABLES, {"Orders": "MyStack-Orders-1A", "order.items": "I"})
    before, after = tomllib.loads(text), tomllib.loads(changed)
    own = after["tool"]["osem-migrate"]["environments"]["dev"]
    assert {name: own["tables"].pop(name) for name in ("Orders", "order.items")} == {
        "Orders": "MyStack-Orders-1A",
        "order.items": "I",
    }
    was = before["tool"]["osem-migrate"].setdefault("environments", {}).setdefault("dev", {})
    was.setdefault("tables", {})
    assert after == before
    for comment in ("# Ours.", "# the name", "# here", "# some"):
        assert (comment in changed) == (comment in text)
    assert set(text.splitlines()) - set(changed.splitlines()) <= {
        line for line in text.splitlines() if line.startswith(("environments = {", "tables = {"))
    }
