"""What DynamoDB and STS answer, as a table: code, beginning of the text, our error, what to do about it.

The first row that fits wins; a row without a text is the fallback of its code, since emulators word things their own
way. Texts are matched by their beginning, because AWS puts names, dates and request ids behind it. Sources: ``quirk N``
is DDB-TABLE-N in docs/api-quirks of aws-controllers-k8s/dynamodb-controller (live answers of 2026-10), ``Local`` is
DynamoDB Local 3.3, ``moto`` is moto 5.2; codes without a remark are in the DynamoDB and STS API references.
"""

from osem_migrate.advice import AGAIN, command
from osem_migrate.aws.failures.rule import Refusal, Verdict
from osem_migrate.errors import (
    AccessDenied,
    ClockSkewed,
    ConditionFailed,
    CredentialsExpired,
    CredentialsInvalid,
    CredentialsMissing,
    OperationUnsupported,
    QuotaExceeded,
    RegionMissing,
    RequestInvalid,
    ResourceInUse,
    ResourceNotFound,
    ServiceFailed,
    SignatureInvalid,
    Throttled,
    UnexpectedAwsError,
)

WAIT, DESCRIBE, UNSUPPORTED, GIVE_UP = Verdict

_EXPIRED = ("ExpiredTokenException", "ExpiredToken", "RequestExpired", "TokenRefreshRequired")
_UNKNOWN_KEY = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure")
_UNSIGNED = ("MissingAuthenticationToken", "MissingAuthenticationTokenException")
_SIGNATURE = (
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
)
_CLOCK = ("RequestTimeTooSkewed", "RequestInTheFuture")
_DENIED = ("AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized")
_NO_CUSTOMER = ("OptInRequired", "SubscriptionRequiredException")
_THROTTLED = ("ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestThrottled")
_CAPACITY = ("ProvisionedThroughputExceededException",)
_LIMIT = ("LimitExceededException",)
_IN_USE = ("ResourceInUseException", "TableInUseException")
_MISSING = ("ResourceNotFoundException", "TableNotFoundException", "IndexNotFoundException", "PolicyNotFoundException")
_INVALID = ("ValidationException", "ValidationError")
_MALFORMED = (
    *("SerializationException", "MissingParameter", "InvalidParameterValue", "InvalidParameterCombination"),
    *("ItemCollectionSizeLimitExceededException", "IdempotentParameterMismatchException"),
)
_CANCELED = ("TransactionCanceledException",)
_COLLIDED = ("TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException")
_UNKNOWN_CALL = (
    "UnknownOperationException",
    "UnknownOperation",
    "InvalidAction",
    "UnknownAction",
    "NotImplemented",
    "501",
)
_FAILED = ("InternalServerError", "InternalFailure", "InternalServerException", "InternalError", "5xx")
_UNAVAILABLE = ("ServiceUnavailable", "ServiceUnavailableException", "502", "503", "504")

_LIMITED = r"(Subscriber limit exceeded: )?"
_USED = r"(Attempt to change a resource which is still in use: )?"
_WRONG = r"(One or more parameter values were invalid: )?"
_HTML = r"\s*<!doctype html"
_ALREADY_SO = (
    r"(TimeToLive is already|Table already has an enabled stream|Table has no stream to disable"
    r"|Table is already encrypted|The provisioned throughput for the .* will not change)"
)
_NOT_READY = (
    r"(Cannot \w+ time to live while table is in|Table( or Index)? is not in a valid state"
    r"|Operation cannot be performed while|Create/Update/Delete of replica is not allowed|Cannot read from backfilling)"
)
_PROTECTED = r"(Resource cannot be deleted as it is currently protected|.*can't be deleted while DeletionProtection)"

_TABLE_CALLS = ("CreateTable", "UpdateTable", "DeleteTable")
_CREATE, _UPDATE, _DELETE = (("CreateTable",), ("UpdateTable",), ("DeleteTable",))
_PARTS = tuple(verb + part for verb in ("Update", "Describe") for part in ("TimeToLive", "ContinuousBackups"))
_PARTS += (
    "TagResource",
    "UntagResource",
    "ListTagsOfResource",
    "UpdateContributorInsights",
    "DescribeContributorInsights",
)

_GRANT = "Grant {action} on {resource} to {principal}, then " + AGAIN + "."
_DENY = "{reason}: no further grant helps. Have the Deny of {action} on {resource} changed, or use another identity."
_SIGN_UP = f"Finish the registration of the account in the AWS console, then {AGAIN}."
_NAMED = "Run upgrade again after the time that the message names; it continues where it stopped."
_IN_30_DAYS = "Run upgrade again 30 days after the first of the two earlier changes; it continues where it stopped."
_IN_AN_HOUR = "Run upgrade again in an hour; it continues where it stopped."
_INDEX_FIRST = "Run upgrade again when the other index is ACTIVE; it continues where it stopped."
_UNPROTECT = "Switch deletion protection off first, in an operation of its own (SetDeletionProtection)."
_SPLIT = "Declare the two changes as two operations."
_ADDRESS = f"Check that {command('--endpoint-url')} is the address of DynamoDB, or leave the setting out."

ANSWERS: tuple[Refusal, ...] = (
    # Who is calling. DynamoDB and STS have different codes for the same thing.
    Refusal(_EXPIRED, "", CredentialsExpired, GIVE_UP, "was refused, because the session token has expired"),
    Refusal(_UNKNOWN_KEY, "", CredentialsInvalid, GIVE_UP, "was refused, because AWS does not know the access key"),
    Refusal(_UNSIGNED, "", CredentialsMissing, GIVE_UP, "was sent without credentials"),
    Refusal(_CLOCK, "", ClockSkewed, GIVE_UP, "was refused, because this machine's clock is wrong"),
    # AWS tolerates 5 to 15 minutes; botocore corrects no clock for DynamoDB.
    Refusal(_SIGNATURE, "Signature (expired|not yet)", ClockSkewed, GIVE_UP, "was refused, because the clock is wrong"),
    Refusal(_SIGNATURE, "", SignatureInvalid, GIVE_UP, "was refused, because the secret does not match the access key"),
    Refusal(_DENIED, ".*explicit deny", AccessDenied, GIVE_UP, "was denied explicitly by a policy", _DENY),
    Refusal(_DENIED, "", AccessDenied, GIVE_UP, "was denied", _GRANT),
    Refusal(_NO_CUSTOMER, "", AccessDenied, GIVE_UP, "was refused, because the account is not signed up", _SIGN_UP),
    Refusal(("RegionDisabledException",), "", RegionMissing, GIVE_UP, "was refused, because the region is not enabled"),
    # How often. quirk 445: the first is a cool-down of one table, not a rate.
    Refusal(_THROTTLED, r".*modified within the previous \d", Throttled, WAIT, "came too soon after the last change"),
    Refusal((*_THROTTLED, "RequestLimitExceeded", "429"), "", Throttled, WAIT, "was throttled"),
    Refusal(_CAPACITY, "", Throttled, WAIT, "was throttled, because the table's capacity is used up"),
    # How much. quirk 443: one code for what passes by itself and for quotas that do not.
    Refusal(_LIMIT, _LIMITED + "Only 1 online index", ResourceInUse, WAIT, "must wait for another index", _INDEX_FIRST),
    Refusal(_LIMIT, _LIMITED + "Table tags are being updated", ResourceInUse, WAIT, "must wait for the table's tags"),
    Refusal(_LIMIT, _LIMITED + ".*already exist", ResourceInUse, DESCRIBE, "was refused, because that name is taken"),
    Refusal(_LIMIT, _LIMITED + ".*simultaneous", Throttled, WAIT, "must wait, because too many changes run at once"),
    Refusal(_LIMIT, ".*decreases are limited", QuotaExceeded, GIVE_UP, "lowers capacity too often today", _NAMED),
    Refusal(_LIMIT, _LIMITED + "Encryption mode", QuotaExceeded, GIVE_UP, "changes encryption too often", _NAMED),
    Refusal(_LIMIT, ".*TableClass are limited", QuotaExceeded, GIVE_UP, "changes the class too often", _IN_30_DAYS),
    Refusal(_LIMIT, "", QuotaExceeded, GIVE_UP, "would exceed a quota"),
    # In which state. quirk 444: every text passes by itself, except that a thing is there already.
    Refusal(_IN_USE, "Global table with name: .* already", ResourceInUse, GIVE_UP, "names an existing global table"),
    # Local: "Cannot create preexisting table". quirk 444: while CREATING, "Table is being created".
    Refusal(_IN_USE, "", ResourceInUse, DESCRIBE, "was refused, because the table exists already", calls=_CREATE),
    Refusal(_IN_USE, "Table already exists", ResourceInUse, DESCRIBE, "was refused, because the table exists already"),
    Refusal(_IN_USE, _USED + "Index is being [cd]", ResourceInUse, DESCRIBE, "must wait for the index", calls=_UPDATE),
    Refusal(
        _IN_USE, _USED + "Table is being deleted", ResourceInUse, DESCRIBE, "is in progress already", calls=_DELETE
    ),
    Refusal(_IN_USE, "", ResourceInUse, WAIT, "must wait, because the table is busy with another change"),
    Refusal(("ContinuousBackupsUnavailableException",), "", ResourceInUse, WAIT, "must wait until backups are enabled"),
    # quirks 446 and 447: to everything but DescribeTable, a table that is CREATING does not exist.
    Refusal(_MISSING, "", ResourceNotFound, DESCRIBE, "failed, because the table does not exist", calls=_DELETE),
    Refusal(_MISSING, "", ResourceNotFound, DESCRIBE, "failed, because the table is not ACTIVE", calls=_PARTS),
    # Local has only the bare text for an index.
    Refusal(_MISSING, r"[^:]+(: Index|\.?$)", ResourceNotFound, DESCRIBE, "names a missing index", calls=_UPDATE),
    Refusal(_MISSING, "", ResourceNotFound, GIVE_UP, "failed, because nothing has that name"),
    # Whether it makes sense. quirks 174 and 442: this reads like a state, yet both halves stand in the one request.
    Refusal(_INVALID, _WRONG + "You cannot .* while", RequestInvalid, GIVE_UP, "combines conflicting changes", _SPLIT),
    Refusal(_INVALID, "Time ?to ?Live has been modified", Throttled, WAIT, "must wait for time to live", _IN_AN_HOUR),
    # quirk 18: sending what is already so is an error for these, and only for these.
    Refusal(_INVALID, _WRONG + _ALREADY_SO, RequestInvalid, DESCRIBE, "was refused, because it changes nothing"),
    Refusal(_INVALID, _WRONG + "Attempting to create an index", ResourceInUse, DESCRIBE, "names an existing index"),
    Refusal(_INVALID, _WRONG + _NOT_READY, ResourceInUse, WAIT, "must wait, because the table or index is not ready"),
    Refusal(_INVALID, _PROTECTED, RequestInvalid, GIVE_UP, "was refused, because the table is protected", _UNPROTECT),
    # The same as a LimitExceededException, where one request asks for all of it.
    Refusal(_INVALID, _WRONG + ".*exceeds (the )?per-table limit", QuotaExceeded, GIVE_UP, "would exceed a quota"),
    Refusal((*_INVALID, *_MALFORMED), "", RequestInvalid, GIVE_UP, "was refused as invalid"),
    # What the items say; the text of a cancelled transaction ends with the codes of its reasons.
    Refusal(("ConditionalCheckFailedException",), "", ConditionFailed, DESCRIBE, "failed its condition check"),
    Refusal(_CANCELED, ".*ConditionalCheckFailed", ConditionFailed, DESCRIBE, "failed its condition check"),
    Refusal(_CANCELED, ".*(ValidationError|ItemCollectionSize)", RequestInvalid, GIVE_UP, "was refused as invalid"),
    Refusal(_CANCELED, ".*(ThrottlingError|ThroughputExceeded)", Throttled, WAIT, "was throttled"),
    Refusal((*_CANCELED, *_COLLIDED), "", ConditionFailed, WAIT, "collided with another write"),
    # Whether it works at all.
    Refusal(_UNKNOWN_CALL, "", OperationUnsupported, UNSUPPORTED, "is unknown to the endpoint"),
    # moto's server has one page for an action it lacks and for an index it cannot add.
    Refusal(("500",), _HTML, ServiceFailed, DESCRIBE, "failed inside the endpoint", calls=_TABLE_CALLS),
    Refusal(("500",), _HTML, OperationUnsupported, UNSUPPORTED, "is unknown to the endpoint"),
    Refusal(("404", "405"), "", OperationUnsupported, UNSUPPORTED, "is unknown to the endpoint", _ADDRESS),
    # quirk 458: a state that is answered as a 500.
    Refusal(_FAILED, "Table is under system maintenance", ServiceFailed, WAIT, "must wait, because the table is busy"),
    Refusal(_UNAVAILABLE, "", ServiceFailed, WAIT, "failed, because the service is unavailable"),
    # quirk 448: it can be the steady answer to a bad shape, so nobody waits for it; it may also have been applied.
    Refusal(_FAILED, "", ServiceFailed, DESCRIBE, "failed inside AWS"),
    Refusal(("*",), "", UnexpectedAwsError, GIVE_UP, "was refused"),
)
