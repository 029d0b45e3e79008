"""Commands inside advice: written once, and shown to each reader as that reader would give them.

On the command line a command is shown with the options of this environment; to a program that uses the library, as the
call of ``Migrator`` with its arguments. Between the brackets of a placeholder stand the words of a command line.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

# Noncharacters, which Unicode keeps for such a use inside a process: no name and no text of a user holds them.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_PLACEHOLDER = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")

AGAIN = f"{_OPEN}again{_CLOSE}"
"""What somebody types is run again; what a program calls is called again."""

CONFIGURED = "configuration"
"""The word of the placeholders that are about the file which configures the project."""

CONFIGURATION = f"{_OPEN}{CONFIGURED}{_CLOSE}"
"""That file: its own name on the command line, the configuration to a program."""

WITHOUT_ENVIRONMENT = frozenset({"init", "new", "check", "local", "completion", "--help"})
"""Commands that take no ``--env``, and the option that needs none."""

_METHODS = {
    "upgrade": ("upgrade", "UpgradeOptions"),
    "downgrade": ("downgrade", "DowngradeOptions"),
    "status": ("status", "StatusOptions"),
    "verify": ("verify", "VerifyOptions"),
    "import": ("plan_import", "ImportOptions"),
    "stamp": ("stamp", "StampOptions"),
    "history": ("history", "HistoryOptions"),
    "list": ("tables", "ListOptions"),
    "export": ("export", "ExportOptions"),
    "doctor": ("doctor", "DoctorOptions"),
    "policy": ("policy", "PolicyOptions"),
    "resolve": ("resolve", "ResolveOptions"),
    "unlock": ("unlock", "UnlockOptions"),
    "destroy": ("destroy", "DestroyOptions"),
    "init": ("init", "InitOptions"),
    "new": ("new", ""),
    "lint": ("lint", "LintOptions"),
    "check": ("check", ""),
    "show": ("show", ""),
    "items": ("passes", "PassesOptions"),
    "items status": ("passes", "PassesOptions"),
    "items failures": ("failures", "FailuresOptions"),
    "items rate": ("steer", "SteerOptions"),
    "items pause": ("steer", "SteerOptions"),
    "items resume": ("steer", "SteerOptions"),
    "items retry": ("steer", "SteerOptions"),
}
_GROUPS = frozenset({"items"})
"""Commands whose first word behind them is part of the name."""
_ORDERS = {f"items {order}": f"PassOrder.{order.upper()}" for order in ("rate", "pause", "resume", "retry")}
"""What ``steer`` is given for each."""
_PREVIEWS = {"upgrade": "preview", "downgrade": "plan_downgrade", "destroy": "inventory", "import": "plan_import"}
"""What ``--dry-run`` is called: each has a method of its own."""

_SAID = {"again": "call it again", "--dry-run": "migrator.preview()", "--help": "help(migrator)"}
_ARGUMENTS = {
    "--accept-checksum": "Resolution.ACCEPT_CHECKSUM",
    "--allow-data-loss": "allow_data_loss=True",
    "--allow-out-of-order": "allow_out_of_order=True",
    "--applied": "Resolution.APPLIED",
    "--check-items": "check_items=True",
    "--details": "details=True",
    "--drop-changed": "drop_changed=True",
    "--fold": "fold=True",
    "--force": "force=True",
    "--no-fold": "fold=False",
    "--no-verify": "verify=False",
    "--no-wait": "pace=Pace.NO_WAIT",
    "--probe": "probe=True",
    "--rebuild": "rebuild=True",
    "--replace-indexes": "replace_indexes=True",
    "--renamed": "Resolution.RENAMED",
    "--reverted": "Resolution.REVERTED",
    "--strict": "strict=True",
    "--verbose": "on_call=print",
    "--wait-only": "pace=Pace.WAIT_ONLY",
    "--yes": "allow_data_loss=True",
}
_CONFIRMED = {"unlock": (), "verify": ("allow_protected=True",)}
"""What ``--yes`` is called by commands that lose no data."""

_VALUES = {
    "--application": "application",
    "--endpoint-url": "endpoint_url",
    "--env": "env",
    "--format": "format",
    "--from": "source",
    "--git-base": "git_base",
    "--migration": "version",
    "--profile": "profile",
    "--reason": "reason",
    "--region": "region",
    "--role": "role",
    "--script": "script",
    "--table-name": "table_name",
    "--to": "target",
}
_PAIRS = {"--parameter": "parameters", "--rename-index": "rename_indexes"}
"""Options that take NAME=VALUE, which the call takes as a mapping."""

_NUMBERS = {
    "--item-rate": "item_rate",
    "--limit": "limit",
    "--lock-timeout": "lock_timeout",
    "--steps": "steps",
    "--timeout": "timeout",
}
_SEVERAL = frozenset({"import"})
"""Commands that take several of what they are about, and so does the call."""

_OF_THE_COMMAND_LINE = frozenset({"--ignore"})
"""Options with a value that only decide what the command line makes of an answer."""


def command(*words: str, given: Mapping[str, object] | None = None) -> str:
    """The placeholder of a command, such as ``command("upgrade", "--to", "7")``, or of an option alone.

    ``given`` has more options of it, as far as they were given: True is an option alone, None and False are left out.
    """
    return f"{_OPEN}{shlex.join([*words, *_words(given or {})]).replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"


def section(*keys: str) -> str:
    """The placeholder of a table of the configuration, such as ``section("local")``: as the file itself heads it."""
    return command(CONFIGURED, *keys)


def configured(keys: Sequence[str]) -> str:
    """The configuration, or a table of it, where it is not known which file that is."""
    return f"[{'.'.join(keys)}]" if keys else "the configuration"


def _words(options: Mapping[str, object]) -> tuple[str, ...]:
    words: list[str] = []
    for option, value in options.items():
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            words += (option, f"{value:g}" if isinstance(value, float) else str(value))
    return tuple(words)


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """``; did you mean 'staging'?`` for the nearest of what is known; empty where nothing is near.

    A mapping has what to say for each word.
    """
    near = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    said = [known[name] if isinstance(known, Mapping) else name for name in near]
    return "".join(f"; did you mean {name!r}?" for name in said)


def shown(text: str, show: Callable[[Sequence[str]], str]) -> str:
    """The text with each of its commands as ``show`` makes it of the words."""
    return _PLACEHOLDER.sub(lambda found: show(shlex.split(found[1])), text)


def as_typed(words: Sequence[str]) -> str:
    """A command as it is typed where no environment is known; an option as it is."""
    if list(words) == ["again"]:
        return "run the command again"
    if words[0] == CONFIGURED:
        return configured(words[1:])
    alone = words[0].startswith("-") and words[0] != "--help"
    return shlex.join(words) if alone else shlex.join(["osem-migrate", *words])


def typed_in(environment: str, flags: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """A command as it is typed about an environment, with the connection options that were given for it."""

    def show(words: Sequence[str]) -> str:
        if words[0].startswith("-") or words[0] in {"again", CONFIGURED} or WITHOUT_ENVIRONMENT & set(words):
            return as_typed(words)
        return as_typed([*words, "--env", environment, *flags])

    return show


def as_called(words: Sequence[str]) -> str:
    """A command as the call of the library; an option as its argument. What only the command line has is typed."""
    name, *rest = words
    if name == CONFIGURED:
        return configured(rest)
    if name in _GROUPS and rest and not rest[0].startswith("-"):
        name = f"{name} {rest.pop(0)}"
    if name in _SAID:
        return _SAID[name]
    if name == "local":
        return f"configured_engine(project).{rest[0]}()"
    if name not in _METHODS:
        return ", ".join(_arguments(words, "")) or as_typed(words)
    method, options = _METHODS[name]
    if "--dry-run" in rest:
        method = _PREVIEWS[name]
    arguments = _arguments(rest, name)
    if not arguments or method == "inventory":
        return f"migrator.{method}()"
    inner = f"{options}({', '.join(arguments)})" if options else ", ".join(arguments)
    return f"migrator.{method}({inner})"


def in_library(text: str) -> str:
    """The text for a program that uses the library."""
    return shown(text, as_called)


def connection_flags(
    region: str | None, profile: str | None, endpoint_url: str | None, *, force: bool
) -> tuple[str, ...]:
    """Where to connect as command-line options, as far as somebody said so."""
    return _words({"--region": region, "--profile": profile, "--endpoint-url": endpoint_url, "--force": force})


def _arguments(words: Sequence[str], name: str) -> list[str]:
    """The arguments for the words behind a command; an option that the library has no argument for is left out."""
    order = _ORDERS.get(name)
    found: list[str] = [order] if order is not None else []
    rest = list(words)
    if name == "items rate" and rest:
        found.append(f"rate={rest.pop(0)}")
    while rest:
        word = rest.pop(0)
        if word in _VALUES:
            found.append(f"{_VALUES[word]}={rest.pop(0)!r}" if rest else _VALUES[word])
        elif word in _PAIRS:
            name_of_pair, _, value = rest.pop(0).partition("=") if rest else ("", "", "")
            found.append(f"{_PAIRS[word]}={ {name_of_pair: value}!r}" if name_of_pair else _PAIRS[word])
        elif word in _NUMBERS:
            found.append(f"{_NUMBERS[word]}={rest.pop(0)}" if rest else _NUMBERS[word])
        elif word in _OF_THE_COMMAND_LINE:
            del rest[:1]
        elif word == "--yes" and name in _CONFIRMED:
            found += _CONFIRMED[name]
        elif word in _ARGUMENTS:
            found.append(_ARGUMENTS[word])
        elif not word.startswith("-"):
            found.append(f"names=[{word!r}]" if name in _SEVERAL else repr(word))
    return list(dict.fromkeys(found))
