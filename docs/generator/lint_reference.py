"""The page of all rules of lint, written from the rules themselves: docs/lint.md."""

from collections.abc import Iterator

from docs.generator.operation_reference import script
from osem_migrate.planning.lint.nolint import COMMENT_FINDINGS, FORM
from osem_migrate.planning.lint.rule import Rule
from osem_migrate.planning.lint.rules import RULES

_HEAD = """\
# Rules of lint

What `osem-migrate lint` finds in scripts, why that matters and what to do instead. Written from the code by
`make docs`; a test runs every example. How lint is used, and how a finding is answered, is told in
[authoring](authoring.md#lint).

A rule looks at scripts alone. What no script says, none can find: which queries an application makes, so whether an
index of keys alone is enough for them; and warm throughput, which no operation sets.

An *error* breaks or loses something for certain; a *warning* may be all right in your case, and counts with
`--strict` only."""


def reference() -> str:
    """The whole page: paragraphs, tables and blocks, each followed by an empty line."""
    return "\n\n".join(_blocks()) + "\n"


def _blocks() -> Iterator[str]:
    yield _HEAD
    rows = [f"| [`{rule.code}`](#{rule.code.lower()}) | {rule.severity} | {_cell(rule.finds)} |" for rule in RULES]
    rows += [f"| `{code}` | warning | {_cell(meaning)} |" for code, meaning in COMMENT_FINDINGS.items()]
    yield "\n".join(["| code | is | finds |", "|---|---|---|", *rows])
    codes = " and ".join(f"`{code}`" for code in COMMENT_FINDINGS)
    yield f"{codes} are about the comments that answer findings, which are written so: `{FORM}`."
    for rule in RULES:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.code}"
    yield f"{rule.severity.capitalize()}: {rule.finds}."
    yield rule.reason
    yield f"**Instead:** {rule.recipe}"
    yield f"Source: <{rule.source}>.{_depends(rule)}"
    if rule.given:
        yield "Where an earlier release has declared"
        yield _python(rule.given)
        yield "it fires on"
    else:
        yield "It fires on"
    yield _python(rule.fires)
    yield "and not on"
    yield _python(rule.passes)


def _depends(rule: Rule) -> str:
    said = []
    if rule.of_release:
        said.append("It compares the scripts of a release: see `--git-base`.")
    if rule.of_environment:
        said.append("It depends on how an environment is configured.")
    return "".join(f" {sentence}" for sentence in said)


def _python(operations: str) -> str:
    source = script(operations).partition("\n\n")[2].strip()
    return f"```python\n{source}\n```"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
