"""CreateTable and DeleteTable."""

from collections.abc import Mapping
from typing import Any

from tests.simulator import shapes
from tests.simulator.account import Account, table_name
from tests.simulator.capacity import check_created, new_capacity
from tests.simulator.describe import describe_created, describe_table
from tests.simulator.errors import SimulatedError, in_use, invalid, refused
from tests.simulator.items import Items
from tests.simulator.settings import check_class, read_encryption, read_stream
from tests.simulator.tables import ON_DEMAND, PROVISIONED, Index, Table, Work
from tests.simulator.tags import check_tags, tags_of

Parameters = Mapping[str, Any]

KNOWN_AFTER = 0.6
"""The share of CREATING after which the calls beside DescribeTable know of a table (Q-101, Q-115)."""


def create_table(account: Account, parameters: Parameters) -> dict[str, Any]:
    """CreateTable: everything is ACTIVE at once, after a time that depends on whether there are indexes."""
    _check(parameters)
    name = parameters["TableName"]
    if name in account.tables:
        raise _taken(account.tables[name])
    if len(account.tables) >= 2500:
        raise SimulatedError("LimitExceededException", "Subscriber limit exceeded: There is a limit of 2500 tables")
    account.limiter.mutate()
    table = _new(account, parameters)
    account.tables[name] = table

    def finish() -> None:
        table.lifecycle = "ACTIVE"
        table.tags.shown = dict(table.tags.written)
        for index in table.indexes.values():
            index.status = "ACTIVE"
        account.after("backups_available", (name,), lambda: setattr(table.backups, "available", True))

    kind = "create_table_with_indexes" if table.indexes else "create_table"
    table.known_at = account.now + KNOWN_AFTER * account.after(kind, (name,), finish)
    _keep_counting(account, table)
    return {"TableDescription": describe_created(table, account.now)}


def delete_table(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DeleteTable; refused while anything is under way, and while deletion protection is on."""
    table = account.find_idle(parameters)
    if table.protected:
        raise refused(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    _check_settled(table, account.now)
    account.limiter.mutate()
    table.lifecycle, table.deleted_at = "DELETING", account.now
    account.after("delete_table", (table.name,), lambda: account.tables.__delitem__(table.name))
    return {"TableDescription": describe_table(table, account.now)}


def _taken(table: Table) -> SimulatedError:
    """Another text while CREATING than later (Q-005)."""
    if table.lifecycle == "CREATING":
        return in_use(f"Table is being created: {table.name}")
    return SimulatedError("ResourceInUseException", f"Table already exists: {table.name}")


def _check(parameters: Parameters) -> None:
    """Validation comes before the look at what exists (Q-005)."""
    shapes.check_name(table_name(parameters), "tableName")
    attributes = shapes.read_attributes(parameters["AttributeDefinitions"])
    keys = parameters["KeySchema"]
    shapes.check_key_schema(keys)
    indexes, local = parameters.get("GlobalSecondaryIndexes"), parameters.get("LocalSecondaryIndexes")
    index_keys = [index["KeySchema"] for index in (*(indexes or ()), *(local or ()))]
    shapes.check_attributes_are_the_keys(attributes, keys, index_keys)
    shapes.check_indexes(indexes, local, keys)
    check_created(parameters)
    check_class(parameters.get("TableClass"))
    _check_stream(parameters.get("StreamSpecification"))
    check_tags(tags_of(parameters.get("Tags", ())))


def _check_stream(specification: Parameters | None) -> None:
    if specification is None:
        return
    viewed = "StreamViewType" in specification
    if specification["StreamEnabled"] and not viewed:
        raise invalid("Table is being created with a stream enabled, UpdateViewType is required")
    if not specification["StreamEnabled"] and viewed:
        raise invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")


def _new(account: Account, parameters: Parameters) -> Table:
    billing = parameters.get("BillingMode", PROVISIONED)
    keys = [dict(element) for element in parameters["KeySchema"]]
    table = Table(
        name=parameters["TableName"],
        arn=account.arn(parameters["TableName"]),
        table_id=account.new_table_id(parameters["TableName"]),
        created_at=account.now,
        known_at=account.now,
        key_schema=keys,
        attributes=shapes.read_attributes(parameters["AttributeDefinitions"]),
        items=Items(tuple(element["AttributeName"] for element in keys)),
        billing=billing,
        capacity=new_capacity(billing, parameters),
        switched_at=account.now if billing == ON_DEMAND else None,
        encryption=read_encryption(account, parameters.get("SSESpecification", {})),
        table_class=parameters.get("TableClass"),
        protected=parameters.get("DeletionProtectionEnabled", False),
    )
    table.tags.written = tags_of(parameters.get("Tags", ()))
    table.stream, table.stream_label = read_stream(account, parameters.get("StreamSpecification"))
    for index in parameters.get("GlobalSecondaryIndexes", ()):
        table.indexes[index["IndexName"]] = new_index(billing, index)
    table.local_indexes = [
        {**index, "Projection": shapes.read_projection(index["Projection"])}
        for index in parameters.get("LocalSecondaryIndexes", ())
    ]
    return table


def new_index(billing: str, index: Parameters) -> Index:
    """An index as it is asked for, CREATING."""
    return Index(
        name=index["IndexName"],
        key_schema=[dict(element) for element in index["KeySchema"]],
        projection=shapes.read_projection(index["Projection"]),
        capacity=new_capacity(billing, index),
    )


def _keep_counting(account: Account, table: Table) -> None:
    """Refresh the counters again and again, as long as there is this table."""

    def refresh() -> None:
        if account.tables.get(table.name) is table:
            table.refresh()
            account.after("refresh", (table.name,), refresh)

    account.after("refresh", (table.name,), refresh)


def _check_settled(table: Table, now: float) -> None:
    """What DeleteTable waits for (Q-150, Q-119, Q-069, Q-172)."""
    if any(index.status != "ACTIVE" for index in table.indexes.values()):
        raise in_use("Cannot delete table while indexes are being created, updated, or deleted.")
    if Work.STREAM in table.work:
        raise in_use("Cannot delete table while stream is being enabled/disabled.")
    if table.work:
        raise in_use(f"Table: {table.name} is in the process of being updated.")
    if now < table.tags.locked_until:
        raise in_use(f"Table tags are being updated: {table.name}")
