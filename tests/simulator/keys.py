"""Keys: what a table and its indexes refuse of the attributes that they are read by.

Texts without another source are those that the suite of mhart/dynalite recorded from AWS.
"""

from collections.abc import Mapping
from typing import Any

from tests.simulator.errors import PARAMETERS, SimulatedError, invalid, item_refused, refused
from tests.simulator.tables import Table
from tests.simulator.values import Item, kind
from tests.simulator.views import View, table_view, written_views

SCHEMA = "The provided key element does not match the schema"
WORDS = {"S": "string", "B": "binary", "N": "number"}
"""The types that a key attribute can have, as refusals call them."""


def check_key(table: Table, key: Item) -> None:
    """Exactly the key attributes, of their types, not empty, and not too long."""
    if set(key) != set(table.key_names) or any(kind(key[name]) != table.attributes[name] for name in key):
        raise refused(SCHEMA)
    _check_contents(table_view(table), key)


def check_item_key(table: Table, item: Item) -> None:
    """The same of a whole item, which names what is wrong."""
    for name in table.key_names:
        if name not in item:
            raise invalid(f"Missing the key {name} in the item")
        if kind(item[name]) != table.attributes[name]:
            raise invalid(f"Type mismatch for key {name} expected: {table.attributes[name]} actual: {kind(item[name])}")
    _check_contents(table_view(table), item)


def check_index_keys(table: Table, item: Item) -> None:
    """An item that is put must fit the keys of every built index, which a build itself would only have skipped.

    What is empty, or of a type that no key can have, is refused before any item is looked at, so that it is no reason
    of one action of a transaction (DynamoDB Local).
    """
    unfit = _unfit(table, item)
    for view, name in unfit:
        if item[name].get(table.attributes[name]) == "":
            raise refused(
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. The AttributeValue for a key attribute cannot contain an empty "
                f"{WORDS[kind(item[name])]} value. IndexName: {view.name}, IndexKey: {name}"
            )
    for view, name in unfit:
        text = _put_text(view, name, item[name])
        raise item_refused(PARAMETERS + text) if kind(item[name]) in WORDS else invalid(text)


def check_updated_index_keys(table: Table, item: Item, touched: frozenset[str]) -> None:
    """The same of an update, with the texts of its own (M TransactionCanceledException; DynamoDB Local)."""
    for view, name in _unfit(table, item):
        if name in touched:
            raise _update_refusal(view, name, item[name])


def _check_contents(view: View, item: Item) -> None:
    for name in view.own_names:
        if item[name][kind(item[name])] == "":
            raise refused(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                f"empty {WORDS[kind(item[name])]} value. Key: {name}"
            )
        if view.is_too_long(name, item[name]):
            raise invalid(_too_long(view, name))


def _unfit(table: Table, item: Item) -> list[tuple[View, str]]:
    """The key attributes of built indexes that cannot be what they are; a build in progress skips such items."""
    built = (view for view in written_views(table) if view.index is None or view.index.status != "CREATING")
    return [
        (view, name) for view in built for name in view.own_names if name in item and not view.fits(name, item[name])
    ]


def _put_text(view: View, name: str, value: Mapping[str, Any]) -> str:
    expected, actual = view.table.attributes[name], kind(value)
    if actual != expected:
        return f"Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {view.name}"
    return _too_long(view, name)


def _update_refusal(view: View, name: str, value: Mapping[str, Any]) -> SimulatedError:
    if kind(value) != view.table.attributes[name]:
        return item_refused("The update expression attempted to update the secondary index key to unsupported type")
    if view.is_too_long(name, value):
        return item_refused(
            "The update expression attempted to update the secondary index key beyond allowed size limits"
        )
    return item_refused(
        "One or more parameter values are not valid. The update expression attempted to update a secondary index key "
        "to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty "
        f"{WORDS[kind(value)]} value."
    )


def _too_long(view: View, name: str) -> str:
    """AWS's own spelling, without a blank before the number."""
    if name in view.hash_names:
        return "Size of hashkey has exceeded the maximum size limit of2048 bytes"
    return "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
