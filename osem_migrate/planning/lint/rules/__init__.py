"""Every rule, one a file; a new one is a file here and its name in this list."""

from importlib import import_module

from osem_migrate.planning.lint.rule import Rule

_FILES = """
key01 key02 key03 key04
idx01 idx02 idx03 idx04 idx05 idx07 idx08 idx09 idx10 idx11 idx12 idx13 idx14
ttl01 ttl02 ttl03
str01 str02
bil01 bil02 bil03
cls01 cls02
dst01 dst02 dst03 dst04
pro01
enc01
mix01
itm01
"""


def _rule(name: str) -> Rule:
    rule: Rule = import_module(f"{__name__}.{name}").RULE
    return rule


RULES: tuple[Rule, ...] = tuple(map(_rule, _FILES.split()))
"""The list above, in the order of the page."""
