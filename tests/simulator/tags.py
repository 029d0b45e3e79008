"""Tags: written at once, locked for a moment, shown later."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.errors import SimulatedError, in_use, invalid, limit_exceeded, missing, refused
from tests.simulator.tables import Table

Parameters = Mapping[str, Any]

MAX_TAGS = 50
MAX_KEY = 128
MAX_VALUE = 256
LETTERS = re.compile(r"[\w\s+\-=.:/@]*")
"""Letters and digits of any script, spaces, and these signs (Q-372)."""


def tags_of(given: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tags by key; ValidationException for what is no tag or comes twice (Q-107)."""
    tags: dict[str, str] = {}
    for tag in given:
        key, value = tag.get("Key"), tag.get("Value")
        _check_key(key)
        if value is None or len(value) > MAX_VALUE or not LETTERS.fullmatch(value):
            raise refused(f"The Tag Value provided is invalid, Value: {_shown(value)}")
        if key in tags:
            raise refused(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        tags[str(key)] = value
    return tags


def check_tags(tags: Mapping[str, str]) -> None:
    """At most 50, and a ValidationException for the 51st (Q-108)."""
    if len(tags) > MAX_TAGS:
        raise refused("Number of Tags exceed the current limit for the provided ResourceArn")


def tag_resource(account: Account, parameters: Parameters) -> dict[str, Any]:
    """TagResource: sets tags. During the lock of another write only a superset of that write is taken (Q-440)."""
    given = tags_of(parameters["Tags"])
    if not given:
        raise refused("Atleast one Tag needs to be provided as Input.")
    table = _table(account, parameters)
    tags = table.tags
    locked = account.now < tags.locked_until
    if locked and not tags.in_flight.items() <= given.items():
        raise _locked(table)
    merged = {**tags.written, **given}
    check_tags(merged)
    if merged != tags.written:
        _write(account, table, merged, given)
    return {}


def untag_resource(account: Account, parameters: Parameters) -> dict[str, Any]:
    """UntagResource: takes tags away; the lock refuses even keys that are not there."""
    keys = parameters["TagKeys"]
    if not keys:
        raise refused("Atleast one Tag Key needs to be provided as Input.")
    if len(keys) > MAX_TAGS:
        raise refused("Number of Tags exceed the current limit for the provided ResourceArn")
    for key in keys:
        _check_key(key)
    table = _table(account, parameters)
    if account.now < table.tags.locked_until:
        raise _locked(table)
    left = {key: value for key, value in table.tags.written.items() if key not in keys}
    if left != table.tags.written:
        _write(account, table, left, {})
    return {}


def list_tags(account: Account, parameters: Parameters) -> dict[str, Any]:
    """ListTagsOfResource: what was written a while ago."""
    table = _find(account, parameters)
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.tags.shown.items()]}


def _write(account: Account, table: Table, written: dict[str, str], in_flight: dict[str, str]) -> None:
    account.limiter.mutate()
    tags = table.tags
    tags.written, tags.in_flight = written, in_flight
    tags.locked_until = account.now + account.durations.draw("tag_lock", table.name)
    account.after("tag_lag", (table.name,), lambda: setattr(tags, "shown", written))


def _locked(table: Table) -> SimulatedError:
    return limit_exceeded(f"Table tags are being updated: {table.name}")


def _check_key(key: str | None) -> None:
    if not key or len(key) > MAX_KEY or not LETTERS.fullmatch(key):
        raise refused(f"The Tag Key provided is invalid, Key: {_shown(key)}")
    if key.lower().startswith("aws:"):
        raise refused(f"Tag Key cannot be prefixed with aws:, Key: {key}")


def _shown(text: str | None) -> str:
    return "null" if text is None else text[:64]


def _find(account: Account, parameters: Parameters) -> Table:
    """By ARN; a young table is unknown to this part of AWS, and a dying one soon forgotten (Q-101, Q-104)."""
    arn = parameters["ResourceArn"]
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    table = account.tables.get(arn.rpartition(":table/")[2])
    if table is None or table.arn != arn or account.now < table.known_at or account.forgotten(table):
        raise missing(f"ResourceArn: {arn} not found")
    return table


def _table(account: Account, parameters: Parameters) -> Table:
    table = _find(account, parameters)
    if table.lifecycle == "CREATING":
        raise in_use(f"Table is being created: {table.name}")
    if table.lifecycle == "DELETING":
        raise in_use(f"Table is being deleted: {table.name}")
    return table
