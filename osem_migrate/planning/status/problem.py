"""Problem: one finding of ``status``, with what was expected and found, how grave it is, and what to type next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from osem_migrate.advice import in_library
from osem_migrate.errors import ExitCode


class Severity(StrEnum):
    """How grave a finding is: only an error or a warning has an exit code of its own."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class ProblemKind(StrEnum):
    """What CI gates on, in the order of the exit codes; a note is for information only."""

    NOTE = "note"
    PENDING = "pending"
    HISTORY = "history"
    DRIFT = "drift"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of ``status`` when this is the worst there is."""
        return {
            "note": ExitCode.OK,
            "pending": ExitCode.PENDING,
            "history": ExitCode.HISTORY,
            "drift": ExitCode.DRIFT,
        }[self.value]

    @property
    def severity(self) -> Severity:
        """What is pending is a warning; history problems and drift are errors."""
        return {"note": Severity.INFO, "pending": Severity.WARNING}.get(self.value, Severity.ERROR)


class NoteCode(StrEnum):
    """Findings that are for information only; ``text`` is what each is, for the guide."""

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        """A member is its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    IN_PROGRESS = ("IN_PROGRESS", "A table, an index or a setting has not settled yet.")
    TABLE_REPLACED = ("TABLE_REPLACED", "Somebody made or restored the table by hand since it was recorded.")
    TABLE_AHEAD = ("TABLE_AHEAD", "A table is there before the migration that creates it is applied.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding.

    Attributes:
        code: stable, such as ``DRIFT_INDEX_MISSING``.
        kind: decides severity and exit code.
        state: the word that ``--ignore`` takes for it: the migration's shown state, ``newer_tool`` or ``drift``.
        subject: the migration's id, or the table's physical name.
        table: the logical name, where it is about a table.
        index: the index of it that differs, where it is one.
        setting: the setting of it that differs, where it is one, as ``Setting.member`` calls it.
        message: what is wrong, in one sentence.
        parts: the things with which the message ends, where it lists any.
        advice: what to do about it, with placeholders for commands.
        file: the script, where one is concerned.
        line: of its first operation.
    """

    code: str
    kind: ProblemKind
    state: str
    subject: str
    message: str
    advice: str
    table: str | None = None
    index: str | None = None
    setting: str | None = None
    expected: str | None = None
    found: str | None = None
    file: str | None = None
    line: int | None = None
    parts: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return self.kind.severity

    @property
    def remedy(self) -> str:
        """What to do about it, for a program that uses the library."""
        return in_library(self.advice)
