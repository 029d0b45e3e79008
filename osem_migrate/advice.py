"""Commands inside advice: written once, and shown to each reader as that reader would give them.

On the command line a command is shown with the options of this environment; to a program that uses the library, as the
call of ``Migrator`` with its arguments. Between the brackets of a placeholder stand the words of a command line.
"""

import re
import shlex
from collections.abc import Callable, Sequence

# Noncharacters, which Unicode keeps for such a use inside a process: no name and no text of a user holds them.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_PLACEHOLDER = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")

WITHOUT_ENVIRONMENT = frozenset({"new", "local", "--help"})
"""Commands that take no ``--env``, and the option that needs none."""

_METHODS = {
    "upgrade": ("upgrade", "UpgradeOptions"),
    "downgrade": ("downgrade", "DowngradeOptions"),
    "status": ("status", "StatusOptions"),
    "verify": ("verify", "VerifyOptions"),
    "import": ("plan_import", "ImportOptions"),
    "stamp": ("stamp", "StampOptions"),
    "history": ("history", ""),
    "list": ("tables", "ListOptions"),
    "export": ("export", "ExportOptions"),
    "doctor": ("doctor", "DoctorOptions"),
    "policy": ("policy", "PolicyOptions"),
    "resolve": ("resolve", "ResolveOptions"),
    "unlock": ("unlock", "UnlockOptions"),
    "destroy": ("destroy", "DestroyOptions"),
}
_ARGUMENTS = {
    "--accept-checksum": "Resolution.ACCEPT_CHECKSUM",
    "--allow-data-loss": "allow_data_loss=True",
    "--allow-out-of-order": "allow_out_of_order=True",
    "--applied": "Resolution.APPLIED",
    "--details": "details=True",
    "--drop-changed": "drop_changed=True",
    "--force": "force=True",
    "--no-verify": "verify=False",
    "--probe": "probe=True",
    "--reverted": "Resolution.REVERTED",
    "--strict": "strict=True",
    "--wait-only": "pace=Pace.WAIT_ONLY",
    "--yes": "allow_data_loss=True",
}
_CONFIRMED = {"unlock": (), "verify": ("allow_protected=True",)}
"""What ``--yes`` is called by commands that lose no data."""

_VALUES = {
    "--endpoint-url": "endpoint_url",
    "--profile": "profile",
    "--region": "region",
    "--role": "role",
    "--timeout": "timeout",
    "--to": "target",
}
_OF_THE_COMMAND_LINE = frozenset({"--ignore"})
"""Options with a value that only decide what the command line makes of an answer."""


def command(*words: str) -> str:
    """The placeholder of a command, such as ``command("upgrade", "--to", "7")``, or of an option alone."""
    return f"{_OPEN}{shlex.join(words).replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"


def shown(text: str, show: Callable[[Sequence[str]], str]) -> str:
    """The text with each of its commands as ``show`` makes it of the words."""
    return _PLACEHOLDER.sub(lambda found: show(shlex.split(found[1])), text)


def as_typed(words: Sequence[str]) -> str:
    """A command as it is typed where no environment is known; an option as it is."""
    alone = words[0].startswith("-") and words[0] != "--help"
    return shlex.join(words) if alone else shlex.join(["osem-migrate", *words])


def typed_in(environment: str, flags: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """A command as it is typed about an environment, with the connection options that were given for it."""

    def show(words: Sequence[str]) -> str:
        if words[0].startswith("-") or WITHOUT_ENVIRONMENT & set(words):
            return as_typed(words)
        return as_typed([*words, "--env", environment, *flags])

    return show


def as_called(words: Sequence[str]) -> str:
    """A command as the call of the library; an option as its argument. What only the command line has is typed."""
    name, *rest = words
    if name.startswith("-"):
        return ", ".join(_arguments(words, "")) or as_typed(words)
    if name not in _METHODS:
        return as_typed(words)
    method, options = _METHODS[name]
    arguments = _arguments(rest, name)
    inner = f"{options}({', '.join(arguments)})" if arguments else ""
    return f"migrator.{method}({inner})"


def in_library(text: str) -> str:
    """The text for a program that uses the library."""
    return shown(text, as_called)


def connection_flags(
    region: str | None, profile: str | None, endpoint_url: str | None, *, force: bool
) -> tuple[str, ...]:
    """Where to connect as command-line options, as far as somebody said so."""
    options = {"--region": region, "--profile": profile, "--endpoint-url": endpoint_url}
    given = [word for option, text in options.items() if text is not None for word in (option, text)]
    return (*given, "--force") if force else tuple(given)


def _arguments(words: Sequence[str], name: str) -> list[str]:
    """The arguments for the words behind a command; an option that the library has no argument for is left out."""
    found: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in _VALUES:
            found.append(f"{_VALUES[word]}={rest.pop(0)!r}" if rest else f"{_VALUES[word]}=…")
        elif word in _OF_THE_COMMAND_LINE:
            del rest[:1]
        elif word == "--yes" and name in _CONFIRMED:
            found += _CONFIRMED[name]
        elif word in _ARGUMENTS:
            found.append(_ARGUMENTS[word])
        elif not word.startswith("-"):
            found.append(repr(word))
    return list(dict.fromkeys(found))
