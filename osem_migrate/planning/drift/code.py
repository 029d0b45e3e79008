"""DriftCode: every way in which a live table may differ, with what it means and what mends it."""

from enum import Enum, StrEnum
from typing import Self

from osem_migrate.advice import command


class Mending(Enum):
    """What a script can do about drift: undo it, make it anew (which takes time or loses items), or nothing."""

    BY_SCRIPT = "script"
    BY_REBUILD = "rebuild"
    BY_DECLARATION = "declaration"
    NOT_BY_SCRIPT = "none"


_REBUILD = "Drop the index and build it again; queries on it fail meanwhile:"
_SET_BACK = "Set it back, or declare what is there in a new script:"
_MOVE = "never be changed: declare a table of another name in a new script, create it, and copy the items:"


class DriftCode(StrEnum):
    """One kind of drift; the value is the stable code.

    Attributes:
        text: what it is, in a sentence, for the guide.
        advice: what to do about it, before the commands that do it.
        mending: whether a script or a rebuild mends it; BY_DECLARATION where only a new script that declares what is
            there, or another table, ends it: AWS has no call for it, or only one that destroys what somebody may use.
    """

    text: str
    advice: str
    mending: Mending

    def __new__(cls, code: str, text: str, advice: str, mending: Mending) -> Self:
        """A member is its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.text, member.advice, member.mending = text, advice, mending
        return member

    TABLE_MISSING = (
        "DRIFT_TABLE_MISSING",
        "The table is gone, or is being deleted.",
        "Restore the table from a backup, or create it empty:",
        Mending.BY_REBUILD,
    )
    TABLE_UNEXPECTED = (
        "DRIFT_TABLE_UNEXPECTED",
        "A table of the environment that no script declares.",
        "Find out who created the table. If it is to be one of yours, write the script that declares it as it is:",
        Mending.BY_DECLARATION,
    )
    TABLE_KEYS = (
        "DRIFT_TABLE_KEYS",
        "The table has other keys than declared.",
        f"Keys can {_MOVE}",
        Mending.BY_DECLARATION,
    )
    TABLE_STATUS = (
        "DRIFT_TABLE_STATUS",
        "AWS has put the table out of use: its key cannot be used, it was archived, or it may not be replicated.",
        "Do what the finding says for that status",
        Mending.NOT_BY_SCRIPT,
    )
    INDEX_MISSING = (
        "DRIFT_INDEX_MISSING",
        "A declared index is gone, or is being deleted.",
        "Build the index again (8 to 17 minutes, longer on a large table):",
        Mending.BY_SCRIPT,
    )
    INDEX_UNEXPECTED = (
        "DRIFT_INDEX_UNEXPECTED",
        "An index that no script declares.",
        f"Declare it in a new script ({command('new', 'TITLE')}), which adopts it as it is:",
        Mending.BY_DECLARATION,
    )
    INDEX_KEYS = (
        "DRIFT_INDEX_KEYS",
        "An index with other keys, or with its keys in another order.",
        _REBUILD,
        Mending.BY_REBUILD,
    )
    INDEX_PROJECTION = (
        "DRIFT_INDEX_PROJECTION",
        "An index that copies other attributes than declared.",
        _REBUILD,
        Mending.BY_REBUILD,
    )
    INDEX_THROUGHPUT = (
        "DRIFT_INDEX_THROUGHPUT",
        "An index with other capacity, or another maximum.",
        _SET_BACK,
        Mending.BY_SCRIPT,
    )
    LOCAL_INDEX = (
        "DRIFT_LOCAL_INDEX",
        "A local index differs.",
        f"Local indexes can {_MOVE}",
        Mending.BY_DECLARATION,
    )
    BILLING = (
        "DRIFT_BILLING",
        "Another billing mode or capacity.",
        _SET_BACK,
        Mending.BY_SCRIPT,
    )
    SETTING = (
        "DRIFT_SETTING",
        "A declared setting has another value: time to live, stream, recovery, protection, tags, class, encryption.",
        _SET_BACK,
        Mending.BY_SCRIPT,
    )
    SETTING_UNDECLARED = (
        "DRIFT_SETTING_UNDECLARED",
        "Something is on that no script declares: a note, and drift only with `--strict`.",
        "Declare it in a new script, or turn it off:",
        Mending.NOT_BY_SCRIPT,
    )

    SETTING_DEFAULT = (
        "DRIFT_SETTING_DEFAULT",
        "The table has another value than the configuration gives to new tables: a note, never drift.",
        "If this table is to have it, too, declare it in a new script, and apply that:",
        Mending.BY_DECLARATION,
    )

    @classmethod
    def of(cls, code: str) -> Self:
        """The member of a code."""
        return next(member for member in cls if member == code)

    @property
    def is_of_index(self) -> bool:
        """Whether it is about one global index, which the subject then names."""
        return self.name.startswith("INDEX_")

    @property
    def is_index_change(self) -> bool:
        """Whether an index has other keys, or copies other attributes, under the name it had: it is another one."""
        return self in {DriftCode.INDEX_KEYS, DriftCode.INDEX_PROJECTION}

    @property
    def is_of_another_table(self) -> bool:
        """Whether it is about what can never change of a table, its keys above all: then it is another one."""
        return self in {DriftCode.TABLE_KEYS, DriftCode.LOCAL_INDEX}

    @property
    def is_repairable(self) -> bool:
        """Whether a script can repair it, be it by a rebuild."""
        return self.mending in {Mending.BY_SCRIPT, Mending.BY_REBUILD}
