"""Indexes of a table that is there: added and deleted one at a time, changed several at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulator import shapes
from tests.simulator.account import Account
from tests.simulator.admission import Concern, check_admission
from tests.simulator.capacity import check_new_index, new_capacity
from tests.simulator.errors import SimulatedError, in_use, invalid, limit_exceeded, missing, refused
from tests.simulator.tables import Index, Table
from tests.simulator.throughput import index_change
from tests.simulator.timeline import Change

Parameters = Mapping[str, Any]

ACTIONS = ("Create", "Update", "Delete")
ONE_AT_A_TIME = "Only 1 online index can be created or deleted simultaneously per table"


def check_updates(updates: Sequence[Parameters]) -> None:
    """What GlobalSecondaryIndexUpdates must look like, whatever the table (Q-160)."""
    if not updates:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    for entry in updates:
        if len(entry) > 1:
            raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
        if not entry:
            actions = ", ".join(f"GlobalSecondaryIndexUpdate.{action}" for action in ("Update", "Create", "Delete"))
            raise invalid(f"One of {actions} must not be null")
    for name, count in Counter(_target(entry)["IndexName"] for entry in updates).items():
        if count > 1:
            raise invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {name}")
    for entry in updates:
        if "Create" in entry:
            shapes.check_index(entry["Create"])


def moves(updates: Sequence[Parameters]) -> int:
    """How many indexes are created or deleted."""
    return sum("Update" not in entry for entry in updates)


def index_changes(account: Account, table: Table, parameters: Parameters) -> list[Change]:
    """All of GlobalSecondaryIndexUpdates; raises the refusal of the first that is refused."""
    updates = parameters["GlobalSecondaryIndexUpdates"]
    attributes = shapes.read_attributes(parameters.get("AttributeDefinitions", ()))
    if moves(updates) > 1:
        raise limit_exceeded(ONE_AT_A_TIME)
    mode = parameters.get("BillingMode", table.billing)
    changes = []
    for entry in updates:
        _check(table, entry, attributes, mode)
        if "Create" in entry:
            changes.append(_creation(account, table, entry["Create"], attributes, mode))
        elif "Delete" in entry:
            changes.append(_deletion(account, table, table.indexes[entry["Delete"]["IndexName"]]))
        elif mode == table.billing:  # otherwise the switch takes care of it
            changes.append(index_change(account, table, table.indexes[entry["Update"]["IndexName"]], entry["Update"]))
    return changes


def _target(entry: Parameters) -> Parameters:
    target: Parameters = next(iter(entry.values()))
    return target


def _check(table: Table, entry: Parameters, attributes: Mapping[str, str], mode: str) -> None:
    name = _target(entry)["IndexName"]
    index = table.indexes.get(name)
    if index is not None and index.status == "DELETING":
        raise in_use(f"Index is being deleted. Table: {table.name} Index: {name}")
    if "Update" in entry:
        _check_update(table, name, index)
        return
    check_admission(table, Concern.INDEX)
    if "Delete" in entry:
        _check_delete(table, name, index)
    elif index is not None and index.status != "CREATING":
        raise refused("Attempting to create an index which already exists")
    if any(other.status in {"CREATING", "DELETING"} for other in table.indexes.values() if _blocks(other, entry)):
        raise limit_exceeded(ONE_AT_A_TIME)
    if "Create" in entry:
        _check_create(table, entry["Create"], attributes, mode)


def _blocks(other: Index, entry: Parameters) -> bool:
    """Whether the one-index slot counts ``other``: an index on its way, unless it is the one to be deleted."""
    return "Create" in entry or other.name != entry["Delete"]["IndexName"]


def _check_update(table: Table, name: str, index: Index | None) -> None:
    if index is None:
        raise _no_index(table, name, "update")
    if index.status == "CREATING" and not index.backfilling:
        raise in_use(f"Index is being created but is not backfilling yet.  Table: {table.name} Index: {name}")
    if index.status != "ACTIVE":
        raise in_use(f"Index is being updated. Table: {table.name} Index: {name}")


def _check_delete(table: Table, name: str, index: Index | None) -> None:
    if index is None:
        raise _no_index(table, name, "delete")
    if index.status == "CREATING" and not index.backfilling:
        raise in_use(
            "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the index "
            f"is active. Table: {table.name} Index: {name}"
        )


def _check_create(table: Table, create: Parameters, attributes: Mapping[str, str], mode: str) -> None:
    name = create["IndexName"]
    if any(local["IndexName"] == name for local in table.local_indexes):
        raise refused("Attempting to create an index which already exists")
    undefined = shapes.undefined_key(create, attributes)
    if undefined is not None:
        raise undefined
    for element in create["KeySchema"]:
        attribute = element["AttributeName"]
        if table.attributes.get(attribute, attributes[attribute]) != attributes[attribute]:
            raise invalid(f"Attribute type of {attribute} cannot be changed, because a key uses it")
    if len(table.indexes) >= shapes.MAX_INDEXES:
        raise limit_exceeded(f"Number of global secondary indexes exceeds per-table limit of {shapes.MAX_INDEXES}")
    check_new_index(mode, create, f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}")
    projections = [local["Projection"] for local in table.local_indexes]
    projections += [create["Projection"], *(index.projection for index in table.indexes.values())]
    shapes.check_included(projections)


def _no_index(table: Table, name: str, verb: str) -> SimulatedError:
    if any(local["IndexName"] == name for local in table.local_indexes):
        return refused(f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}")
    return missing(f"Index {name} for table {table.name}")


def _creation(account: Account, table: Table, create: Parameters, attributes: Mapping[str, str], mode: str) -> Change:
    """First allocation, with the table UPDATING; then backfilling, with the table ACTIVE (Q-148)."""
    index = Index(
        name=create["IndexName"],
        key_schema=[dict(element) for element in create["KeySchema"]],
        projection=shapes.read_projection(create["Projection"]),
        capacity=new_capacity(mode, create),
        backfilling=False,
    )
    names = (table.name, index.name)

    def begin() -> None:
        table.indexes[index.name] = index
        table.attributes |= {name: attributes[name] for name in index.key_names}
        account.after("index_allocation", names, backfill)
        account.after("index_build", names, finish)

    def backfill() -> None:
        index.backfilling = True

    def finish() -> None:
        if index.status == "CREATING":
            index.status, index.backfilling = "ACTIVE", None

    return begin


def _deletion(account: Account, table: Table, index: Index) -> Change:
    """The attributes that only this index used go with it (Q-151)."""

    def begin() -> None:
        index.status, index.backfilling = "DELETING", None
        account.after("index_delete", (table.name, index.name), finish)

    def finish() -> None:
        del table.indexes[index.name]
        table.attributes = {name: kind for name, kind in table.attributes.items() if name in table.used_attributes}

    return begin
