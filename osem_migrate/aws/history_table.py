"""The history table: what ran, and the log of it. Every write is one transaction that holds only under our lock."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from osem_migrate.aws import history_items
from osem_migrate.aws.failures.classify import REFUSALS, Verdict, classify, door
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.paging import QUERY, SCAN, Page
from osem_migrate.clock import Clock
from osem_migrate.errors import ConditionFailed, HistoryUnreadable, ResourceInUse, ResourceNotFound
from osem_migrate.history import History, Holder, LogEntry, Record
from osem_migrate.schema.item import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_ACTIONS = 99  # a transaction takes 100, one of them the check of the lock
_PAIRS = 49  # of a record and its entry; a transaction takes 100 actions, one of them the check of the lock
_CONFLICT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds; a heartbeat holds the lock item for some milliseconds


class HistoryTable:
    """The records and the log of one application in one environment.

    Args:
        client: boto3's client.
        table: physical name of the history table.
        scope: the application, the partition key of all its items.
        clock: ``sleep`` waits between attempts at a transaction that collided with a heartbeat.
    """

    def __init__(self, client: "DynamoDBClient", table: str, scope: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._scope = scope
        self._clock = clock
        self._numbers = count()

    def read(self) -> History:
        """All records and the lock's holder, by one consistent query (and its pages); empty before the table exists."""
        try:
            found = self._query(
                "BETWEEN :from AND :to", {":from": history_items.LOCK_ITEM, ":to": history_items.MIGRATION_PREFIX + "~"}
            )
        except ResourceNotFound:
            return History()
        records: dict[str, Record] = {}
        holder: Holder | None = None
        for item in found:
            if history_items.sort_key(item) == history_items.LOCK_ITEM:
                holder = history_items.read_holder(item)
            else:
                record = history_items.read_record(item)
                records[record.migration] = record
        return History(records=records, holder=holder, exists=True)

    def entries(self, limit: int | None = None) -> list[LogEntry]:
        """The log, oldest first: all of it, or the newest ``limit`` entries."""
        between = {":from": history_items.LOG_PREFIX, ":to": history_items.LOG_PREFIX + "~"}
        try:
            found = self._query("BETWEEN :from AND :to", between, newest=limit)
        except ResourceNotFound:
            return []
        return [history_items.read_log_item(item) for item in found]

    def create(self, tags: Mapping[str, str]) -> None:
        """Ask for the table, with deletion protection; an existing one is left as it is."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "AttributeDefinitions": [
                {"AttributeName": history_items.PARTITION_KEY, "AttributeType": "S"},
                {"AttributeName": history_items.SORT_KEY, "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": history_items.PARTITION_KEY, "KeyType": "HASH"},
                {"AttributeName": history_items.SORT_KEY, "KeyType": "RANGE"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
        }
        if tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        try:
            with door("dynamodb:CreateTable", self._table):
                self._client.create_table(**request)
        except ResourceInUse:
            # Another run was faster, or our own response was lost: either way there is a table to wait for.
            return

    def write(self, lease: Lease, entries: Sequence[tuple[LogEntry | None, Record]]) -> None:
        """Put records and append the entries told of; raises LockLost, with nothing written, if somebody took over."""
        for start in range(0, len(entries), _PAIRS):
            self._write(lease, entries[start : start + _PAIRS])

    def unlock(self, clearing: Mapping[str, Any], entry: LogEntry, *, fence: int) -> bool:
        """Clear the lock and append the entry, or neither; False where the lock is not as ``clearing`` expects.

        Args:
            clearing: what ``Lock.clearing`` gave.
            entry: who does it, and why.
            fence: of the hold that ends; its holder may still be writing entries, which ours must not replace.
        """
        put = self._put(self._entry(entry, fence))
        unwritten = {"ConditionExpression": "attribute_not_exists(#item)"}
        put["Put"] |= {**unwritten, "ExpressionAttributeNames": {"#item": history_items.SORT_KEY}}
        return self._transact([clearing, put]) is None

    def note(self, lease: Lease, entry: LogEntry) -> None:
        """Append one entry that concerns no record; raises LockLost if somebody took over."""
        self._under(lease, [self._put(self._entry(entry, lease.holder.fence))])

    def is_shared(self) -> bool:
        """Whether other applications keep their history here, too; one Scan, as far as to the first item of theirs."""
        prefix, names = {":pass": history_items.PASS_PREFIX}, {"#item": history_items.SORT_KEY}
        # What they keep of their passes says nothing that their records do not.
        condition = " AND NOT begins_with(#item, :pass)"
        pages = self._scan_others(condition, prefix, names=names, ProjectionExpression="#scope")
        return any(pages)

    def others(self) -> dict[str, list[Record]]:
        """The records of all other applications that keep their history here, by application; one Scan, all pages.

        A record that cannot be read, which only its own application may need, is left out.
        """
        names = {"#item": history_items.SORT_KEY}
        found: dict[str, list[Record]] = {}
        for page in self._scan_others(
            " AND begins_with(#item, :migration)", {":migration": history_items.MIGRATION_PREFIX}, names=names
        ):
            for item in page:
                with suppress(HistoryUnreadable):
                    record = history_items.read_record(item)
                    found.setdefault(history_items.scope(item), []).append(record)
        return found

    def forget(self, lease: Lease) -> None:
        """Delete the records and the log of this application, the log first; the lock stays, and its fence too.

        What it keeps of its passes goes before all that.
        """
        mine = {":passes": f"{self._scope}#{history_items.PASS_PREFIX}"}
        passes = [item for page in self._scan_others(" AND begins_with(#scope, :passes)", mine) for item in page]
        for prefix in (history_items.PASS_PREFIX, history_items.LOG_PREFIX, history_items.MIGRATION_PREFIX):
            found = (
                passes
                if prefix == history_items.PASS_PREFIX
                else self._query("BETWEEN :from AND :to", {":from": prefix, ":to": prefix + "~"})
            )
            keys = [
                {name: item[name] for name in (history_items.PARTITION_KEY, history_items.SORT_KEY)} for item in found
            ]
            deletes = [{"Delete": {"TableName": self._table, "Key": key}} for key in keys]
            for start in range(0, len(deletes), _ACTIONS):
                self._under(lease, deletes[start : start + _ACTIONS])

    def _write(self, lease: Lease, entries: Sequence[tuple[LogEntry | None, Record]]) -> None:
        put = [history_items.record_item(self._scope, record) for _, record in entries]
        put += [self._entry(entry, lease.holder.fence) for entry, _ in entries if entry is not None]
        self._under(lease, [self._put(item) for item in put])

    def _under(self, lease: Lease, actions: list[dict[str, Any]]) -> None:
        failed = self._transact([lease.condition(), *actions])
        if failed is not None:
            raise lease.lost() from failed

    def _entry(self, entry: LogEntry, fence: int) -> dict[str, Any]:
        return history_items.log_item(self._scope, entry, fence=fence, number=next(self._numbers))

    def _put(self, item: Item) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item}}

    def _transact(self, actions: list[Any]) -> ConditionFailed | None:
        """All of the actions or none; gives the condition that failed, if one did, as the error it is."""
        for pause in (*_CONFLICT_PAUSES, None):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except REFUSALS as refusal:
                failure = classify(refusal, action="dynamodb:TransactWriteItems", resource=self._table)
                # A collision is a ConditionFailed, too, but one that passes.
                if failure.verdict is Verdict.WAIT and pause is not None:
                    self._clock.sleep(pause)
                elif failure.verdict is Verdict.DESCRIBE and isinstance(failure.error, ConditionFailed):
                    return failure.error
                else:
                    raise failure.error from refusal
            else:
                break
        return None

    def _scan_others(
        self, condition: str, values: Mapping[str, str], *, names: Mapping[str, str] | None = None, **more: Any
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Pages of the items of other applications; none before the table exists."""
        parameters: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "FilterExpression": f"#scope <> :scope{condition}",
            "ExpressionAttributeNames": {"#scope": history_items.PARTITION_KEY, **(names or {})},
            "ExpressionAttributeValues": history_items.serialize({":scope": self._scope, **values}),
            **more,
        }

        def ask(begin: Mapping[str, Any]) -> Page:
            with suppress(ResourceNotFound), door(SCAN.action, self._table):
                return self._client.scan(**parameters, **begin)
            return {"Items": []}

        for page in SCAN.pages(ask, client=self._client, resource=self._table):
            yield page["Items"]

    def _query(self, condition: str, values: Mapping[str, str], newest: int | None = None) -> list[Mapping[str, Any]]:
        """The items in the order of their keys; no more than that many of the last, where ``newest`` is given."""
        parameters: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": f"#scope = :scope AND #item {condition}",
            "ExpressionAttributeNames": {"#scope": history_items.PARTITION_KEY, "#item": history_items.SORT_KEY},
            "ExpressionAttributeValues": history_items.serialize({":scope": self._scope, **values}),
        }
        if newest is not None:
            parameters |= {"ScanIndexForward": False, "Limit": newest}
        found: list[Mapping[str, Any]] = []

        def ask(begin: Mapping[str, Any]) -> Page:
            with door(QUERY.action, self._table):
                return self._client.query(**parameters, **begin)

        for page in QUERY.pages(ask, client=self._client, resource=self._table):
            found += page["Items"]
            if newest is not None and len(found) >= newest:
                break
        return found if newest is None else found[:newest][::-1]
