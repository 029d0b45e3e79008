"""Repository: the items of one entity of a contract, written and read as the contract says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from osem_migrate.access import given
from osem_migrate.access.attempts import Operation, Retries
from osem_migrate.access.batch import get_batch, put_batch
from osem_migrate.access.conditions import Expectation, holds, is_all_of
from osem_migrate.access.cursor import cursor_of, key_of
from osem_migrate.access.query import key_condition
from osem_migrate.access.requests import endless, read, updating, write
from osem_migrate.errors import ArgumentInvalid, QueryInvalid
from osem_migrate.items.pages import Starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from osem_migrate.access.codec import Codec, Values
    from osem_migrate.access.session import LazySession

_UNITS = {"ReturnConsumedCapacity": "TOTAL"}


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a query, and what the next page is asked for with; None where there are no more."""

    items: list[dict[str, Any]]
    cursor: str | None


class Repository:
    """The items of one entity. One object serves all threads; nothing is connected before the first call.

    Items are mappings by the names of the contract: attributes, and values that are part of a key only. Keys that a
    template makes are neither given nor got. A value that is None, and an empty set, are stored as no attribute.

    Every write is safe to repeat, and is repeated when its answer is lost. A write with a condition may then meet its
    own effect, and DynamoDB says that the condition failed, with the item that is there. It is taken for our own
    success if an earlier request of the same operation got no answer and the item is exactly what this write makes of
    it; an equal write of somebody else in those seconds looks the same, and has the same effect. A put, an update
    or a delete that expects nothing of the item is sent again as it is, over whatever somebody else wrote in those
    seconds: whoever shares items with others names what is ``expected``.

    Throttled requests, internal errors and lost connections are tried again as ``retries`` says, with exponential
    pauses and full jitter, and so are the items of a batch that DynamoDB leaves unprocessed. Each operation leaves a
    line in the log ``osem_migrate.access.repository`` at INFO, with its duration, consumed units and correlation id
    (see ``correlated``), and each pause one at WARNING; neither ever has content of an item or a key in it.

    Every method raises AwsError where AWS refuses for good, and what it says itself.

    Attributes:
        table: the physical name of its table.
    """

    def __init__(self, codec: Codec, table: str, session: LazySession, retries: Retries) -> None:
        """Use ``Contract.repository`` instead."""
        self.table = table
        self._codec = codec
        self._session = session
        self._retries = retries
        self._target = {"TableName": table, **_UNITS}

    @property
    def name(self) -> str:
        """Of the entity."""
        return self._codec.entity.name

    @property
    def key_values(self) -> tuple[str, ...]:
        """The names of the values that an item's key is made of."""
        return self._codec.entity.key_values

    @property
    def attributes(self) -> Mapping[str, str]:
        """The types of all values of an item, by name."""
        return dict(self._codec.types)

    def key_of(self, values: Values) -> dict[str, Any]:
        """Of all values of an item those that make its key: what ``get``, ``update`` and ``delete`` take."""
        given.values("Repository.key_of", values, "values")
        return {name: values[name] for name in self.key_values if name in values}

    def put(self, values: Values, *, if_absent: bool = False, expected: Values | None = None) -> None:
        """Write a whole item, in place of any that has its key.

        Args:
            values: by name.
            if_absent: only where there is no item of that key.
            expected: only where the item that is there has these attributes; None of one that must not be there.

        Raises:
            KeyIncomplete, KeyAmbiguous, ValueInvalid: the values make no item; nothing was sent.
            ItemTooLarge: it has more than 400 KB, by DynamoDB's rules; nothing was sent.
            ConditionNotMet: the item that is there is another; it says in what.
        """
        with self._operation("put") as operation:
            given.values("Repository.put", values, "values")
            item = self._codec.item(values)
            if if_absent and expected:
                raise ArgumentInvalid("put: if_absent and expected contradict each other", argument="expected")
            expectation = Expectation(self._codec, exists=False if if_absent else None, expected=expected)
            request = {**self._target, "Item": item, **expectation.parameters()}
            write(
                operation, "PutItem", request, expectation, lambda found: found is not None and is_all_of(found, item)
            )

    def get(self, key: Values, *, consistent: bool = False) -> dict[str, Any] | None:
        """The item of a key, or None.

        Args:
            key: the values that make it, and no others.
            consistent: whether everything that was written before has to be seen, at twice the units.

        Raises:
            KeyIncomplete, KeyAmbiguous, ValueInvalid: the values make no key; nothing was sent.
        """
        with self._operation("get") as operation:
            given.values("Repository.get", key, "key")
            stored = self._codec.key_alone(key)
            answer = operation.call("GetItem", Key=stored, ConsistentRead=consistent, **self._target)
            found = answer.get("Item")
            return self._codec.values(found) if found is not None else None

    def update(self, key: Values, changes: Values, *, expected: Values | None = None) -> dict[str, Any]:
        """Change attributes of an item that is there, and leave the others.

        Args:
            key: the values that make it, and no others.
            changes: new values by name; None, or an empty set, removes the attribute.
            expected: as of ``put``.

        Returns:
            The whole item as it is now.

        Raises:
            KeyIncomplete, KeyAmbiguous, ValueInvalid, ItemTooLarge: as ``put`` does; a value of the key never changes.
            ConditionNotMet: there is no such item, or it is not as expected; it says in what.
        """
        with self._operation("update") as operation:
            given.values("Repository.update", key, "key")
            given.values("Repository.update", changes, "changes")
            stored = self._codec.key_alone(key)
            changed = self._codec.changes(changes)
            self._codec.check_size({**stored, **{name: value for name, value in changed.items() if value is not None}})
            expectation = Expectation(self._codec, exists=True, expected=expected)
            request = updating({**self._target, "Key": stored, **expectation.parameters()}, changed)
            answer = write(
                *(operation, "UpdateItem", request, expectation),
                lambda found: found is not None and holds(found, changed),
            )
            return self._codec.values(answer["Attributes"])

    def delete(self, key: Values, *, expected: Values | None = None) -> None:
        """Remove an item; where there is none of that key, nothing happens, unless something of it was ``expected``.

        Raises:
            KeyIncomplete, KeyAmbiguous, ValueInvalid: the values make no key; nothing was sent.
            ConditionNotMet: the item is not as expected; it says in what.
        """
        with self._operation("delete") as operation:
            given.values("Repository.delete", key, "key")
            expectation = Expectation(self._codec, exists=True if expected else None, expected=expected)
            request = {**self._target, "Key": self._codec.key_alone(key), **expectation.parameters()}
            write(operation, "DeleteItem", request, expectation, lambda found: found is None)

    def batch_put(self, items: Iterable[Values]) -> None:
        """Write whole items, each in place of any that has its key, 25 with a request; no two may have the same key.

        Raises:
            KeyIncomplete, KeyAmbiguous, ValueInvalid, ItemTooLarge: of one of them; nothing was sent.
            BatchIncomplete: some are written, and it holds the others.
        """
        with self._operation("batch_put") as operation:
            put_batch(operation, self._codec, given.listed("Repository.batch_put", items, "items"))

    def batch_get(self, keys: Iterable[Values], *, consistent: bool = False) -> list[dict[str, Any] | None]:
        """The items of many keys, 100 with a request, in the order of the keys; None for one that is not there.

        Raises:
            KeyIncomplete, KeyAmbiguous, ValueInvalid: of one of them; nothing was sent.
        """
        with self._operation("batch_get") as operation:
            wanted = given.listed("Repository.batch_get", keys, "keys")
            return get_batch(operation, self._codec, wanted, consistent=consistent)

    def query(
        self,
        conditions: Values,
        *,
        index: str | None = None,
        descending: bool = False,
        consistent: bool = False,
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The items that meet the conditions, in the order of the sort key; pages are read while they are needed.

        Args:
            conditions: by name, a value that has to be equal, or ``begins_with``, ``between``, ``lt``, ``lte``, ``gt``,
                ``gte``: every value of the partition key, and those of the sort key from its beginning on, of which the
                last may be such a condition.
            index: its name in the contract; None for the table itself.
            descending: the greatest sort key first.
            consistent: as of ``get``; an index cannot.
            limit: of items, over all pages.

        Raises:
            QueryInvalid: the key cannot answer that.
            KeyIncomplete, ValueInvalid: a value is empty, or not of its type.
        """
        given.check("Repository.query", (int | None, limit, "limit"))
        left, cursor, starts = limit, None, Starts()
        while left is None or left > 0:
            page = self.page(
                *(conditions,), index=index, descending=descending, consistent=consistent, limit=left, cursor=cursor
            )
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return
            if starts.repeat(cursor):
                raise endless(self.table)
            left = None if left is None else left - len(page.items)

    def page(  # noqa: PLR0913 - those of a query, and where it goes on
        self,
        conditions: Values,
        *,
        index: str | None = None,
        descending: bool = False,
        consistent: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """One page of a query: ``limit`` items if there are as many, or those of one request if None.

        Args:
            conditions: as of ``query``, as are the others.
            index: see ``query``.
            descending: see ``query``.
            consistent: see ``query``.
            limit: of items of this page.
            cursor: of the page before, with the same conditions; it holds the key of an item, unencrypted.

        Raises:
            QueryInvalid: the key cannot answer that, or the cursor is none of this table or index.
            KeyIncomplete, ValueInvalid: a value is empty, or not of its type.
        """
        with self._operation("query") as operation:
            given.values("Repository.query", conditions, "conditions")
            given.check("Repository.query", (int | None, limit, "limit"), (str | None, cursor, "cursor"))
            asked = key_condition(self._codec, conditions, index)
            request = {
                **self._target,
                "KeyConditionExpression": asked.expression,
                "ExpressionAttributeNames": asked.names,
                "ExpressionAttributeValues": asked.values,
                "ScanIndexForward": not descending,
                "ConsistentRead": consistent,
            }
            if index is not None:
                request["IndexName"] = index
            if consistent and index is not None:
                raise QueryInvalid("an index cannot be read consistently", table=self.table)
            if limit is not None and limit < 1:
                raise ArgumentInvalid(f"query: limit takes 1 or more, not {limit}", argument="limit")
            if cursor is not None:
                request["ExclusiveStartKey"] = key_of(cursor, self._codec.entity.table, index)
            found, last = read(operation, request, lambda item: asked.is_met(self._codec, item), limit)
            items = [self._codec.values(item) for item in found]
            return Page(items, cursor_of(last, self._codec.entity.table, index) if last is not None else None)

    def __repr__(self) -> str:
        return f"<Repository {self.name} in {self.table}>"

    def _operation(self, name: str) -> AbstractContextManager[Operation]:
        operation = Operation(
            name=name, entity=self.name, table=self.table, session=self._session, retries=self._retries
        )
        return operation.logged()
