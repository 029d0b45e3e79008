"""The history table: what ran, and the log of it. Every write is one transaction that holds only under our lock."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from osem_migrate.aws import history_items
from osem_migrate.aws.conditional import refused
from osem_migrate.aws.failures.classify import door
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.paging import QUERY, SCAN, Page
from osem_migrate.aws.pass_items import partition
from osem_migrate.clock import Clock
from osem_migrate.errors import HistoryUnreadable, ResourceInUse, ResourceNotFound
from osem_migrate.history import History, Holder, LogEntry, Record
from osem_migrate.pass_state import PassKey
from osem_migrate.schema.item import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_ACTIONS = 99  # a transaction takes 100, one of them the check of the lock
_BYTES = 3_000_000  # of the items of a transaction, which takes 4 MB with all that is around them
_EVERY = 2**31 - 1  # what Limit takes
_HIGHEST = "\U0010ffff" * 256  # after every sort key there can be


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
        """All records and the lock's holder; empty before the table exists.

        Raises:
            HistoryUnreadable: of one of them it cannot be said what it is.
        """
        found = self.look()
        lock = [found.unreadable_lock] if found.unreadable_lock is not None else []
        if unreadable := [*lock, *found.unreadable.values()]:
            raise HistoryUnreadable.of(unreadable)
        return found

    def look(self) -> History:
        """The same, with what cannot be read beside the rest, by one consistent query (and its pages)."""
        records: dict[str, Record] = {}
        unreadable: dict[str, HistoryUnreadable] = {}
        unreadable_lock: HistoryUnreadable | None = None
        holder: Holder | None = None
        try:
            for item in self._query(self._scope, history_items.LOCK_ITEM, history_items.MIGRATION_PREFIX + "~"):
                name = history_items.sort_key(item)
                try:
                    if name == history_items.LOCK_ITEM:
                        holder = history_items.read_holder(item)
                    else:
                        record = history_items.read_record(item)
                        records[record.migration] = record
                except HistoryUnreadable as error:
                    if name == history_items.LOCK_ITEM:
                        unreadable_lock = error
                    else:
                        unreadable[name.removeprefix(history_items.MIGRATION_PREFIX)] = error
        except ResourceNotFound:
            return History()
        return History(
            records=records, holder=holder, exists=True, unreadable=unreadable, unreadable_lock=unreadable_lock
        )

    def entries(self, limit: int | None = None) -> Iterator[LogEntry]:
        """The log, oldest first, a page of it in memory at a time; none before the table exists.

        With a ``limit`` only the newest entries, which are held at once, and no more than these is read.
        """
        found = self._query(self._scope, history_items.LOG_PREFIX, history_items.LOG_PREFIX + "~", newest=limit)
        shown = map(history_items.show_log_item, found)
        with suppress(ResourceNotFound):
            yield from shown if limit is None else [*shown][::-1]

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
        for batch in self._batches(lease, entries):
            self._under(lease, batch)

    def erase(self, lease: Lease, migration: str, entry: LogEntry) -> None:
        """Delete the record of a migration and append the entry; raises LockLost if somebody took over."""
        key = history_items.record_key(self._scope, migration)
        delete = {"Delete": {"TableName": self._table, "Key": key}}
        self._under(lease, [delete, self._put(self._entry(entry, lease.holder.fence))])

    def rename(self, lease: Lease, old: str, record: Record, entry: LogEntry) -> None:
        """Let a record, and the passes of its migration, stand under the name that ``record`` gives instead of ``old``.

        One transaction moves the record; before it the passes are copied, which nobody reads without a record. Those of
        the old name stay until ``drop_pass``. Begun anew, wherever it was killed, it leaves nothing but the copy.

        Raises:
            LockLost: somebody took over.
        """
        for key in self.passes():
            if key.migration == old:
                self._copy(lease, key, replace(key, migration=record.migration))
        delete = {"Delete": {"TableName": self._table, "Key": history_items.record_key(self._scope, old)}}
        puts = [history_items.record_item(self._scope, record), self._entry(entry, lease.holder.fence)]
        self._under(lease, [delete, *map(self._put, puts)])

    def drop_pass(self, lease: Lease, key: PassKey) -> None:
        """Delete all that is kept of a pass; raises LockLost if somebody took over."""
        self._delete(lease, partition(self._scope, key), history_items.PASS_PREFIX)

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
        """Whether other applications keep their history here, too."""
        return any(self._others())

    def others(self) -> dict[str, list[Record]]:
        """The records of all other applications that keep their history here, by application; nothing of their logs.

        A record that cannot be read, which only its own application may need, is left out.
        """
        found: dict[str, list[Record]] = {}
        first = history_items.MIGRATION_PREFIX
        for application in self._others():
            for item in self._query(application, first, first + "~"):
                with suppress(HistoryUnreadable):
                    found.setdefault(application, []).append(history_items.read_record(item))
        return found

    def forget(self, lease: Lease) -> None:
        """Delete the records, the log and the passes of this application; the lock stays, and its fence too.

        The passes go first, then the log, and the newest record before the others, so that what is left, wherever this
        ends, is a history that can be read and deleted by the next one.
        """
        passes = [name for name in self._partitions() if name.startswith(f"{self._scope}#{history_items.PASS_PREFIX}")]
        stretches = [(name, history_items.PASS_PREFIX) for name in passes]
        stretches += [(self._scope, history_items.LOG_PREFIX), (self._scope, history_items.MIGRATION_PREFIX)]
        for scope, prefix in stretches:
            self._delete(lease, scope, prefix)

    def passes(self) -> list[PassKey]:
        """Every pass that was ever begun here, in order; none before the table exists."""
        begin = f"{self._scope}#{history_items.PASS_PREFIX}"
        names = (name.removeprefix(begin) for name in self._partitions() if name.startswith(begin))
        return sorted(map(PassKey.read, names), key=lambda key: (key.migration, key.position, key.direction))

    def _copy(self, lease: Lease, key: PassKey, to: PassKey) -> None:
        """Make one pass what another is, and nothing but that."""
        place = {history_items.PARTITION_KEY: {"S": partition(self._scope, to)}}
        prefix, left = history_items.PASS_PREFIX, set[str]()
        items = self._query(partition(self._scope, key), prefix, prefix + "~")
        while some := [{**item, **place} for item in islice(items, _ACTIONS)]:
            self._under(lease, [*map(self._put, some)])
            left |= {history_items.sort_key(item) for item in some}
        self._delete(lease, partition(self._scope, to), prefix, but=left)

    def _delete(self, lease: Lease, scope: str, prefix: str, *, but: Collection[str] = ()) -> None:
        """Delete what begins so, the last first; ``but`` are sort keys of what stays."""
        keys = self._query(scope, prefix, prefix + "~", newest=_EVERY, keys_only=True)
        gone = (dict(key) for key in keys if history_items.sort_key(key) not in but)
        while some := [*islice(gone, _ACTIONS)]:
            self._under(lease, [{"Delete": {"TableName": self._table, "Key": key}} for key in some])

    def _batches(
        self, lease: Lease, entries: Iterable[tuple[LogEntry | None, Record]]
    ) -> Iterator[list[dict[str, Any]]]:
        """The puts of as many records, each with its entry, as a transaction takes by number and by size."""
        batch: list[dict[str, Any]] = []
        size = 0
        for entry, record in entries:
            items = [history_items.record_item(self._scope, record)]
            items += [self._entry(entry, lease.holder.fence)] if entry is not None else []
            more = sum(map(history_items.size, items))
            if batch and (len(batch) + len(items) > _ACTIONS or size + more > _BYTES):
                yield batch
                batch, size = [], 0
            batch += map(self._put, items)
            size += more
        if batch:
            yield batch

    def _under(self, lease: Lease, actions: list[dict[str, Any]]) -> None:
        failed = self._transact([lease.condition(), *actions])
        if failed is not None:
            raise lease.lost() from failed

    def _entry(self, entry: LogEntry, fence: int) -> dict[str, Any]:
        return history_items.log_item(self._scope, entry, fence=fence, number=next(self._numbers))

    def _put(self, item: Item) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item}}

    def _transact(self, actions: list[Any]) -> Exception | None:
        """All of the actions or none; gives the refusal where a condition failed."""
        return refused(
            lambda: self._client.transact_write_items(TransactItems=actions),
            action="dynamodb:TransactWriteItems",
            resource=self._table,
            sleep=self._clock.sleep,
        )

    def _others(self) -> Iterator[str]:
        """Every other application that keeps its history here; none before the table exists."""
        for name in self._partitions():
            if name != self._scope and f"#{history_items.PASS_PREFIX}" not in name:
                yield name

    def _partitions(self) -> Iterator[str]:
        """Every application that keeps its history here, and every pass, in a partition of its own.

        One item of each is read, whatever there is of it: a Scan that goes on behind the last key that it could have.
        """
        parameters: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "ProjectionExpression": "#scope",
            "ExpressionAttributeNames": {"#scope": history_items.PARTITION_KEY},
            "Limit": 1,
        }

        def ask(begin: Mapping[str, Any]) -> Page:
            with suppress(ResourceNotFound), door(SCAN.action, self._table):
                page = self._client.scan(**parameters, **begin)
                behind = [{**item, history_items.SORT_KEY: {"S": _HIGHEST}} for item in page["Items"]]
                return {**page, SCAN.token: behind[-1]} if behind else page
            return {"Items": []}

        for page in SCAN.pages(ask, client=self._client, resource=self._table):
            yield from map(history_items.scope, page["Items"])

    def _query(
        self, scope: str, first: str, last: str, *, newest: int | None = None, keys_only: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """The items of an application from one sort key to another, a page at a time.

        Args:
            scope: the application.
            first: the lowest sort key.
            last: the highest one.
            newest: the last items instead, the last one first, and no more of them than that.
            keys_only: nothing of them but their keys.
        """
        parameters: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#scope = :scope AND #item BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#scope": history_items.PARTITION_KEY, "#item": history_items.SORT_KEY},
            "ExpressionAttributeValues": history_items.serialize({":scope": scope, ":first": first, ":last": last}),
            **({"ScanIndexForward": False} if newest is not None else {}),
            **({"ProjectionExpression": "#scope, #item"} if keys_only else {}),
        }
        left = newest if newest is not None else _EVERY

        def ask(begin: Mapping[str, Any]) -> Page:
            limit: dict[str, Any] = {"Limit": min(left, _EVERY)} if newest is not None else {}
            with door(QUERY.action, self._table):
                return self._client.query(**parameters, **limit, **begin)

        for page in QUERY.pages(ask, client=self._client, resource=self._table):
            yield from page["Items"][:left]
            left -= len(page["Items"])
            if left <= 0:
                return
