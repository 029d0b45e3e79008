"""Stream, encryption, table class and deletion protection: each a change of its own to a table.

Each function here raises its refusal, or gives the change, which UpdateTable makes once all of the request is checked.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.simulator.account import Account
from tests.simulator.errors import invalid, limit_exceeded, refused, throttled
from tests.simulator.tables import DAY, Table, Work
from tests.simulator.timeline import Change

Parameters = Mapping[str, Any]

CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")
MANAGED_KEY = "alias/aws/dynamodb"

FREE_ENCRYPTIONS = 4
ENCRYPTION_PAUSE = 21_600
CLASS_CHANGES = 2
CLASS_DAYS = 30


def timestamp(at: float) -> str:
    """ISO 8601 with milliseconds, as AWS writes it into labels and refusals."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03}"


def read_stream(account: Account, specification: Parameters | None) -> tuple[dict[str, Any] | None, str | None]:
    """StreamSpecification and label of a new table; a disabled stream is as good as none (Q-035)."""
    if specification is None or not specification["StreamEnabled"]:
        return None, None
    return dict(specification), timestamp(account.now)


def stream_change(account: Account, table: Table, specification: Parameters) -> Change:
    """Enable or disable; another view needs the stream off first, and even the same one is refused (Q-050)."""
    enable = specification["StreamEnabled"]
    viewed = "StreamViewType" in specification
    if enable and not viewed:
        raise invalid("If stream is being enabled then UpdateViewType is required")
    if not enable and viewed:
        raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
    if enable and table.stream is not None:
        raise refused(f"Table already has an enabled stream: TableName: {table.name}")
    if not enable and table.stream is None:
        raise refused(f"Table has no stream to disable: TableName: {table.name}")

    def begin() -> None:
        table.stream = dict(specification) if enable else None
        table.stream_label = timestamp(account.now) if enable else table.stream_label
        table.work[Work.STREAM] = f"Stream: {table.stream_label} Operation: {'ENABLE' if enable else 'DISABLE'}"
        account.after("stream_update", (table.name,), lambda: _done(table, Work.STREAM))

    return begin


def read_encryption(account: Account, specification: Parameters) -> str | None:
    """The ARN of the key that SSESpecification asks for; None for AWS's own."""
    enabled = specification.get("Enabled", bool(specification.get("SSEType")))
    kind, key = specification.get("SSEType"), specification.get("KMSMasterKeyId")
    if not enabled:
        for member, given in (("SSEType", kind), ("KMSMasterKeyId", key)):
            if given is not None:
                raise invalid(f"{member} can not be specified if Enabled is false")
        return None
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if key is not None and kind is None:
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")
    return account.key_arn(key or MANAGED_KEY)


def describe_key(account: Account, parameters: Parameters) -> dict[str, Any]:
    """KMS's DescribeKey: all keys but that of alias/aws/dynamodb are a customer's."""
    arn = account.key_arn(parameters["KeyId"])
    manager = "AWS" if arn == account.key_arn(MANAGED_KEY) else "CUSTOMER"
    return {"KeyMetadata": {"KeyId": arn.rpartition("/")[2], "Arn": arn, "KeyManager": manager}}


def encryption_change(account: Account, table: Table, specification: Parameters) -> Change:
    """Another key: rationed before it is looked at (Q-081), and under way with the table ACTIVE."""
    wanted = read_encryption(account, specification)
    if wanted is None and table.encryption is None:
        raise invalid("Table is already encrypted by default")
    if wanted is not None and wanted == table.encryption == specification.get("KMSMasterKeyId"):
        raise invalid(
            "Table is already encrypted with given KMSMasterKeyId. "
            "Use KMSMasterKeyId parameter if you want to change Master Key"
        )
    _ration_encryption(table, account.now)

    def begin() -> None:
        table.encrypted_at.append(account.now)
        table.work[Work.ENCRYPTION] = ""
        account.after("encryption_update", (table.name,), finish)

    def finish() -> None:
        _done(table, Work.ENCRYPTION)
        table.encryption = wanted

    return begin


def check_class(table_class: str | None) -> None:
    """One of the two classes there are."""
    if table_class is not None and table_class not in CLASSES:
        raise refused(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            f"[{', '.join(CLASSES)}]."
        )


def class_change(account: Account, table: Table, table_class: str) -> Change | None:
    """Another class; twice in 30 days (Q-283). STANDARD on a table that never had another changes nothing (Q-365)."""
    check_class(table_class)
    if table.table_class is None and table_class == CLASSES[0]:
        return None
    recent = [at for at in table.classed_at if account.now - at < CLASS_DAYS * DAY]
    if len(recent) >= CLASS_CHANGES:
        raise limit_exceeded(f"Updates to TableClass are limited to {CLASS_CHANGES} times in {CLASS_DAYS} day(s).")

    def begin() -> None:
        table.classed_at = [*recent, account.now]
        table.work[Work.CLASS] = f"TableClassUpdateInProgress: {table_class}"
        account.after("class_update", (table.name,), finish)

    def finish() -> None:
        _done(table, Work.CLASS)
        table.table_class, table.class_changed_at = table_class, account.now

    return begin


def protection_change(account: Account, table: Table, *, protected: bool) -> Change | None:
    """At once; back only after the cool-down, while the same value is always taken (Q-017, Q-030, Q-003)."""
    if protected == table.protected:
        return None
    pause = account.durations.draw("protection_cooldown", table.name)
    changed = table.protection_changed_at
    if changed is not None and account.now - changed < pause:
        raise throttled(
            f"Deletion protection setting for table {table.name} modified within the previous "
            f"{int(pause * 1000)} milliseconds. Please try again after {timestamp(changed + pause)}Z"
        )

    def begin() -> None:
        table.protected, table.protection_changed_at = protected, account.now

    return begin


def _done(table: Table, work: Work) -> None:
    table.work.pop(work, None)


def _ration_encryption(table: Table, now: float) -> None:
    window = [at for at in table.encrypted_at if now - at < DAY]
    table.encrypted_at = window
    if len(window) < FREE_ENCRYPTIONS or now - window[-1] >= ENCRYPTION_PAUSE:
        return
    raise limit_exceeded(
        "Encryption mode changes are limited in the 24h window ending at "
        f"{timestamp(window[0] + DAY)}Z. After the first {FREE_ENCRYPTIONS} change, each subsequent change in the same "
        f"window can be performed at most once every {ENCRYPTION_PAUSE} seconds. Number of updates today: "
        f"{len(window)}. Last change at {timestamp(window[-1])}Z. "
        f"Next changes can be made at {timestamp(window[-1] + ENCRYPTION_PAUSE)}Z."
    )
