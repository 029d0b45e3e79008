"""Every error a user can meet, as one tree.

OsemMigrateError
├── UsageError                      the command line was wrong
├── OutputRefused                   standard output takes no result
├── ArgumentInvalid                 a program gave the library something of another type; a TypeError, too
├── ConfigurationError              the configuration or the environment is wrong
│   ├── PricesInvalid               a file of prices is
│   ├── ConfiguredTwice             two files do
│   ├── AlreadyConfigured           a file says something else than init is asked to write
│   ├── UnknownEnvironment
│   ├── NamesClash
│   ├── AccountMismatch
│   └── RegionMismatch
├── FileNotWritable                 a file or a folder cannot be written; nothing is
├── SystemRefused                   the operating system did, in some other way
├── DefinitionError                 DynamoDB could never accept this value
├── InapplicableOperation           the operation does not fit the schema so far
├── ScriptError                     a file of the migrations folder; carries file and line
│   ├── FolderMissing
│   ├── ScriptNameInvalid
│   ├── ScriptMisplaced
│   ├── ScriptNumberDuplicate
│   ├── ScriptNotLoadable
│   ├── ScriptOperationsInvalid
│   ├── ScriptOperationInapplicable
│   ├── ScriptOperationIrreversible
│   ├── ScriptFunctionInvalid       a function for items that has no checksum
│   ├── SchemaFileInvalid           what `new --from` is to lead to; no file of that folder
│   ├── ScriptNotReversed
│   ├── ScriptNotConstant           what it declares is another thing each time it is read
│   ├── ScriptRisky                 what lint takes for an error
│   ├── ScriptForgotten             the scripts do not lead to what schema.py declares
│   ├── SqlScriptUnsupported
│   ├── DependencyUnknown
│   └── DependencyCycle
├── FormatError                     a file of another tool; carries file, pointer and line
│   ├── FileNotReadable             the system does not open it
│   ├── FormatUnknown
│   ├── FormatTooLarge
│   └── FormatUnresolved            only a deployment would know a value of it
├── GitError                        git cannot say what a revision has
│   ├── GitMissing
│   ├── GitRepositoryMissing
│   └── GitRevisionUnknown
├── FormatLibraryMissing            the extra "formats" is not installed
├── ChangeRefused                   no script leads there in place, or not without a decision
├── HistoryError                    what was recorded contradicts the scripts
│   ├── HistoryUnreadable
│   ├── MigrationChanged
│   ├── MigrationMissing
│   │   └── MigrationFuture         a newer checkout has it
│   ├── MigrationOutOfOrder
│   ├── MigrationsPending
│   ├── ResolutionRefused
│   └── TargetUnknown
├── ConfirmationRequired            data would be destroyed and nobody confirmed it
├── DeletionProtected               DynamoDB itself guards a table that would be dropped
├── TableNotOurs                    another application recorded the table as its own
│   └── OwnerUnknown                nobody may read whether one did
├── EnvironmentProtected            the configuration guards all tables of the environment
├── LockError
│   ├── LockHeld                    somebody else is upgrading
│   └── LockLost                    somebody else took over
├── RunError                        an upgrade that could not go on
│   ├── DriftFound
│   ├── AdoptionMismatch
│   ├── WaitTimeout
│   ├── Interrupted
│   ├── ItemsFailed                 a pass set aside more items than it may
│   ├── ItemsStillChanging          others write items as they were before the pass
│   ├── PassTableReplaced           the table is not the one that the pass was begun on
│   ├── PartialError                some of it was applied, then it stopped
│   └── DestructionIncomplete       some of it was dropped, then it stopped
├── ItemError                       one item that a pass leaves as it is; the pass goes on
│   ├── ItemFunctionFailed          the function raised, or returned what no item can hold
│   ├── ItemsNotIdempotent          the function would change what it has changed
│   ├── ConditionTooLarge           it looked at more attributes than one condition holds
│   ├── ItemOversized
│   └── ItemKeyInvalid              DynamoDB would leave it out of an index, or refuse it
├── PassError                       an order to a pass over items that cannot be given
│   ├── PassNotFound                there is none
│   ├── PassOver                    it is over
│   └── PassNotRunning              no run is at work on it, which could obey
├── ProbeError                      what verify --probe could not do
│   ├── ProbeUnconfirmed            the environment is protected and nobody confirmed it
│   └── SampleLeft                  the sample item could not be removed
├── LocalEngineError
│   ├── LocalEngineMissing
│   └── LocalEngineNotStarted
├── AccessError                     what an application asked of a repository, and does not get
│   ├── EntityUnknown
│   ├── KeyIncomplete               a value of the key is missing or empty
│   ├── KeyAmbiguous                another row of values would have the same key
│   ├── ValueInvalid                a value is not of its attribute's type
│   ├── ItemTooLarge
│   ├── QueryInvalid
│   ├── ConditionNotMet             the item is not as the write expects it
│   └── BatchIncomplete             some of it was written, then it stopped
└── AwsError                        DynamoDB, STS or the SDK refused
    ├── CredentialsMissing          ├── RegionMissing
    ├── CredentialsPartial          ├── EndpointUnreachable
    ├── CredentialsExpired          ├── EndpointInvalid
    ├── SsoSessionExpired           ├── Throttled
    ├── CredentialProcessFailed     ├── QuotaExceeded
    ├── ProfileUnknown              ├── ResourceInUse
    ├── CredentialsInvalid          ├── ResourceNotFound
    ├── SignatureInvalid            ├── RequestInvalid
    ├── ClockSkewed                 ├── OperationUnsupported
    ├── AccessDenied                ├── ServiceFailed
    ├── ConditionFailed             ├── AnswerUnreadable
    ├── AwsFilesInvalid             ├── AnswerEndless
    └── UnexpectedAwsError

Each class owns one stable ``code``; scripts and CI match on it, so a code is never renamed. ``remediation`` is the next
thing to type; the commands in it are placeholders of ``advice``. ``details`` has the members that machines may rely on.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, cast

from osem_migrate.advice import AGAIN, CONFIGURATION, command, in_library
from osem_migrate.listing import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Unpack

    from osem_migrate.details import Details, ErrorDocument


class ExitCode(IntEnum):
    """The exit codes; the only place where these numbers are defined."""

    OK = 0
    ERROR = 1
    PARTIAL = 2
    PENDING = 3
    HISTORY = 4
    DRIFT = 5
    LOCKED = 6
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


FEW = 3
"""How many names stand in a sentence for people; more were told one by one while they were dealt with."""

DEFAULT_LOCK_TIMEOUT = 60.0
"""Seconds to wait for another run before LockHeld, unless somebody says how long; here, where it costs no import."""


class Termination(KeyboardInterrupt):
    """SIGTERM, raised where Ctrl-C would raise KeyboardInterrupt; the command line installs the handler."""


class OsemMigrateError(Exception):
    """Base of everything this package raises on purpose.

    Args:
        message: what went wrong and where, in one sentence.
        remediation: the next thing to type, with placeholders for commands; the class's own when omitted.
        parts: what the message lists, where it is several things; it ends with them.
        details: facts for machines (``table``, ``file``, ``line``, ``action`` …); what is None is left out.
    """

    code: ClassVar[str] = "ERROR"
    exit_code: ExitCode = ExitCode.ERROR
    remedy: ClassVar[str] = f"To see the last call, {AGAIN} with {command('--verbose')}."

    def __init__(
        self, message: str, *, remediation: str | None = None, parts: Iterable[str] = (), **details: Unpack[Details]
    ) -> None:
        self.summary = message
        self.parts = tuple(parts)
        self.message = one_line(message, self.parts)
        super().__init__(self.message)
        self.advice = remediation if remediation is not None else self.remedy
        self.details: dict[str, Any] = {name: value for name, value in details.items() if value is not None}

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own calls the class with the message alone, which most of these classes do not take: a worker
        # process that raised one would leave its pool broken, or waiting for ever.
        return _restored, (type(self), self.args), self.__dict__

    @property
    def remediation(self) -> str:
        """What to do next, for a program that uses the library: commands are calls of ``Migrator``."""
        return in_library(self.advice)

    def as_dict(self) -> ErrorDocument:
        """The ``error`` member of the JSON envelope; commands are placeholders still."""
        details = cast("Details", self.details)
        return {"code": self.code, "message": self.message, "remediation": self.advice, "details": details}


def _restored(kind: type[OsemMigrateError], args: tuple[Any, ...]) -> OsemMigrateError:
    """An error that was pickled, or copied, before its attributes are set."""
    return kind.__new__(kind, *args)


class UsageError(OsemMigrateError):
    """The command line was wrong."""

    code = "USAGE_INVALID"
    exit_code = ExitCode.USAGE
    remedy = f"Read the options with: {command('--help')}"


class OutputRefused(OsemMigrateError):
    """Standard output takes no result, as where a disk is full."""

    code = "OUTPUT_REFUSED"
    remedy = f"Make room there, or send the output elsewhere, then {AGAIN}; what was done until then is done."


class ArgumentInvalid(OsemMigrateError, TypeError):
    """A program gave a method, or an option, something of another type than it takes."""

    code = "ARGUMENT_INVALID"
    remedy = "Correct the call: help(migrator.METHOD) and help(OPTIONS) say what each takes. Nothing was done."


class ConfigurationError(OsemMigrateError):
    """``[tool.osem-migrate]`` or an environment variable holds something unusable."""

    code = "CONFIG_INVALID"
    remedy = f"Correct the configuration and {AGAIN}."


class PricesInvalid(ConfigurationError):
    """A file of prices cannot be read, or is none."""

    code = "PRICES_INVALID"
    remedy = (
        "Correct the file, or leave it out: then the prices that come with osem-migrate are used. "
        "docs/items.md says what stands in it."
    )


class ConfiguredTwice(ConfigurationError):
    """A folder has an osem-migrate.toml, and a pyproject.toml with a table of osem-migrate as well."""

    code = "CONFIG_TWICE"
    remedy = f"Keep one of them, then {AGAIN}."


class AlreadyConfigured(ConfigurationError):
    """The project is set up with other settings than ``init`` was asked to write."""

    code = "CONFIG_EXISTS"
    remedy = "Change the setting in the file, if that is what you want; nothing was changed."


class FileNotWritable(OsemMigrateError):
    """A file or a folder cannot be written; what was changed before was taken back."""

    code = "FILE_NOT_WRITABLE"
    remedy = f"Check the permissions and the free space there, then {AGAIN}. Nothing was changed."


class SystemRefused(OsemMigrateError):
    """The operating system refused something that the tool needs: a file, a folder, memory."""

    code = "SYSTEM_REFUSED"
    remedy = f"Check the permissions and the free space there, then {AGAIN}."


class UnknownEnvironment(ConfigurationError):
    """``--env`` names an environment that is not configured."""

    code = "CONFIG_ENVIRONMENT_UNKNOWN"
    remedy = "Add it to the configuration, under environments."


class NamesClash(ConfigurationError):
    """A table would belong to two environments."""

    code = "CONFIG_NAMES_CLASH"
    remedy = (
        f"Give one of them other names in {CONFIGURATION} (name, or table_name with {{env}} in it); "
        "or set account_id in both, if they are in different accounts."
    )


class AccountMismatch(ConfigurationError):
    """The credentials belong to another account than the environment's."""

    code = "CONFIG_ACCOUNT_MISMATCH"
    remedy = (
        f"Choose the profile of the right account with {command('--profile', 'NAME')}, or correct account_id in "
        f"{CONFIGURATION}."
    )


class RegionMismatch(ConfigurationError):
    """The region asked for is not the environment's."""

    code = "CONFIG_REGION_MISMATCH"
    remedy = (
        f"Leave the region out to use the configured one, or add {command('--force')} if the other region is meant."
    )


class DefinitionError(OsemMigrateError):
    """A key, an index, a table or a setting that DynamoDB could never accept; names the limit."""

    code = "SCHEMA_INVALID"
    remedy = f"Change the declaration as the message says, then {AGAIN}."


class InapplicableOperation(OsemMigrateError):
    """An operation that does not fit the schema so far, such as an index on a table that does not exist."""

    code = "OPERATION_INAPPLICABLE"
    remedy = "Check the names in the operation and the order of the scripts."


class ScriptError(OsemMigrateError):
    """A file of the migrations folder is wrong; ``details`` has ``file`` and, where it applies, ``line``."""

    code = "SCRIPT_INVALID"
    remedy = f"Correct the script and {AGAIN}; nothing was written."

    def __init__(
        self, message: str, *, file: str, line: int | None = None, remediation: str | None = None, **details: Any
    ) -> None:
        where = f"{file}:{line}" if line is not None else file
        super().__init__(f"{where}: {message}", remediation=remediation, file=file, line=line, **details)


class FolderMissing(ScriptError):
    """There is no migrations folder."""

    code = "SCRIPT_FOLDER_MISSING"
    remedy = f"Create the first script with: {command('new', 'create table Users')}"


class ScriptNameInvalid(ScriptError):
    """A file that is not named ``NNNN_slug.py``."""

    code = "SCRIPT_NAME_INVALID"
    remedy = (
        "Rename it to four digits, an underscore and a slug (0015_add_status_index.py), or move it out of the folder."
    )


class ScriptMisplaced(ScriptError):
    """A Python file in a subfolder of the migrations folder."""

    code = "SCRIPT_MISPLACED"
    remedy = "Move it into the migrations folder itself, under the next free number, or out of that folder."


class ScriptNumberDuplicate(ScriptError):
    """Two scripts carry the same number."""

    code = "SCRIPT_NUMBER_DUPLICATE"
    remedy = "Give the newer of the two the next free number."


class ScriptNotLoadable(ScriptError):
    """A syntax error, a failing import or an exception while the script was read."""

    code = "SCRIPT_NOT_LOADABLE"


class ScriptOperationsInvalid(ScriptError):
    """``operations`` is missing, empty, or holds something that is not an operation."""

    code = "SCRIPT_OPERATIONS_INVALID"
    remedy = "Declare operations, at least one, in a list or a tuple: operations = [CreateTable(…)]"


class ScriptOperationInapplicable(ScriptError):
    """An operation of the script does not fit the schema that the scripts before it build."""

    code = "SCRIPT_OPERATION_INAPPLICABLE"
    remedy = "Check the names in the operation and the order of the scripts; nothing was written."


class ScriptOperationIrreversible(ScriptError):
    """A downgrade comes to an operation that nobody can take back, such as a change of items without ``undo``."""

    code = "SCRIPT_OPERATION_IRREVERSIBLE"
    remedy = (
        "Where the operation takes an undo function, give it one, which changes no checksum; or leave the migration as "
        f"it is and mark it as reverted with: {command('resolve', 'MIGRATION', '--reverted')}"
    )

    @classmethod
    def found(cls, operation: str, migration: str, *, file: str, line: int | None) -> ScriptOperationIrreversible:
        """The error of an operation, in words, with its migration in what to type."""
        remedy = cls.remedy.replace("MIGRATION", migration)
        message = f"nothing takes this back: {operation}"
        return cls(message, remediation=remedy, file=file, line=line, migration=migration)


class ScriptFunctionInvalid(ScriptError):
    """A function that changes items cannot be told from an edited one; ``details`` has the ``reason`` in a word.

    The reason is one of ``no_function``, ``lambda``, ``closure``, ``bound_method``, ``decorated``, ``project_import``,
    ``arguments`` and ``unreadable``.
    """

    code = "SCRIPT_FUNCTION_INVALID"
    remedy = (
        "Make it a plain function at the top level of the script, which uses nothing but the script's own names, "
        "osem_migrate, the standard library and installed libraries."
    )

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.complaint = message

    def at(self, file: str, line: int | None = None) -> ScriptFunctionInvalid:
        """The same, with another spelling of the file's path, and with the line where it has none."""
        return ScriptFunctionInvalid(self.complaint, **({"line": line} | self.details | {"file": file}))


class SchemaFileInvalid(ScriptError):
    """A ``schema.py`` of which no schema can be made: it declares no table, or one that cannot be."""

    code = "SCHEMA_FILE_INVALID"
    remedy = (
        "Declare each table as a name of the module: "
        'teams = Table("Teams", partition_key=S("teamId")). Nothing was written.'
    )


class ScriptNotReversed(ScriptError):
    """An operation whose reverse leaves another schema than there was before it."""

    code = "SCRIPT_NOT_REVERSED"
    remedy = f"Correct reverse and apply of the operation, then {AGAIN}; a downgrade would leave another schema."


class ScriptNotConstant(ScriptError):
    """What a script declares hangs on when it is read, so that it counts as changed once it is applied."""

    code = "SCRIPT_NOT_CONSTANT"
    remedy = (
        f"Write the value down in the script, as in CREATED_AT = 1_767_225_600_000, then {AGAIN}: where the checksum "
        "of what is declared is another one, the script counts as changed."
    )


class ScriptRisky(ScriptError):
    """What DynamoDB would accept, and lint takes for an error all the same; the message begins with lint's code."""

    code = "SCRIPT_RISKY"
    remedy = f"Correct the script, or answer the finding where it stands; {command('lint')} tells more."


class ScriptForgotten(ScriptError):
    """The scripts do not lead to what schema.py declares."""

    code = "SCRIPT_FORGOTTEN"
    remedy = f"Write what is missing: {command('new', '--from', 'schema.py')}"


class SqlScriptUnsupported(ScriptError):
    """yoyo-migrations would accept ``.sql`` files; DynamoDB has no SQL schema."""

    code = "SCRIPT_SQL_UNSUPPORTED"
    remedy = f"Declare the change in a Python script ({command('new', 'TITLE')}) and remove the .sql file."


class DependencyUnknown(ScriptError):
    """``__depends__`` names a script that does not exist."""

    code = "SCRIPT_DEPENDENCY_UNKNOWN"
    remedy = "Name scripts by their file name without .py, for example 0003_create_assessment_plans."


class DependencyCycle(ScriptError):
    """Scripts depend on each other in a circle, or on a script with a higher number."""

    code = "SCRIPT_DEPENDENCY_CYCLE"
    remedy = "Remove one of the __depends__ entries."


class FormatError(OsemMigrateError):
    """A file of another tool cannot be read; ``details`` has ``file``, the JSON ``pointer`` and, of YAML, ``line``."""

    code = "FORMAT_INVALID"
    remedy = f"Nothing was written. Correct the file in the place that the message names, then {AGAIN}."

    def __init__(
        self,
        message: str,
        *,
        file: str,
        pointer: str | None = None,
        line: int | None = None,
        remediation: str | None = None,
        **details: Any,
    ) -> None:
        where = f"{file}:{line}" if line is not None else file
        place = f"{where}: {pointer}" if pointer is not None else where
        super().__init__(
            f"{place}: {message}", remediation=remediation, file=file, pointer=pointer, line=line, **details
        )


class FileNotReadable(FormatError):
    """A file of another tool cannot be opened: there is none, it is a folder, or nobody may read it."""

    code = "FILE_NOT_READABLE"
    remedy = f"Check the path, and whether you may read the file, then {AGAIN}."


class FormatUnknown(FormatError):
    """A file that is of no format which can be read."""

    code = "FORMAT_UNKNOWN"
    remedy = f"Say what it is with {command('--format', 'FORMAT')}, or choose another file."


class FormatTooLarge(FormatError):
    """A file with more in it than any real one has."""

    code = "FORMAT_TOO_LARGE"
    remedy = "Check that it is the right file; of a large one, keep the part that declares the tables."


class FormatUnresolved(FormatError):
    """A value that only a deployment would know, such as a parameter without a default."""

    code = "FORMAT_UNRESOLVED"
    remedy = f"Give the value with {command('--parameter', 'NAME=VALUE')}."


class ChangeRefused(OsemMigrateError):
    """What is wanted differs from the scripts in what no operation changes in place, or not without a decision."""

    code = "CHANGE_REFUSED"
    remedy = "Nothing was written. Declare a table or an index of another name beside the one that is to change."


class FormatLibraryMissing(OsemMigrateError):
    """A library for files of other tools is not installed."""

    code = "FORMAT_LIBRARY_MISSING"
    remedy = "Install it with: pip install 'osem-migrate[formats]'"


class GitError(OsemMigrateError):
    """Git cannot say what a revision has; the message has its words."""

    code = "GIT_FAILED"
    remedy = f"Mend what git complains of, then {AGAIN}; or leave out {command('--git-base', 'REV')}."


class GitMissing(GitError):
    """The program git is not installed, or not on the PATH."""

    code = "GIT_MISSING"
    remedy = f"Install git, or leave out {command('--git-base', 'REV')}: then all scripts are looked at."


class GitRepositoryMissing(GitError):
    """The folder of the scripts is in no git repository."""

    code = "GIT_REPOSITORY_MISSING"
    remedy = f"Put the scripts into the repository, or leave out {command('--git-base', 'REV')}."


class GitRevisionUnknown(GitError):
    """There is no such revision, or a shallow clone does not have it."""

    code = "GIT_REVISION_UNKNOWN"
    remedy = "See which there are with: git branch --all"


class HistoryError(OsemMigrateError):
    """The recorded history and the scripts contradict each other."""

    code = "HISTORY_INVALID"
    exit_code = ExitCode.ERROR
    remedy = f"See what is recorded with: {command('status')}"


class HistoryUnreadable(HistoryError):
    """A record that this version of the tool does not understand."""

    code = "HISTORY_UNREADABLE"
    remedy = f"A newer osem-migrate may have written it: update the tool and {AGAIN}."

    @classmethod
    def of(cls, found: Sequence[HistoryUnreadable]) -> HistoryUnreadable:
        """One error for all that cannot be read; they have one each."""
        if len(found) == 1:
            return found[0]
        damaged = next((error.advice for error in found if error.advice != found[0].advice), None)
        advice = "\n".join(filter(None, (found[0].advice, damaged)))
        return cls(f"{len(found)} items cannot be read", parts=[error.message for error in found], remediation=advice)


class MigrationChanged(HistoryError):
    """An applied script was edited afterwards."""

    code = "HISTORY_MIGRATION_CHANGED"
    remedy = f"Restore the script as it was applied, and declare the change in a new one: {command('new', 'TITLE')}"


class MigrationMissing(HistoryError):
    """An applied script is gone from the folder."""

    code = "HISTORY_MIGRATION_MISSING"
    remedy = "Restore the file from version control, or use the checkout that applied it."


class MigrationFuture(MigrationMissing):
    """A newer checkout has applied migrations that this one does not have."""

    code = "HISTORY_MIGRATION_FUTURE"
    remedy = "Update this checkout, for example with: git pull"


class MigrationOutOfOrder(HistoryError):
    """A pending script has a lower number than one already applied."""

    code = "HISTORY_MIGRATION_OUT_OF_ORDER"
    remedy = (
        f"Give the script the next free number, or apply it late with: {command('upgrade', '--allow-out-of-order')}"
    )


class ResolutionRefused(HistoryError):
    """``resolve`` would record a state that is impossible or cannot be checked."""

    code = "RESOLUTION_REFUSED"


class MigrationsPending(HistoryError):
    """Scripts would be recorded as applied while older ones are still pending."""

    code = "HISTORY_MIGRATIONS_PENDING"
    remedy = f"Apply them first with: {command('upgrade')}"


class TargetUnknown(HistoryError):
    """``--to``, or the version of ``resolve``, names no migration."""

    code = "TARGET_UNKNOWN"
    remedy = f"See the versions with: {command('status')}"


class ConfirmationRequired(OsemMigrateError):
    """The plan destroys data and was not confirmed."""

    code = "CONFIRMATION_REQUIRED"
    remedy = f"Read the plan with {command('--dry-run')}, then {AGAIN} with {command('--yes')}."

    @staticmethod
    def how(look: str, agree: str) -> str:
        """The remedy where it is known which command shows what would be lost, and which one agrees to it."""
        return f"See it with: {look}\nIf all of that may be lost: {agree}"


class DeletionProtected(OsemMigrateError):
    """A table that the plan drops has deletion protection on."""

    code = "DELETION_PROTECTED"
    remedy = 'To drop the table, first turn it off in a script: SetDeletionProtection("TABLE", False)'


class TableNotOurs(OsemMigrateError):
    """Another application, which keeps its history in the same table, recorded that the table is its own."""

    code = "TABLE_NOT_OURS"
    remedy = (
        "Take the table out of these scripts, or give it another name. If this application was renamed, change "
        f"application in {CONFIGURATION} back."
    )


class OwnerUnknown(TableNotOurs):
    """The records of other applications may not be read, and the table may be one of theirs."""

    code = "TABLE_OWNER_UNKNOWN"
    remedy = f"Grant dynamodb:Scan on the history table, which the policies of this tool allow: {command('policy')}"


class EnvironmentProtected(OsemMigrateError):
    """``destroy`` was run on an environment that is ``protected``."""

    code = "ENVIRONMENT_PROTECTED"
    remedy = (
        f"Choose another environment with {command('--env', 'NAME')}, or first remove protected = true from its "
        f"section of {CONFIGURATION}."
    )


class LockError(OsemMigrateError):
    """The upgrade lock of this application and environment."""

    code = "LOCK_FAILED"
    exit_code = ExitCode.LOCKED
    remedy = f"Wait for the other run to finish, then {AGAIN}."


class LockHeld(LockError):
    """Another run holds the lock and did not release it in time."""

    code = "LOCK_HELD"


class LockLost(LockError):
    """Another run took over the lock because this one did not renew it."""

    code = "LOCK_LOST"
    remedy = f"Nothing was changed after the lock was lost. See where things stand with: {command('status')}"


def _then(cause: OsemMigrateError, how: str, command_: str) -> str:
    """The advice of what stopped it, then the command that goes on, unless that advice names it already."""
    return cause.advice if command_ in cause.advice else f"{cause.advice}\n{how}: {command_}"


class RunError(OsemMigrateError):
    """An upgrade that started and could not go on."""

    code = "RUN_FAILED"
    remedy = "Running upgrade again continues where it stopped."

    def _tell(self, done: str, cause: OsemMigrateError) -> None:
        """Sum up what was done and what stopped it; what the cause lists is the list."""
        self.summary, self.parts = f"{done}, then: {cause.summary}", cause.parts


class DriftFound(RunError):
    """In what the operation needs or changes, the live table is neither as before it nor as it should be after it."""

    code = "DRIFT_FOUND"
    remedy = f"See every difference and its remedy with: {command('status')}"


class AdoptionMismatch(RunError):
    """Existing tables differ from what the scripts would create; ``details`` has every difference."""

    code = "ADOPTION_MISMATCH"
    remedy = f"Change the tables or the scripts until they agree, then {AGAIN}; nothing was written."


class WaitTimeout(RunError):
    """DynamoDB is still working; nothing is lost."""

    code = "WAIT_TIMEOUT"
    remedy = (
        f"Run upgrade again: it waits for what is already under way. A longer wait: {command('--timeout', 'SECONDS')}"
    )


class Interrupted(RunError):
    """Ctrl-C or SIGTERM stopped the run."""

    code = "INTERRUPTED"
    exit_code = ExitCode.INTERRUPTED

    @classmethod
    def by(cls, stop: KeyboardInterrupt, *, resume: str | None = None) -> Interrupted:
        """The error for what stopped the run, with the exit code that shells expect of it."""
        terminated = isinstance(stop, Termination)
        remediation = f"Continue with: {resume}" if resume is not None else None
        interrupted = cls("stopped by SIGTERM" if terminated else "stopped by Ctrl-C", remediation=remediation)
        interrupted.exit_code = ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED
        return interrupted


class PartialError(RunError):
    """Some migrations were applied, or reverted, then the run stopped.

    Attributes:
        applied: identifiers of the migrations that this run applied, or reverted, in order.
        cause: the error that stopped it.
    """

    code = "PARTIALLY_APPLIED"
    exit_code = ExitCode.PARTIAL

    def __init__(
        self, applied: tuple[str, ...], cause: OsemMigrateError, *, resume: str, done: str = "applied"
    ) -> None:
        count = f"{len(applied)} {done}"
        whole = f"{count} ({', '.join(applied)})" if applied else f"part of a migration {done}"
        super().__init__(
            f"{whole}, then: {cause.message}",
            remediation=_then(cause, "Then continue with", resume),
            cause=cause.as_dict(),
        )
        self._tell(count if len(applied) > FEW else whole, cause)
        self.applied = applied
        self.cause = cause
        if isinstance(cause, Interrupted):
            self.exit_code = cause.exit_code


class ItemsFailed(RunError):
    """A pass came to items that it could not handle, more than it may; the others are done."""

    code = "ITEMS_FAILED"
    remedy = (
        f"Correct these items, or what the script does with them, then {AGAIN}: where the script is as it was, what "
        "failed is tried again, and nothing else."
    )


class ItemsStillChanging(RunError):
    """Somebody, an older release of the application perhaps, writes items as they were before the pass."""

    code = "ITEMS_STILL_CHANGING"
    remedy = (
        "Let every release that writes the table write the new shape, and the function give the same of the same item "
        f"at any time ({command('lint')} finds with ITM01 what takes the time or a random value), then {AGAIN}."
    )


class PassTableReplaced(RunError):
    """A table was deleted and made again while a pass over its items was unfinished."""

    code = "PASS_TABLE_REPLACED"
    remedy = (
        f"See what else differs with: {command('status')}. If this is the right table, record the migration as "
        f"reverted with {command('resolve', 'MIGRATION', '--reverted', '--no-verify')}, and {AGAIN}: the pass begins "
        "anew."
    )

    @classmethod
    def found(cls, table: str, migration: str) -> PassTableReplaced:
        """The error of a table that is another one, with the migration in what to type."""
        message = f"{table} is not the table that the pass over its items was begun on"
        remedy = cls.remedy.replace("MIGRATION", migration)
        return cls(message, remediation=remedy, table=table, migration=migration)


class ItemError(OsemMigrateError):
    """One item that a pass cannot handle. It is left as it is and told of, and the pass goes on with the next one."""

    code = "ITEM_FAILED"
    remedy = f"Correct the item, then {AGAIN}."


class ItemFunctionFailed(ItemError):
    """The function of an operation raised, or returned something that cannot be stored."""

    code = "ITEM_FUNCTION_FAILED"
    remedy = (
        f"Correct the function or the item, then {AGAIN}. Numbers have 38 digits and are never rounded by accident: "
        "quantize within decimal.localcontext(), with its traps of Inexact and Rounded turned off."
    )


class ItemsNotIdempotent(ItemError):
    """A function would change an item again that it has changed already; after a kill, a stretch is done twice."""

    code = "ITEMS_NOT_IDEMPOTENT"
    remedy = (
        f"Let the function return nothing for an item that is as it should be, then {AGAIN}. {command('lint')} finds "
        "with ITM01 what takes the time or a random value."
    )


class ConditionTooLarge(ItemError):
    """A function looked at more attributes of an item than the condition of one write can hold."""

    code = "CONDITION_TOO_LARGE"
    remedy = "Read attributes by name, item['first'], instead of going through the whole item."


class ItemOversized(ItemError):
    """An item would be larger than the 400 KB that DynamoDB stores."""

    code = "ITEM_TOO_LARGE"
    remedy = f"Let the function store less, or remove attributes from the item, then {AGAIN}."


class ItemKeyInvalid(ItemError):
    """A value cannot be in the key of an index: another type, empty, or over 2,048 or 1,024 bytes.

    DynamoDB builds an index without such items, and refuses to write one while the index is there.
    """

    code = "ITEM_KEY_INVALID"
    remedy = f"Correct or remove the attribute of the item, then {AGAIN}."


class PassError(OsemMigrateError):
    """An order to a pass over items that cannot be given; nothing was written."""

    code = "PASS_ORDER_REFUSED"
    remedy = f"See how the passes stand with: {command('items', 'status')}"


class PassNotFound(PassError):
    """There is no pass over items."""

    code = "PASS_NOT_FOUND"


class PassOver(PassError):
    """The pass over items is over: nothing goes on with it."""

    code = "PASS_OVER"


class PassNotRunning(PassError):
    """No run is at work on the pass over items."""

    code = "PASS_NOT_RUNNING"
    remedy = f"Go on with it: {command('upgrade')}"


class ProbeError(OsemMigrateError):
    """``verify --probe`` could not write or remove its sample items."""

    code = "PROBE_FAILED"
    remedy = f"To remove what an earlier probe left, {AGAIN}."


class ProbeUnconfirmed(ProbeError):
    """The environment is protected, and writing sample items to its tables was not confirmed."""

    code = "PROBE_UNCONFIRMED"
    remedy = f"Confirm it with: {command('verify', '--probe', '--yes')}"


class SampleLeft(ProbeError):
    """A probe's sample item may still be in its table.

    Attributes:
        cause: the error that stopped the probe, or its removal.
    """

    code = "PROBE_SAMPLE_LEFT"

    def __init__(self, table: str, cause: OsemMigrateError, *, again: str) -> None:
        super().__init__(
            f"the sample item may still be in {table}, because of: {cause.message}",
            remediation=_then(cause, "Then remove it with", again),
            table=table,
            cause=cause.as_dict(),
        )
        self.cause = cause
        if isinstance(cause, Interrupted):
            self.exit_code = cause.exit_code


class DestructionIncomplete(RunError):
    """Some tables of an environment are gone or being deleted, then ``destroy`` stopped.

    Attributes:
        dropped: physical names of the tables that are gone.
        cause: the error that stopped it.
    """

    code = "DESTRUCTION_INCOMPLETE"
    exit_code = ExitCode.PARTIAL
    remedy = "Running destroy again finishes it."

    def __init__(self, dropped: tuple[str, ...], cause: OsemMigrateError, *, resume: str) -> None:
        done = f"{len(dropped)} dropped ({', '.join(dropped)})" if dropped else "the first tables are being deleted"
        super().__init__(
            f"{done}, then: {cause.message}",
            remediation=cause.advice if resume in cause.advice else f"{cause.advice}\nThen continue with: {resume}",
            cause=cause.as_dict(),
        )
        self._tell(f"{len(dropped)} dropped" if len(dropped) > FEW else done, cause)
        self.dropped = dropped
        self.cause = cause
        if isinstance(cause, Interrupted):
            self.exit_code = cause.exit_code


class LocalEngineError(OsemMigrateError):
    """The embedded engine behind ``--env local``."""

    code = "LOCAL_ENGINE_FAILED"
    remedy = f"Stop it with: {command('local', 'stop')} — then {AGAIN}."


class LocalEngineMissing(LocalEngineError):
    """The engine's own software is not installed."""

    code = "LOCAL_ENGINE_MISSING"
    remedy = "Install it with: pip install 'osem-migrate[local]'"


class LocalEngineNotStarted(LocalEngineError):
    """The engine's process ended or did not answer in time."""

    code = "LOCAL_ENGINE_NOT_STARTED"


class AccessError(OsemMigrateError):
    """What an application asked of a repository, and does not get. No message has the content of an item in it."""

    code = "ACCESS_REFUSED"
    remedy = "Correct the call as the message says; nothing was written."


class EntityUnknown(AccessError):
    """The contract has no entity of that name, or several tables have one."""

    code = "ACCESS_ENTITY_UNKNOWN"
    remedy = 'Name one that the contract has; where two tables have it, say which: repository("ORDER", table="Shop")'


class KeyIncomplete(AccessError):
    """A value that is part of an item's key is missing, or empty."""

    code = "ACCESS_KEY_INCOMPLETE"
    remedy = "Give every value of the key; repository.key_values names them. Nothing was written."


class KeyAmbiguous(AccessError):
    """Other values, or another entity, would have the same key: a value holds what separates it from the next."""

    code = "ACCESS_KEY_AMBIGUOUS"
    remedy = "Give a value without what the template has behind it, or change the template in the contract."


class ValueInvalid(AccessError):
    """A value cannot be stored as its attribute's type without loss, or the contract has no such attribute."""

    code = "ACCESS_VALUE_INVALID"


class ItemTooLarge(AccessError):
    """An item has more than 400 KB, names included; ``details`` has the ``limit`` in bytes."""

    code = "ACCESS_ITEM_TOO_LARGE"
    remedy = "Keep large content elsewhere (S3), or in several items, and its key here. Nothing was written."


class QueryInvalid(AccessError):
    """The table or the index cannot answer such a query."""

    code = "ACCESS_QUERY_INVALID"
    remedy = "Give every value of the partition key, then those of the sort key from its beginning; or choose an index."


class ConditionNotMet(AccessError):
    """The item is not as the write expects it; nothing was written.

    Attributes:
        failed: the names of the attributes that are other than expected; empty where there is an item that should not
            be, or none that should.
        found: the item as it is, for the application; None where there is none. It is in no message and no log.
    """

    code = "ACCESS_CONDITION_NOT_MET"
    remedy = "Read the item again with repository.get(key), and decide whether it is still to be written."

    def __init__(
        self, message: str, *, table: str, failed: tuple[str, ...] = (), found: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message, table=table, attributes=failed or None)
        self.failed = failed
        self.found = found


class BatchIncomplete(AccessError):
    """Some items of a batch were written, then it stopped.

    Attributes:
        written: how many are written.
        unwritten: those that are not, as they were given.
        cause: the error that stopped it.
    """

    code = "ACCESS_BATCH_INCOMPLETE"
    exit_code = ExitCode.PARTIAL

    def __init__(self, table: str, written: int, unwritten: list[Any], cause: OsemMigrateError) -> None:
        super().__init__(
            f"{written} of {written + len(unwritten)} items are in {table}, then: {cause.message}",
            remediation=f"{cause.advice}\nThen write the others: repository.batch_put(error.unwritten)",
            table=table,
            cause=cause.as_dict(),
        )
        self.written = written
        self.unwritten = unwritten
        self.cause = cause


class AwsError(OsemMigrateError):
    """DynamoDB, STS or the SDK refused; ``details`` has ``action`` and ``aws_code`` where there are any."""

    code = "AWS_FAILED"


class CredentialsMissing(AwsError):
    """No credentials were found in the standard chain."""

    code = "AWS_CREDENTIALS_MISSING"
    remedy = (
        "Configure them with: aws configure (or aws configure sso), then choose the profile with "
        f"{command('--profile', 'NAME')}"
    )


class CredentialsPartial(AwsError):
    """An access key without its secret."""

    code = "AWS_CREDENTIALS_PARTIAL"
    remedy = "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither."


class CredentialsExpired(AwsError):
    """The session token has expired."""

    code = "AWS_CREDENTIALS_EXPIRED"
    remedy = f"Obtain a fresh session token (aws sso login, or whatever issued it), then {AGAIN}."


class SsoSessionExpired(AwsError):
    """The single sign-on session has expired or was never started."""

    code = "AWS_SSO_SESSION_EXPIRED"
    remedy = "Sign in with: aws sso login"


class CredentialProcessFailed(AwsError):
    """The ``credential_process`` of the profile, or the role it assumes, gave no credentials."""

    code = "AWS_CREDENTIAL_PROCESS_FAILED"
    remedy = "Run the profile's credential_process by hand and correct what it reports."


class ProfileUnknown(AwsError):
    """``--profile`` or AWS_PROFILE names no profile."""

    code = "AWS_PROFILE_UNKNOWN"
    remedy = "See the profiles with: aws configure list-profiles"


class AwsFilesInvalid(AwsError):
    """``~/.aws/config``, ``~/.aws/credentials`` or an AWS_… variable holds something that the SDK cannot use."""

    code = "AWS_FILES_INVALID"
    remedy = "Correct the setting that the message names in ~/.aws/config, ~/.aws/credentials or the AWS_… variables."


class CredentialsInvalid(AwsError):
    """The access key is unknown to AWS."""

    code = "AWS_CREDENTIALS_INVALID"
    remedy = "The access key is wrong, deleted or of another partition. Configure a valid one with: aws configure"


class SignatureInvalid(AwsError):
    """The secret does not belong to the access key."""

    code = "AWS_SIGNATURE_INVALID"
    remedy = "Correct the secret access key with: aws configure"


class ClockSkewed(AwsError):
    """This machine's clock is minutes away from AWS's."""

    code = "AWS_CLOCK_SKEWED"
    remedy = f"Synchronise the clock of this machine (timedatectl set-ntp true), then {AGAIN}."


class AccessDenied(AwsError):
    """The identity lacks a permission; ``details`` has ``action`` and ``resource``."""

    code = "AWS_ACCESS_DENIED"
    remedy = f"Grant the action on the resource to the identity, then {AGAIN}."


class RegionMissing(AwsError):
    """No region is configured, or its name is not a region."""

    code = "AWS_REGION_INVALID"
    remedy = f"Name one, for example with {command('--region', 'us-east-1')}"


class EndpointUnreachable(AwsError):
    """No connection, no answer, or no trusted certificate."""

    code = "AWS_ENDPOINT_UNREACHABLE"
    remedy = f"Check the region's spelling, {command('--endpoint-url')}, the proxy and the network, then {AGAIN}."


class EndpointInvalid(AwsError):
    """``--endpoint-url`` is not a URL."""

    code = "AWS_ENDPOINT_INVALID"
    remedy = f"Give a complete URL, for example {command('--endpoint-url', 'http://localhost:8000')}"


class AnswerUnreadable(AwsError):
    """What answered is not DynamoDB, or not as its API promises; ``details`` has ``endpoint_url`` and ``action``."""

    code = "AWS_ANSWER_UNREADABLE"
    remedy = "Check that the endpoint is the address of DynamoDB and that no proxy answers in its place."


class AnswerEndless(AwsError):
    """A list came in pages that never end; ``details`` has ``endpoint_url`` and ``action``."""

    code = "AWS_ANSWER_ENDLESS"
    remedy = (
        "DynamoDB does not answer so; what listens at the endpoint does. An emulator begins afresh when it is "
        f"restarted; the embedded one with: {command('local', 'stop')}"
    )


class Throttled(AwsError):
    """DynamoDB asked to slow down for longer than the run waits."""

    code = "AWS_THROTTLED"
    remedy = f"Wait a minute, then {AGAIN}; it continues where it stopped."


class QuotaExceeded(AwsError):
    """A service quota that waiting does not lift."""

    code = "AWS_QUOTA_EXCEEDED"
    remedy = "Request an increase in the Service Quotas console (Amazon DynamoDB), or remove what is no longer needed."


class ResourceInUse(AwsError):
    """The table or index is busy with another change, or exists already."""

    code = "AWS_RESOURCE_IN_USE"
    remedy = f"Wait until the table is ACTIVE, then {AGAIN}."


class ResourceNotFound(AwsError):
    """The table or index does not exist."""

    code = "AWS_RESOURCE_NOT_FOUND"
    remedy = f"See what exists with: {command('list')}"


class RequestInvalid(AwsError):
    """DynamoDB's validation refused the call."""

    code = "AWS_REQUEST_INVALID"
    remedy = "Correct the declaration that the message names, in a script that is not applied yet."


class ConditionFailed(AwsError):
    """The condition of a write did not hold."""

    code = "AWS_CONDITION_FAILED"
    remedy = f"Another run may have written at the same time. See where things stand with: {command('status')}"


class OperationUnsupported(AwsError):
    """The endpoint does not know this call."""

    code = "AWS_OPERATION_UNSUPPORTED"
    remedy = "Use an endpoint that supports the call, or leave the setting out."


class ServiceFailed(AwsError):
    """DynamoDB answered with an internal error, repeatedly."""

    code = "AWS_SERVICE_FAILED"
    remedy = f"Wait a minute, then {AGAIN}; if it repeats, look at the AWS Health Dashboard."


class UnexpectedAwsError(AwsError):
    """AWS answered with something that this version does not know."""

    code = "AWS_UNEXPECTED"


def text_of(failure: BaseException) -> str:
    """What an exception of whatever class says, as Unicode that can be written; nothing where it cannot tell."""
    try:
        return str.__str__(str(failure)).encode(errors="backslashreplace").decode()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a class of somebody else's, whose __str__ may raise anything, or give no string
        return ""


def error_classes() -> Iterator[type[OsemMigrateError]]:
    """Every class of the tree, base first; without what a script derives from them."""
    waiting: list[type[OsemMigrateError]] = [OsemMigrateError]
    while waiting:
        current = waiting.pop(0)
        yield current
        waiting.extend(kind for kind in current.__subclasses__() if kind.__module__ == __name__)
